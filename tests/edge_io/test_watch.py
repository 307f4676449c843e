"""What is known of a device: its numbers, and the cause of its silence."""

from __future__ import annotations

import pytest

from devices.errors import DecodeError, DeviceFault, DriverError, NoReply, NotReady
from gateway.edge.watch import Silence, Watch
from tests.edge_io.sensors import Streamer


def _watch(every: float | None = 1.0) -> Watch:
    watch = Watch(Streamer(every=every))
    watch.opened()
    watch.round(0)
    return watch


def _silence(watch: Watch) -> Silence:
    return watch.silence


def test_before_the_first_byte_the_cause_is_that_there_are_none() -> None:
    assert _watch().silence is Silence.NO_BYTES


def test_one_lost_answer_is_an_error_but_no_silence() -> None:
    watch = _watch()
    watch.sampled(0, "")
    watch.failed(NoReply("nothing"), asked=True)
    watch.round(9)
    assert (_silence(watch), watch.errors) == (Silence.SPEAKING, 1)
    watch.round(11)
    assert _silence(watch) is Silence.NO_REPLY


def test_a_slow_sensor_is_given_three_of_its_samples() -> None:
    watch = _watch(every=60)
    watch.sampled(0, "")
    watch.failed(NoReply("nothing"), asked=True)
    watch.round(179)
    assert _silence(watch) is Silence.SPEAKING
    watch.round(181)
    assert _silence(watch) is Silence.NO_REPLY


@pytest.mark.parametrize("cause", [
    Silence.PORT_GONE, Silence.PORT_BUSY, Silence.PORT_DENIED,
])  # fmt: skip
def test_without_its_port_a_device_is_silent_at_once(cause: Silence) -> None:
    watch = _watch()
    watch.sampled(0, "")
    watch.closed(cause)
    assert watch.silence is cause


@pytest.mark.parametrize(("error", "cause"), [
    (NotReady("warming up"), Silence.NOT_READY),
    (DeviceFault("dark"), Silence.FAULT),
    (DecodeError("nonsense"), Silence.NONSENSE),
    (NoReply("nothing"), Silence.NO_BYTES),
])  # fmt: skip
def test_what_goes_wrong_is_the_cause_until_a_sample_comes(
    error: DriverError, cause: Silence
) -> None:
    watch = _watch()
    watch.failed(error, asked=False)
    assert (_silence(watch), watch.errors) == (cause, 1)
    watch.sampled(0, "")
    assert _silence(watch) is Silence.SPEAKING


def test_noise_without_a_frame_is_only_junk_even_to_a_question() -> None:
    watch = _watch()
    watch.junked(5)
    watch.failed(NoReply("nothing"), asked=True)
    assert (watch.silence, watch.junk) == (Silence.ONLY_JUNK, 5)


def test_frames_that_are_no_samples_are_nonsense() -> None:
    watch = _watch()
    watch.junked(5)
    watch.framed(0)
    watch.failed(NoReply("20 frames without a measurement"), asked=False)
    assert watch.silence is Silence.NONSENSE


def test_a_sensor_of_events_that_was_asked_nothing_is_not_silent() -> None:
    watch = _watch(every=None)
    watch.prepared()
    watch.failed(NoReply("nothing"), asked=False)
    watch.round(10_000)
    assert (_silence(watch), watch.errors) == (Silence.SPEAKING, 0)
    watch.failed(NoReply("nothing"), asked=True)
    assert _silence(watch) is Silence.NO_REPLY


def test_a_fault_is_known_while_the_device_goes_on_measuring() -> None:
    watch = _watch()
    watch.sampled(0, "error code 3")
    assert (watch.silence, watch.fault) == (Silence.SPEAKING, "error code 3")


def test_time_that_nobody_read_adds_up_and_is_a_cause_where_samples_are_overdue() -> None:
    watch = _watch()
    watch.sampled(0, "")
    watch.stall(2)
    watch.stall(3)
    assert (_silence(watch), watch.stalled) == (Silence.SPEAKING, 5)
    watch.round(11)
    assert _silence(watch) is Silence.STALLED
    watch.sampled(11, "")
    watch.round(22)
    assert _silence(watch) is Silence.SPEAKING


def test_a_stall_does_not_make_a_sensor_of_events_a_silent_one() -> None:
    watch = _watch(every=None)
    watch.prepared()
    watch.stall(5)
    watch.round(100)
    assert watch.silence is Silence.SPEAKING


def test_one_that_has_just_woken_for_an_hour_is_broken() -> None:
    watch = _watch()
    faults = []
    for now in (0, 1800, 3609, 3611):
        watch.round(now)
        watch.failed(NotReady("all zero"), asked=False)
        faults.append(watch.fault)
    assert faults == [None, None, None, "not ready for over an hour: all zero"]
    assert watch.silence is Silence.NOT_READY
    watch.sampled(3700, "")
    assert watch.fault is None


@pytest.mark.parametrize("reopened", [False, True])
def test_that_hour_begins_with_the_last_value_and_with_the_port(*, reopened: bool) -> None:
    watch = Watch(Streamer())
    watch.failed(NotReady("all zero"), asked=False)  # before any time was told
    for now in (0, 5000, 9000):
        watch.round(now)
        watch.failed(NotReady("all zero"), asked=False)
        assert watch.fault is None
        watch.opened() if reopened else watch.sampled(now, "")
