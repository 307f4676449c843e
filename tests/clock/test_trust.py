"""Trust in scenes: what a gateway lives through in the field."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.clock import FakeClock, Stamp
from gateway.trust import Kept, Source, Trust
from tests.clock.world import YEAR, World

if TYPE_CHECKING:
    from pathlib import Path

BOOT_IN_1970 = -56 * YEAR


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "synchronized"


class Told(Source):
    """A source that says what the test tells it to."""

    name = "told"

    def __init__(self, *, says: bool = True) -> None:
        self.says = says

    def confirms(self, _stamp: Stamp) -> bool:
        return self.says


def test_what_waited_an_hour_in_1970_is_dated_exactly_once_ntp_has_come(file: Path) -> None:
    world = World(file, wrong=BOOT_IN_1970)
    assert (world.trust.state, world.dated()) == ("waiting", None)
    early = world.moment()
    world.wait(3600)
    assert world.dated() is None
    world.set_clock(0)
    world.touch()
    world.poll()
    assert (world.trust.state, world.dated(), world.dated_late(early)) == ("trusted", 0, 0)


@pytest.mark.parametrize("error", [YEAR, -YEAR, 1.5, -1.5])
def test_the_first_reading_after_a_step_is_undated_though_no_poll_has_seen_it(
    file: Path, error: float
) -> None:
    world = _trusted(file)
    world.set_clock(error)
    assert world.dated() is None
    assert (world.trust.state, world.trust.steps) == ("waiting", 1)


@pytest.mark.parametrize("error", [YEAR, -YEAR])
def test_what_was_measured_under_a_stepped_clock_is_dated_late_and_right(
    file: Path, error: float
) -> None:
    world = _trusted(file)
    world.set_clock(error)
    world.wait(60)
    during = world.moment()
    assert world.trust.date(during.stamp) is None
    assert world.dated_late(during) is None
    world.wait(1)
    world.set_clock(0)
    world.touch()
    world.poll()
    assert world.trust.date(during.stamp) is None
    assert world.dated_late(during) == 0
    assert world.trust.steps == 2


def test_a_step_there_and_back_between_two_polls_still_ends_trust(file: Path) -> None:
    world = _trusted(file)
    world.set_clock(600)
    world.clock.advance(0.1)
    assert world.dated() is None
    world.set_clock(0)
    world.wait(10)
    assert world.dated() is None


def test_a_reading_from_before_a_step_does_not_undo_what_was_won_after_it(file: Path) -> None:
    world = World(file, wrong=BOOT_IN_1970)
    before = world.moment()
    world.set_clock(0)
    world.touch()
    world.wait(1)
    assert world.trust.date(before.stamp) is None
    assert world.dated() == 0


def test_three_days_without_a_source_are_holdover_and_everything_is_dated(file: Path) -> None:
    world = _trusted(file)
    world.wait(2000)
    assert (world.trust.state, world.trust.holdover_seconds) == ("trusted", 0)
    world.wait(72 * 3600)
    assert (world.trust.state, world.dated()) == ("holdover", 0)
    assert world.trust.holdover_seconds > 72 * 3600
    world.touch()
    world.poll()
    assert (world.trust.state, world.trust.holdover_seconds) == ("trusted", 0)


def test_a_restart_in_the_same_boot_goes_on_trusting(file: Path) -> None:
    world = _trusted(file)
    file.unlink()
    world.restart()
    assert (world.trust.state, world.dated()) == ("trusted", 0)


def test_a_step_while_the_process_was_away_is_seen_on_its_return(file: Path) -> None:
    world = _trusted(file)
    world.set_clock(30)
    world.restart()
    assert (world.trust.steps, world.dated()) == (1, None)


def test_a_power_cut_before_ntp_leaves_what_waited_to_its_own_boot(file: Path) -> None:
    world = World(file, wrong=BOOT_IN_1970)
    world.wait(600)
    world.reboot(off=5000, error=-5600)
    assert (world.trust.state, world.dated()) == ("waiting", None)


def test_what_another_boot_trusted_is_not_trusted_though_the_clock_begins_where_it_did(
    file: Path,
) -> None:
    world = _trusted(file)
    offset = world.clock.stamp().offset
    world.reboot(off=600, error=offset - world.true - 600)
    assert world.clock.stamp().offset == offset
    assert world.dated() is None


def test_what_another_source_trusted_is_not_trusted_by_this_one() -> None:
    clock = FakeClock()
    kept = Kept(clock.boot_id, clock.stamp().offset, trusted=True, source="system")
    trust = Trust(Told(says=False), clock.boot_id, kept)
    trust.poll(clock.stamp())
    assert trust.date(clock.stamp()) is None


def test_a_touch_just_before_a_step_never_confirms_the_stepped_clock(file: Path) -> None:
    world = World(file)
    world.clock.advance(0.5)
    world.touch()
    world.set_clock(30)
    assert world.dated() is None
    world.wait(5)
    assert world.dated() is None


def test_a_touch_right_after_a_step_confirms_the_clock_as_it_is_now(file: Path) -> None:
    world = World(file, wrong=-30)
    world.set_clock(0)
    world.touch()
    world.wait(1)
    assert world.dated() == 0


def test_a_touch_before_a_step_is_not_taken_for_a_fresh_one_after_a_restart(file: Path) -> None:
    world = _trusted(file)
    world.touch()
    world.set_clock(30)
    world.restart()
    world.wait(5)
    assert world.dated() is None
    world.restart()
    world.wait(5)
    assert world.dated() is None


def test_a_clock_set_in_steps_below_a_second_is_noticed_when_they_add_up() -> None:
    clock, source = FakeClock(), Told()
    trust = Trust(source, clock.boot_id)
    trust.poll(clock.stamp())
    source.says = False
    for _ in range(2):
        clock.advance(1)
        clock.step(0.9)
        trust.poll(clock.stamp())
    assert (trust.steps, trust.state) == (1, "waiting")


def test_a_confirmation_moves_the_reference_along_with_the_clock() -> None:
    clock, source = FakeClock(), Told()
    trust = Trust(source, clock.boot_id)
    for _ in range(20):
        clock.advance(1)
        clock.step(0.3)
        trust.poll(clock.stamp())
    assert (trust.steps, trust.state) == (0, "trusted")
    assert trust.late(clock.boot) == round(clock.wall * 1000)


def test_system_believes_the_clock_through_every_step() -> None:
    clock = FakeClock()
    trust = Trust.of("system", clock.boot_id)
    trust.poll(clock.stamp())
    clock.step(YEAR)
    clock.advance(0.1)
    assert trust.date(clock.stamp()) == round(clock.wall * 1000)
    assert (trust.state, trust.steps) == ("trusted", 1)


def test_whoever_cuts_intervals_sees_every_win_and_every_step(file: Path) -> None:
    world = World(file, wrong=-30)
    turns = [world.trust.turn]
    world.set_clock(0)
    world.poll()
    turns.append(world.trust.turn)
    world.touch()
    world.poll()
    turns.append(world.trust.turn)
    world.wait(5)
    world.touch()
    world.poll()
    assert turns == sorted(set(turns))
    assert world.trust.turn == turns[-1]


def test_a_poll_whose_stamp_is_older_than_a_step_confirms_nothing() -> None:
    clock, source = FakeClock(), Told()
    trust = Trust(source, clock.boot_id)
    trust.poll(clock.stamp())
    old = clock.stamp()
    clock.step(600)
    clock.advance(0.1)
    assert trust.date(clock.stamp()) is None
    trust.poll(old)
    assert (trust.state, trust.late(clock.boot)) == ("waiting", None)


def test_what_is_kept_is_no_news_while_nothing_happens(file: Path) -> None:
    world = _trusted(file)
    kept = world.trust.kept
    world.clock.step(0.002)
    world.wait(100)
    assert world.trust.kept == kept


def _trusted(file: Path) -> World:
    world = World(file)
    world.wait(5)
    world.touch()
    world.wait(5)
    assert world.trust.state == "trusted"
    return world
