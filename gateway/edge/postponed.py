"""What libraries import and a gateway hardly ever uses: it is loaded once somebody does use it.

paho looks for proxies with `urllib.request`, which brings a client of HTTP along; the standard
library reads dates of e-mails, and files of packages, that nobody here has. A megabyte in all.
"""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from importlib.util import LazyLoader
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

POSTPONED: Final = {"calendar", "csv", "urllib.request"}
"""Each is imported whole by one library: a second `import` of it already counts as use."""


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
    """Let them wait from now on; what is already loaded stays."""
    if Later not in sys.meta_path:
        sys.meta_path.insert(0, Later)
