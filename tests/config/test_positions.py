from __future__ import annotations

import tomllib
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.positions import locate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.config.positions import KeyPath

WRITTEN = {
    "a table": ("[a]\nb = 71", ("a", "b"), 2),
    "a table's own header": ("\n[a]\nb = 1", ("a",), 2),
    "a key before any table": ("# x\n\nb = 71", ("b",), 3),
    "dotted keys": ("a.b . c = 71", ("a", "b", "c"), 1),
    "quoted keys": ("\"a.b\".'c d' = 71", ("a.b", "c d"), 1),
    "an escaped key": ('"\\u0061\\"" = 71', ('a"',), 1),
    "a dotted header": ("[a . b]\nc = 71", ("a", "b", "c"), 2),
    "the second of two tables": ("[[a]]\nb = 1\n[[a]]\nb = 71", ("a", 1, "b"), 4),
    "an array of tables itself": ("\n[[a]]\nb = 1", ("a",), 2),
    "an array in the second": ("[[a]]\n[[a]]\n[[a.b]]\n[[a.b]]\nc=71", ("a", 1, "b", 1, "c"), 5),
    "a table below the second": ("[[a]]\n[[a]]\n[a.b]\nc = 71", ("a", 1, "b", "c"), 4),
    "an inline table": ("a = { b = 1, c = 71 }", ("a", "c"), 1),
    "an array over lines": ("a = [\n  1, # one\n  71,\n]", ("a", 1), 3),
    "tables in an array over lines": ("a = [\n {b = 1},\n {b = 71}\n]", ("a", 1, "b"), 3),
    "behind a text over lines": ('a = """\nb = 1\n\\""" """\nb = 71', ("b",), 4),
    "behind a literal over lines": ("a = '''\nb = 1\n''''\nb = 71", ("b",), 4),
    "behind a text with brackets": ('a = "]}#,"\nb = 71', ("b",), 2),
    "behind a date": ("a = 1979-05-27 07:32:00\nb = 71", ("b",), 2),
    "behind Windows' line ends": ("a = 1\r\n[b]\r\nc = 71", ("b", "c"), 3),
}


@pytest.mark.parametrize(("text", "path", "line"), WRITTEN.values(), ids=WRITTEN)
def test_each_way_to_write_a_key_is_found_on_its_line(text: str, path: KeyPath, line: int) -> None:
    assert locate(text)[path] == line


keys = st.one_of(
    st.text("ab-_9", min_size=1, max_size=3), st.text(min_size=1, max_size=3, alphabet='a. "\\é\n#')
)
leaves = st.none()
documents = st.dictionaries(
    keys,
    st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)
        ),
        max_leaves=12,
    ),
    max_size=4,
)


@given(documents)
def test_every_value_stands_on_the_line_that_its_path_is_given(document: dict[str, Any]) -> None:
    text = tomlkit.dumps(_number(document, count(100_000)))
    lines = text.split("\n")
    located = locate(text)

    for path, value in _leaves(tomllib.loads(text)):
        assert str(value) in lines[located[path] - 1]


@given(documents)
def test_nothing_is_located_that_is_not_there(document: dict[str, Any]) -> None:
    text = tomlkit.dumps(_number(document, count(100_000)))

    read = tomllib.loads(text)
    for path in locate(text):
        value: Any = read
        for part in path:
            value = value[part]


def _number(value: Any, numbers: Iterator[int]) -> Any:  # noqa: ANN401 - any TOML value
    """Put a number of its own in the place of every leaf."""
    if isinstance(value, dict):
        return {key: _number(inner, numbers) for key, inner in value.items()}
    if isinstance(value, list):
        return [_number(inner, numbers) for inner in value]
    return next(numbers)


def _leaves(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, int]]:  # noqa: ANN401 - any TOML value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves(inner, (*path, number))
    else:
        yield path, value
