from __future__ import annotations

import json
import os
import random
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.batch import (
    LARGEST_PAYLOAD,
    MOST_ROWS,
    ZLIB_FROM,
    Batch,
    BatchError,
    check,
    decode,
    encode,
)
from schemas.quantity import QUANTITIES
from tests.schemas.batches import batches

EPOCH = "6f1c0a94d2b35e78"
SOUND: dict[str, Any] = {
    "v": 1,
    "epoch": EPOCH,
    "seq": 4711,
    "device": "pm-1",
    "site": "alun-alun",
    "model": "plantower.pms5003",
    "clock": "synced",
    "t": 1_764_000_000_000,
    "q": ["pm1_0", "pm2_5", "pm10"],
    "r": [[0, "1", 8, 12, 15], [1000, "131", 8, 97, 15]],
    "why": {"1": "020"},
}
NEVER = {
    "clock": "never",
    "boot": "b",
    "q": ["pm2_5", "boot_ms"],
    "r": [[0, "1", 8, 99]],
    "why": {},
}

FLAWS: dict[str, tuple[str, dict[str, Any]]] = {
    "an unknown version": ("version", {"v": 2}),
    "a version that is true": ("version", {"v": True}),
    "no version": ("version", {"v": None}),
    "an unknown clock": ("schema", {"clock": "guessed"}),
    "a bad device": ("schema", {"device": "PM/1"}),
    "a device that ends its line": ("schema", {"device": "pm-1\n"}),
    "a time as text": ("schema", {"t": "1764000000000"}),
    "a time before 1970": ("schema", {"t": -1}),
    "no rows": ("schema", {"r": []}),
    "no columns": ("schema", {"q": []}),
    "too many rows": ("schema", {"r": [[n, "1", 1, 1, 1] for n in range(MOST_ROWS + 1)]}),
    "a row that is none": ("schema", {"r": [7]}),
    "a boot id beside dates": ("schema", {"boot": "b"}),
    "no boot id without dates": ("schema", NEVER | {"boot": None}),
    "a cause that is no digit": ("schema", {"why": {"1": "0x0"}}),
    "a cause for row -1": ("schema", {"why": {"-1": "0"}}),
    "a row too narrow": ("width", {"r": [[0, "1", 8, 12]]}),
    "a row too wide": ("width", {"r": [[0, "1", 8, 12, 15, 16]]}),
    "an empty row": ("width", {"r": [[]]}),
    "an unknown flag": ("flags", {"r": [[0, "5", 8, 12, 15]]}),
    "flags of another width": ("flags", {"r": [[0, "11", 8, 12, 15]]}),
    "flags that are a number": ("flags", {"r": [[0, 1, 8, 12, 15]]}),
    "no flags": ("flags", {"r": [[0, "", 8, 12, 15]]}),
    "a missing value that passed": ("flags", {"r": [[0, "1", 8, None, 15]]}),
    "a value that is missing": ("flags", {"r": [[0, "191", 8, 12, 15]]}),
    "a cause for a row beyond": ("flags", {"why": {"2": "0"}}),
    "causes of another width": ("flags", {"why": {"1": "02"}}),
    "an unknown quantity": ("quantity", {"q": ["pm1_0", "pm2_5", "pm3"]}),
    "a column twice": ("quantity", {"q": ["pm1_0", "pm2_5", "pm2_5"]}),
    "boot_ms among dates": ("quantity", {"q": ["pm1_0", "pm2_5", "boot_ms"]}),
    "no boot_ms without dates": ("quantity", NEVER | {"q": ["pm2_5", "pm10"]}),
    "a value as text": ("value", {"r": [[0, "1", 8, "12", 15]]}),
    "a value that is true": ("value", {"r": [[0, "1", 8, True, 15]]}),
    "a value beyond all measure": ("value", {"r": [[0, "1", 8, 1e301, 15]]}),
    "an integer beyond all measure": ("value", {"r": [[0, "1", 8, 10**400, 15]]}),
    "a value that is a list": ("value", {"r": [[0, "1", 8, [12], 15]]}),
    "an offset that falls": ("time", {"r": [[5, "1", 8, 12, 15], [4, "1", 8, 12, 15]]}),
    "one offset twice": ("time", {"r": [[5, "1", 8, 12, 15], [5, "1", 8, 12, 15]]}),
    "an offset before t": ("time", {"r": [[-1, "1", 8, 12, 15]]}),
    "half a millisecond": ("time", {"r": [[0.5, "1", 8, 12, 15]]}),
    "an offset beyond 2100": ("time", {"r": [[4_102_444_800_000, "1", 8, 12, 15]]}),
}

