"""Run a module under libfaketime: `python -m tests.faults.faked MODULE ARGUMENT …`.

`time.sleep` waits on an event instead, since Python's own fails there (see `tests.faults.clock`).
And a gateway reports on itself each ten seconds, not each five minutes: so a run of a few minutes,
with a kill in each of them, has such reports too.
"""

from __future__ import annotations

import runpy
import sys
import threading
import time
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

from gateway.edge import announcements

if TYPE_CHECKING:
    from typing import SupportsIndex

REPORT_SECONDS: Final = 10.0


def _sleep(seconds: float | SupportsIndex) -> None:
    threading.Event().wait(float(seconds))


if __name__ == "__main__":
    time.sleep = _sleep
    module = sys.argv.pop(1)
    with patch.object(announcements, "NODE_SECONDS", REPORT_SECONDS):
        runpy.run_module(module, run_name="__main__", alter_sys=True)
