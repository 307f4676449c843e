"""Wavetronix' SmartSensor HD (SS125): it follows every vehicle itself and hands over one at a time.

A packet is `Z1`, whom it is for and from, a number, the length of its body, a CRC-8 of these ten
bytes, a body, and its CRC-8; words are big-endian. A body begins with its message, a part, and
whether it reads, writes or says how that went. Message 67 takes the oldest vehicle out of a store
in the sensor. Some converters hand over bodies alone, with their CRC.

Speeds are mph and lengths feet, or km/h and m, as it was set up. A speed bears whether it is one;
its whole part has a sign, its 256ths have none.

Source: Wavetronix, SmartSensor HD Interface Protocol, as read in mnit-rtmc/iris, comm/ss125:
SS125Property, ActiveEventProperty, IntervalDataProperty, MessageID, and its SS125PropertyTest,
with bodies that a sensor returned.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import crc8_wavetronix as crc8
from devices.command import Command, by_name
from devices.cutters import Bad, Whole
from devices.dialogue import carry_out
from devices.driver import SUMS, Driver, Line, Setting, Settings
from devices.errors import DecodeError, NoReply
from devices.lanes import classes_setting, classes_told, kind_of, lane, lanes, lanes_setting
from devices.sample import Sample, Vehicle
from devices.units import KMH, METRES, believable, unit_of_speed
from devices.wavetronix_bodies import (
    ALONE,
    CLEAR,
    CONFIG,
    EVENT,
    READ,
    WRITE,
    read_body,
    write_body,
)

if TYPE_CHECKING:
    from devices.cutters import Cutter, Verdict
    from devices.dialogue import Dialogue, Fields, Opening

_BEGIN: Final = b"Z1"
_HEAD: Final = 10
"""Bytes before the CRC of the head."""

_BODIES: Final = range(3, 245)
_UNITS: Final[dict[object, str]] = {False: "mph", True: "km/h"}
"""Of speeds, by the last byte of its general config."""

_MARKS: Final = ("time_utc", "range", "duration_ms", "speed", "length")
"""What tells one vehicle from another: its clock alone does not where nobody has set it."""

_FIRST_LANE: Final = 0
_MOST_LANES: Final = 10

_MOST_AT_ONCE: Final = 32
"""Vehicles taken out of the store before anything else has its turn."""

_WITHIN: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class SmartSensorHd(Driver):
    """A radar beside the road that tells lanes, speeds, lengths and classes by length."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut packets, and bodies alone."""
        return _cut

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a vehicle (units as it was set up, its own clock), an interval, or a body in hex."""
        if not frame.startswith(_BEGIN):
            return read_body(frame[:-1])
        head = {
            "dest": int.from_bytes(frame[3:5]),
            "source": int.from_bytes(frame[6:8]),
            "sequence": frame[8],
        }
        return head | read_body(frame[_HEAD + 1 : -1])

    def encode(self, fields: Fields) -> bytes:
        """Write a body, within a packet where it says whom it is for."""
        body = write_body(fields)
        if "dest" not in fields:
            return _closed(body)
        return _packet(body, fields["dest"], fields.get("source", 0), fields.get("sequence", 0))

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Turn a vehicle into one; an interval counts those once more, and is passed over.

        Another address is another sensor's; a body alone bears none.
        """
        if "valid" not in fields or not _is_from(settings["address"], fields):
            return None
        return Sample(vehicles=(_vehicle(fields, settings),) if fields["valid"] else ())

    def tailored(self, settings: Settings) -> Driver:
        """Know its lanes and classes, and talk to its address."""
        return replace(
            self,
            channels=lanes(settings["lanes"], _FIRST_LANE),
            sums=(*classes_told(settings), *_SUMS),
            commands=_commands(settings["address"]),
        )

    def refusal(self, command: Command, fields: Fields) -> str:
        """Read how it went, where that is not 0."""
        refused = fields.get("result", 0) != 0 and fields["msg_id"] == command.data[_HEAD + 1]
        return f"result {fields['result']}" if refused else ""

    def start(self, settings: Settings) -> Opening:
        """Ask for its units, and forget the vehicles in its store: nobody knows when they passed.

        A sensor that does not answer to this is read all the same.

        Raises:
            DecodeError: It was set up for other units.
        """
        yield from self.greet(settings)
        with suppress(NoReply):
            yield from carry_out(self.commands["clear_events"], _WITHIN)

    def greet(self, settings: Settings) -> Opening:
        """Ask for its units.

        Raises:
            DecodeError: It was set up for other units.
        """
        try:
            received = yield from carry_out(self.commands["read_general_config"], _WITHIN)
        except NoReply:
            return
        unit = _UNITS.get(received.fields.get("metric"), settings["unit"])
        if unit != settings["unit"]:
            raise DecodeError(f"it was set up for {unit}, not for {settings['unit']}")

    def read(self, settings: Settings) -> Dialogue:
        """Take out of its store whoever has passed.

        Raises:
            NoReply: It did not answer, three times, and nobody was taken out before.
        """
        vehicles: list[Vehicle] = []
        while len(vehicles) < _MOST_AT_ONCE:
            try:
                received = yield from carry_out(self.commands["read_active_event"], _WITHIN)
            except NoReply:
                if not vehicles:
                    raise
                break
            if not received.fields["valid"]:
                break
            vehicles.append(_vehicle(received.fields, settings))
        return Sample(vehicles=tuple(vehicles))


