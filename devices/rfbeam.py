"""RFbeam's radar K-LD7: packets, one for each question.

A packet is four letters, the length of what follows (32 bits), and that; all is little-endian.
Before anything else it is greeted with `INIT` and a line speed. `GNFD` asks for what the next frame
has seen: `TDAT` is the one object that it tracks, `PDAT` is every echo. Each question is
acknowledged by `RESP` first. There is no checksum; parity, the letters and the length are all
there is.

Source: RFbeam, K-LD7 datasheet, serial protocol; robcarruthers/rfbeam, lib/rfbeam/kld7, and its
readme, with a reading; nickovs/kld7: packets, masks, units; worthp/Python-KLD7: answers.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from devices.command import Command, by_name
from devices.cutters import by_header
from devices.dialogue import PATIENCE, Ask, Listen, carry_out
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import DecodeError, NoReply
from devices.sample import Detection, Sample
from devices.units import FASTEST

if TYPE_CHECKING:
    from devices.cutters import Cutter
    from devices.dialogue import Dialogue, Fields, Opening, Step

_HEAD: Final = 8
_TARGET: Final = struct.Struct("<HhhH")
"""cm, km/h × 100, degrees × 100, magnitude."""

_HUNDREDTH: Final = 100
_FARTHEST: Final = 100
"""m: as far as it can be told to look."""

_WIDEST: Final = 90
"""Degrees to either side: what lies beyond is behind it."""

_MOST_TARGETS: Final = 64
"""Echoes of one frame; far more than were ever seen."""

_SIZES: Final[dict[str, range]] = {
    "RESP": range(1, 2),
    "TDAT": range(0, _TARGET.size + 1, _TARGET.size),
    "PDAT": range(0, _MOST_TARGETS * _TARGET.size + 1, _TARGET.size),
    "DDAT": range(6, 7),
    "DONE": range(4, 5),
    "RFFT": range(1024, 1025),
    "RADC": range(3072, 3073),
    "RPST": range(1, 129),
}
"""Bytes behind the head of each packet."""

_TARGETS: Final = ("TDAT", "PDAT")
_MASKS: Final = {"RADC": 1, "RFFT": 2, "PDAT": 4, "TDAT": 8, "DDAT": 16, "DONE": 32}
_BAUDRATES: Final = (115200, 460800, 921600, 2000000, 3000000)
_ANSWERS: Final = (
    "done", "it knows no such command", "it takes no such value", "it has other parameters",
    "its line failed", "it is busy", "it took too long",
)  # fmt: skip
_WITHIN: Final = 1.0
"""Seconds that a frame may take: at its slowest setting it needs a quarter of one."""


@dataclass(frozen=True, kw_only=True)
class RfBeam(Driver):
    """A radar that is asked for every frame."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut the packets that are known, of a size, and with targets, that they can have."""
        return by_header([name.encode() for name in _SIZES], _size, _can_be, refused="header")

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read targets (m, km/h, degrees), a code, or whatever else as hex."""
        name, body = frame[:4].decode(), frame[_HEAD:]
        if name == "RESP":
            return {"packet": name, "code": body[0]}
        if name not in _TARGETS:
            return {"packet": name, "value_hex": body.hex()}
        return {"packet": name, "targets": [_read(*each) for each in _TARGET.iter_unpack(body)]}

    def encode(self, fields: Fields) -> bytes:
        """Write a packet; one that has no name tracks."""
        name = fields.get("packet", "TDAT")
        if name == "RESP":
            body = bytes((fields.get("code", 0),))
        elif name in _TARGETS:
            body = b"".join(map(_write, fields.get("targets", ())))
        else:
            body = bytes.fromhex(fields.get("value_hex", ""))
        return _packet(name, body)

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Turn each target into a detection; who moves neither way is nobody."""
        if fields["packet"] not in _TARGETS:
            return None
        return Sample(
            detections=tuple(
                Detection(
                    channel="out" if target["speed_kmh"] > 0 else "in",
                    speed=abs(target["speed_kmh"]),
                    distance=target["distance_m"],
                    signal=float(target["magnitude"]),
                )
                for target in fields["targets"]
                if target["speed_kmh"]
            )
        )

    def refusal(self, _command: Command, fields: Fields) -> str:
        """Read why it does not do what it was told."""
        return _answer(fields["code"]) if fields.get("code") else ""

    def start(self, _settings: Settings) -> Opening:
        """Greet it: before that, and after it was without power, it answers nothing else.

        Raises:
            NoReply: It does not answer.
        """
        yield from carry_out(self.commands["init_115200"], _WITHIN)

    def read(self, settings: Settings) -> Dialogue:
        """Ask for the next frame; one that does not answer is greeted again.

        Raises:
            NoReply: It does not answer, or not with a frame.
            DecodeError: It answers that it can't.
        """
        try:
            return (yield from self._ask(settings))
        except NoReply:
            yield from self.start(settings)
            raise

    def _ask(self, settings: Settings) -> Dialogue:
        packet = "PDAT" if settings["echoes"] else "TDAT"
        step: Step = Ask(self.commands[f"get_{packet.lower()}"].data, _WITHIN)
        for _ in range(PATIENCE):
            received = yield step
            if received.fields.get("code"):
                raise DecodeError(_answer(received.fields["code"]))
            if received.fields["packet"] == packet:
                return self.sample(received.fields, settings) or Sample()
            step = Listen(_WITHIN)
        raise NoReply(f"{PATIENCE} packets, and none with targets")


