"""What a message is worth: sound, or flawed with its reason, whatever the bytes are."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.collector.audit import FUTURE_SECONDS, Flawed, Heard, Sound, judge
from gateway.collector.points import of_batch, of_spool
from schemas.base import EARLIEST_MS, LARGEST_SEQ
from schemas.batch import LARGEST_PAYLOAD
from schemas.quantity import QUANTITIES, find
from schemas.spool import MOST_EPOCHS, EpochState, SpoolState
from schemas.topics import ROOT
from tests.collector.batches import EPOCH, GATEWAY, T, batch, document, payload, raw

TOPIC = f"{ROOT}/{GATEWAY}/readings/pm-1"
NOW = T / 1000 + 60


def verdict(body: bytes, topic: str = TOPIC, now: float | None = NOW) -> object:
    return judge(ROOT, topic, body, now)


def test_a_sound_batch_is_sound_and_belongs_to_whom_the_topic_says() -> None:
    sound = verdict(payload())
    assert isinstance(sound, Sound)
    assert (sound.gateway, sound.batch.seq) == (GATEWAY, 1)


NEVER: dict[str, Any] = {"clock": "never", "boot": "b", "q": ["pm2_5", "boot_ms"], "why": {}}
NAN_ROW = [[0, "1", float("nan"), 1.0]]
FLAWS: list[tuple[str, bytes, str, bool]] = [
    # what, payload, reason, whether epoch and seq can be read
    ("truncated JSON", raw()[:-20], "json", False),
    ("no JSON", b"\xff\xfe\x00", "json", False),
    ("empty", b"", "json", False),
    ("an array", b"[1,2]", "json", False),
    ("5 MiB", b" " * (5 << 20), "size", False),
    ("a zlib bomb", zlib.compress(bytes(64 << 20), 9), "size", False),
    ("cut zlib", zlib.compress(raw())[:-9], "zlib", False),
    ("zlib with a tail", zlib.compress(raw()) + b"x", "zlib", False),
    ("NaN", raw(r=NAN_ROW, why={}), "json", False),
    ("an unknown v", raw(v=2), "version", True),
    ("v true", raw(v=True), "version", True),
    ("no v", raw(v=None), "version", True),
    ("a row too narrow", raw(r=[[0, "1", 1.0]], why={}), "width", True),
    ("a row too wide", raw(r=[[0, "1", 1.0, 2.0, 3.0]], why={}), "width", True),
    ("an unknown quantity", raw(q=["pm2_5", "happiness"]), "quantity", True),
    ("a column twice", raw(q=["pm2_5", "pm2_5"]), "quantity", True),
    ("text as a value", raw(r=[[0, "1", "12", 1.0]], why={}), "value", True),
    ("a bool as a value", raw(r=[[0, "1", True, 1.0]], why={}), "value", True),
    ("a huge integer", raw(r=[[0, "1", 10**400, 1.0]], why={}), "value", True),
    ("null as good", raw(r=[[0, "1", None, 1.0]], why={}), "flags", True),
    ("an unknown flag", raw(r=[[0, "7", 1.0, 1.0]], why={}), "flags", True),
    ("a cause for no row", raw(why={"9": "1"}), "flags", True),
    ("times that fall", raw(r=[[5, "1", 1.0, 1.0], [5, "1", 1.0, 1.0]], why={}), "time", True),
    ("a hostile device", raw(device="../pm"), "schema", True),
    ("an id with a newline", raw(site="alun\nalun"), "schema", True),
    ("a value that can't be", raw(r=[[0, "1", 99999, 1.0]], why={}), "range", True),
    ("a value below its range", raw(r=[[0, "2", 1.0, -5]], why={}), "range", True),
    ("a time before any gateway", raw(t=0), "time", True),
    ("a version in words", raw(v="1"), "version", True),
    ("a boot that never was", raw(**NEVER, r=[[0, "4", 1.0, -1e299]]), "value", True),
    ("seq 0", raw(seq=0), "schema", False),
    ("an epoch in capitals", raw(epoch=EPOCH.upper()), "schema", False),
]


@pytest.mark.parametrize(
    ("body", "reason", "name"), [flaw[1:] for flaw in FLAWS], ids=[f[0] for f in FLAWS]
)
def test_every_flaw_has_its_reason(body: bytes, reason: str, name: bool) -> None:  # noqa: FBT001
    flawed = verdict(body)
    assert isinstance(flawed, Flawed)
    assert flawed.reason == reason
    assert (flawed.epoch, flawed.seq) == ((EPOCH, 1) if name else (None, None))
    assert flawed.gateway == GATEWAY


def test_a_batch_on_the_topic_of_another_device_is_refused() -> None:
    flawed = verdict(payload(), topic=f"{ROOT}/{GATEWAY}/readings/pm-2")
    assert isinstance(flawed, Flawed)
    assert (flawed.reason, flawed.epoch, flawed.seq) == ("topic", EPOCH, 1)


@pytest.mark.parametrize(
    "topic", ["", "x", f"{ROOT}/GW/readings/pm-1", f"{ROOT}/{GATEWAY}/nonsense"]
)
def test_a_topic_that_is_none_of_ours_names_no_gateway(topic: str) -> None:
    flawed = verdict(payload(), topic=topic)
    assert isinstance(flawed, Flawed)
    assert (flawed.reason, flawed.gateway) == ("topic", None)


def test_the_future_is_refused_by_who_knows_the_time_and_by_nobody_else() -> None:
    future = payload(t=T + 3_600_000)
    flawed = verdict(future)
    assert isinstance(flawed, Flawed)
    assert (flawed.reason, flawed.epoch) == ("time", EPOCH)
    assert isinstance(verdict(future, now=None), Sound)
    assert isinstance(verdict(future, now=T / 1000 + 3600 - FUTURE_SECONDS + 2), Sound)


def test_addresses_of_what_has_no_date_are_not_judged_as_times() -> None:
    body = payload(
        t=T + 3_600_000,
        clock="never",
        boot="b",
        q=["pm2_5", "boot_ms"],
        r=[[0, "1", 1.0, 5]],
        why={},
    )
    assert isinstance(verdict(body), Sound)


def test_news_of_a_gateway_are_heard() -> None:
    state = judge(ROOT, f"{ROOT}/{GATEWAY}/state", b'{"online":false}', NOW)
    assert isinstance(state, Heard)
    spool = b'{"v":1,"now":"6f1c0a0000000001","epochs":[],"new":1}'
    assert isinstance(judge(ROOT, f"{ROOT}/{GATEWAY}/spool", spool, NOW), Heard)


def test_fields_that_we_do_not_know_are_ignored_and_counted() -> None:
    sound = verdict(raw(colour="red", shape={"a": 1, "b": 2}))
    assert isinstance(sound, Sound)
    assert (sound.batch, sound.unknown) == (batch(), 2)

    epoch = {"epoch": EPOCH, "low": 1, "next": 1, "age": 3}
    spool = json.dumps({"v": 1, "now": EPOCH, "epochs": [epoch, epoch], "new": [1]}).encode()
    heard = judge(ROOT, f"{ROOT}/{GATEWAY}/spool", spool, NOW)
    assert isinstance(heard, Heard)
    assert heard.unknown == 3


RANGES = 100
"""Ranges that are told of one epoch, at most: more than a gateway keeps."""


def test_the_largest_spool_message_that_a_gateway_writes_is_heard_and_fits_the_store() -> None:
    top = LARGEST_SEQ - 2 * RANGES
    dropped = [(top + 2 * at, top + 2 * at, "unanswered") for at in range(RANGES)]
    epoch = EpochState(epoch=EPOCH, low=LARGEST_SEQ, next=LARGEST_SEQ, dropped=dropped)
    spool = SpoolState(now=EPOCH, epochs=[epoch] * MOST_EPOCHS, more=True)

    heard = judge(ROOT, f"{ROOT}/{GATEWAY}/spool", spool.model_dump_json().encode(), NOW)

    assert isinstance(heard, Heard)
    assert heard.news == spool
    for point in of_spool(GATEWAY, spool, T):
        assert len(json.loads(str(point.fields["dropped"]))) == RANGES


def test_news_that_make_no_sense_are_flaws_without_a_name() -> None:
    for kind in ("state", "spool", "about"):
        for body in (b"{", b"[]", b'{"v":2}', b'"' + b"x" * LARGEST_PAYLOAD + b'"'):
            flawed = judge(ROOT, f"{ROOT}/{GATEWAY}/{kind}", body, NOW)
            assert isinstance(flawed, Flawed)
            assert flawed.epoch is None


def test_nobody_speaks_of_another_gateway() -> None:
    about = b'{"v":1,"gateway":"gw-2","site":"s","devices":[]}'
    flawed = judge(ROOT, f"{ROOT}/{GATEWAY}/about", about, NOW)
    assert isinstance(flawed, Flawed)
    assert flawed.reason == "topic"


def test_a_retained_message_that_was_cleared_is_nothing() -> None:
    assert judge(ROOT, f"{ROOT}/{GATEWAY}/state", b"", NOW) is None


# The law: whatever arrives, only values that a sound batch says are good are stored as good.

ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=2**63),
    st.floats(),
    st.text(max_size=20),
    st.integers(-3000, 3000),
    st.sampled_from(["1", "4", "9", "19", "never", "\n", "pm2_5", "boot_ms", {}, [], [[]], 1e308]),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """Write a sound batch with a few places changed, perhaps compressed, perhaps damaged."""
    fields = document()
    for _ in range(draw(st.integers(0, 3))):
        holder, key = draw(st.sampled_from(_places(fields)))
        holder[key] = draw(ODD)
    body = json.dumps(fields).encode()
    if draw(st.booleans()):
        body = zlib.compress(body)
    if draw(st.booleans()):
        return body
    cut = bytearray(body)
    for _ in range(draw(st.integers(1, 3))):
        cut[draw(st.integers(0, len(cut) - 1))] = draw(st.integers(0, 255))
    return bytes(cut[: draw(st.integers(1, len(cut)))])


def _places(fields: dict[str, Any]) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = [(fields, key) for key in fields]
    for rows in (fields.get("q"), fields.get("r")):
        if isinstance(rows, list):
            found += [(rows, at) for at in range(len(rows))]
            found += [(row, at) for row in rows if isinstance(row, list) for at in range(len(row))]
    return found


@settings(max_examples=2000, deadline=None)
@given(mutated())
def test_no_hostile_payload_is_stored_as_a_good_reading(body: bytes) -> None:
    seen = verdict(body)
    if not isinstance(seen, Sound):
        assert isinstance(seen, Flawed)
        return
    plain = json.loads(zlib.decompress(body) if body[:1] == b"\x78" else body)
    points = of_batch(GATEWAY, seen.batch)
    for at, row in enumerate(plain["r"]):
        flags = row[1] if len(row[1]) > 1 else row[1] * len(plain["q"])
        stored = [point.fields for point in points if point.time == plain["t"] + row[0]]
        assert stored, f"row {at} is gone"
        for name, value, flag in zip(plain["q"], row[2:], flags, strict=True):
            assert find(name) is not None or name == "boot_ms"
            for good in (fields[name] for fields in stored if name in fields and find(name)):
                assert flag in "123"
                assert QUANTITIES[name].low <= value <= QUANTITIES[name].high
                assert plain["t"] >= EARLIEST_MS
                assert plain["clock"] != "never"
                assert good == float(value)
