"""Whether a process could write where its config says, tried as the user who asks."""

from __future__ import annotations

import os
import pwd
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gateway.config.collector import CollectorIdentity
from gateway.config.findings import Flaw
from gateway.config.gateway import SpoolConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.config.findings import Level

_SPOOL: Final = ("spool", "path")
_LETTERS: Final = ("collector", "dead_letters")
_STORE: Final = ("store", "path")
_USUAL: Final = {
    _SPOOL: SpoolConfig.model_fields["path"].default,
    _LETTERS: CollectorIdentity.model_fields["dead_letters"].default,
}


def folder_flaws(content: dict[str, Any], level: Level) -> Iterator[Flaw]:
    """Find what can't be written to: a spool, a store, dead letters.

    Where there is no folder yet, the machine for which it is meant must let it be made.
    """
    process = "collector" if "collector" in content else "gateway"
    for key in (_LETTERS, _STORE) if process == "collector" else (_SPOOL,):
        path = _named(content, key)
        if path is None:
            continue
        folder = path if key == _LETTERS else path.parent
        try:
            if level == "error" or folder.exists():
                _write(folder, path, made=key != _STORE)
        except OSError as error:
            yield Flaw(key, *_explain(error, folder, path, process), level)


def _named(content: dict[str, Any], key: tuple[str, str]) -> Path | None:
    table = content.get(key[0], {})
    name = table.get(key[1], _USUAL.get(key)) if isinstance(table, dict) else None
    return Path(name) if isinstance(name, str | Path) else None


def _write(folder: Path, file: Path, *, made: bool) -> None:
    """Write without a trace: a file that has no name, and nothing into the one that is there.

    Raises:
        OSError: It can't be done.
    """
    place = folder
    while made and not place.exists():
        place = place.parent
    tempfile.TemporaryFile(dir=place).close()
    if file != folder and file.exists():
        file.open("r+b").close()


def _explain(error: OSError, folder: Path, file: Path, process: str) -> tuple[str, str]:
    """Say what is wrong and who must own what."""
    user = _user()
    where = file if error.filename == str(file) else folder
    if isinstance(error, PermissionError):
        what = f"{user} may not write to {where}"
    else:
        what = f"{where} can't be written to: {error.strerror}"
    if not isinstance(error, PermissionError | FileNotFoundError):
        return what, "name a folder on a disk that takes writes"
    cure = f"chown {user} {file}" if where == file != folder else f"install -d -o {user} {folder}"
    return what, f"where {user} runs the {process}: sudo {cure}; else check as whoever does"


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
