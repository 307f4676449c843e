"""Winsen's infrared CO2 sensor MH-Z19, in its versions B and C: it answers when it is asked.

Questions and answers have 9 bytes. A question is `FF 01`, the command, five bytes, a checksum; an
answer `FF`, the command, six bytes, a checksum: minus the sum of the seven bytes before it and
behind `FF`, modulo 256. Other sensors of Winsen answer in the same form with other values.

Source: Winsen, MH-Z19B User's Manual, page 7, and MH-Z19C User's Manual V1.2; temperature
and the position of the range: revspace.nl/MHZ19; captured frames: PyPMS,
tests/captured_data/data.csv, and SmingHub/Sming, pull request 2415; answers to commands:
letscontrolit/ESPEasy, issue 2394.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import sum8
from devices.command import Command, by_name
from devices.cutters import by_header
from devices.dialogue import Ask, Dialogue, Fields, Opening, carry_out
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import NoReply, NotReady
from devices.sample import Sample

if TYPE_CHECKING:
    from devices.cutters import Cutter

_SIZE: Final = 9
_WITHIN: Final = 1.0
"""Seconds that an answer may take; as a rule it is there after some milliseconds."""

_READ: Final = 0x86
_ABC: Final = 0x79
_RANGE: Final = 0x99
_HEADS: Final = tuple(bytes((0xFF, code)) for code in (_READ, _ABC, _RANGE))
"""The two calibrations are never answered."""

_ZERO_C: Final = 40
"""What the byte of the temperature says at 0 °C."""


@dataclass(frozen=True, kw_only=True)
class Winsen(Driver):
    """A CO2 sensor; its temperature is that of its own board, and so no measurement of the air."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut measurements, and the answers to commands that some firmware gives."""
        return by_header(_HEADS, lambda _: _SIZE, _is_summed)

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a measurement (ppm, °C of the board), or the answer to a command.

        `status` is `warming_up` while all of it is zero: CO2 is nowhere.
        """
        if frame[1] != _READ:
            return {"reply_to": frame[1], "value_hex": frame[2:-1].hex()}
        fields: dict[str, Any] = {
            "co2_ppm": int.from_bytes(frame[2:4]),
            "temp_c": frame[4] - _ZERO_C,
            "status_byte": frame[5],
            "reserved": int.from_bytes(frame[6:8]),
        }
        if not any(frame[2:-1]):
            fields["status"] = "warming_up"
        return fields

    def encode(self, fields: Fields) -> bytes:
        """Write a measurement, or an answer where there is a `reply_to`."""
        if "reply_to" in fields:
            return _summed(bytes((fields["reply_to"],)) + bytes.fromhex(fields["value_hex"]))
        return _summed(
            bytes((_READ,))
            + fields.get("co2_ppm", 0).to_bytes(2)
            + bytes((fields.get("temp_c", 0) + _ZERO_C, fields.get("status_byte", 0)))
            + fields.get("reserved", 0).to_bytes(2)
        )

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Pass CO2 on, ppm."""
        return None if "reply_to" in fields else _measured(fields)

    def start(self, settings: Settings) -> Opening:
        """Switch the self-calibration as it is set: some firmware forgets it without power.

        Not every firmware answers, so that an answer is waited for and not asked for again.
        """
        if settings["abc"] == "keep":
            return
        try:
            yield Ask(self.commands[f"abc_{settings['abc']}"].data, _WITHIN)
        except NoReply:
            return

    def read(self, _settings: Settings) -> Dialogue:
        """Ask until a measurement comes; answers to anything else are passed over.

        Raises:
            NoReply: It did not answer, three times.
        """
        received = yield from carry_out(self.commands["read"], _WITHIN)
        return _measured(received.fields)


def _measured(fields: Fields) -> Sample:
    if "status" in fields:
        raise NotReady("all zero: the sensor has just been switched on")
    return Sample({"co2": float(fields["co2_ppm"])})


def _summed(body: bytes) -> bytes:
    """Put `FF` before a body, and its checksum behind it."""
    return b"\xff" + body + bytes((-sum8(body) & 0xFF,))


def _is_summed(frame: bytes) -> bool:
    return _summed(frame[1:-1]) == frame


def _command(
    name: str,
    code: int,
    value: bytes,
    text: str,
    reply: Fields | None = None,
    *,
    lasts: bool = True,
) -> Command:
    data = _summed(bytes((1, code)) + value.ljust(5, b"\0"))
    return Command(name, data, text, dangerous=lasts, reply=reply)


_COMMANDS: Final = by_name(
    _command("read", _READ, b"", "send one measurement", {"co2_ppm": None}, lasts=False),
    _command("zero_calibration", 0x87, b"", "take the air of now for 400 ppm: not undone"),
    _command(
        "span_calibration_2000", 0x88, b"\x07\xd0", "take the gas of now for 2000 ppm: not undone"
    ),
    _command("abc_on", _ABC, b"\xa0", "take each day's lowest for 400 ppm", {"reply_to": _ABC}),
    _command("abc_off", _ABC, b"\x00", "calibrate only when told to", {"reply_to": _ABC}),
    *(
        _command(
            f"range_{most}",
            _RANGE,
            b"\0\0\0" + most.to_bytes(2),
            f"measure up to {most} ppm",
            {"reply_to": _RANGE},
        )
        for most in (2000, 5000, 10000)
    ),
)

MHZ19: Final = Winsen(
    name="winsen.mhz19",
    line=Line(9600),
    quantities=("co2",),
    every=1.0,
    warmup_seconds=180.0,
    takes={
        "abc": Setting("keep", ("keep", "on", "off"), "the self-calibration: on, off, or keep it"),
    },
    commands=_COMMANDS,
    proof="capture",
    document="Winsen, MH-Z19B User's Manual; MH-Z19C User's Manual V1.2",
)