@dataclass(frozen=True, slots=True)
class _Addressed(Command):
    """A command to one sensor: what comes from another is no answer.

    Attributes:
        address: Whom it is for.
    """

    address: int = 0

    def answered_by(self, fields: Fields) -> bool:
        """Say whether a frame with these fields is the answer to this command."""
        return Command.answered_by(self, fields) and _is_from(self.address, fields)


def _is_from(address: int, fields: Fields) -> bool:
    """Say whether that sensor can have sent these fields: a body alone does not tell."""
    return bool(fields.get("source", address) == address)


def _vehicle(fields: Fields, settings: Settings) -> Vehicle:
    unit, speed = settings["unit"], fields["speed"]
    return Vehicle(
        channel=lane(fields["lane"]),
        speed=None if speed is None else believable(abs(speed) * KMH[unit]),
        kind=kind_of(fields["vclass"], settings),
        length=fields["length"] * METRES[unit] or None,
        occupied=fields["duration_ms"] / 1000,
        mark=" ".join(str(fields[name]) for name in _MARKS),
    )


# -- bytes ------------------------------------------------------------------------------------


def _cut(buffer: bytes) -> Verdict:
    if buffer.startswith(_BEGIN) or _BEGIN.startswith(buffer):
        return _cut_packet(buffer)
    if buffer[0] in ALONE:
        size = ALONE[buffer[0]]
        is_odd = buffer[2:3] not in {b"", b"\0"} or (buffer[0] == EVENT and buffer[1:2] > b"\1")
        if is_odd:
            return Bad("header")
        return None if len(buffer) < size else _judge(buffer[:size], buffer[:size])
    begins = (buffer.find(byte, 1) for byte in (_BEGIN[0], *ALONE))
    return Bad("header", min((at for at in begins if at > 0), default=len(buffer)))


def _cut_packet(buffer: bytes) -> Verdict:
    if len(buffer) <= _HEAD:
        return None
    size = buffer[_HEAD - 1]
    if size not in _BODIES:
        return Bad("length")
    if crc8(buffer[:_HEAD]) != buffer[_HEAD]:
        return Bad("checksum")
    total = _HEAD + 1 + size + 1
    return None if len(buffer) < total else _judge(buffer[:total], buffer[_HEAD + 1 : total])


def _judge(frame: bytes, body: bytes) -> Verdict:
    return Whole(len(frame)) if crc8(body[:-1]) == body[-1] else Bad("checksum")


def _closed(body: bytes) -> bytes:
    return body + bytes((crc8(body),))


def _packet(body: bytes, dest: int, source: int = 0, sequence: int = 0) -> bytes:
    head = _BEGIN + b"\0" + dest.to_bytes(2) + b"\0" + source.to_bytes(2)
    return _closed(head + bytes((sequence, len(body)))) + _closed(body)


def _commands(address: int) -> dict[str, Command]:
    """Return the commands as the sensor with that address hears them."""

    def ask(name: str, message: int, kind: int, text: str, reply: Fields) -> Command:
        data = _packet(bytes((message, 0, kind)), address)
        return _Addressed(name, data, text, reply={"msg_id": message, **reply}, address=address)

    return by_name(
        ask("read_active_event", EVENT, READ, "hand over the oldest vehicle", {"valid": None}),
        replace(
            ask("clear_events", CLEAR, WRITE, "forget the vehicles in its store", {}),
            dangerous=True,
        ),
        ask("read_general_config", CONFIG, READ, "tell place, serial number and units", {}),
        ask("read_version", 0x04, READ, "tell its firmware", {}),
    )


_SUMS: Final = (*SUMS, "occupied_seconds", "length_sum")
_ADDRESS: Final = 7
"""That of the documents' example: each sensor has another, made from its serial number."""

SS125: Final = SmartSensorHd(
    name="wavetronix.ss125",
    line=Line(9600),
    lines=tuple(Line(baud) for baud in (115200, 57600, 38400, 19200)),
    channels=lanes(_MOST_LANES, _FIRST_LANE),
    sums=_SUMS,
    every=0.5,
    takes={
        "address": Setting(_ADDRESS, range(65536), "its id on the bus", required=True),
        "lanes": lanes_setting(_MOST_LANES, _MOST_LANES),
        "unit": unit_of_speed("mph"),
        "classes": classes_setting(),
    },
    commands=_commands(_ADDRESS),
    proof="capture",
    document="Wavetronix, SmartSensor HD Interface Protocol; mnit-rtmc/iris, comm/ss125",
)
