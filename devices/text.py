r"""Instruments that send lines of text, as a config describes them: the driver `text.line`.

A line is read by a pattern, by columns, or as JSON; what stands there is a number, a text that says
that there is none, or, under the name `fault`, what is broken. A line that is not as described is
junk. Where `ask` is set, the instrument is asked; else it speaks by itself.

Source: none; examples of instruments are in docs/drivers/text.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from devices.command import Command, by_name
from devices.cutters import by_line
from devices.dialogue import carry_out
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import BadSetting, DecodeError, DeviceFault
from devices.sample import Sample
from devices.text_forms import ByColumns, ByKeys, ByPattern
from devices.text_pattern import LONGEST, BadPattern, Pattern
from devices.text_values import AS_IT_IS, FAULT, check_names, conversions, likely

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.cutters import Cutter
    from devices.dialogue import Dialogue, Fields
    from devices.sample import Counter
    from devices.text_forms import Form
    from devices.text_values import Conversion

_WITHIN: Final = 3.0
"""Seconds that an answer may take: an instrument may measure first."""

_SETTLED: Final = 2.0
"""Seconds after which a line is over that was under way when the port was opened."""

_ASKED_EVERY: Final = 1.0
_TERMINATORS: Final = ("\r\n", "\n", "\r")
_LONGEST_ASK: Final = 64
_UNDESCRIBED: Final = ByColumns(",", ())


@dataclass(frozen=True, kw_only=True)
class TextLine(Driver):
    """An instrument that a config describes.

    Attributes:
        form: How a line holds values; no line does, until somebody says how.
        conversions: What becomes of the values that do not stand as they are.
        end: What ends a line.
    """

    form: Form = _UNDESCRIBED
    conversions: Mapping[str, Conversion] = field(default_factory=dict)
    end: str = _TERMINATORS[0]

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut lines that are as described; in a broken one, only its first words begin another."""
        return by_line(
            LONGEST,
            lambda line: self._parse(line) is not None,
            start=self.form.beginning.encode("latin-1"),
            end=self.end[-1].encode(),
        )

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a line: numbers as they stand there, None for no value, `fault` as a text."""
        fields = self._parse(frame)
        if fields is None:
            raise DecodeError("not a line as it is described")
        return fields

    def encode(self, fields: Fields) -> bytes:
        """Write a line; no value is the first text that says so."""
        texts: dict[str, str] = {}
        for name in self.form.names:
            value = fields.get(name)
            none = self.conversion(name).none
            if value is not None:
                texts[name] = value if isinstance(value, str) else _plain(value)
            elif none:
                texts[name] = none[0]
        return (self.form.write(texts) + self.end).encode("latin-1")

    def sample(self, fields: Fields, _settings: Settings) -> Sample:
        """Convert what a line holds; a counter is handed on as it stands.

        Raises:
            DeviceFault: It says what is broken, and measures nothing.
        """
        values: dict[str, float | None] = {}
        counters: dict[str, Counter] = {}
        for name in self.quantities:
            conversion, value = self.conversion(name), fields.get(name)
            if not conversion.counter:
                values[name] = None if value is None else conversion.convert(value)
            elif value is not None:
                counters[name] = conversion.count(value)
        fault = fields.get(FAULT) or ""
        if fault and not counters and all(value is None for value in values.values()):
            raise DeviceFault(fault)
        return Sample(values, counters=counters, fault=fault)

    def read(self, settings: Settings) -> Dialogue:
        """Take the next sample, or ask for one.

        Raises:
            NoReply: Nothing came that is as described.
        """
        if not settings["ask"]:
            return (yield from self.listen(settings))
        received = yield from carry_out(self.commands["ask"], _WITHIN)
        return self.sample(received.fields, settings)

    def configure(self, given: Settings) -> Settings:
        """Check settings, each by itself.

        Raises:
            BadSetting: With the key, and what is wrong there.
        """
        settings = super().configure(given)
        if settings["pattern"]:
            _pattern(settings["pattern"])
        for key in ("columns", "keys"):
            check_names(key, settings[key])
        if not all(isinstance(key, str) and key for key in settings["keys"].values()):
            raise BadSetting("keys", "each names a key of the JSON object, such as env.temp")
        conversions(settings["values"])
        return settings

    def tailored(self, settings: Settings) -> Driver:
        """Read lines as they are described.

        Raises:
            BadSetting: They are not, or in two ways, or values are described that no line holds.
        """
        form = _form(settings)
        quantities = tuple(name for name in form.names if name != FAULT)
        if not quantities:
            raise BadSetting(_which(settings), "no line holds a quantity")
        converted = conversions(settings["values"])
        for name in converted:
            if name not in form.names:
                has = ", ".join(form.names)
                raise BadSetting(
                    "values", f"no line holds {name}; it holds: {has}", likely(name, form.names)
                )
        ask = settings["ask"]
        question = f"{ask}{settings['terminator']}".encode("latin-1")
        answered = dict.fromkeys(quantities)
        asked = Command("ask", question, "ask for a line", reply=answered)
        return replace(
            self,
            quantities=quantities,
            commands=by_name(asked) if ask else {},
            every=_ASKED_EVERY if ask else None,
            rest_seconds=0.0 if ask else _SETTLED,
            form=form,
            conversions=converted,
            end=settings["terminator"],
        )

    def conversion(self, name: str) -> Conversion:
        """Return what becomes of a value."""
        return self.conversions.get(name, AS_IT_IS)

    def _parse(self, line: bytes) -> dict[str, Any] | None:
        """Read a line; None where it is not as described."""
        text = _text(line)
        held = self.form.read(text) if text else None
        if held is None:
            return None
        try:
            return {name: self._value(name, held.get(name)) for name in self.form.names}
        except ValueError:
            return None

    def _value(self, name: str, held: object) -> float | str | None:
        """Read one value; what is neither text nor number is refused."""
        if isinstance(held, bool) or not isinstance(held, str | int | float | None):
            raise ValueError(name)  # noqa: TRY004 - the line is wrong, not the program
        text = "" if held is None else str(held)
        conversion = self.conversion(name)
        if name == FAULT:
            return None if not text or conversion.is_none(text) else text
        return conversion.read(text)


def _text(line: bytes) -> str:
    """Read a line without its ends: UTF-8, or else what every byte is in Latin-1."""
    bare = line.strip(b"\r\n\t ")
    try:
        text = bare.decode()
        text.encode("latin-1")
    except UnicodeError:
        return bare.decode("latin-1")
    return text


def _plain(value: float) -> str:
    """Write a number as briefly as it is read again, a whole one without a point."""
    return str(int(value)) if value == int(value) and abs(value) < 10**15 else repr(value)


def _pattern(text: str) -> Pattern:
    try:
        pattern = Pattern(text)
    except BadPattern as error:
        raise BadSetting("pattern", str(error)) from None
    check_names("pattern", pattern.names)
    return pattern


def _which(settings: Settings) -> str:
    return next((key for key in ("pattern", "columns", "keys") if settings[key]), "pattern")


def _form(settings: Settings) -> Form:
    """Make the one form that is described."""
    described = [key for key in ("pattern", "columns", "keys") if settings[key]]
    if not described:
        key = "json" if settings["json"] else "pattern"
        raise BadSetting(key, "say what a line holds: pattern, columns, or json with keys")
    if described[1:]:
        raise BadSetting(described[1], f"stands beside {described[0]}: choose one of them")
    if settings["json"] != (described == ["keys"]):
        wrong = "keys" if settings["keys"] else "json"
        raise BadSetting(wrong, "json = true and keys = { … } belong together")
    if settings["pattern"]:
        return ByPattern(_pattern(settings["pattern"]))
    if settings["columns"]:
        return ByColumns(settings["delimiter"], tuple(settings["columns"]))
    return ByKeys(dict(settings["keys"]))


class _Any:
    """Whatever has the right type: what is wrong with it is said by `configure`."""

    def __contains__(self, _value: object) -> bool:
        return True


class _Asks:
    """Short texts that a line can carry."""

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and len(text) <= _LONGEST_ASK and text.isascii()


class _Delimiters:
    """One to four characters."""

    def __contains__(self, text: object) -> bool:
        return isinstance(text, str) and 1 <= len(text) <= 4  # noqa: PLR2004 - short


LINE: Final = TextLine(
    name="text.line",
    line=Line(9600),
    takes={
        "pattern": Setting("", _Any(), "how a whole line looks, with a named group a quantity"),
        "columns": Setting([], _Any(), 'a quantity a column, "" for one that does not matter'),
        "delimiter": Setting(",", _Delimiters(), 'what divides columns; " ": blanks'),
        "json": Setting(default=False, allowed=(False, True), help="a line is a JSON object"),
        "keys": Setting({}, _Any(), 'its keys, a quantity each: { temperature = "env.temp" }'),
        "values": Setting({}, _Any(), "gain, offset, none, counter, wraps of a quantity"),
        "ask": Setting("", _Asks(), "what to send for a line; left out: it speaks by itself"),
        "terminator": Setting(
            _TERMINATORS[0], _TERMINATORS, r"what ends a line, both ways: \r\n, \n or \r"
        ),
    },
    proof="example",
    document="Vaisala, WXT530 User Guide; Hydreon, RG-15 Instructions",
)
