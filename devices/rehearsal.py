"""A dialogue run against a script, without a port: for the tests of drivers, here and elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from devices.dialogue import Pause, Received
from devices.errors import NoReply

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from devices.dialogue import Fields, Step

_MOST_STEPS: Final = 1000

Result = TypeVar("Result")


def rehearse(
    dialogue: Generator[Step, Received, Result], script: Iterable[Fields | None] = ()
) -> tuple[list[Step], Result]:
    """Run a dialogue to its end and return its steps and its result.

    Args:
        dialogue: What `start` or `read` returned.
        script: What comes after each step that waits for a frame: its fields, or None for silence.
            Where the script ends, silence is all there is.

    Raises:
        DriverError: Whatever the dialogue ends with.
        AssertionError: It does not end.
    """
    answers = iter(script)
    steps: list[Step] = []
    try:
        step = next(dialogue)
        while len(steps) < _MOST_STEPS:
            steps.append(step)
            if isinstance(step, Pause):
                step = next(dialogue)
                continue
            fields = next(answers, None)
            if fields is None:
                step = dialogue.throw(NoReply("silence"))
            else:
                step = dialogue.send(Received(b"", fields))
    except StopIteration as end:
        return steps, end.value
    raise AssertionError(f"the dialogue did not end within {_MOST_STEPS} steps")
