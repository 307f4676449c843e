"""The batch: readings of one device and channel on their way, named by (epoch, seq) for ever."""

from __future__ import annotations

import json
import re
import zlib
from functools import lru_cache
from operator import lt
from typing import Annotated, Any, Final, Literal, NamedTuple, Self, cast

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_core import SchemaValidator, core_schema, from_json

from schemas.base import (
    EARLIEST_MS,
    EPOCH_PATTERN,
    LARGEST_SEQ,
    LATEST_MS,
    VERSION,
    Epoch,
    Id,
    Millis,
    Model,
    Seq,
    Text,
)
from schemas.quantity import BOOT_COLUMN, LARGEST_VALUE, bounds, find
from schemas.reading import Cause, ClockState, Flag

LARGEST_PAYLOAD: Final = 1024 * 1024
"""Bytes of a payload, as sent and as inflated, beyond which it is refused."""

MOST_ROWS: Final = 5000
"""Rows of one batch."""

ZLIB_FROM: Final = 200
"""Bytes below which compression is not even tried."""

_ZLIB_FIRST: Final = 0x78
_FLAGS: Final = frozenset(str(int(flag)) for flag in Flag)
_CAUSES: Final = frozenset(str(int(cause)) for cause in Cause)
_MISSING: Final = str(int(Flag.MISSING))
_FAIL: Final = str(int(Flag.FAIL))

Digits = Annotated[str, StringConstraints(pattern=r"^[0-9]+$", max_length=200)]
Row = list[Any]
"""One row; its cells are checked by hand, in one pass: a union costs a Pi three times as much."""

_Column = tuple[str, float, float]
"""A quantity, the least and the most that it can be."""


class _Columns(NamedTuple):
    """What the columns of a batch ask of its rows; `plain` takes those that need no second look."""

    each: list[_Column]
    plain: SchemaValidator


_NUMBERS: Final = frozenset({int, float})

_EXACT: Final = 2.0**52
"""A whole number up to here is itself as a float; beyond, only Python compares all digits."""


class BatchError(Exception):
    """A payload that is no batch.

    Attributes:
        reason: One word of a closed set, for counters, receipts and dead letters: `size`, `zlib`,
            `json`, `version`, `schema`, `width`, `flags`, `quantity`, `value`, `range`, `time`.
        detail: What exactly was found, for a person.
        epoch: The epoch, where it could be read.
        seq: The seq, where it could be read.
    """

    def __init__(
        self, reason: str, detail: str, epoch: str | None = None, seq: int | None = None
    ) -> None:
        """Keep the reason, and the name of the batch where one can be read."""
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
        self.epoch = epoch
        self.seq = seq


class Batch(Model):
    """Readings of one device and channel, columnar.

    Attributes:
        v: The version of the wire format.
        epoch: The opening of the spool that this batch was born in.
        seq: Its number in that epoch, from 1 without gaps.
        device: The device's id.
        channel: The lane or direction, only for traffic.
        site: The site's id.
        model: The device's driver.
        clock: How the readings got their times.
        boot: The boot id, only where there are no times.
        t: ms since 1970 that the rows' times are relative to.
        q: The names of the columns.
        r: Rows `[ms after t, flags, values…]`; flags are one digit for all or one a value.
        why: Row number to causes, one digit for all or one a value; only rows not all good.
        every: Seconds expected between two readings.
    """

    v: Literal[1] = 1
    epoch: Epoch
    seq: Seq
    device: Id
    channel: Id | None = None
    site: Id
    model: Text
    clock: ClockState
    boot: Text | None = None
    t: Millis
    q: Annotated[list[Annotated[str, StringConstraints(max_length=64)]], Field(min_length=1)]
    r: Annotated[list[Row], Field(min_length=1, max_length=MOST_ROWS)]
    why: dict[Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}$")], Digits] = Field(
        default_factory=dict
    )
    every: Annotated[float, Field(ge=0, le=1e7)] | None = None

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        undated = self.undated
        if undated != (self.boot is not None):
            raise _Flaw("schema", "boot goes with clock never, and only with it")
        columns = _columns(tuple(self.q), undated=undated)
        last = _check_plain(self.r, columns)
        if last is None:
            last = -1
            for number, row in enumerate(self.r):
                last = _check_row(number, row, columns.each, last)
        if undated:
            _check_boot(self.r, 2 + self.q.index(BOOT_COLUMN))
        if not EARLIEST_MS <= self.t <= LATEST_MS - last:
            raise _Flaw("time", "a row lies before the year 2020 or beyond 2100")
        for row_number, causes in self.why.items():
            if int(row_number) >= len(self.r):
                raise _Flaw("flags", f"a cause for row {row_number} of {len(self.r)}")
            _check_digits(causes, len(self.q), _CAUSES)
        return self

    @property
    def first(self) -> int:
        """The time of the first row, ms since 1970."""
        return self.t + cast("int", self.r[0][0])

    @property
    def undated(self) -> bool:
        """Whether the times are mere addresses."""
        return self.clock == "never"


