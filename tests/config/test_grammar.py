from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.config.check import check

if TYPE_CHECKING:
    from pathlib import Path

NO_TOML = {
    "no value": ("[gateway]\nid = \nsite = 1", 2, "behind = stands no value", "a text"),
    "no quotes": ("x = 1\nurl = mqtt://x\n", 2, "behind = stands no value", "quotes"),
    "curly quotes": ("id = “gw”", 1, "behind = stands no value", "straight quotes"),
    "Python's True": ("aggregates = True", 1, "behind = stands no value", "true"),
    "no end of a text": ('a = 1\nb = "x\nc = 1', 2, "a text is not closed", "quote"),
    "no end of the last text": ("a = 1\nb = 'x", 2, "a text is not closed", "quote"),
    "a comma for a point": ("a = 1,5\n", 1, "something stands behind a value", "1.5"),
    "no =": ("[broker]\nurl: 1", 2, "a key without =", "key = value"),
    "a key twice": ("[gateway]\nid = 1\nid = 2\n", 3, "the same key again", "one of the two"),
    "a table twice": ("[a]\nb = 1\n[a]\n", 3, "the same table again", "one of the two"),
    "half a table": ("[a\nb = 1", 1, "a [ is not closed", "[table]"),
    "half a list": ("a = [\n1,\n2", 3, "a [ is not closed", "]"),
    "half a table in a line": ("c = { gain = 1\n", 1, "a { is not closed", "}"),
    "a backslash": (r'file = "C:\pass"', 1, r"a lone \ in a text", "single quotes"),
    "what nobody foresaw": (r'a = "\uZZZZ"', 1, "invalid hex value", "toml.io"),
}


@pytest.mark.parametrize(("text", "line", "error", "remedy"), NO_TOML.values(), ids=NO_TOML)
def test_what_is_no_toml_is_told_in_its_line_in_a_person_s_words(
    tmp_path: Path, text: str, line: int, error: str, remedy: str
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text(text, encoding="utf-8")

    (finding,) = check(file)

    assert finding.line == line
    assert finding.error.startswith("not valid TOML")
    assert finding.error.endswith(f": {error}")
    assert remedy in finding.remedy
