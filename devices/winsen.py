"""Winsen's infrared CO2 sensor MH-Z19, in its versions B and C: it answers when it is asked.

Questions and answers have 9 bytes (`winsen_frames`). Other sensors of Winsen answer the same
question in the same form with other values.

Source: Winsen, MH-Z19B User's Manual, page 7, and MH-Z19C User's Manual V1.2; temperature
and the position of the range: revspace.nl/MHZ19; captured frames: PyPMS,
tests/captured_data/data.csv, and SmingHub/Sming, pull request 2415; answers to commands:
letscontrolit/ESPEasy, issue 2394.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from devices.command import by_name
from devices.cutters import by_header
from devices.dialogue import Ask, Dialogue, Fields, Opening, carry_out
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import NoReply, NotReady
from devices.sample import Sample
from devices.winsen_frames import READ, SIZE, ask, is_summed, refusal, summed

if TYPE_CHECKING:
    from devices.command import Command
    from devices.cutters import Cutter

_WITHIN: Final = 1.0
"""Seconds that an answer may take; as a rule it is there after some milliseconds."""

_ABC: Final = 0x79
_RANGE: Final = 0x99
_HEADS: Final = tuple(bytes((0xFF, code)) for code in (READ, _ABC, _RANGE))
"""The two calibrations are never answered."""

_ZERO_C: Final = 40
"""What the byte of the temperature says at 0 °C."""

_BOARD: Final = range(-20, 91)
"""°C that a board may have."""

_RANGE_PPM: Final = range(300, 10001)


@dataclass(frozen=True, kw_only=True)
class Winsen(Driver):
    """A CO2 sensor; its temperature is that of its own board, and so no measurement of the air."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut measurements, and the answers to commands that some firmware gives."""
        return by_header(_HEADS, lambda _: SIZE, is_summed)

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a measurement (ppm, °C of the board), or the answer to a command.

        `status` is `warming_up` while all of it is zero: CO2 is nowhere.
        """
        if frame[1] != READ:
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
            return summed(bytes((fields["reply_to"],)) + bytes.fromhex(fields["value_hex"]))
        return summed(
            bytes((READ,))
            + fields.get("co2_ppm", 0).to_bytes(2)
            + bytes((fields.get("temp_c", 0) + _ZERO_C, fields.get("status_byte", 0)))
            + fields.get("reserved", 0).to_bytes(2)
        )

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Pass CO2 on, ppm."""
        return None if "reply_to" in fields else _measured(fields)

    def fits(self, fields: Fields) -> bool:
        """Tell it from a sensor of dust or gas, whose answers have the same form.

        Where the temperature of its board would stand, those have the upper byte of their PM10, or
        nothing; and where it says nothing, a PM1 or a number of ppb.
        """
        if "reply_to" in fields or "status" in fields:
            return True
        plausible = fields["temp_c"] in _BOARD or (
            fields["temp_c"] == -_ZERO_C and fields["reserved"] == 0
        )
        return plausible and fields["co2_ppm"] in _RANGE_PPM

    def belies(self, fields: Fields) -> bool:
        """Find a sensor of dust or gas: no board is at -40 °C, and none that tells more."""
        return fields.get("temp_c") == -_ZERO_C and fields["reserved"] != 0

    def refusal(self, command: Command, fields: Fields) -> str:
        """Read the answer that it did not do this."""
        return refusal(command, fields)

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


_lasting = partial(ask, lasts=True)

_COMMANDS: Final = by_name(
    ask("read", READ, b"", "send one measurement", {"co2_ppm": None}),
    _lasting("zero_calibration", 0x87, b"", "take the air of now for 400 ppm: not undone"),
    _lasting(
        "span_calibration_2000", 0x88, b"\x07\xd0", "take the gas of now for 2000 ppm: not undone"
    ),
    _lasting("abc_on", _ABC, b"\xa0", "take each day's lowest for 400 ppm", {"reply_to": _ABC}),
    _lasting("abc_off", _ABC, b"\x00", "calibrate only when told to", {"reply_to": _ABC}),
    *(
        _lasting(
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
    identify=("read",),
    proof="capture",
    document="Winsen, MH-Z19B User's Manual; MH-Z19C User's Manual V1.2",
)
