"""Frames of drivers, of every kind that they know, made from random payloads by hand.

The sums are added up here once more, so that an encoder can't agree with its own mistake. A driver
that has no maker of frames here is tested with its recorded ones.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from tests.devices import (
    made_air,
    made_distances,
    made_lanes,
    made_lines,
    made_modbus,
    made_people,
    made_speeds,
)
from tests.devices.vectors import SENT

if TYPE_CHECKING:
    from collections.abc import Callable

_PLANTOWER: Final = {"pms3003": 18, "pms5003": 26, "pms5003t": 26, "pms5003s": 26, "pms5003st": 34}


def _plantower(payload: bytes) -> bytes:
    body = b"BM" + (len(payload) + 2).to_bytes(2, "big") + payload
    return body + (sum(body) % 65536).to_bytes(2, "big")


def _is_plantower(size: int, data: bytes) -> bool:
    lengths = {size + 2} if size == _PLANTOWER["pms3003"] else {size + 2, 4}
    length = int.from_bytes(data[2:4], "big")
    whole = len(data) >= 4 + length and length in lengths
    return data[:2] == b"BM" and whole and data[: 4 + length] == _plantower(data[4 : 2 + length])


def _nova(kind: int, payload: bytes) -> bytes:
    return bytes([0xAA, kind]) + payload + bytes([sum(payload) % 256, 0xAB])


def _is_nova(kind: int, data: bytes) -> bool:
    replies = (
        "aac505",
        "aac507",
        "aac50200",
        "aac50201",
        "aac50600",
        "aac50601",
        "aac50800",
        "aac50801",
    )
    heads = (bytes([0xAA, kind]), *map(bytes.fromhex, replies))
    return len(data) >= 10 and data.startswith(heads) and data[:10] == _nova(data[1], data[2:8])


def _nova_frames(kind: int) -> st.SearchStrategy[bytes]:
    six = st.binary(min_size=6, max_size=6)
    device = st.binary(min_size=2, max_size=2)
    byte = st.integers(0, 255)
    valued = st.builds(
        lambda command, op, value, device: bytes([command, op, value, 0]) + device,
        st.sampled_from([2, 6, 8]), st.integers(0, 1), byte, device,
    )  # fmt: skip
    named = st.builds(lambda device: bytes([5, 0, 0, 0]) + device, device)
    dated = st.builds(
        lambda year, month, day, device: bytes([7, year, month, day]) + device,
        byte, byte, byte, device,
    )  # fmt: skip
    replies = st.one_of(valued, named, dated)
    return st.one_of(
        six.map(lambda payload: _nova(kind, payload)),
        replies.map(lambda payload: _nova(0xC5, payload)),
    )


def _radar_frames() -> st.SearchStrategy[bytes]:
    speed = st.integers(-30000, 30000).map(lambda hundredths: hundredths / 100)
    shown = st.one_of(speed, speed.map(str), st.lists(speed, max_size=4))
    known = st.fixed_dictionaries(
        {"speed": shown},
        optional={
            "magnitude": shown,
            "distance": shown,
            "unit": st.sampled_from(["mph", "km/h", "m/s", "kmph"]),
            "direction": st.sampled_from(["inbound", "outbound"]),
            "time": st.integers(0, 10**12),
        },
    )
    text = st.text(st.characters(max_codepoint=0x2FF, exclude_categories=["Cs"]), max_size=12)
    other = st.dictionaries(
        text.filter(lambda key: key not in {"speed", "DetectedObjectVelocity", "unit"}),
        st.one_of(text, st.integers(-(10**9), 10**9), st.none(), st.booleans()),
        min_size=1,
        max_size=4,
    )
    return st.one_of(known, other).map(lambda fields: json.dumps(fields).encode() + b"\r\n")


def _winsen(body: bytes) -> bytes:
    return b"\xff" + body + bytes([(256 - sum(body) % 256) % 256])


def _is_winsen(data: bytes) -> bool:
    known = data[:1] == b"\xff" and data[1:2] in {b"\x86", b"\x79", b"\x99"}
    return known and len(data) >= 9 and data[:9] == _winsen(data[1:8])


def _winsen_frames() -> st.SearchStrategy[bytes]:
    six = st.binary(min_size=6, max_size=6)
    code = st.sampled_from([b"\x86", b"\x79", b"\x99"])
    return st.builds(lambda code, payload: _winsen(code + payload), code, six)


_REPORT = bytes.fromhex("f4f3f2f1"), bytes.fromhex("f8f7f6f5")
_CONFIG = bytes.fromhex("fdfcfbfa"), bytes.fromhex("04030201")


def _hilink(kind: tuple[bytes, bytes], body: bytes) -> bytes:
    return kind[0] + len(body).to_bytes(2, "little") + body + kind[1]


def _is_hilink(data: bytes) -> bool:
    length = int.from_bytes(data[4:6], "little")
    body = data[6 : 6 + length]
    if length > 27 or data[6 + length : 10 + length] not in {_REPORT[1], _CONFIG[1]}:
        return False
    if data[: 10 + length] == _hilink(_CONFIG, body):
        return 4 <= length <= 16 and body[1] == 1 and body[3] == 0
    targets = len(body) // 5
    counted = not body or (len(body) == 2 + 5 * targets and body[0] == targets)
    seen = counted and set(body[4::5]) <= {0, 1} and max(body[3::5], default=0) <= 100
    return (
        data[: 10 + length] == _hilink(_REPORT, body) and seen and max(body[5::5], default=0) <= 250
    )


def _hilink_frames() -> st.SearchStrategy[bytes]:
    byte = st.integers(0, 255)
    far, fast = st.integers(0, 100), st.integers(0, 250)
    target = st.tuples(byte, far, st.integers(0, 1), fast, byte).map(bytes)
    seen = st.lists(target, min_size=1, max_size=5)
    report = st.builds(
        lambda alarm, targets: bytes([len(targets), alarm]) + b"".join(targets), byte, seen
    )
    ack = st.builds(
        lambda code, status, value: bytes([code, 1, status, 0]) + value,
        byte, st.integers(0, 1), st.binary(max_size=12),
    )  # fmt: skip
    return st.one_of(
        st.one_of(st.just(b""), report).map(lambda body: _hilink(_REPORT, body)),
        ack.map(lambda body: _hilink(_CONFIG, body)),
    )


def recorded(driver: str) -> list[bytes]:
    """Return a driver's recorded frames, as far as they need no settings."""
    mine = (vector for vector in SENT if vector.driver == driver and not vector.settings)
    return [vector.raw for vector in mine if vector.section == "frames" and not vector.error]


