"""Run a module under libfaketime: `python -m tests.faults.faked MODULE ARGUMENT …`.

`time.sleep` waits on an event instead, since Python's own fails there (see `tests.faults.clock`).
"""

from __future__ import annotations

import runpy
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex) -> None:
    threading.Event().wait(float(seconds))


if __name__ == "__main__":
    time.sleep = _sleep
    module = sys.argv.pop(1)
    runpy.run_module(module, run_name="__main__", alter_sys=True)
