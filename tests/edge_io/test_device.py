"""A polled sensor and a radar of many targets, from the first byte to judged readings."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from devices.registry import find
from gateway.edge.watch import Silence
from gateway.simulator.air import Air
from gateway.simulator.hilink import VehicleRadar
from gateway.simulator.road import Road
from gateway.simulator.winsen import CarbonDioxide, carried
from schemas.quantity import BINS, speed_bin
from schemas.reading import Cause, Flag
from tests.edge_io.wired import Wired

MHZ = find("winsen.mhz19")
LD = find("hilink.ld2451")
WARMUP = 180


class Co2(Wired):
    """An MH-Z19 on a line, asked each 5 s."""

    def __init__(self, interval: float = 5.0, **settings: object) -> None:
        self.sensor = CarbonDioxide(MHZ, Air(seed=1))
        config = {"driver": MHZ.name, "interval": interval} | settings
        super().__init__(self.sensor, config)

    def verdicts(self) -> list[tuple[Flag, Cause]]:
        found = [measured.reading.values["co2"] for measured in self.measured]
        return [(value.flag, value.cause) for value in found]

    def numbers(self) -> list[int]:
        found = [measured.reading.values["co2"].value for measured in self.measured]
        return [carried(value) for value in found if value is not None]


WARMING = (Flag.SUSPECT, Cause.WARMING_UP)
GOOD = (Flag.PASS, Cause.NONE)


def test_co2_is_warming_up_for_three_minutes_after_the_port_was_opened_and_good_then() -> None:
    wired = Co2()
    wired.wait(WARMUP + 60)
    assert wired.numbers() == [number % 100 for number in range(1, len(wired.measured) + 1)]
    seconds = [measured.stamp.boot - wired.measured[0].stamp.boot for measured in wired.measured]
    suspect = [at < WARMUP - 1 for at in seconds]
    assert wired.verdicts() == [WARMING if each else GOOD for each in suspect]
    assert wired.verdicts().count(GOOD) >= 11


def test_a_sensor_that_answers_again_may_have_had_no_power_and_warms_up_again() -> None:
    wired = Co2()
    wired.wait(WARMUP + 20)
    wired.cut = True
    wired.wait(30)
    assert _silence(wired) is Silence.NO_REPLY
    wired.cut = False
    wired.measured.clear()
    wired.wait(WARMUP + 60)
    assert (wired.verdicts()[0], wired.verdicts()[-1]) == (WARMING, GOOD)
    assert wired.verdicts().count(WARMING) >= WARMUP // 5 - 1
    assert _silence(wired) is Silence.SPEAKING


def test_an_answer_that_was_lost_is_asked_for_again_and_wakes_nobody() -> None:
    wired = Co2()
    wired.wait(WARMUP + 20)
    known = len(wired.measured)
    wired.cut = True
    asked = len(wired.asked)
    while len(wired.asked) == asked:
        wired.wait(0.05)
    wired.cut = False
    wired.wait(12)
    assert set(wired.verdicts()[known:]) == {GOOD}
    assert len(wired.measured) - known >= 2
    assert wired.watch.errors == 0


@pytest.mark.parametrize(("interval", "pause"), [(10.0, 10.0), (5.0, 5.0), (0.0, 1.0), (0.2, 1.0)])
def test_it_is_asked_at_its_interval_and_no_more_often_than_it_measures(
    interval: float, pause: float
) -> None:
    wired = Co2(interval)
    wired.wait(60)
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(wired.asked)]
    assert gaps == pytest.approx([pause] * len(gaps), abs=0.11)
    assert len(wired.measured) == pytest.approx(60 / pause, rel=0.1)


def test_its_self_calibration_is_set_when_the_port_opens_and_again_after_a_silence() -> None:
    wired = Co2(abc="off")
    told = MHZ.commands["abc_off"].data
    wired.wait(60)
    assert [data for _, data in wired.asked].count(told) == 1
    wired.cut = True
    wired.wait(20)
    wired.cut = False
    wired.sensor.power_on(wired.clock.boot)
    wired.wait(10)
    assert wired.numbers()[-1] > 0
    assert not wired.sensor.abc


class Traffic(Wired):
    """An LD2451 on a line, in intervals of 20 s."""

    def __init__(self, *, each: float = 5.0, quiet: bool = False) -> None:
        self.radar = VehicleRadar(LD, Road(seed=7, each=each), quiet=quiet)
        super().__init__(self.radar, {"driver": LD.name, "interval": 20.0, "watches": "both"})

    def total(self, name: str, channel: str) -> float:
        found = [m.reading.values[name] for m in self.measured if m.reading.channel == channel]
        assert {value.flag for value in found} == {Flag.PASS}
        return sum(value.value or 0.0 for value in found)


class Chopped(Traffic):
    """The same, byte by byte, behind noise and frames that were cut short."""

    chance = random.Random(5)

    def spoil(self, data: bytes) -> list[bytes]:
        if not data:
            return []
        cut = LD.encode({"targets": [{"dir_raw": 1}] * self.chance.randint(0, 3)})
        stream = self.chance.randbytes(3) + cut[: self.chance.randrange(len(cut))] + data
        return [stream[at : at + 1] for at in range(len(stream))]


@pytest.mark.parametrize("kind", [Traffic, Chopped])
@pytest.mark.parametrize("quiet", [False, True])
def test_every_vehicle_in_view_of_a_radar_counts_once_in_its_direction(
    kind: type[Traffic], *, quiet: bool
) -> None:
    wired = kind(quiet=quiet)
    wired.wait(200)
    wired.close()
    for channel in ("in", "out"):
        passed = [each for each in wired.radar.vehicles.values() if each.channel == channel]
        assert len(passed) > 25
        assert wired.total("count", channel) == len(passed)
        assert wired.total("count_unknown", channel) == len(passed)
        assert wired.total("speed_sum", channel) == sum(round(each.speed) for each in passed)
        bins = Counter(speed_bin(round(each.speed)) for each in passed)
        assert {
            name: count for low in BINS if (count := wired.total(name := speed_bin(low), channel))
        } == bins
        assert wired.total("seconds", channel) == pytest.approx(200, abs=1)


def test_several_vehicles_were_in_view_at_once() -> None:
    wired = Traffic()
    most = 0
    for _ in range(200):
        wired.wait(1)
        frame = LD.decode(wired.radar.speak(wired.clock.boot).data, LD.configure({}))
        most = max(most, len(frame["targets"]))
    assert most >= 3


@pytest.mark.parametrize("quiet", [False, True])
def test_an_empty_road_is_measured_whether_the_radar_says_so_or_nothing(*, quiet: bool) -> None:
    wired = Traffic(each=1e9, quiet=quiet)
    wired.wait(61)
    wired.close()
    for channel in ("in", "out"):
        assert wired.total("count", channel) == 0
        assert wired.total("seconds", channel) == pytest.approx(61, abs=0.5 if not quiet else 6)
    assert wired.watch.silence is Silence.SPEAKING


def test_a_radar_that_does_not_answer_has_not_seen_that_nobody_came() -> None:
    wired = Traffic(each=1e9, quiet=True)
    wired.wait(30)
    wired.cut = True
    wired.wait(60)
    assert wired.watch.silence is Silence.NO_REPLY
    wired.close()
    assert wired.total("seconds", "in") == pytest.approx(35, abs=6)


class Deaf(Traffic):
    """The same on an empty road, without a word; from some time on it hears no `end_config`."""

    deaf = False

    def __init__(self) -> None:
        super().__init__(each=1e9, quiet=True)

    def _answer(self, question: bytes) -> bytes:
        lost = self.deaf and question == LD.commands["end_config"].data
        return b"" if lost else super()._answer(question)


def test_a_radar_that_was_left_in_config_mode_has_not_seen_that_nobody_came() -> None:
    wired = Deaf()
    wired.wait(30)
    wired.deaf = True
    wired.wait(60)
    assert _silence(wired) is not Silence.SPEAKING
    wired.deaf = False
    wired.wait(20)
    assert _silence(wired) is Silence.SPEAKING
    wired.close()
    assert wired.total("seconds", "in") == pytest.approx(30 + 20, abs=10)


def test_a_radar_that_watched_one_direction_only_is_told_to_watch_both() -> None:
    wired = Traffic()
    wired.wait(60)
    told = LD.commands["set_target_params_100m_both_5kmh_1s"].data
    assert [data for _, data in wired.asked].count(told) == 1
    wired.close()
    assert wired.total("count", "out") > 0
    again = Wired(wired.radar, {"driver": LD.name, "watches": "both"})
    again.wait(5)
    assert told not in [data for _, data in again.asked]


def test_a_radar_is_told_nothing_that_it_remembers_where_no_config_asks_for_it() -> None:
    radar = VehicleRadar(LD, Road(seed=7, each=5.0))
    wired = Wired(radar, {"driver": LD.name, "interval": 20.0})
    wired.wait(60)
    remembered = {command.data[6] for command in LD.commands.values() if command.dangerous}
    assert not remembered & {data[6] for _, data in wired.asked}
    assert wired.measured == []
    assert 'watches = "both"' in (wired.watch.fault or "")


def _silence(wired: Wired) -> Silence:
    return wired.watch.silence
