"""What the C library keeps of memory that nobody uses any more: as little as it can be told to.

By default each thread gets a heap of its own, and a large block that was freed once is kept for the
next; a dozen threads that take turns gain nothing by either. See mallopt(3) and malloc_trim(3).
"""

from __future__ import annotations

import ctypes
import gc
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_M_ARENA_MAX: Final = -8

_SETTINGS: Final = {
    _M_ARENA_MAX: 1,
    _M_MMAP_THRESHOLD: 64 * 1024,
    _M_TRIM_THRESHOLD: 64 * 1024,
}


def keep_little() -> bool:
    """Ask for one heap for all threads, which shrinks; False where it is not the GNU C library.

    It has to be asked before there are threads: a heap that is there stays.
    """
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return False
    taken = [bool(library.mallopt(name, value)) for name, value in _SETTINGS.items()]
    return all(taken)


def give_back() -> bool:
    """Give back what starting took; False where the C library has no word for it."""
    gc.collect()
    library = ctypes.CDLL(None)
    if not hasattr(library, "malloc_trim"):
        return False
    library.malloc_trim(0)
    return True
