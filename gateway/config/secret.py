"""Files that hold a secret: read when it is needed, and only if nobody else can read them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from gateway.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


def read_secret(path: Path, key: str) -> str:
    """Return what stands in a file, without the end of its line.

    Args:
        path: The file.
        key: The setting that names it, for the error.

    Raises:
        ConfigError: It can't be read, or others than its owner may read it.
    """
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{key}: can't read {path}: {error}",
            "let the user who runs this process read it, and nobody else",
        ) from None
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigError(
            f"{key}: {path} holds a secret and others may use it ({stat.filemode(mode)})",
            f"chmod 600 {path}",
        )
    return text
