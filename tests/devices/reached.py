"""Which lines of drivers run while frames are decoded, and which never do."""

from __future__ import annotations

import linecache
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import devices

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType

    from devices.driver import Driver, Settings

_OURS: Final = str(Path(devices.__file__).parent)
_REFUSING: Final = ("raise ", "except ", "return None")
"""How a line begins that only bytes without sense reach: cutters share parsers with `decode`."""


class Lines:
    """The lines of every function that `decode` was in, until they have run."""

    def __init__(self) -> None:
        """Begin with none."""
        self._left: dict[CodeType, set[int]] = {}

    def decode(self, driver: Driver, told: Settings, frame: bytes) -> None:
        """Decode a frame and remember the way through it."""
        before = sys.gettrace()
        sys.settrace(self._called)
        try:
            driver.decode(frame, told)
        finally:
            sys.settrace(before)

    def missed(self) -> Iterator[str]:
        """Tell each line that never ran, of functions that did."""
        for code, left in self._left.items():
            for line in sorted(left):
                text = linecache.getline(code.co_filename, line).strip()
                if not text.startswith(_REFUSING):
                    yield f"{code.co_filename}:{line} in {code.co_name}: {text}"

    def _called(self, frame: FrameType, _event: str, _arg: object) -> Callable[..., Any] | None:
        code = frame.f_code
        if not code.co_filename.startswith(_OURS):
            return None
        if code not in self._left:
            lines = {line for *_, line in code.co_lines() if line}
            self._left[code] = lines - {code.co_firstlineno}
        left = self._left[code]
        if not left:
            return None

        def went(frame: FrameType, _event: str, _arg: object) -> Callable[..., Any]:
            left.discard(frame.f_lineno)
            return went

        return went(frame, "", None)