GARBAGE = {
    "nothing": ("json", b""),
    "no JSON": ("json", b"hello"),
    "a truncated batch": ("json", json.dumps(SOUND).encode()[:-9]),
    "an array": ("json", b"[1]"),
    "a number": ("json", b"7"),
    "NaN": ("json", json.dumps(SOUND).replace("12", "NaN", 1).encode()),
    "infinity": ("json", json.dumps(SOUND).replace("12", "-Infinity", 1).encode()),
    "a nest without end": ("json", b"[" * 100_000),
    "no UTF-8": ("json", b'{"v":1,"site":"\xff\xfe"}'),
    "a cut zlib stream": ("zlib", zlib.compress(json.dumps(SOUND).encode())[:-3]),
    "a zlib stream with a tail": ("zlib", zlib.compress(json.dumps(SOUND).encode()) + b"x"),
    "no zlib stream": ("zlib", b"x\x00\x00"),
    "5 MiB": ("size", b"{" + b" " * (5 << 20)),
    "5 MiB that inflate to more": ("size", zlib.compress(random.Random(1).randbytes(5 << 20))),
    "a bomb": ("size", zlib.compress(b" " * (64 << 20), 9)),
    "a bomb just over the bound": ("size", zlib.compress(b" " * (LARGEST_PAYLOAD + 1))),
}


def refusal(payload: bytes) -> BatchError:
    with pytest.raises(BatchError) as caught:
        decode(payload)
    return caught.value


@given(batches())
def test_what_is_encoded_is_decoded_again(batch: Batch) -> None:
    assert decode(encode(batch)) == batch


@given(batches())
def test_one_batch_is_always_the_same_bytes(batch: Batch) -> None:
    assert encode(decode(encode(batch))) == encode(batch)


@given(batches())
def test_a_batch_is_compressed_only_when_that_pays(batch: Batch) -> None:
    payload = encode(batch)

    plain = zlib.decompress(payload) if payload[0] == 0x78 else payload
    assert len(payload) <= len(plain)
    assert payload[:1] in {b"{", b"\x78"}
    assert payload == plain or len(plain) >= ZLIB_FROM


def test_a_batch_can_be_read_by_a_person() -> None:
    assert encode(Batch.model_validate(SOUND | {"r": SOUND["r"][:1], "why": {}})).decode() == (
        '{"v":1,"epoch":"6f1c0a94d2b35e78","seq":4711,"device":"pm-1","site":"alun-alun",'
        '"model":"plantower.pms5003","clock":"synced","t":1764000000000,'
        '"q":["pm1_0","pm2_5","pm10"],"r":[[0,"1",8,12,15]]}'
    )


@pytest.mark.parametrize(("reason", "change"), FLAWS.values(), ids=FLAWS)
def test_a_flawed_batch_is_refused_with_its_reason_and_its_name(
    reason: str, change: dict[str, Any]
) -> None:
    error = refusal(json.dumps(SOUND | change).encode())

    assert (error.reason, error.epoch, error.seq) == (reason, EPOCH, 4711)


@pytest.mark.parametrize(("reason", "payload"), GARBAGE.values(), ids=GARBAGE)
def test_garbage_is_refused_with_its_reason_and_has_no_name(reason: str, payload: bytes) -> None:
    error = refusal(payload)

    assert (error.reason, error.epoch, error.seq) == (reason, None, None)


@pytest.mark.parametrize(
    "change",
    [{"seq": 0}, {"seq": 2**53}, {"seq": True}, {"seq": 1.0}, {"epoch": "6F1C"}, {"epoch": 7}],
)
def test_a_batch_has_a_whole_name_or_none(change: dict[str, Any]) -> None:
    error = refusal(json.dumps(SOUND | change).encode())

    assert (error.epoch, error.seq) == (None, None)


def test_a_field_that_is_not_known_is_ignored() -> None:
    assert decode(json.dumps(SOUND | {"colour": "red"}).encode()) == Batch.model_validate(SOUND)


def test_a_batch_without_dates_carries_the_boot_it_is_of() -> None:
    batch = decode(json.dumps(SOUND | NEVER).encode())

    assert batch.undated
    assert decode(encode(batch)) == batch


@pytest.mark.hostile
@given(batches(), st.data())
def test_no_mutated_payload_gets_anything_but_a_batch_or_a_reason(
    batch: Batch, data: st.DataObject
) -> None:
    """Mutate at random: hypothesis chooses the seed, the machine does the many tries."""
    luck = random.Random(data.draw(st.integers(0, 2**32)))
    plain = batch.model_dump_json(exclude_none=True).encode()
    for _ in range(20 * int(os.environ.get("SIMPANG_HOSTILE", "1"))):
        payload = bytearray(luck.choice([plain, zlib.compress(plain)]))
        for _ in range(luck.randint(1, 4)):
            place = luck.randrange(len(payload))
            payload[place : place + luck.randint(0, 3)] = luck.randbytes(luck.randint(0, 3))
        try:
            decoded = decode(bytes(payload))
        except BatchError:
            continue
        assert decode(encode(decoded)) == decoded


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_nan_hides_behind_no_neighbour(place: int) -> None:
    rows: list[list[Any]] = [[n, "1", 8.0, 9.0] for n in range(3)]
    rows[place][2] = float("nan")
    with pytest.raises(BatchError) as raised:
        check(SOUND | {"q": ["pm2_5", "pm10"], "r": rows, "why": {}})
    assert raised.value.reason == "value"


def test_a_number_one_above_its_range_is_out_of_it_however_large() -> None:
    largest = int(QUANTITIES["disk_written"].high)
    fine = SOUND | {"q": ["disk_written"], "r": [[0, "1", largest]], "why": {}}
    assert check(fine).r == [[0, "1", largest]]
    with pytest.raises(BatchError) as raised:
        check(fine | {"r": [[0, "1", largest + 1]]})
    assert raised.value.reason == "range"
