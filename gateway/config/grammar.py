"""What is wrong with a text that is no TOML, in words for whoever wrote it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tomllib import TOMLDecodeError

_AT: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

_VALUE: Final = 'write a number such as 1.5, true, false, or a text in straight quotes "like this"'
_CLOSE: Final = "close it with the quote that it begins with, on the same line"
_WORDS: Final = (
    ("Invalid value", "behind = stands no value", _VALUE),
    ("Illegal character '\\n'", "a text is not closed", _CLOSE),
    ("Unterminated string", "a text is not closed", _CLOSE),
    ('Expected "', "a text is not closed", _CLOSE),
    ("Unescaped '\\'", "a lone \\ in a text", "write \\\\, or the text in 'single quotes'"),
    ("Expected '='", "a key without =", "write key = value; a comment begins with #"),
    ("Expected newline", "something stands behind a value", f"one key a line; {_VALUE}"),
    ("Invalid statement", "neither key, [table] nor # comment", "write key = value"),
    ("Cannot overwrite", "the same key again", "keep one of the two"),
    ("Duplicate inline", "the same key again", "keep one of the two"),
    ("Cannot declare", "the same table again", "make one of the two"),
    ("Expected ']", "a [ is not closed", "write [table], or [[table]] where there may be several"),
    ("Unclosed array", "a [ is not closed", "part the elements by commas, and end them with ]"),
    ("Unclosed inline", "a { is not closed", "end it with }, on the same line"),
)
"""How `tomllib` begins, what is wrong, what to do."""


def explain(error: TOMLDecodeError, text: str) -> tuple[int, str, str]:
    """Say in which line, what is wrong there, and what to do.

    Where the text ends too soon, that is its last line.
    """
    where = _AT.search(str(error))
    line, column = where.groups() if where else (None, None)
    said = _AT.sub("", str(error))
    what, remedy = said[:1].lower() + said[1:], "toml.io tells how it is written"
    for begins, wrong, cure in _WORDS:
        if said.startswith(begins):
            what, remedy = wrong, cure
    at = f" at column {column}" if column else ""
    last = text.rstrip().count("\n") + 1
    return int(line or last), f"not valid TOML{at}: {what}", remedy
