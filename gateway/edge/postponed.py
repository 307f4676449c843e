"""What libraries import and a gateway hardly ever uses: it is loaded once somebody does use it.

paho looks for proxies with `urllib.request`, which brings a client of HTTP along; whoever asks for
entry points could find them in zip files, listed in CSV, or dated as e-mails are. None of it is so
here, and two megabytes in all.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from importlib.util import LazyLoader
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

POSTPONED: Final = {"calendar", "csv", "shutil", "urllib.request", "zipfile"}
"""One library alone imports each: a second `import` of it counts as use already."""


class Later:
    """Finds these modules where all are found, and lets them wait."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module that may wait; None where it may not."""
        spec = PathFinder.find_spec(name, path, target) if name in POSTPONED else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def postpone() -> None:
    """Let them wait from now on; what is already loaded stays.

    A place that is not there goes from the path, Python's own zip file first of all: entry points
    are looked for in whatever is no folder as in a zip file.
    """
    sys.path[:] = [place for place in sys.path if Path(place).exists()]
    if Later not in sys.meta_path:
        sys.meta_path.insert(0, Later)
