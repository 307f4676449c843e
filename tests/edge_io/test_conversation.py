"""A conversation, told chunk by chunk what a port reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devices.dialogue import Listen, Pause
from devices.driver import Line
from gateway.edge.conversation import Conversation, Observed, Waking
from gateway.edge.watch import Silence, Watch
from tests.edge_io.sensors import (
    LINE,
    QUESTION,
    Answerer,
    Mute,
    Restless,
    Sleeper,
    Streamer,
    Stubborn,
    Wire,
    frame,
)

if TYPE_CHECKING:
    from devices.dialogue import Step
    from devices.driver import Driver
    from gateway.edge.conversation import Event


class Talk(Wire):
    """A conversation at one end of a wire."""

    def __init__(self, driver: Driver, line: Line = LINE, pace: float = 0.0) -> None:
        super().__init__()
        self.watch = Watch(driver)
        self.watch.opened()
        self.conversation = Conversation(driver, {}, line, self.watch, pace)
        self.conversation.begin(self.clock.monotonic())
        self.conversation.hear(self.read())

    def hear(self, data: bytes = b"", after: float = 0.1, stalled: float = 0.0) -> list[Event]:
        return self.conversation.hear(self.read(data, after, stalled))

    def values(self, data: bytes = b"", after: float = 0.1) -> list[float | None]:
        events = self.hear(data, after)
        return [e.sample.values["temperature"] for e in events if isinstance(e, Observed)]

    def quiet(self, seconds: float) -> list[Event]:
        return [event for _ in range(round(seconds * 10)) for event in self.hear()]


def test_all_frames_of_a_chunk_are_observed_in_order() -> None:
    assert Talk(Streamer()).values(frame(1) + frame(2) + frame(3)) == [1, 2, 3]


def test_a_frame_that_comes_byte_by_byte_is_observed_once() -> None:
    talk = Talk(Streamer())
    assert [talk.values(bytes((byte,)), 0.001) for byte in frame(9)] == [[], [], [9]]


@pytest.mark.parametrize(("line", "bits"), [
    (Line(9600), 10), (Line(9600, "E"), 11), (Line(9600, "N", 2), 11),
])  # fmt: skip
def test_a_sample_is_stamped_for_the_last_byte_of_its_frame(line: Line, bits: int) -> None:
    talk = Talk(Streamer(), line)
    first, second = talk.hear(frame(1) + frame(2) + b"\xa5\x03")
    now = talk.clock.stamp()
    assert now.boot - second.stamp.boot == pytest.approx(2 * bits / 9600)
    assert now.boot - first.stamp.boot == pytest.approx(5 * bits / 9600)
    assert first.stamp.offset == pytest.approx(now.offset)


def test_no_sample_is_stamped_before_the_read_that_can_not_have_seen_it() -> None:
    talk = Talk(Streamer(), Line(300))
    (event,) = talk.hear(frame(1) + b"\xa5" * 2, after=0.01)
    assert talk.clock.stamp().boot - event.stamp.boot == pytest.approx(0.01)


def test_no_two_samples_share_a_millisecond_however_fast_they_come() -> None:
    talk = Talk(Streamer(), Line(4_000_000))
    events = talk.hear(b"".join(map(frame, range(50))), after=0.0001)
    assert len({round(event.stamp.wall * 1000) for event in events}) == 50
    assert len({round(event.stamp.boot * 1000) for event in events}) == 50


def test_noise_is_counted_and_costs_no_frame_behind_it() -> None:
    talk = Talk(Streamer())
    assert talk.values(b"\x00\xa5\x01noise" + frame(4)) == [4]
    assert talk.watch.junk == 8


def test_half_a_frame_before_a_silence_does_not_spoil_the_frame_after_it() -> None:
    talk = Talk(Streamer())
    assert talk.values(frame(1)[:2]) == []
    talk.quiet(0.7)
    assert talk.values(b"\xfe" + frame(2)) == [2]
    assert talk.watch.junk == 3


def test_a_false_header_costs_no_frame_behind_it() -> None:
    talk = Talk(Streamer())
    assert talk.values(b"\xa5" + frame(5)[:2]) == []
    assert talk.values(frame(5)[2:]) == [5]


def test_a_reader_that_was_late_takes_no_frame_for_broken() -> None:
    talk = Talk(Streamer())
    assert talk.values(frame(1)[:2]) == []
    assert talk.values(frame(1)[2:], after=0.9) == [1]


def test_bytes_from_before_a_stall_never_meet_bytes_from_after_it() -> None:
    talk = Talk(Streamer())
    talk.hear(frame(1)[:2])
    talk.hear(stalled=1.5, after=1.5)
    assert talk.values(frame(1)[2:] + frame(2)) == [2]


def test_a_stall_is_no_silence_of_the_sensor() -> None:
    talk = Talk(Streamer())
    talk.quiet(4)
    talk.hear(stalled=60, after=60)
    talk.quiet(0.5)
    assert talk.watch.errors == 0
    talk.quiet(1)
    assert talk.watch.errors == 1


def test_a_frame_that_makes_no_sense_is_counted_and_passed_over() -> None:
    talk = Talk(Streamer())
    assert talk.values(frame(255) + frame(6)) == [6]
    assert (talk.watch.errors, talk.watch.frames) == (1, 2)


def test_a_sensor_that_is_not_ready_gives_no_sample_but_says_when_it_woke() -> None:
    talk = Talk(Streamer())
    (event,) = talk.hear(frame(254))
    assert event == Waking(talk.clock.stamp())
    assert talk.watch.cause is Silence.NOT_READY
    assert talk.values(frame(3)) == [3]


def test_a_fault_gives_no_sample_and_stays_known_until_the_next_one() -> None:
    talk = Talk(Streamer())
    assert talk.hear(frame(253)) == []
    assert (talk.watch.cause, talk.watch.fault) == (Silence.FAULT, "the lamp is dark")
    talk.hear(frame(1))
    assert (talk.watch.cause, talk.watch.fault) == (Silence.SPEAKING, None)


def test_a_silent_stream_is_no_bytes_and_noise_alone_is_only_junk() -> None:
    talk = Talk(Streamer())
    causes = []
    for data in (b"", b"noise", b""):
        talk.hear(data)
        talk.quiet(6)
        causes.append(talk.watch.cause)
    assert causes == [Silence.NO_BYTES, Silence.ONLY_JUNK, Silence.NO_BYTES]


def test_a_question_is_written_and_its_answer_observed() -> None:
    talk = Talk(Answerer())
    assert talk.conversation.say() == QUESTION
    assert talk.conversation.say() == b""
    assert talk.values(frame(7)) == [7]
    assert talk.conversation.say() == QUESTION


def test_what_came_before_a_question_is_not_its_answer() -> None:
    talk = Talk(Answerer(), pace=10)
    assert talk.conversation.say() == QUESTION
    assert talk.values(frame(1)) == [1]
    assert talk.values(frame(2) + b"\xa5") == []
    talk.quiet(10)
    assert talk.conversation.say() == QUESTION
    assert talk.values(frame(3)) == [3]


def test_a_question_without_an_answer_is_asked_again_and_is_a_cause_of_silence() -> None:
    talk = Talk(Answerer())
    assert talk.conversation.say() == QUESTION
    talk.quiet(1.1)
    assert talk.watch.cause is Silence.NO_REPLY
    assert talk.conversation.say() == QUESTION


def test_a_sensor_that_only_answers_is_asked_at_its_pace() -> None:
    talk = Talk(Answerer(), pace=10)
    asked = 0
    for _ in range(300):
        if talk.conversation.say():
            asked += 1
            talk.values(frame(1))
        else:
            talk.values()
    assert asked == 3


def test_what_comes_during_a_pause_is_heard_after_it_under_its_own_time() -> None:
    talk = Talk(Sleeper())
    assert talk.hear(frame(8)) == []
    came = talk.clock.stamp().boot
    (event,) = talk.quiet(2.2)
    assert event.stamp.boot == pytest.approx(came)


def test_a_pause_bounds_what_waits_and_counts_what_it_gives_up() -> None:
    talk = Talk(Sleeper())
    talk.hear(b"".join(frame(value) for value in range(100)))
    assert talk.watch.errors == 100 - 64


def test_a_sensor_that_can_not_be_prepared_is_not_read_but_prepared_again() -> None:
    talk = Talk(Stubborn())
    assert talk.conversation.say() == QUESTION
    assert talk.values(frame(3) + frame(4)) == []
    talk.quiet(4)
    assert talk.conversation.say() == b""
    assert talk.watch.cause is Silence.NONSENSE
    talk.quiet(1.2)
    assert talk.conversation.say() == QUESTION
    assert talk.values(frame(7) + frame(5)) == [5]


def test_a_dialogue_that_takes_no_step_does_not_spin() -> None:
    talk = Talk(Mute())
    assert talk.quiet(1) == []


@pytest.mark.timeout(10)
@pytest.mark.parametrize("step", [Pause(0.0), Pause(float("nan")), Listen(0.0), Listen(-1.0)])
def test_a_dialogue_that_waits_for_nothing_does_not_keep_its_thread(step: Step) -> None:
    talk = Talk(Restless(step=step))
    assert talk.quiet(1) == []
    assert talk.conversation.say() == b""


def test_a_port_opened_anew_forgets_what_it_heard_of_the_old_one() -> None:
    talk = Talk(Streamer())
    talk.hear(frame(1)[:2])
    talk.conversation.begin(talk.clock.monotonic())
    assert talk.values(frame(1)[2:] + frame(2)) == [2]
