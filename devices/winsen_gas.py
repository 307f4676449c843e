"""Winsen's electrochemical gas sensors of the series ZE: they stream, or answer when asked.

A frame has Winsen's 9 bytes. Streamed, it names the gas and the unit, and how many decimals the
value and the full scale have. Asked, an answer names neither: of formaldehyde and its like it has
µg/m³ and ppb, of CO tenths of a ppm.

Source: Winsen, ZE07-CO and ZE07-CH2O manuals; a captured frame of CO:
ageagainstthemachine/ZE15-CO-CircuitPython-Test; codes of other gases: ZE03 manual.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from devices.command import by_name
from devices.cutters import by_header
from devices.dialogue import Ask, Fields, Listen, Opening, Step
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import DecodeError, NoReply
from devices.sample import Sample
from devices.winsen_frames import MODE, READ, SIZE, ask, is_summed, summed

if TYPE_CHECKING:
    from devices.cutters import Cutter

_GASES: Final = {
    0x02: "NH3",
    0x03: "H2S",
    0x04: "CO",
    0x05: "O2",
    0x17: "CH2O",
    0x2A: "O3",
    0x2B: "SO2",
    0x2C: "NO2",
}
_UNITS: Final = {0x03: "ppm", 0x04: "ppb"}
_DECIMALS: Final = range(4)

_QUANTITIES: Final = {
    # gas: quantity, its unit in ppb
    "CO": ("co", 1000),
    "CH2O": ("hcho", 1),
    "O3": ("o3", 1),
    "NO2": ("no2", 1),
    "SO2": ("so2", 1),
    "H2S": ("h2s", 1),
    "NH3": ("nh3", 1),
}
"""Oxygen is no quantity of air that anybody watches in a street."""

ANY: Final = "any"
"""Whatever gas a frame names."""

_HCHO_UGM3: Final = 30.03 / 24.45
"""µg/m³ per ppb at 25 °C and 1 atm: grams a mole over litres a mole."""

_ROUNDED: Final = 2
"""µg/m³ that rounding makes of that."""

_PPB: Final = {"ppm": 1000, "ppb": 1}
_NAMES: Final = {quantity: gas for gas, (quantity, _) in _QUANTITIES.items()}

_STREAMED: Final = tuple(
    bytes((0xFF, gas, unit, decimals))
    for gas in _GASES
    for unit in _UNITS
    for decimals in _DECIMALS
)
_ANSWERED: Final = tuple(bytes((0xFF, code)) for code in (READ, MODE))


@dataclass(frozen=True, kw_only=True)
class Gas(Driver):
    """One sensor is one gas, of which a streamed frame says which."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut streamed frames of the gases and units that are known, and answers."""
        return by_header((*_STREAMED, *_ANSWERED), lambda _: SIZE, is_summed)

    def decode(self, frame: bytes, settings: Settings) -> dict[str, Any]:
        """Read a measurement, or the answer to a command.

        `mode` is `active` where it came by itself and `qa` where it was asked; an answer of a
        sensor that is known to measure CO is read as that.
        """
        words = [int.from_bytes(frame[at : at + 2]) for at in (2, 4, 6)]
        if frame[1] in _GASES:
            return _decode_streamed(frame, settings.get("gas", ANY))
        if frame[1] != READ:
            return {"reply_to": frame[1], "value_hex": frame[2:-1].hex()}
        if settings.get("gas") == "co":
            measured = {"gas": "CO", "unit": "ppm", "value": words[0] / 10}
            return {"mode": "qa"} | measured | {"rest_hex": frame[4:8].hex()}
        values = {"value_ugm3": words[0], "value_ppb": words[2]}
        return {"mode": "qa"} | values | {"rest_hex": frame[4:6].hex()}

    def encode(self, fields: Fields) -> bytes:
        """Write a streamed frame, or an answer."""
        if "reply_to" in fields:
            return summed(bytes((fields["reply_to"],)) + bytes.fromhex(fields["value_hex"]))
        if fields.get("mode") == "qa":
            rest = bytes.fromhex(fields.get("rest_hex", ""))
            if "value" in fields:
                body = round(fields["value"] * 10).to_bytes(2) + rest.ljust(4, b"\0")
            else:
                values = [int(fields.get(name, 0)) for name in ("value_ugm3", "value_ppb")]
                body = values[0].to_bytes(2) + rest.ljust(2, b"\0") + values[1].to_bytes(2)
            return summed(bytes((READ,)) + body)
        decimals = fields.get("decimals", 0)
        gas = next(code for code, name in _GASES.items() if name == fields["gas"])
        unit = next(code for code, name in _UNITS.items() if name == fields["unit"])
        words = (round(fields.get(name, 0) * 10**decimals) for name in ("value", "full_scale"))
        value, full_scale = (word.to_bytes(2) for word in words)
        return summed(bytes((gas, unit, decimals)) + value + full_scale)

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Convert to ppm of CO, ppb of any other gas; an answer of no known gas is no sample."""
        if "value" in fields:
            ppb = fields["value"] * _PPB[fields["unit"]]
            found = _QUANTITIES.get(fields["gas"])
        else:
            ppb = fields.get("value_ppb")
            found = _QUANTITIES.get(_NAMES.get(settings.get("gas", ANY), ""))
        if ppb is None or found is None:
            return None
        quantity, unit = found
        return Sample({quantity: round(ppb / unit, 6)})

    def fits(self, fields: Fields) -> bool:
        """Tell its answer from those of other sensors of Winsen, and its stream from noise.

        Formaldehyde of n ppb is 1.23 n µg/m³, with nothing between the two; elsewhere a particle
        mass or a temperature stands there.
        """
        if "full_scale" in fields:
            return bool(0.0 <= fields["value"] <= fields["full_scale"] > 0.0)
        if "value_ppb" in fields:
            same = abs(fields["value_ugm3"] - fields["value_ppb"] * _HCHO_UGM3) <= _ROUNDED
            return same and not any(bytes.fromhex(fields["rest_hex"]))
        return not any(bytes.fromhex(fields.get("rest_hex", "")))

    def tailored(self, settings: Settings) -> Driver:
        """Return it with the quantity of its gas, where that is told."""
        gas = settings["gas"]
        return self if gas == ANY else replace(self, quantities=(gas,))

    def start(self, _settings: Settings) -> Opening:
        """Have the sensor stream, should it wait to be asked; a ZE03 is told so in its own way."""
        remedies = (self.commands["active_mode"], self.commands["ze03_active_mode"])
        steps: tuple[Step, ...] = (Listen(3.0), *(Ask(command.data, 3.0) for command in remedies))
        for step in steps:
            try:
                received = yield step
            except NoReply:
                continue
            if received.fields.get("mode") == "active":
                return


def _decode_streamed(frame: bytes, told: str) -> dict[str, Any]:
    gas, steps = _GASES[frame[1]], 10 ** frame[3]
    if told != ANY and _NAMES[told] != gas:
        raise DecodeError(f"this is a sensor of {gas}, not of {_NAMES[told]}")
    return {
        "mode": "active",
        "gas": gas,
        "unit": _UNITS[frame[2]],
        "decimals": frame[3],
        "value": int.from_bytes(frame[4:6]) / steps,
        "full_scale": int.from_bytes(frame[6:8]) / steps,
    }


_COMMANDS: Final = by_name(
    ask("read", READ, b"", "send one measurement", {"mode": "qa"}),
    ask("qa_mode", MODE, b"\x41", "measure on being asked only"),
    ask("active_mode", MODE, b"\x40", "measure each second"),
    ask("ze03_qa_mode", MODE, b"\x04", "the same of a ZE03: measure on being asked only"),
    ask("ze03_active_mode", MODE, b"\x03", "the same of a ZE03: measure each second"),
)

ZE: Final = Gas(
    name="winsen.ze",
    line=Line(9600),
    quantities=tuple(_NAMES),
    every=1.0,
    warmup_seconds=180.0,
    takes={
        "gas": Setting(ANY, (ANY, *_NAMES), "the gas that it measures; a frame of another is none"),
    },
    commands=_COMMANDS,
    identify=("read",),
    proof="capture",
    document="Winsen, ZE07-CO, ZE07-CH2O and ZE03 manuals",
)
