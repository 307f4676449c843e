"""What can go wrong between a gateway and a sensor; each error says what to do next."""

from __future__ import annotations


class DriverError(Exception):
    """The root of all that a driver raises on purpose.

    Attributes:
        why: What happened, for a person.
    """

    def __init__(self, why: str) -> None:
        """Keep the reason."""
        super().__init__(why)
        self.why = why


class DecodeError(DriverError):
    """A whole, verified frame that makes no sense here: count it, ask again."""


class NotReady(DriverError):
    """The sensor speaks but does not measure yet: wait, there is no reading."""


class NoReply(DriverError):
    """Nothing came within the time given: ask again."""


class DeviceFault(DriverError):
    """The sensor says that it is broken and gives no measurement: tell a person."""


class Refused(DeviceFault):
    """The sensor answered that it does not do this: it would say so again."""


class UnknownDriver(DriverError):
    """No driver bears this name.

    Attributes:
        likely: The name that was probably meant; empty where none is near.
    """

    def __init__(self, why: str, likely: str = "") -> None:
        """Keep the likely name."""
        super().__init__(why)
        self.likely = likely


class BadSetting(DriverError):
    """A setting that the driver does not take, or not with this value.

    Attributes:
        key: The setting.
        likely: The setting that was probably meant; empty where none is near.
    """

    def __init__(self, key: str, why: str, likely: str = "") -> None:
        """Keep the key and the likely one."""
        super().__init__(why)
        self.key = key
        self.likely = likely
