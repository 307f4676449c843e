"""What may be in a store, judged anew from the bytes that came: none of our own checks is asked.

The law: whatever is stored as a good reading was in a message of its own gateway, on its device's
topic, whole and sound, with that value, within its quantity's range, at that time, which lies
neither before 2020 nor in the future. And no cell of a sound batch is missing from the store.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.collector.points import Fields, Point, Tags
    from tests.hostile.payloads import Message

YEAR_2020: Final = 1_577_836_800_000
YEAR_2100: Final = 4_102_444_800_000
AHEAD_MS: Final = 300_000
LARGEST: Final = 1 << 20

_ID: Final = r"[a-z0-9][a-z0-9._-]{0,62}"
_READINGS: Final = re.compile(rf"simpang/v1/({_ID})/readings/({_ID})")
_NEWS: Final = re.compile(rf"simpang/v1/({_ID})/(state|spool|about)")
_EPOCH: Final = re.compile(r"[0-9a-f]{16}")
_TAGS: Final = {"gateway", "device", "site", "channel", "epoch", "collector"}

_GOOD: Final = {"1", "2", "3"}
_MISSING: Final = "9"
_FLAGS: Final = {*_GOOD, "4", _MISSING}
_CLOCKS: Final = {"synced", "late", "never"}
_MOST_INT64: Final = 2**63


class Broken(AssertionError):
    """The law does not hold."""


def check_batch(message: Message, now: int, gateway: str, points: Sequence[Point]) -> None:
    """Check what is about to be stored of a batch.

    Args:
        message: What came.
        now: The trusted time, ms since 1970.
        gateway: Whose it is said to be.
        points: Its readings.

    Raises:
        Broken: The law does not hold.
    """
    topic = _READINGS.fullmatch(message.topic)
    _must(topic is not None and gateway == topic[1], "it is not on its gateway's topic")
    batch = _read(message.payload)
    device = topic[2] if topic else ""
    _must(batch.get("device") == device, "it is not on its device's topic")
    _check_names(batch)
    rows = batch["r"]
    times = [batch["t"] + row[0] for row in rows]
    undated = batch["clock"] == "never"
    _must(all(a < b for a, b in pairwise(times)), "its times do not rise")
    _must(YEAR_2020 <= batch["t"] <= times[0] and times[-1] <= YEAR_2100, "no time that can be")
    _must(undated or times[-1] <= now + AHEAD_MS, "a time in the future")
    expected: dict[int, Fields] = {at: {} for at in times}
    for number, (at, row) in enumerate(zip(times, rows, strict=True)):
        why = batch.get("why", {}).get(str(number), "0")
        expected[at] = _fields(batch["q"], row, why, undated=undated)
    stored: dict[int, Fields] = {}
    for tags in {point.tags for point in points}:
        _check_tags(tags)
        _must(dict(tags).get("gateway") == gateway, "a point of another gateway")
        _must(dict(tags).get("device") == device, "a point of another device")
        _must(dict(tags).get("site") == batch["site"], "a point of another site")
    for point in points:
        _check_fields(point)
        stored.setdefault(point.time, {}).update(point.fields)
    if undated:
        for fields in stored.values():
            fields.pop("boot_ms", None)
            _must(fields.pop("boot", None) == batch["boot"], "a point of another boot")
    _must(stored == expected, "what is stored is not what was sent")


def check_news(message: Message, points: Sequence[Point]) -> None:
    """Check what is about to be stored of what a gateway says of itself."""
    topic = _NEWS.fullmatch(message.topic)
    for point in points:
        check_point(point)
        mine = topic is not None and dict(point.tags).get("gateway") == topic[1]
        _must(mine, "it is not on its gateway's topic")
        _must(point.measurement in {"spool", "site"}, "no measurement of news")
        latitude, longitude = point.fields.get("latitude", 0), point.fields.get("longitude", 0)
        _must(abs(float(latitude)) <= 90 and abs(float(longitude)) <= 180, "a site in no place")


def check_point(point: Point) -> None:
    """Check what holds for every point: nothing in it can break a database or another's series."""
    _check_tags(point.tags)
    _check_fields(point)


def _check_tags(tags: Tags) -> None:
    for tag, word in tags:
        pattern = _EPOCH.pattern if tag == "epoch" else _ID
        _must(tag in _TAGS and _matches(pattern, word), f"the tag {tag} is {word!r}")


