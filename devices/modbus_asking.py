"""How a Modbus device is asked: an answer counts only where it is known to belong to its question.

An answer bears its sender, its function and its size, but not its question: one that comes late
looks like the answer to the next question of the same form. So two questions whose answers differ
in form are asked in turn, on opening a line and after each silence, before anything is believed.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from devices.dialogue import Ask, Listen, Opening, Pause, Received, Step
from devices.errors import DeviceFault, NoReply, NotReady, Refused
from devices.modbus import ANYBODY, Question

if TYPE_CHECKING:
    from devices.command import Command
    from devices.dialogue import Fields

WITHIN: Final = 1.0
"""Seconds that an answer may take; as a rule it is there after 20 to 200 ms."""

QUIET: Final = 0.2
"""Seconds of silence after which nothing more is on its way, as far as can be told."""

_BUSY_SECONDS: Final = 0.5
_TIMES: Final = 3
"""How often a device that is busy is asked, and how many strange answers are passed over."""

_LATER: Final = (5, 6)
"""Exceptions of a device that has no time now."""

_BEHIND_IT: Final = (10, 11)
"""Exceptions of a converter that does not reach the device behind it."""

_REASONS: Final = {
    1: "does not know function {function}",
    2: "has no registers {first} to {last} (function {function})",
    3: "does not give {count} registers at once",
    4: "says that it has failed",
}
_REFUSALS: Final = {
    1: "it does not know this function",
    2: "it has no such register",
    3: "it does not take this value",
    4: "it says that it has failed",
}

Result = TypeVar("Result")
Asking: TypeAlias = Generator[Step, Received, Result]


class Behind(DeviceFault):
    """An answer belongs to the question before: nothing that it says may be believed."""

    def __init__(self) -> None:
        """Say what it is about."""
        super().__init__("answers the question before: late, or always one behind")


def ask(address: int, question: Question) -> Asking[list[int]]:
    """Ask for registers until they come; a device that is busy is asked again.

    Raises:
        NoReply: Nothing came.
        NotReady: It stays busy.
        Refused: It does not have these registers, or not so many, or has failed.
        Behind: What came belongs to another question.
    """
    for _ in range(_TIMES):
        answer = yield from _answer(address, question)
        code = answer.get("exception")
        if code is None:
            return list(answer["registers"])
        if code in _BEHIND_IT:
            raise NoReply(f"the converter does not reach it (exception {code})")
        if code not in _LATER:
            raise Refused(_reason(question, code))
        yield Pause(_BUSY_SECONDS)
    raise NotReady("busy: it asks to be asked later")


def _answer(address: int, question: Question) -> Asking[dict[str, Any]]:
    """Ask once; what others say is passed over.

    The first that the device itself says has to be the answer: an older one that is still on its
    way comes before it.
    """
    step: Step = Ask(question.write(address), WITHIN)
    for _ in range(_TIMES):
        try:
            received = yield step
        except NoReply:
            break
        if address in {*ANYBODY, received.fields.get("address")}:
            if not _answers(received.fields, question):
                raise Behind
            return dict(received.fields)
        step = Listen(WITHIN)
    raise NoReply(f"address {address} does not answer")


def _answers(fields: Fields, question: Question) -> bool:
    """Say whether a frame has the form of the answer to this question."""
    if fields.get("function") != question.function:
        return False
    return "exception" in fields or len(fields.get("registers", ())) == question.count


def prove(address: int, question: Question, other: Question) -> Opening:
    """Let the line fall quiet, then see that two questions get the answers of their form.

    Raises:
        NoReply: The device is silent.
        DeviceFault: Its answers do not belong to their questions, it refuses the first question, or
            answers no other, so that this can't be told.
    """
    yield from _hush()
    try:
        yield from ask(address, question)
    except Refused:
        yield from ask(address, question)
        raise Behind from None
    for _ in range(_TIMES - 1):
        try:
            yield from ask(address, other)
        except Refused:
            return
        except NoReply:
            continue
        return
    raise DeviceFault("answers one question only, so that a late answer can't be told: its map "
                      "must name a probe")  # fmt: skip


def _hush() -> Opening:
    """Listen until nothing comes any more."""
    for _ in range(_TIMES):
        try:
            yield Listen(QUIET)
        except NoReply:
            return


def refusal(command: Command, fields: Fields) -> str:
    """Say why a device refuses a command; empty where it does not, or is only busy."""
    code, said = fields.get("exception"), command.reply or {}
    ours = all(fields[name] == said.get(name, fields[name]) for name in ("address", "function"))
    if code is None or code in (*_LATER, *_BEHIND_IT) or not ours:
        return ""
    return f"{_REFUSALS.get(code, 'it says no')} (exception {code})"


def _reason(question: Question, code: int) -> str:
    """Say what an exception means, in the registers that were asked for."""
    first, count = question.register, question.count
    reason = _REASONS.get(code, "refuses to answer").format(
        function=question.function, first=first, last=first + count - 1, count=count
    )
    return f"{reason} (exception {code})"
