"""A sensor's own commands: the bytes, what they do, and how they are answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
