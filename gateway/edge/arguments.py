"""What the gateway's process is told when it starts.

By getopt: argparse would stay in memory for as long as the gateway runs, a third of a megabyte.
"""

from __future__ import annotations

from getopt import GetoptError, getopt
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAIN_SECONDS: Final = 3.0
"""How long a stop waits for receipts: what is not receipted by then waits in the spool."""

USAGE: Final = "python -m gateway.edge.process --config FILE [--log LEVEL] [--drain SECONDS]"

HELP: Final = f"""\
usage: {USAGE}

Read sensors and send what they say.

  --config FILE      gateway.toml
  --log LEVEL        how much to say: debug, info, warning or error
  --drain SECONDS    how long a stop waits for receipts: {DRAIN_SECONDS:g}
"""


class Arguments(NamedTuple):
    """What was told.

    Attributes:
        config: The file `gateway.toml`.
        log: The level of the log; None where none was named.
        drain: Seconds that a stop waits for receipts.
    """

    config: Path
    log: str | None
    drain: float


def read(words: Sequence[str]) -> Arguments:
    """Read a command line, without the program's name.

    Raises:
        ConfigError: A word in it is not understood, or the config is missing.
    """
    try:
        pairs, rest = getopt(list(words), "", ["config=", "log=", "drain="])
        told = dict(pairs)
        drain = float(told.get("--drain", DRAIN_SECONDS))
    except (GetoptError, ValueError) as error:
        raise ConfigError(str(error), USAGE) from None
    if rest:
        raise ConfigError(f"{rest[0]!r} belongs to no option", USAGE)
    if "--config" not in told:
        raise ConfigError("--config is missing", USAGE)
    return Arguments(Path(told["--config"]), told.get("--log"), drain)
