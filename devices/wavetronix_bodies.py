"""What is within a packet of Wavetronix' SmartSensor HD: vehicles, intervals, results.

Speeds are 24 bits: whether it is one, 15 bits of a whole number with a sign, 256ths without one.
Its clock is UTC, in fields of bits.

Source: as `wavetronix`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from devices.dialogue import Fields

EVENT, INTERVAL, CLEAR = 0x67, 0x71, 0x6D
"""Messages: one vehicle, an interval of all, forget the store."""

READ, WRITE, RESULT = range(3)
"""What a body does: it asks or tells, orders, or says how that went."""

ALONE: Final = {EVENT: 24, INTERVAL: 46}
"""Bodies that come without a head, too: how long they are with their CRC."""

CONFIG: Final = 0x00
"""The message of its general config."""

_RESULT_SIZE: Final = 5
_CONFIG_SIZE: Final = 86
_CLASS_COUNT: Final = 4


def read_body(body: bytes) -> dict[str, Any]:
    """Read a vehicle, an interval, how an order went, or whatever else in hex; without its CRC."""
    if body[0] == EVENT and len(body) == ALONE[EVENT] - 1:
        return _read_event(body)
    if body[0] == INTERVAL and len(body) == ALONE[INTERVAL] - 1:
        return _read_interval(body)
    if body[2] == RESULT and len(body) == _RESULT_SIZE:
        return {"msg_id": body[0], "msg_sub": body[1], "result": int.from_bytes(body[3:])}
    fields: dict[str, Any] = {
        "msg_id": body[0], "msg_sub": body[1], "msg_type": body[2], "value_hex": body[3:].hex(),
    }  # fmt: skip
    is_config = (body[0], body[2], len(body)) == (CONFIG, READ, _CONFIG_SIZE)
    return fields | {"metric": body[-1] == 1} if is_config else fields


def _read_event(body: bytes) -> dict[str, Any]:
    return {
        "msg_id": EVENT,
        "valid": body[1] == 1,
        "time_utc": _read_time(body[3:11]),
        "lane": body[11],
        "range": int.from_bytes(body[12:14]) / 256,
        "duration_ms": int.from_bytes(body[14:17]),
        "speed": _read_speed(body[17:20]),
        "vclass": body[20],
        "length": int.from_bytes(body[21:23]) / 256,
    }


def _read_interval(body: bytes) -> dict[str, Any]:
    counts = (int.from_bytes(body[at : at + 3]) for at in range(22, 34, 3))
    return {
        "msg_id": INTERVAL,
        "lane": body[1],
        "interval": int.from_bytes(body[3:6]),
        "time_utc": _read_time(body[6:14]),
        "speed": _read_speed(body[14:17]),
        "count": int.from_bytes(body[17:20]),
        "occupancy_raw": int.from_bytes(body[20:22]),
        "class_counts": list(counts),
        "speed_85": _read_speed(body[34:37]),
        "headway_raw": int.from_bytes(body[37:40]),
        "gap_raw": int.from_bytes(body[40:43]),
        "lanes": body[43],
        "approaches": body[44],
    }


def write_body(fields: Fields) -> bytes:
    """Write the body that `read_body` reads these fields from; a vehicle where they name none."""
    message = fields.get("msg_id", EVENT)
    if "result" in fields:
        code = int(fields["result"])
        return bytes((message, fields["msg_sub"], RESULT)) + code.to_bytes(2)
    if "value_hex" in fields:
        kind = fields.get("msg_type", READ)
        return bytes((message, fields.get("msg_sub", 0), kind)) + bytes.fromhex(fields["value_hex"])

    def number(name: str, size: int) -> bytes:
        return int(fields.get(name, 0)).to_bytes(size)

    if message == INTERVAL:
        counts = fields.get("class_counts", [0] * _CLASS_COUNT)
        interval: bytes = (
            bytes((message, fields.get("lane", 0), READ)) + number("interval", 3)
            + _write_time(fields.get("time_utc")) + _write_speed(fields.get("speed"))
            + number("count", 3) + number("occupancy_raw", 2)
            + b"".join(count.to_bytes(3) for count in counts)
            + _write_speed(fields.get("speed_85")) + number("headway_raw", 3)
            + number("gap_raw", 3) + number("lanes", 1) + number("approaches", 1)
        )  # fmt: skip
        return interval
    event: bytes = (
        bytes((message, fields.get("valid", True), READ)) + _write_time(fields.get("time_utc"))
        + number("lane", 1) + round(fields.get("range", 0) * 256).to_bytes(2)
        + number("duration_ms", 3) + _write_speed(fields.get("speed"))
        + number("vclass", 1) + round(fields.get("length", 0) * 256).to_bytes(2)
    )  # fmt: skip
    return event


def _read_speed(data: bytes) -> float | None:
    """Read a speed; None where it says that it is none."""
    if not data[0] & 0x80:
        return None
    whole = int.from_bytes(data[:2]) & 0x7FFF
    whole -= (whole & 0x4000) << 1
    return whole + (data[2] if whole >= 0 else -data[2]) / 256


def _write_speed(speed: float | None) -> bytes:
    if speed is None:
        return bytes(3)
    return (0x8000 | int(speed) & 0x7FFF).to_bytes(2) + bytes((round(abs(speed) * 256) & 0xFF,))


def _read_time(data: bytes) -> str | None:
    """Read its own clock, UTC; None where it shows no time."""
    date, time = int.from_bytes(data[:4]), int.from_bytes(data[4:])
    try:
        at = datetime(
            date >> 9 & 0xFFF, date >> 5 & 0xF, date & 0x1F, time >> 22 & 0x1F,
            time >> 16 & 0x3F, time >> 10 & 0x3F, (time & 0x3FF) * 1000, UTC,
        )  # fmt: skip
    except ValueError:
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _write_time(text: str | None) -> bytes:
    if text is None:
        return bytes(8)
    at = datetime.fromisoformat(text)
    date = at.year << 9 | at.month << 5 | at.day
    time = at.hour << 22 | at.minute << 16 | at.second << 10 | at.microsecond // 1000
    return date.to_bytes(4) + time.to_bytes(4)