class _Flaw(ValueError):
    """A flaw that pydantic carries out of a validator, with its reason."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def encode(batch: Batch) -> bytes:
    """Write a batch as the bytes that (epoch, seq) names for ever, zlib-compressed if that pays."""
    fields = {
        name: value
        for name, value in batch.__dict__.items()
        if value is not None and not (name == "why" and not value)
    }
    fields["r"] = [[_shortest(cell) for cell in row] for row in batch.r]
    plain = json.dumps(fields, separators=(",", ":"), allow_nan=False).encode()
    if len(plain) < ZLIB_FROM:
        return plain
    packed = zlib.compress(plain, 9)
    return packed if len(packed) < len(plain) else plain


def decode(payload: bytes) -> Batch:
    """Read a batch; whatever the bytes are, only a sound batch or a BatchError comes out.

    Raises:
        BatchError: With its reason, and with epoch and seq where they can be read.
    """
    return check(unpack(payload))


def unpack(payload: bytes) -> dict[str, object]:
    """Read the object in a payload, whatever it holds, within the bound of its size.

    Raises:
        BatchError: There is none: `size`, `zlib` or `json`.
    """
    return _parse(_inflate(payload))


def check(document: dict[str, object]) -> Batch:
    """Make a batch of an unpacked payload; fields that it does not know are left out.

    Raises:
        BatchError: With its reason, and with epoch and seq where they can be read.
    """
    version = document.get("v")
    if type(version) is not int or version != VERSION:
        raise BatchError(
            "version", f"v is {json.dumps(version)[:40]}, not {VERSION}", *_name(document)
        )
    try:
        return Batch.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        cause = first.get("ctx", {}).get("error")
        reason = cause.reason if isinstance(cause, _Flaw) else "schema"
        where = ".".join(str(part) for part in first["loc"])
        detail = str(cause) if isinstance(cause, _Flaw) else f"{where}: {first['msg']}"
        raise BatchError(reason, detail[:200], *_name(document)) from None


def _inflate(payload: bytes) -> bytes:
    if len(payload) > LARGEST_PAYLOAD:
        raise BatchError("size", f"{len(payload)} bytes, at most {LARGEST_PAYLOAD}")
    if payload[:1] != bytes([_ZLIB_FIRST]):
        return payload
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(payload, LARGEST_PAYLOAD)
    except zlib.error as error:
        raise BatchError("zlib", str(error)) from None
    if inflater.unconsumed_tail:
        raise BatchError("size", f"inflates to more than {LARGEST_PAYLOAD} bytes")
    if not inflater.eof or inflater.unused_data:
        raise BatchError("zlib", "the compressed stream is cut or has a tail")
    return plain


def _parse(plain: bytes) -> dict[str, object]:
    try:
        document = from_json(plain, allow_inf_nan=False)
    except ValueError as error:
        raise BatchError("json", str(error)[:200]) from None
    if not isinstance(document, dict):
        raise BatchError("json", "not an object")
    return document


def _name(document: dict[str, object]) -> tuple[str | None, int | None]:
    """Read (epoch, seq) out of a document that may be anything; both or neither."""
    epoch, seq = document.get("epoch"), document.get("seq")
    if not isinstance(epoch, str) or re.fullmatch(EPOCH_PATTERN, epoch) is None:
        return None, None
    if not isinstance(seq, int) or isinstance(seq, bool) or not 1 <= seq <= LARGEST_SEQ:
        return None, None
    return epoch, seq


@lru_cache(1024)
def _columns(names: tuple[str, ...], *, undated: bool) -> _Columns:
    """Judge columns, which each batch of a device has again."""
    if len(set(names)) != len(names):
        raise _Flaw("quantity", "a column stands twice")
    for name in names:
        if find(name) is None and not (undated and name == BOOT_COLUMN):
            raise _Flaw("quantity", f"no quantity is called {name!r}")
    if undated and BOOT_COLUMN not in names:
        raise _Flaw("quantity", f"a batch without dates needs the column {BOOT_COLUMN}")
    each = [(name, *bounds(name)) for name in names]
    row = core_schema.tuple_schema([
        core_schema.int_schema(ge=0, le=LATEST_MS, strict=True),
        core_schema.str_schema(strict=True),
        *(_plain_value(max(low, -_EXACT), min(high, _EXACT)) for _, low, high in each),
    ])  # fmt: skip
    return _Columns(each, SchemaValidator(core_schema.list_schema(row)))


def _plain_value(low: float, high: float) -> core_schema.FloatSchema:
    return core_schema.float_schema(ge=low, le=high, allow_inf_nan=False, strict=True)


def _check_plain(rows: list[Row], columns: _Columns) -> int | None:
    """Check rows that hold nothing but plain values within their ranges, nearly all of them.

    All at once, since pydantic's core then does the work: it takes a fraction of the time.

    Returns:
        The last offset; None where rows must be looked at one by one.
    """
    if not columns.plain.isinstance_python(rows):
        return None
    offsets, flags, *_ = zip(*rows, strict=True)
    kinds = set(flags)
    if _MISSING in "".join(kinds) or not all(map(lt, offsets, offsets[1:])):
        return None
    for digits in kinds:
        _check_digits(digits, len(columns.each), _FLAGS)
    return cast("int", offsets[-1])


def _check_row(number: int, row: Row, columns: list[_Column], last: int) -> int:
    """Check one row against the columns and return its offset, which must lie above `last`."""
    width = len(columns)
    if len(row) != width + 2:
        raise _Flaw("width", f"row {number} has {len(row) - 2} values for {width} columns")
    offset, flags = row[0], row[1]
    if type(offset) is not int or not last < offset <= LATEST_MS:
        raise _Flaw("time", f"row {number}: offsets are whole ms and rise")
    if type(flags) is not str:
        raise _Flaw("flags", f"row {number}: flags are a string of digits")
    _check_digits(flags, width, _FLAGS)
    spread = flags if len(flags) == width else flags * width
    for column, value, flag in zip(columns, row[2:], spread, strict=True):
        _, low, high = column
        if type(value) in _NUMBERS and low <= value <= high and flag != _MISSING:
            continue  # nearly all of them
        if flaw := _flaw(column, value, flag):
            raise _Flaw(flaw[0], f"row {number}: {flaw[1]}")
    return offset


def _flaw(column: _Column, value: object, flag: str) -> tuple[str, str] | None:
    """Say what is wrong with a cell that is no plain value within its range, if anything is."""
    name, low, high = column
    if value is None:
        return None if flag == _MISSING else ("flags", f"null goes with flag {_MISSING}")
    if type(value) not in _NUMBERS or not abs(cast("float", value)) < LARGEST_VALUE:
        return "value", f"{str(value)[:40]!r} is no value"
    if flag == _MISSING:
        return "flags", "a value that is there is not missing"
    if flag != _FAIL:
        return "range", f"{name} is {value}, out of {low:g} to {high:g}, and flagged {flag}"
    return None


def _check_boot(rows: list[Row], place: int) -> None:
    """Check the column that is no quantity: a store keeps it as a whole number of 64 bits."""
    for number, row in enumerate(rows):
        if row[place] is not None and not 0 <= row[place] <= LATEST_MS:
            raise _Flaw("value", f"row {number}: {BOOT_COLUMN} is no time since a boot")


def _check_digits(digits: str, width: int, known: frozenset[str]) -> None:
    if len(digits) not in {1, width} or not known.issuperset(digits):
        raise _Flaw("flags", f"{digits[:40]!r} for {width} columns")


def _shortest(cell: float | str | None) -> float | str | None:
    """Write 8.0 as 8: the same number in fewer bytes."""
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell
