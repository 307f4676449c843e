from __future__ import annotations

import pytest

from devices.cutters import Bad, Verdict, Whole
from devices.sentences import by_sentence, read, write

CUT = by_sentence(b"$", b"*", 20, lambda text: not text.startswith("NO"))
GOOD = write(b"$", "AB,1", b"*")


@pytest.mark.parametrize(
    ("buffer", "verdict"),
    [
        (GOOD, Whole(10)),
        (GOOD + b"$", Whole(10)),
        (GOOD.replace(b"\r", b""), Whole(9)),
        (b"$", None),
        (GOOD[:-1], None),
        (b"AB,1", Bad("header", 4)),
        (b"AB$AB", Bad("header", 2)),
        (b"$AB$AB", Bad("header", 3)),
        (b"$AB,1\r\n$", Bad("header", 7)),
        (GOOD.replace(b"1", b"2"), Bad("checksum", 10)),
        (GOOD.replace(b"1", b"\xb1"), Bad("header", 10)),
        (write(b"$", "NO", b"*"), Bad("header", 8)),
        (write(b"$", "x" * 20, b"*"), Bad("length", 26)),
        (b"$" + b"x" * 20, Bad("length", 21)),
        (b"$" + b"x" * 20 + b"$", Bad("length", 21)),
    ],
)
def test_a_sentence_is_judged_by_start_length_end_and_checksum_in_this_order(
    buffer: bytes, verdict: Verdict
) -> None:
    assert CUT(buffer) == verdict


def test_the_checksum_covers_what_stands_between_the_marks() -> None:
    assert GOOD == b"$AB,1*1E\r\n"
    assert read(GOOD, b"*") == ["AB", "1"]


def test_small_letters_are_digits_too() -> None:
    assert CUT(GOOD.replace(b"1E", b"1e")) == Whole(10)
