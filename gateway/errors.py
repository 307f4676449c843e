"""What can go wrong, as a tree: each error says what happened, where, and what to do now."""

from __future__ import annotations


class SimpangError(Exception):
    """The root of all errors that Simpang raises on purpose.

    Attributes:
        remedy: What a person can do about it; empty where nothing needs to be done.
    """

    def __init__(self, what: str, remedy: str = "") -> None:
        """Say what happened and where, and what to do."""
        super().__init__(f"{what} — {remedy}" if remedy else what)
        self.what = what
        self.remedy = remedy


class ConfigError(SimpangError):
    """A setting is wrong: exit code 2, the key is named."""


class PortGone(SimpangError):
    """The port vanished or broke: close it, wait, open it again."""


class PortBusy(SimpangError):
    """Another process holds the port: say who, try again."""


class PortDenied(SimpangError):
    """This user may not open the port: say which group is missing, try again."""


class SpoolFull(SimpangError):
    """The spool has no room: the oldest go first, counted."""


class SpoolDamaged(SimpangError):
    """The spool's file can't be read: move it aside, begin a new epoch."""


class SpoolUnwritable(SimpangError):
    """The disk can't take a commit now: memory takes over, the disk is tried again."""


class BatchDamaged(SimpangError):
    """The bytes of one batch are not those that were written: set it aside, it is kept."""


class SpoolUnreadable(SimpangError):
    """The disk does not give the bytes of one batch: set it aside, the others go on."""


class BrokerGone(SimpangError):
    """No broker to talk to: back off and try again."""


class BrokerRefused(SimpangError):
    """The broker says no: say why, back off and try again."""


class StoreBusy(SimpangError):
    """The store can't take it now: keep everything and try again.

    Attributes:
        after: Seconds the store asked to wait; None where it did not say.
    """

    def __init__(self, what: str, remedy: str = "", after: float | None = None) -> None:
        """Keep what the store asked for."""
        super().__init__(what, remedy)
        self.after = after


class StoreRefused(SimpangError):
    """The store will never take this point: dead letter."""


class StoreDenied(SimpangError):
    """The store does not let us in, or is not there: hold everything and say so."""
