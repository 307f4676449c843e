"""ADEC's detectors TDC1 and TDC3, above a lane: up to four vehicles for each question.

Frames are those of FT1.2: `10`, control, address, sum, `16`; or `68`, the length twice, `68`,
control, address, data, sum, `16`; or `E5` alone: nothing new. A question for vehicles bears a bit
that changes from one to the next: where it stays the same, the last answer is repeated. The answer
bears a status, the number of vehicles since ever, and of each its speed, class and lane, time under
the detector, gap before it, and, of later models, its length and a tick.

Source: mnit-rtmc/iris, comm/adectdc: TdcProperty, TrafficProperty, VehicleInfo, StatusProperty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import sum8
from devices.command import Command, by_name
from devices.cutters import Bad, by_header, either
from devices.dialogue import PATIENCE, Ask, Listen, carry_out
from devices.driver import SUMS, Driver, Line, Setting, Settings
from devices.errors import NoReply
from devices.sample import Sample, Vehicle
from devices.units import believable

if TYPE_CHECKING:
    from collections.abc import Generator

    from devices.cutters import Cutter, Verdict
    from devices.dialogue import Dialogue, Fields, Opening, Received, Step

_NOTHING: Final = b"\xe5"
_SHORT, _LONG, _END = b"\x10", b"\x68", b"\x16"
_SHORT_SIZE: Final = 5
_HEAD: Final = 4
"""Bytes of a long frame that its length does not count, before what it does."""

_TAIL: Final = 2
_VEHICLES, _STATUS = 0x08, 0x0B
_FIXED: Final = 7
"""Control, address, status, and the number of vehicles since ever."""

_SIZES: Final = {count * size + _FIXED: size for size in (6, 7, 11) for count in range(1, 5)}
"""By the length: how many bytes each vehicle has; no two lengths are the same."""

_STATUS_SIZE: Final = 3
_LENGTHS: Final = frozenset({*_SIZES, _STATUS_SIZE})
_GAP_END, _TICK = 6, 7
"""Bytes of a record up to its gap, and up to its length."""

_FAULTS: Final = {
    7: "its hardware", 6: "its synchronisation", 3: "ultrasound", 2: "infrared 2",
    1: "infrared 1", 0: "radar",
}  # fmt: skip
"""Bits of the status that say what is broken; 5 and 4 say that there is a queue, or a wrong way."""

_TRIES: Final = 3
_ASK, _COUNTED, _VALID = 0x40, 0x20, 0x10
_WITHIN: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Adec(Driver):
    """A detector above a lane that follows vehicles itself."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut frames of all three forms."""
        return either(
            by_header((_NOTHING,), lambda _: 1, lambda _: True),
            by_header((_SHORT,), lambda _: _SHORT_SIZE, lambda f: _is_summed(f, 1), tail=_END),
            _cut_long,
        )

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read vehicles (km/h, ms, m), a status, or a question."""
        if frame == _NOTHING:
            return {"no_data": True}
        if frame.startswith(_SHORT):
            return {"ctrl": frame[1], "address": frame[2]}
        body = frame[_HEAD:-_TAIL]
        fields: dict[str, Any] = {"ctrl": body[0], "address": body[1], "status": body[2]}
        if len(body) == _STATUS_SIZE:
            return fields
        size = _SIZES[len(body)]
        fields["count"] = int.from_bytes(body[3:_FIXED])
        fields["vehicles"] = [_read(body[at : at + size]) for at in range(_FIXED, len(body), size)]
        return fields

    def encode(self, fields: Fields) -> bytes:
        """Write vehicles or a status; a question where there is neither."""
        if fields.get("no_data"):
            return _NOTHING
        address = fields.get("address", 1)
        if "status" not in fields and "vehicles" not in fields:
            return _short(fields.get("ctrl", 0), address)
        body = bytes((fields.get("ctrl", _VEHICLES), address, fields.get("status", 0)))
        if "vehicles" in fields:
            body += fields.get("count", 0).to_bytes(4) + b"".join(map(_write, fields["vehicles"]))
        size = bytes((len(body), len(body)))
        return _LONG + size + _LONG + body + bytes((sum8(body),)) + _END

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Turn vehicles into ones that bear their number since ever; a question is none.

        Another address is another detector's, which answers late, or to a question that was spoilt.
        """
        if fields.get("no_data"):
            return Sample()
        if "status" not in fields or fields["ctrl"] != _VEHICLES:
            return None
        if fields["address"] != settings["address"]:
            return None
        vehicles = fields.get("vehicles", ())
        first = fields.get("count", 0) - len(vehicles) + 1
        return Sample(
            vehicles=tuple(_vehicle(each, number) for number, each in enumerate(vehicles, first)),
            fault=_fault(fields["status"]),
        )

    def tailored(self, settings: Settings) -> Driver:
        """Talk to its address."""
        address = settings["address"]
        identify = (f"read_status_addr{address}",)
        return replace(self, commands=_commands(address), identify=identify)

    def start(self, settings: Settings) -> Opening:
        """Begin the link anew, so that both sides know which question comes next.

        Raises:
            NoReply: It does not answer.
        """
        yield from carry_out(self.commands[f"reset_addr{settings['address']}"], _WITHIN)

    def read(self, settings: Settings) -> Dialogue:
        """Ask twice, once with each value of the bit; a question without an answer is repeated.

        Raises:
            NoReply: It did not answer, three times.
        """
        samples: list[Sample] = []
        for name in ("read_vehicles", "read_vehicles_again"):
            try:
                received = yield from self._ask(f"{name}_addr{settings['address']}", settings)
            except NoReply:
                if not samples:
                    raise
                break
            samples.append(self.sample(received.fields, settings) or Sample())
        return Sample(
            vehicles=tuple(vehicle for sample in samples for vehicle in sample.vehicles),
            fault=next((sample.fault for sample in samples if sample.fault), ""),
        )

    def _ask(self, name: str, settings: Settings) -> Generator[Step, Received, Received]:
        """Ask until it is answered; the echo of the question is no answer."""
        command = self.commands[name]
        for _ in range(_TRIES):
            step: Step = Ask(command.data, _WITHIN)
            for _ in range(PATIENCE):
                try:
                    received = yield step
                except NoReply:
                    break
                if self.sample(received.fields, settings) is not None:
                    return received
                step = Listen(_WITHIN)
        raise NoReply(f"{command.name} was not answered")


def _cut_long(buffer: bytes) -> Verdict:
    if not buffer.startswith(_LONG):
        begin = buffer.find(_LONG)
        return Bad("header", begin if begin > 0 else len(buffer))
    if len(buffer) < _HEAD:
        return None
    if buffer[3:_HEAD] != _LONG:
        return Bad("header")
    if buffer[1] != buffer[2] or buffer[1] not in _LENGTHS:
        return Bad("length")
    return _cut_counted(buffer)


_cut_counted: Final = by_header(
    (_LONG,),
    lambda buffer: _HEAD + buffer[1] + _TAIL,
    lambda frame: _is_summed(frame, _HEAD),
    tail=_END,
)


def _is_summed(frame: bytes, head: int) -> bool:
    return sum8(frame[head:-_TAIL]) == frame[-_TAIL]


def _read(record: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "speed_kmh": record[0],
        "class_lane": record[1],
        "occupancy_ms": int.from_bytes(record[2:4]) * 10,
        "gap_ms": int.from_bytes(record[4:6]) * 10,
    }
    if len(record) > _GAP_END:
        fields["length_m"] = record[_GAP_END] / 10
    if len(record) > _TICK:
        fields["tick_hex"] = record[_TICK:].hex()
    return fields


def _write(fields: Fields) -> bytes:
    record = bytes((fields.get("speed_kmh", 0), fields.get("class_lane", 0)))
    record += b"".join(
        (fields.get(name, 0) // 10).to_bytes(2) for name in ("occupancy_ms", "gap_ms")
    )
    if "length_m" in fields:
        record += bytes((round(fields["length_m"] * 10),))
    return record + bytes.fromhex(fields.get("tick_hex", ""))


def _vehicle(fields: Fields, number: int) -> Vehicle:
    """Make a vehicle; switched on again the detector counts from 1, but never the same ones."""
    return Vehicle(
        channel="all",
        speed=believable(float(fields["speed_kmh"])),
        length=fields.get("length_m") or None,
        occupied=fields["occupancy_ms"] / 1000 or None,
        gap=fields["gap_ms"] / 1000 or None,
        mark=f"{number} {_write(fields).hex()}",
        number=number,
    )


def _fault(status: int) -> str:
    broken = [what for bit, what in _FAULTS.items() if status >> bit & 1]
    return f"broken, it says: {', '.join(broken)}" if broken else ""


def _short(control: int, address: int) -> bytes:
    body = bytes((control, address))
    return _SHORT + body + bytes((sum8(body),)) + _END


def _commands(address: int) -> dict[str, Command]:
    """Return the commands as the detector with that address hears them."""

    def ask(name: str, control: int, text: str, reply: Fields) -> Command:
        return Command(f"{name}_addr{address}", _short(control, address), text, reply=reply)

    vehicles = _ASK | _VALID | _VEHICLES
    return by_name(
        ask("read_vehicles", vehicles | _COUNTED, "tell who has passed", {}),
        ask("read_vehicles_again", vehicles, "the same, the next time", {}),
        ask(
            "read_status",
            _ASK | 0x09,
            "tell what is broken",
            {"ctrl": _STATUS, "address": address, "status": None},
        ),
        ask("reset", _ASK, "begin the link anew", {"no_data": True}),
    )


TDC: Final = Adec(
    name="adec.tdc",
    line=Line(9600, "E"),
    lines=(Line(19200, "E"), Line(9600)),
    channels=("all",),
    sums=(*SUMS, "occupied_seconds", "headway_sum", "gap_sum", "length_sum"),
    every=0.5,
    takes={"address": Setting(1, range(1, 256), "its number on the bus")},
    commands=_commands(1),
    identify=("read_status_addr1",),
    proof="documents",
    document="mnit-rtmc/iris, comm/adectdc",
)
