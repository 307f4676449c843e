"""What the log says of devices: who has fallen silent, who says that something is broken."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.edge.watch import OF_THE_PORT, Silence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.edge.watch import Watch

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 1.0
"""How often the devices are looked at."""

_WORDS: Final = {
    Silence.NO_BYTES: "nothing comes from it",
    Silence.ONLY_JUNK: "only bytes come that nobody can read: another baud rate, another sensor?",
    Silence.NO_REPLY: "it does not answer",
    Silence.NOT_READY: "it says that it is not ready to measure",
    Silence.FAULT: "it says that it is broken",
    Silence.STALLED: "this machine was too busy to read it",
    Silence.NONSENSE: "what it says makes no sense",
}


class _Told(NamedTuple):
    silence: Silence
    fault: str | None


class Journal:
    """Says once what has changed; of ports whoever opens them speaks."""

    def __init__(self, watches: Mapping[str, Watch]) -> None:
        """Look at these devices from now on."""
        self._watches = watches
        self._told: dict[str, _Told] = {}
        self._looked = -float("inf")

    def look(self, now: float) -> None:
        """Say of each device what is new about it."""
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        for device, watch in self._watches.items():
            is_now = _Told(watch.silence, watch.fault)
            before = self._told.get(device, _Told(Silence.SPEAKING, None))
            if is_now == before or is_now.silence in OF_THE_PORT:
                continue
            self._told[device] = is_now
            if is_now.silence is not Silence.SPEAKING:
                what = _WORDS[is_now.silence]
                log.warning("%s: %s%s", device, what, f" ({is_now.fault})" if is_now.fault else "")
            elif is_now.fault:
                log.warning("%s says that something in it is broken: %s", device, is_now.fault)
            else:
                log.info("%s measures again", device)