def _size(buffer: bytes) -> int:
    if len(buffer) < _HEAD:
        return 0
    length = int.from_bytes(buffer[4:_HEAD], "little")
    return _HEAD + length if length in _SIZES[buffer[:4].decode()] else -1


def _can_be(packet: bytes) -> bool:
    """Say whether each target is where it can see one, and no faster than anybody is."""
    if packet[:4].decode() not in _TARGETS:
        return True
    return all(
        cm <= _FARTHEST * _HUNDREDTH
        and abs(speed) <= FASTEST * _HUNDREDTH
        and abs(angle) <= _WIDEST * _HUNDREDTH
        for cm, speed, angle, _ in _TARGET.iter_unpack(packet[_HEAD:])
    )


def _read(cm: int, speed: int, angle: int, magnitude: int) -> dict[str, Any]:
    return {
        "distance_m": cm / _HUNDREDTH,
        "speed_kmh": speed / _HUNDREDTH,
        "angle_deg": angle / _HUNDREDTH,
        "magnitude": magnitude,
    }


def _write(target: Fields) -> bytes:
    names = ("distance_m", "speed_kmh", "angle_deg")
    scaled = (round(target.get(name, 0) * _HUNDREDTH) for name in names)
    return _TARGET.pack(*scaled, target.get("magnitude", 0))


def _packet(name: str, body: bytes) -> bytes:
    return name.encode() + len(body).to_bytes(4, "little") + body


def _answer(code: int) -> str:
    return _ANSWERS[code] if code < len(_ANSWERS) else f"it answers with code {code}"


def _ask(name: str, code: str, value: int | None, text: str, *, lasts: bool = False) -> Command:
    body = b"" if value is None else value.to_bytes(4, "little")
    reply = {"packet": "RESP", "code": 0}
    return Command(name, _packet(code, body), text, dangerous=lasts, reply=reply)


KLD7: Final = RfBeam(
    name="rfbeam.kld7",
    line=Line(115200, "E"),
    channels=("in", "out"),
    every=0.1,
    takes={
        "echoes": Setting(
            default=False, allowed=(False, True), help="every echo, not the one object it tracks"
        ),
    },
    commands=by_name(
        *(
            _ask(f"init_{baud}", "INIT", index, f"begin, and go on at {baud} baud", lasts=index > 0)
            for index, baud in enumerate(_BAUDRATES)
        ),
        *(
            _ask(f"get_{name.lower()}", "GNFD", mask, f"send {name} of the next frame")
            for name, mask in _MASKS.items()
        ),
        _ask("get_parameters", "GRPS", None, "tell its parameters"),
        _ask("set_range_100m", "RRAI", 3, "look up to 100 m away", lasts=True),
        _ask("set_speed_100kmh", "RSPI", 3, "measure up to 100 km/h", lasts=True),
        _ask("factory_reset", "RFSE", None, "forget all parameters", lasts=True),
        _ask("goodbye", "GBYE", None, "end: it answers nothing until it is greeted again"),
    ),
    identify=("init_115200",),
    proof="documents",
    document="RFbeam, K-LD7 datasheet",
)
