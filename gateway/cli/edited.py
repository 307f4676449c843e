"""A config that is changed by a command: whatever a person wrote around it stays."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomlkit

from gateway.errors import ConfigError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def read(path: Path) -> TOMLDocument:
    """Read a config with its comments.

    Raises:
        ConfigError: It can't be read, or is no TOML.
    """
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{path}: {error}", f"simpang config check {path}") from None


def written(document: TOMLDocument) -> str:
    """Write a config as text, as it was but for what was changed."""
    return tomlkit.dumps(document)


def replace(path: Path, text: str) -> None:
    """Write a file whole or not at all; its mode stays.

    Raises:
        ConfigError: It can't be written.
    """
    try:
        mode = path.stat().st_mode if path.exists() else 0o644
        number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh = Path(name)
        fresh.chmod(mode & 0o777)
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror}") from None


def approve(path: Path, text: str) -> None:
    """See that a gateway starts with a config, before it is written.

    Raises:
        ConfigError: It does not; the first mistake is named.
    """
    from gateway.config.load import errors_in

    for wrong in errors_in(text, path):
        what = f"{wrong.key}: {wrong.error}" if wrong.key else wrong.error
        raise ConfigError(f"{path} is not written: {what}", wrong.remedy)


def write_calibration(
    path: Path, device: str, quantity: str, gain: float, offset: float, comment: str
) -> None:
    """Write the calibration of a quantity of a device into a config, a comment beside it.

    Raises:
        ConfigError: The file can't be read or written, or has no such device.
    """
    document = read(path)
    table = _device(document, device)
    if table is None:
        raise ConfigError(f"{path} has no device {device!r}")
    correction = tomlkit.inline_table()
    correction.update({"gain": gain, "offset": offset})
    correction.comment(comment)
    if "calibration" not in table:
        table["calibration"] = tomlkit.table()
    beside = table["calibration"]
    indents = [each.trivia.indent for each in beside.values()]
    beside[quantity] = correction
    if indents:
        correction.trivia.indent = indents[-1]
    replace(path, written(document))


def _device(document: TOMLDocument, device: str) -> Any:  # noqa: ANN401 - tomlkit's own containers
    for port in document.get("ports", []):
        for table in port.get("devices", []):
            if table.get("id") == device:
                return table
    return None
