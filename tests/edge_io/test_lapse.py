"""A sensor that was silent so long that it may have had no power: it is prepared again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from devices.dialogue import Ask, Listen
from devices.errors import NoReply
from devices.registry import find
from gateway.edge.conversation import Conversation, Observed, Waking
from gateway.edge.watch import Silence, Watch
from gateway.simulator.air import Air
from gateway.simulator.nova import Nova
from gateway.simulator.plantower import Plantower
from schemas.reading import Cause, Flag
from tests.edge_io.sensors import QUESTION, Answerer, Streamer, Wire, frame
from tests.edge_io.test_conversation import Talk
from tests.edge_io.wired import Wired

if TYPE_CHECKING:
    from devices.command import Command
    from devices.dialogue import Fields, Opening
    from devices.driver import Driver, Settings
    from devices.sample import Sample
    from gateway.edge.conversation import Event
    from gateway.simulator.sensor import Sensor

PMS = find("plantower.pms5003")
SDS = find("nova.sds011")
TAKEN = frame(7)
WARMING = (Flag.SUSPECT, Cause.WARMING_UP)
GOOD = (Flag.PASS, Cause.NONE)


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
    assert seen(talk.hear(TAKEN)) == []
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


class Site(Wired):
    """A sensor of dust whose every reading is kept."""

    def __init__(self, driver: str, sensor: Sensor) -> None:
        self.sensor = sensor
        super().__init__(sensor, {"driver": driver, "interval": 0.0})

    def verdicts(self) -> list[tuple[Flag, Cause]]:
        found = [measured.reading.values["pm2_5"] for measured in self.measured]
        return [(value.flag, value.cause) for value in found]

    def lose_power(self, seconds: float) -> None:
        """Be without power, and begin as a sensor that has had none."""
        self.cut = True
        self.wait(seconds)
        self.cut = False
        self.sensor.power_on(self.clock.boot)
        self.measured.clear()


@pytest.mark.parametrize("seconds", [8, 60])
@pytest.mark.parametrize("driver", [PMS, SDS])
def test_dust_is_warming_up_behind_a_power_cut_as_behind_an_opening(
    driver: Driver, seconds: float
) -> None:
    sensor = (Plantower if driver is PMS else Nova)(driver, Air(seed=1))
    site = Site(driver.name, sensor)
    site.wait(60)
    assert site.verdicts()[-1] == GOOD
    site.lose_power(seconds)
    site.wait(60)
    verdicts = site.verdicts()
    assert verdicts[0] == WARMING
    assert verdicts[-1] == GOOD
    assert set(verdicts) == {WARMING, GOOD}
    assert verdicts == sorted(verdicts, key=[WARMING, GOOD].index)
    assert 20 <= verdicts.count(WARMING) <= 40


def test_a_sensor_that_was_put_to_sleep_is_woken_and_warms_up() -> None:
    site = Site(SDS.name, Nova(SDS, Air(seed=1)))
    site.wait(60)
    site.sensor.hear(SDS.commands["sleep"].data, site.clock.boot)
    site.wait(1)
    site.measured.clear()
    site.wait(60)
    assert SDS.commands["work"].data in [data for _, data in site.asked]
    assert site.verdicts()[0] == WARMING
    assert site.verdicts()[-1] == GOOD


class Script(Talk):
    """A sensor that takes all that it is told; the test says what it speaks."""

    def __init__(self, driver: Driver, **settings: object) -> None:
        self.settings = driver.configure(settings)
        self.driver = driver.tailored(self.settings)
        Wire.__init__(self)
        self.watch = Watch(driver)
        self.conversation = Conversation(self.driver, self.settings, driver.line, self.watch)
        self.conversation.begin(self.clock.monotonic())
        self.told: list[bytes] = []

    def live(self, seconds: float, said: bytes = b"") -> list[Sample]:
        """Say the same ten times a second, and answer."""
        found: list[Sample] = []
        for _ in range(round(seconds * 10)):
            question = self.conversation.say()
            if question:
                self.told.append(question)
            events = self.hear(said + self._answer(question))
            found += [event.sample for event in events if isinstance(event, Observed)]
        return found

    def _answer(self, question: bytes) -> bytes:
        taken = [c for c in self.driver.commands.values() if c.data == question]
        return b"".join(self.driver.encode(_stated(command)) for command in taken)


def _stated(command: Command) -> Fields:
    fields = dict(command.reply or {})
    return fields | ({"Product": "OPS243-A"} if "Product" in fields else {})


def test_a_radar_that_forgot_its_unit_between_two_cars_is_told_again() -> None:
    radar = Script(find("omnipresense.ops243"), unit="mph")
    radar.live(12, b'{"unit":"mph","speed":30.0}\r\n')
    told, radar.told = radar.told, []
    assert told == [b"OJ", b"US", b"OU"]
    assert radar.live(0.2, b"20.0\r\n") == []
    radar.live(1)
    assert radar.told == told
    (sample,) = radar.live(0.1, b'{"unit":"mph","speed":30.0}\r\n')
    assert sample.detections[0].speed == pytest.approx(48.28032)


@pytest.mark.parametrize("lane", [0.0, 6.0])
def test_a_lidar_that_forgot_its_millimetres_is_told_again(lane: float) -> None:
    lidar = Script(find("benewake.tfmini"), unit="mm", lane_metres=lane)
    three_metres = {"strength": 500, "temp_c": 25}
    millimetres = lidar.driver.encode({"distance_mm": 3000, **three_metres})
    centimetres = lidar.driver.encode({"distance_cm": 300, **three_metres})
    assert lidar.live(3, millimetres)
    told, lidar.told = lidar.told, []
    assert [command[2] for command in told] == [7, 5, 3]
    assert lidar.live(1.5) == []
    assert lidar.live(0.3, centimetres) == []
    samples = lidar.live(3, millimetres)
    assert lidar.told == told
    assert {sample.values.get("distance", 3.0) for sample in samples} == {3.0}
