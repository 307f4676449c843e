"""Where `simpang` begins: Ctrl-C ends it with a sentence before anything else is loaded."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


def main() -> None:
    """Run one verb; a verb that has something to put away on Ctrl-C sees to that itself."""
    signal.signal(signal.SIGINT, _leave)
    from gateway.cli.app import main as run

    run()


def _leave(_number: int, _frame: FrameType | None) -> None:
    """End here and now: an exception could strike where Python only prints it, and goes on."""
    os.write(2, b"simpang: interrupted\n")
    os._exit(130)


if __name__ == "__main__":
    main()
