"""A sensor that was silent so long that it may have had no power: it is prepared again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from devices.dialogue import Ask, Listen
from devices.errors import NoReply
from gateway.edge.conversation import Observed, Waking
from gateway.edge.watch import Silence
from tests.edge_io.sensors import QUESTION, Answerer, Streamer, frame
from tests.edge_io.test_conversation import Talk

if TYPE_CHECKING:
    from devices.dialogue import Dialogue, Opening
    from devices.driver import Settings
    from gateway.edge.conversation import Event

TAKEN = frame(7)


@dataclass(frozen=True, kw_only=True)
class Told(Streamer):
    """Streams in the unit that it was told; without an answer it is read as it is."""

    def start(self, _settings: Settings) -> Opening:
        try:
            yield Ask(QUESTION, within=1.0)
        except NoReply:
            return

    def forgets(self, raw: bytes, _settings: Settings) -> bool:
        return raw[1] == 99


@dataclass(frozen=True, kw_only=True)
class Overheard(Streamer):
    """Listens whether it streams, and would be told to."""

    def start(self, _settings: Settings) -> Opening:
        try:
            yield Listen(within=3.0)
        except NoReply:
            yield Ask(QUESTION, within=1.0)


@dataclass(frozen=True, kw_only=True)
class Woken(Streamer):
    """Is woken where it is silent, and says that it heard."""

    def read(self, settings: Settings) -> Dialogue:
        try:
            return (yield from self.listen(settings))
        except NoReply:
            yield Ask(QUESTION, within=1.0)
            raise


@dataclass(frozen=True, kw_only=True)
class Prepared(Answerer):
    """Answers, once it is prepared."""

    def start(self, _settings: Settings) -> Opening:
        yield Ask(b"!", within=1.0)


def seen(events: list[Event]) -> list[float | str | None]:
    return [
        event.sample.values["temperature"] if isinstance(event, Observed) else "woke"
        for event in events
    ]


def stream(talk: Talk, value: int, seconds: float) -> list[float | str | None]:
    """Send a value each second; answer nothing."""
    found: list[float | str | None] = []
    for _ in range(round(seconds)):
        found += seen([*talk.hear(frame(value)), *talk.quiet(0.9)])
    return found


def test_a_stream_that_speaks_again_wakes_before_its_first_value_is_observed() -> None:
    talk = Talk(Streamer())
    assert stream(talk, 1, 3) == [1, 1, 1]
    talk.quiet(6)
    events = talk.hear(frame(2))
    assert seen(events) == ["woke", 2]
    assert isinstance(events[0], Waking)
    assert events[0].stamp == talk.clock.stamp()
    assert stream(talk, 2, 3) == [2, 2, 2]


@pytest.mark.parametrize(("every", "gap", "woke"), [
    (1.0, 4.5, False), (1.0, 5.5, True), (0.02, 0.9, False), (0.02, 1.3, True), (None, 4.5, False),
    (10.0, 45.0, False), (10.0, 55.0, True),
])  # fmt: skip
def test_a_silence_is_a_lapse_from_five_periods_on(
    every: float | None, gap: float, *, woke: bool
) -> None:
    talk = Talk(Streamer(every=every))
    talk.hear(frame(1))
    talk.quiet(gap - 0.1)
    assert ("woke" in seen(talk.hear(frame(2)))) is woke


def test_one_that_reports_events_alone_is_silent_without_a_lapse() -> None:
    talk = Talk(Streamer(every=None))
    talk.hear(frame(1))
    talk.quiet(600)
    assert seen(talk.hear(frame(2))) == [2]


def test_but_its_driver_may_say_how_long_it_never_is() -> None:
    talk = Talk(Streamer(every=None, lapse_seconds=2.0))
    talk.hear(frame(1))
    talk.quiet(2.5)
    assert seen(talk.hear(frame(2))) == ["woke", 2]


def test_a_time_in_which_nobody_read_is_no_lapse() -> None:
    talk = Talk(Streamer())
    talk.hear(frame(1))
    talk.hear(stalled=60, after=60)
    assert seen(talk.hear(frame(2))) == [2]


def prepared(*, unit: bool = True) -> Talk:
    talk = Talk(Told(every=0.5, unit_told=unit))
    assert talk.conversation.say() == QUESTION
    assert seen(talk.hear(TAKEN)) == []
    assert stream(talk, 1, 12) == [1] * 12
    return talk


def test_one_that_may_have_had_no_power_is_told_again_and_not_believed_before() -> None:
    talk = prepared()
    talk.quiet(4)
    assert seen(talk.hear(frame(99) + frame(98))) == ["woke"]
    assert talk.conversation.say() == QUESTION
    errors = talk.watch.errors
    assert seen(talk.hear(TAKEN)) == []
    assert talk.watch.errors == errors + 1  # the reading that nobody believed
    assert stream(talk, 2, 2) == [2, 2]


def test_one_that_took_its_unit_before_and_does_not_answer_is_told_again_and_never_believed() -> (
    None
):
    talk = prepared()
    talk.quiet(4)
    talk.hear(frame(99))
    for _ in range(3):
        assert talk.conversation.say() == QUESTION
        assert seen(talk.quiet(1.2)) == []
        assert talk.watch.cause is not Silence.SPEAKING
        assert stream(talk, 99, 5) == []
    assert talk.conversation.say() == QUESTION
    assert seen(talk.hear(TAKEN)) == []
    assert stream(talk, 2, 2) == [2, 2]


def test_one_that_never_answered_is_read_as_it_is() -> None:
    talk = Talk(Told(every=0.5, unit_told=True))
    assert talk.conversation.say() == QUESTION
    talk.quiet(1.2)
    assert stream(talk, 1, 3) == [1] * 3
    talk.quiet(4)
    assert seen(talk.hear(frame(2))) == ["woke"]
    assert talk.conversation.say() == QUESTION
    talk.quiet(1.2)
    assert stream(talk, 2, 3) == [2] * 3


def test_one_whose_unit_needs_no_telling_is_read_although_it_does_not_answer() -> None:
    talk = prepared(unit=False)
    talk.quiet(4)
    assert seen(talk.hear(frame(2))) == ["woke"]
    assert talk.conversation.say() == QUESTION
    talk.quiet(1.2)
    assert stream(talk, 2, 2) == [2, 2]


def test_one_that_speaks_as_if_it_had_been_told_nothing_is_told_again_without_any_silence() -> None:
    talk = prepared()
    assert seen(talk.hear(frame(99))) == ["woke"]
    assert talk.conversation.say() == QUESTION
    assert seen(talk.hear(TAKEN)) == []
    assert seen(talk.hear(frame(99))) == [99]  # it was just told: so it speaks


def test_one_that_was_woken_by_its_driver_warms_up_although_it_was_never_silent_after_that() -> (
    None
):
    talk = Talk(Woken())
    assert stream(talk, 1, 3) == [1, 1, 1]
    talk.quiet(4.5)
    assert talk.conversation.say() == QUESTION
    assert stream(talk, 2, 3) == ["woke", 2, 2]  # the first is its answer


def test_one_that_is_proved_wakes_with_its_proof_and_is_prepared_once() -> None:
    talk = Talk(Prepared(proves=True))
    assert talk.conversation.say() == b"!"
    talk.hear(TAKEN)
    assert talk.conversation.say() == QUESTION
    talk.quiet(1.1)
    assert talk.conversation.say() == b"!"
    assert seen(talk.hear(TAKEN)) == ["woke"]
    assert talk.conversation.say() == QUESTION
    assert seen(talk.hear(frame(1))) == [1]


def test_a_start_that_only_listens_costs_no_value() -> None:
    talk = Talk(Overheard())
    assert stream(talk, 1, 3) == [1, 1, 1]
    talk.quiet(9)
    assert talk.conversation.say() == b""
    assert stream(talk, 2, 3) == ["woke", 2, 2, 2]


def test_one_that_answers_again_is_prepared_and_asked_anew_at_once() -> None:
    talk = Talk(Prepared(), pace=60)
    assert talk.conversation.say() == b"!"
    talk.hear(TAKEN)
    assert talk.conversation.say() == QUESTION
    assert seen(talk.hear(frame(1))) == [1]
    talk.quiet(60)
    assert talk.conversation.say() == QUESTION
    talk.quiet(60.5)
    assert talk.conversation.say() == QUESTION
    assert seen(talk.hear(frame(99))) == ["woke"]
    assert talk.conversation.say() == b"!"
    assert seen(talk.hear(TAKEN)) == []
    assert talk.conversation.say() == QUESTION
    assert seen(talk.hear(frame(2))) == [2]
