"""A collector that waits for its store no more than a moment when it is told to end.

python -m tests.collector.hasty --config collector.toml
"""

from __future__ import annotations

import sys

from gateway.collector import collector
from gateway.collector.process import main

if __name__ == "__main__":
    vars(collector)["STOP_SECONDS"] = 0.5
    sys.exit(main())
