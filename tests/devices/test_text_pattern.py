from __future__ import annotations

import time

import pytest

from devices.text_pattern import LONGEST, BadPattern, Pattern

WORST = {
    r".*.*x": "a",
    r".*a.*ax": "a",
    r"[a-z]*[a-y]*b1": "a",
    r".*Dm=[0-9]*,.*Sm=[0-9]*x": "Dm=1,Sm=1",
    r".*[0-9]+,.*[0-9]+;x": "1234567890",
    "(?:a?b)?" * 16 + "z": "b",
    "(?:a|ab)" * 16 + "z": "ab",
    r"\d*\.?\d*z": "1",
}


@pytest.mark.parametrize(
    "text",
    [
        r"Acc\s+(?P<rain>[0-9.]+) mm, EventAcc\s+[0-9.]+ mm",
        r".*Dm=(?P<a>\d+)D,.*Sm=(?P<b>\d+\.\d)M.*",
        r"(?P<a>-?\d+(?:\.\d+)?),(?P<b>[^,]*),.*",
        r"^(?P<a>\d{1,3})[|/](?P<b>x|yy|z)$",
        r"a{2}b{1,}c{0,2}d\{\$",
        *WORST,
    ],
)
def test_patterns_of_which_it_is_known_how_long_they_search_are_taken(text: str) -> None:
    assert len(Pattern(text).names) == text.count("(?P<")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("(a+)+b", "repeated"),
        ("(?:a|aa)*b", "repeated"),
        ("(a){2,3}", "repeated"),
        (".*.*.*x", "for hours"),
        (r"\d*\d*\d*\d*x", "for hours"),
        (".*.*(?:a|ab)x", "for hours"),
        ("(?:a?b?)?" * 16 + "b", "for hours"),
        (r"(a|b)\1", "not for lines"),
        ("(?=x)y", "not for lines"),
        ("(?i)x", "not for lines"),
        (r"\bx", "not for lines"),
        ("a^b", "not for lines"),
        ("(a", "missing"),
        ("a)", "unbalanced"),
        ("a**", "multiple repeat"),
        ("€", "no instrument"),
        ("x" * 1001, "longer"),
    ],
)
def test_a_pattern_that_may_search_for_years_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadPattern, match=why):
        Pattern(text)


@pytest.mark.parametrize("text", WORST)
def test_the_worst_line_takes_some_milliseconds(text: str) -> None:
    line = (WORST[text] * LONGEST)[:LONGEST]
    pattern = Pattern(text)

    began = time.process_time()
    assert pattern.read(line) is None
    assert time.process_time() - began < 0.25


@pytest.mark.parametrize(
    ("text", "texts", "line"),
    [
        (r"T=(?P<t>[0-9.]+) C", {"t": "23.5"}, "T=23.5 C"),
        (r"T=(?:(?P<t>[0-9]+)C|[0-9]+#)", {"t": "23"}, "T=23C"),
        (r"T=(?:(?P<t>[0-9]+)C|[0-9]+#)", {}, "T=0#"),
        (r"a(?:, (?P<f>x|y))?", {"f": "y"}, "a, y"),
        (r"a(?:, (?P<f>x|y))?", {}, "a"),
        (r"(?P<a>1)|(?P<b>2)", {"b": "2"}, "2"),
        (r"[^ ]\s*\d{2}.*", {}, "000"),
    ],
)
def test_a_line_that_is_written_fits(text: str, texts: dict[str, str], line: str) -> None:
    pattern = Pattern(text)
    found = pattern.read(pattern.write(texts))

    assert pattern.write(texts) == line
    assert found is not None
    assert {name: value for name, value in found.items() if value is not None} == texts


@pytest.mark.parametrize(
    ("text", "beginning"),
    [("0R1,(?P<a>x)", "0R1,"), ("T=?x", "T"), (".T", ""), ("T|x", ""), ("T{2}x", "")],
)
def test_what_every_line_begins_with_is_known(text: str, beginning: str) -> None:
    assert Pattern(text).beginning == beginning
