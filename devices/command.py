"""A sensor's own commands: the bytes, what they do, and how they are answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from devices.dialogue import Fields


@dataclass(frozen=True, slots=True)
class Command:
    """One of a sensor's own commands.

    Attributes:
        name: Its name in `device send`.
        data: The bytes to send.
        help: What it does.
        dangerous: It changes what outlives a power cut, or costs calibration, address or line
            settings: never sent without a person.
        reply: Fields that its answer bears, None standing for any value; empty: any frame is the
            answer; None itself: it is not answered.
    """

    name: str
    data: bytes
    help: str
    dangerous: bool = False
    reply: Fields | None = None

    def answered_by(self, fields: Fields) -> bool:
        """Say whether a frame with these fields is the answer to this command."""
        return self.reply is not None and all(
            name in fields and value in (None, fields[name]) for name, value in self.reply.items()
        )


def by_name(*commands: Command) -> dict[str, Command]:
    """Index commands by their names."""
    return {command.name: command for command in commands}


class Numbered(Mapping[str, Command]):
    """Commands by name; where a name bears numbers, others will do as well."""

    def __init__(self, make: Callable[[str], Command | None], *commands: Command) -> None:
        """List commands.

        Args:
            make: Told a name that is not listed: its command, or None where there is none like it.
            commands: Those that are listed.
        """
        self._make = make
        self._listed = by_name(*commands)

    def __getitem__(self, name: str) -> Command:
        """Return a command; one with numbers that are not listed is made."""
        made = self._listed.get(name) or self._make(name)
        if made is None:
            raise KeyError(name)
        return made

    def __iter__(self) -> Iterator[str]:
        """Name those that are listed."""
        return iter(self._listed)

    def __len__(self) -> int:
        """Count those that are listed."""
        return len(self._listed)