FRAMES: Final[dict[str, st.SearchStrategy[bytes]]] = {
    **{
        f"plantower.{model}": st.one_of(
            st.binary(min_size=size, max_size=size).map(_plantower),
            *([st.binary(min_size=2, max_size=2).map(_plantower)] if model != "pms3003" else []),
        )
        for model, size in _PLANTOWER.items()
    },
    "nova.sds011": _nova_frames(0xC0),
    "nova.sds198": _nova_frames(0xCF),
    "omnipresense.ops243": _radar_frames(),
    "winsen.mhz19": _winsen_frames(),
    "hilink.ld2451": _hilink_frames(),
    **made_distances.FRAMES,
    **made_lines.FRAMES,
    **made_air.FRAMES,
    **made_modbus.FRAMES,
    **made_people.FRAMES,
    **made_lanes.FRAMES,
    **made_speeds.FRAMES,
}
"""Driver to its frames."""


BEGINS: Final[dict[str, Callable[[bytes], bool]]] = {
    **{f"plantower.{model}": partial(_is_plantower, size) for model, size in _PLANTOWER.items()},
    "nova.sds011": partial(_is_nova, 0xC0),
    "nova.sds198": partial(_is_nova, 0xCF),
    "winsen.mhz19": _is_winsen,
    "hilink.ld2451": _is_hilink,
    **made_distances.BEGINS,
    **made_lines.BEGINS,
    **made_air.BEGINS,
    **made_modbus.BEGINS,
    **made_people.BEGINS,
    **made_lanes.BEGINS,
    **made_speeds.BEGINS,
}
"""Driver of a binary protocol to whether bytes begin with one of its frames, judged apart."""
