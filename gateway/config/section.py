"""A table of a config file, and the types that its keys share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?) ?(B|KiB|MiB|GiB)")
_UNITS: Final = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class Section(BaseModel):
    """A table: frozen, strict about types, and closed: an unknown key is a mistake."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


def mistake(error: str, remedy: str) -> PydanticCustomError:
    """Say what is wrong with a value and what to do, for a validator to raise."""
    return PydanticCustomError("mistake", "{error}", {"error": error, "remedy": remedy})


def _parse_size(size: object) -> object:
    """Read `"512MiB"` as bytes; whatever is no string is left for pydantic to judge."""
    if not isinstance(size, str):
        return size
    match = _SIZE.fullmatch(size)
    if match is None:
        raise mistake("not a size", 'write a number of bytes, or one like "512MiB"')
    return int(float(match[1]) * _UNITS[match[2]])


Size = Annotated[int, BeforeValidator(_parse_size), Field(ge=1 << 20)]
"""Bytes, in the file also as `"512MiB"`; less than 1 MiB holds nothing worth having."""

File = Annotated[Path, Field(strict=False)]
"""A path, relative to where the process runs."""
