"""The board GY-MCU680: a BME680 behind a microcontroller that reckons its index of indoor air.

A frame is `5A 5A`, which outputs are on, how many bytes they have, these, and an 8-bit sum. All
outputs are on as it leaves the factory, and it streams until it is asked.

Source: GY-MCU680V1 module description; captured frames: PyPMS, tests/captured_data/data.csv, and
its page on the sensor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import sum8
from devices.command import Command, by_name
from devices.cutters import by_header
from devices.dialogue import Ask, Dialogue, Fields, Opening, carry_out
from devices.driver import Driver, Line, Settings
from devices.errors import NoReply, NotReady
from devices.sample import Sample

if TYPE_CHECKING:
    from devices.cutters import Cutter

_HEAD: Final = b"\x5a\x5a\x3f"
"""With all outputs on."""

_LENGTH: Final = 15
_SIZE: Final = 4 + _LENGTH + 1

_WITHIN: Final = 1.0
_ACCURACY: Final = 12
"""Where the accuracy stands above the index, in one word."""


@dataclass(frozen=True, kw_only=True)
class Board(Driver):
    """One kind of frame; the altitude in it is made of the pressure, and no measurement."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut frames with all outputs."""
        return by_header((_HEAD,), _size, _is_summed)

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read °C, %, Pa, the index (0 … 500) with its accuracy (0 … 3), Ω and m.

        `status` is `warming_up` while all of it is zero.
        """
        word = int.from_bytes(frame[11:13])
        fields: dict[str, Any] = {
            "temp_c": int.from_bytes(frame[4:6], signed=True) / 100,
            "rh_pct": int.from_bytes(frame[6:8]) / 100,
            "pressure_pa": int.from_bytes(frame[8:11]),
            "iaq_accuracy": word >> _ACCURACY,
            "iaq": word & (1 << _ACCURACY) - 1,
            "gas_ohm": int.from_bytes(frame[13:17]),
            "altitude_m": int.from_bytes(frame[17:19], signed=True),
        }
        if not any(frame[4:-1]):
            fields["status"] = "warming_up"
        return fields

    def encode(self, fields: Fields) -> bytes:
        """Write a frame."""
        word = fields.get("iaq_accuracy", 0) << _ACCURACY | fields.get("iaq", 0)
        body: bytes = (
            _HEAD
            + bytes((_LENGTH,))
            + round(fields.get("temp_c", 0) * 100).to_bytes(2, signed=True)
            + round(fields.get("rh_pct", 0) * 100).to_bytes(2)
            + int(fields.get("pressure_pa", 0)).to_bytes(3)
            + int(word).to_bytes(2)
            + int(fields.get("gas_ohm", 0)).to_bytes(4)
            + int(fields.get("altitude_m", 0)).to_bytes(2, signed=True)
        )
        return body + bytes((sum8(body),))

    def sample(self, fields: Fields, _settings: Settings) -> Sample:
        """Convert to °C, %, hPa, index and Ω; an index without accuracy is missing."""
        if "status" in fields:
            raise NotReady("all zero: the board has just started and has measured nothing yet")
        return Sample(
            {
                "temperature": fields["temp_c"],
                "humidity": fields["rh_pct"],
                "pressure": fields["pressure_pa"] / 100,
                "iaq": float(fields["iaq"]) if fields["iaq_accuracy"] else None,
                "gas_resistance": float(fields["gas_ohm"]),
            }
        )

    def start(self, _settings: Settings) -> Opening:
        """Switch all outputs on, should someone have chosen others.

        Nothing is known to answer that; a frame of a stream may come.
        """
        try:
            yield Ask(self.commands["all_outputs"].data, _WITHIN)
        except NoReply:
            return

    def read(self, settings: Settings) -> Dialogue:
        """Ask for a measurement and take it, or one that comes by itself.

        Raises:
            NoReply: Nothing came, three times: its outputs are chosen again.
        """
        try:
            received = yield from carry_out(self.commands["read_once"], _WITHIN)
        except NoReply:
            yield from self.start(settings)
            raise
        return self.sample(received.fields, settings)

    def fits(self, fields: Fields) -> bool:
        """Say whether a BME680 measures this."""
        return bool(
            -40 <= fields["temp_c"] <= 85  # noqa: PLR2004 - what it can measure
            and fields["rh_pct"] <= 100  # noqa: PLR2004
            and 30_000 <= fields["pressure_pa"] <= 110_000  # noqa: PLR2004
            and fields["iaq"] <= 500  # noqa: PLR2004
        )


def _size(buffer: bytes) -> int:
    if len(buffer) < 4:  # noqa: PLR2004 - head and length
        return 0
    return _SIZE if buffer[3] == _LENGTH else -1


def _is_summed(frame: bytes) -> bool:
    return sum8(frame[:-1]) == frame[-1]


def _command(name: str, body: bytes, text: str, reply: Fields | None = None) -> Command:
    data = b"\xa5" + body
    return Command(name, data + bytes((sum8(data),)), text, reply=reply)


MCU680: Final = Board(
    name="gy.mcu680",
    line=Line(9600),
    quantities=("temperature", "humidity", "pressure", "iaq", "gas_resistance"),
    every=3.0,
    commands=by_name(
        _command("all_outputs", b"\x55\x3f", "send all that it measures"),
        _command("read_once", b"\x56\x01", "send one measurement", {"temp_c": None}),
        _command("continuous", b"\x56\x02", "send measurements by itself"),
    ),
    identify=("read_once",),
    proof="capture",
    document="GY-MCU680V1 module description, as quoted by PyPMS",
)