def _check_fields(point: Point) -> None:
    _must(0 <= point.time <= YEAR_2100, "no time that can be")
    _must(bool(point.fields), "no field")
    for name, value in point.fields.items():
        if type(value) is float:
            _must(math.isfinite(value), f"{name} is {value!r}")
        elif isinstance(value, str):
            _must(name in {"boot", "dropped"} and len(value.encode()) < 1 << 16, "a long string")
        else:
            _must(type(value) is int and abs(value) < _MOST_INT64, f"{name} fits no int64")


def _check_names(batch: dict[str, Any]) -> None:
    """Check everything that is not a value."""
    _must(type(batch.get("v")) is int and batch["v"] == 1, "another version")
    _must(_matches(_EPOCH.pattern, batch.get("epoch")), "no epoch")
    seq = batch.get("seq")
    _must(type(seq) is int and 1 <= seq < 2**53, "no seq")
    _must(_matches(_ID, batch.get("site")), "no site")
    _must(batch.get("channel") is None or _matches(_ID, batch["channel"]), "no channel")
    _must(isinstance(batch.get("model"), str) and len(batch["model"]) <= 200, "no model")
    _must(batch.get("clock") in _CLOCKS, "no clock")
    boot = batch.get("boot")
    never = batch["clock"] == "never"
    _must(isinstance(boot, str) and len(boot) <= 200 if never else boot is None, "no boot")
    every = batch.get("every")
    _must(every is None or (_is_number(every) and every >= 0), "no pace")
    names, rows = batch.get("q"), batch.get("r")
    _must(type(batch.get("t")) is int, "no time")
    _must(isinstance(names, list) and len(set(names)) == len(names) > 0, "no columns")
    _must(isinstance(rows, list) and 0 < len(rows) <= 5000, "no rows")
    for name in names if isinstance(names, list) else ():
        known = name in QUANTITIES or name.removesuffix("_raw") in QUANTITIES
        _must(known or (never and name == "boot_ms"), f"no quantity {name!r}")
    for number, causes in batch.get("why", {}).items():
        fits = isinstance(causes, str) and len(causes) in {1, len(names or ())}
        _must(fits and causes.isascii() and causes.isdigit(), "no causes")
        _must(_matches(r"[0-9]{1,4}", number) and int(number) < len(rows or ()), "causes of no row")


def _fields(names: list[str], row: list[Any], why: str, *, undated: bool) -> Fields:
    """Say what one row is in the store, all of its measurements together."""
    _must(len(row) == len(names) + 2, "a row of another width")
    _must(type(row[0]) is int and row[0] >= 0, "no offset")
    flags = row[1]
    _must(isinstance(flags, str) and len(flags) in {1, len(names)}, "no flags")
    expected: Fields = {}
    for place, (name, value) in enumerate(zip(names, row[2:], strict=True)):
        flag = flags if len(flags) == 1 else flags[place]
        cause = int(why if len(why) == 1 else why[place])
        _must(flag in _FLAGS, f"the flag {flag}")
        _must((value is None) == (flag == _MISSING), f"{value!r} is flagged {flag}")
        _must(value is None or _is_number(value), f"{str(value)[:40]} is no value")
        if undated and name == "boot_ms":
            continue
        if flag in _GOOD and name in QUANTITIES:
            quantity = QUANTITIES[name]
            _must(quantity.low <= value <= quantity.high, f"{name} is {value} and flagged {flag}")
        if undated:
            flag, cause = (flag if value is None else "4"), cause or 6
        expected[f"{name}_qf"] = int(flag)
        if cause:
            expected[f"{name}_why"] = cause
        if value is not None:
            expected[f"{name}_rejected" if flag == "4" else name] = float(value)
    return expected


def _read(payload: bytes) -> dict[str, Any]:
    """Read a payload as strictly as JSON is defined."""
    plain = payload
    if payload[:1] == b"x":
        inflater = zlib.decompressobj()
        plain = inflater.decompress(payload, LARGEST + 1)
        _must(inflater.eof and not inflater.unused_data, "its compressed stream is not whole")
    _must(len(payload) <= LARGEST and len(plain) <= LARGEST, "it is too large")
    try:
        document = json.loads(plain.decode(), parse_constant=_refuse, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise Broken(f"it is no JSON: {error}") from None
    _must(isinstance(document, dict), "it is no object")
    found: dict[str, Any] = document
    return found


def _refuse(token: str) -> float:
    raise Broken(f"{token} is no JSON")


def _whole(digits: str) -> int | float:
    """Read a whole number; one of thousands of digits may stand where nobody looks."""
    return int(digits) if len(digits) < 1000 else math.inf


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= 1e300


def _matches(pattern: str, text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(pattern, text) is not None


def _must(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads like a sentence
    if not holds:
        raise Broken(otherwise)
