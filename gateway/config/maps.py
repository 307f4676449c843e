"""Register maps: the files that say what stands in the registers of a Modbus device.

Some come with this project, under names such as `renke.th`; a technician's own is named by its
path: with a `/` in it, or ending in `.toml`.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from devices.errors import BadSetting
from gateway.config.document import Unreadable, judge, read
from gateway.config.findings import Finding, likely
from gateway.config.map_file import MapFile
from gateway.config.map_names import ENDING, is_file
from gateway.config.map_rules import broken_rules

if TYPE_CHECKING:
    from devices.modbus_map import RegisterMap

_OURS: Final = Path(str(files("devices"))) / "maps"


def names() -> tuple[str, ...]:
    """Return the names of the maps that come with this project, in order."""
    return tuple(sorted(path.stem for path in _OURS.glob(f"*{ENDING}")))


def find(name: str) -> RegisterMap:
    """Return the map of that name, or in that file.

    Raises:
        BadSetting: There is none, or it has a mistake, which is named with its file and line.
    """
    registers, findings = _read(name)
    if registers is None:
        first = findings[0]
        more = f" ({len(findings) - 1} more mistakes)" if findings[1:] else ""
        raise BadSetting("map", f"{first}{more}")
    return registers


def mistakes(name: str) -> list[Finding]:
    """Return all that is wrong in a technician's own map."""
    return _read(name)[1] if is_file(name) else []


def _read(name: str) -> tuple[RegisterMap | None, list[Finding]]:
    if not name:
        raise BadSetting("map", f"no map is named; {_known()}, or name a file of your own")
    if not is_file(name) and name not in names():
        meant = likely(name, names()) or ""
        hint = "" if meant else f"; {_known()}"
        raise BadSetting("map", f"no map is called {name}{hint}", meant)
    path = Path(name) if is_file(name) else _OURS / f"{name}{ENDING}"
    try:
        document = read(path)
    except Unreadable as error:
        return None, [error.finding]
    file, flaws = judge(document, MapFile)
    if file is not None:
        flaws += broken_rules(file)
    if file is None or flaws:
        return None, sorted(map(document.find, flaws), key=lambda finding: finding.line)
    return file.parsed(name), []


def _known() -> str:
    return f"the maps that come along: {', '.join(names())}"
