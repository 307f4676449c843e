"""The words every message is made of: ids, epochs, times, and the strict model they live in."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

VERSION: Final = 1
"""The version of the wire format: the `v` of every message."""

ID_PATTERN: Final = r"^[a-z0-9][a-z0-9._-]{0,62}$"
"""Ids of gateways, sites, devices and channels: safe in topics, file names, tags and URLs."""

EPOCH_PATTERN: Final = r"^[0-9a-f]{16}$"
"""An epoch: 64 random bits, new at each opening of a spool."""

LARGEST_SEQ: Final = 2**53 - 1
"""The largest whole number that every JSON reader keeps exact."""

LATEST_MS: Final = 4_102_444_800_000
"""2100-01-01 in ms since 1970: no honest time lies beyond it."""

EARLIEST_MS: Final = 1_577_836_800_000
"""2020-01-01 in ms since 1970: older than any gateway, so no honest time lies before it."""

LONGEST_TEXT: Final = 200
"""Characters of whatever a message tells in words."""

_ID: Final = re.compile(ID_PATTERN.removesuffix("$"))

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Epoch = Annotated[str, StringConstraints(pattern=EPOCH_PATTERN)]
Seq = Annotated[int, Field(ge=1, le=LARGEST_SEQ)]
Millis = Annotated[int, Field(ge=0, le=LATEST_MS)]
Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]


class Model(BaseModel):
    """A message or a part of one: frozen, strict about types, deaf to fields it does not know.

    Unknown fields are ignored, so that an old collector reads what a newer gateway of the same
    `v` sends; NaN and infinity are refused everywhere.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


def shorten(text: str) -> str:
    """Make words of any origin fit `Text`: of a broker, a device, a kernel."""
    return text[:LONGEST_TEXT].encode(errors="replace").decode()


def is_id(text: str) -> bool:
    """Say whether `text` may name a gateway, site, device or channel."""
    return _ID.fullmatch(text) is not None
