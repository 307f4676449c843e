"""Batches of every legal kind, for properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from schemas.base import EARLIEST_MS, LARGEST_SEQ, LATEST_MS
from schemas.batch import Batch
from schemas.quantity import BOOT_COLUMN, QUANTITIES, RAW_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable

ids = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,62}", fullmatch=True)
epochs = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)
texts = st.text(max_size=40)
values = st.one_of(
    st.integers(-(2**53), 2**53),
    st.floats(-1e30, 1e30, allow_nan=False),
    st.floats(0, 1e4).map(lambda value: round(value, 2)),
)
names = st.sampled_from([*QUANTITIES, *(name + RAW_SUFFIX for name in QUANTITIES)])


@st.composite
def batches(draw: Callable[[st.SearchStrategy[Any]], Any]) -> Batch:
    """Draw a sound batch."""
    clock = draw(st.sampled_from(["synced", "late", "never"]))
    columns = draw(st.lists(names, min_size=1, max_size=6, unique=True))
    if clock == "never":
        columns.append(BOOT_COLUMN)
    count = draw(st.integers(1, 6))
    offsets = draw(
        st.lists(st.integers(0, 10**9), min_size=count, max_size=count, unique=True).map(sorted)
    )
    rows = [[offset, *draw(_cells(columns))] for offset in offsets]
    why = {str(number): draw(_digits("0123456789", len(columns))) for number in range(0, count, 2)}
    return Batch(
        epoch=draw(epochs),
        seq=draw(st.integers(1, LARGEST_SEQ)),
        device=draw(ids),
        channel=draw(st.none() | ids),
        site=draw(ids),
        model=draw(texts),
        clock=clock,
        boot="boot-1" if clock == "never" else None,
        t=draw(st.integers(EARLIEST_MS, LATEST_MS - 10**9)),
        q=columns,
        r=rows,
        why=draw(st.sampled_from([{}, why])),
        every=draw(st.none() | st.floats(0, 86_400)),
    )


@st.composite
def _cells(draw: Callable[[st.SearchStrategy[Any]], Any], columns: list[str]) -> list[Any]:
    """Draw flags and values that agree: 9 is no value, and only 4 lies out of its range."""
    width = len(columns)
    flags = draw(st.sampled_from("1234") | st.text("12349", min_size=width, max_size=width))
    each = flags if len(flags) == width else flags * width
    return [flags, *(draw(_value(*cell)) for cell in zip(columns, each, strict=True))]


def _value(name: str, flag: str) -> st.SearchStrategy[Any]:
    if flag == "9":
        return st.none()
    if name == BOOT_COLUMN:
        return st.integers(0, LATEST_MS)
    quantity = QUANTITIES.get(name)
    if flag == "4" or quantity is None:
        return values
    return st.floats(quantity.low, quantity.high)


def _digits(alphabet: str, width: int) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=1) | st.text(
        alphabet, min_size=width, max_size=width
    )
