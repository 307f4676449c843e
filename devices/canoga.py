"""Canoga's cards for loops in the road: of each of four loops the last vehicle, and a count.

The answer has no beginning and no end: 37 bytes, of each loop how long the last vehicle was over it
(24 bits, ms), when it came (32 bits, ms since the card was switched on), a count that wraps behind
255, and whether somebody is over it now; then all bytes combined by exclusive or. That sum can't
see where the answer begins: what is shifted by a lost byte passes where the byte that comes in is
the one that went out. The card is therefore asked each time, and what had arrived before is
dropped; and a count is believed only as far as the card's clock goes on with ours.

Source: mnit-rtmc/iris, comm/canoga: CanogaProperty, BinaryDetectionProperty, DetectionEvent.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from devices.checksums import xor8
from devices.command import Command, by_name
from devices.cutters import Bad, Whole
from devices.dialogue import carry_out
from devices.driver import Driver, Line, Setting, Settings
from devices.lanes import lane, lanes, lanes_setting
from devices.sample import Counter, Sample, Tally

if TYPE_CHECKING:
    from devices.cutters import Cutter, Verdict
    from devices.dialogue import Dialogue, Fields

_LOOPS: Final = 4
_LOOP: Final = struct.Struct(">B2sIBB")
"""The highest byte of how long, its other two, when, count, state."""

_SIZE: Final = _LOOPS * _LOOP.size + 1
_WRAPS: Final = 256
_STATES: Final = (0, 1)
_LONGEST: Final = 120_000
"""ms: who is over a loop for longer is parked, or no vehicle."""

_WITHIN: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Canoga(Driver):
    """A card that counts on four loops."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut 37 bytes of the right sum, in which every loop is either taken or not."""
        return _cut

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read the four loops, ms."""
        return {"det": [_read(*each) for each in _LOOP.iter_unpack(frame[:-1])]}

    def encode(self, fields: Fields) -> bytes:
        """Write an answer; a loop that is not given is zero."""
        loops = [*fields.get("det", ()), *({} for _ in range(_LOOPS))][:_LOOPS]
        body = b"".join(map(_write, loops))
        return body + bytes((xor8(body),))

    def sample(self, fields: Fields, settings: Settings) -> Sample:
        """Turn each loop into a running count, and the last vehicle's time over it.

        A loop that has seen nobody since the card was switched on has no time yet.
        """
        return Sample(
            tallies=tuple(
                Tally(
                    channel=lane(number),
                    count=Counter(float(loop["count"]), _WRAPS, loop["start_ms"] / 1000 or None),
                    sums=_occupied(loop["duration_ms"]),
                )
                for number, loop in enumerate(fields["det"][: settings["lanes"]], start=1)
            )
        )

    def tailored(self, settings: Settings) -> Driver:
        """Know how many loops are connected, and talk to its address."""
        return replace(
            self,
            channels=lanes(settings["lanes"]),
            commands=_commands(settings["address"]),
        )

    def read(self, settings: Settings) -> Dialogue:
        """Ask for all loops.

        Raises:
            NoReply: It did not answer, three times.
        """
        received = yield from carry_out(self.commands["read"], _WITHIN)
        return self.sample(received.fields, settings)


def _occupied(milliseconds: int) -> dict[str, float]:
    return {"occupied_seconds": milliseconds / 1000} if milliseconds <= _LONGEST else {}


def _cut(buffer: bytes) -> Verdict:
    states = buffer[_LOOP.size - 1 : _SIZE - 1 : _LOOP.size]
    if any(state not in _STATES for state in states):
        return Bad("header")
    if len(buffer) < _SIZE:
        return None
    return Whole(_SIZE) if xor8(buffer[:_SIZE]) == 0 else Bad("checksum")


def _read(high: int, low: bytes, start: int, count: int, state: int) -> dict[str, int]:
    duration = high << 16 | int.from_bytes(low)
    return {"duration_ms": duration, "start_ms": start, "count": count, "state": state}


def _write(loop: Fields) -> bytes:
    duration = loop.get("duration_ms", 0)
    return _LOOP.pack(
        duration >> 16, (duration & 0xFFFF).to_bytes(2), loop.get("start_ms", 0),
        loop.get("count", 0), loop.get("state", 0),
    )  # fmt: skip


def _commands(address: int) -> dict[str, Command]:
    """Return the commands as the card with that address hears them: `<08`, it, `*`, a sum, `>`."""
    body = b"<08" + bytes((address,)) + b"*"
    data = body + f"{xor8(body):02X}>".encode()
    return by_name(Command("read", data, "tell all loops", reply={"det": None}))


CANOGA: Final = Canoga(
    name="canoga.loop",
    line=Line(9600),
    channels=lanes(_LOOPS),
    sums=("occupied_seconds",),
    every=0.25,
    takes={
        "address": Setting(0, range(256), "the card's number"),
        "lanes": lanes_setting(_LOOPS, _LOOPS),
    },
    commands=_commands(0),
    identify=("read",),
    proof="documents",
    document="mnit-rtmc/iris, comm/canoga",
)
