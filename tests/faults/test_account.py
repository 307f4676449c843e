"""The account calls whatever may go wrong by its name, and forgives only what it must."""

from __future__ import annotations

from gateway.simulator.player import Sent
from tests.faults.account import Account, Found, settle
from tests.faults.fates import Number, absences, judge, passages
from tests.faults.record import Kill, Record, Window

OFFSET = 1_000_000.0
ALLOWED = {"pm-1": 2.0, "radar-1": 6.5}
ALWAYS_OPEN = [(0.0, True)]


def number(number: int, at: float, excuse: str = "", *, read: bool = True) -> Number:
    return Number("pm-1", number, at - 0.03, at, excuse, read)


def found(number: int, at: float, *, dated: bool = True) -> Found:
    return Found("pm-1", number, OFFSET + at, OFFSET + at, dated)


def settled(numbers: list[Number], rows: list[Found], *kills: Kill) -> Account:
    return settle(numbers, rows, kills, ALLOWED, OFFSET)


def tally(account: Account) -> dict[str, int]:
    return dict(account.tally)


def test_a_number_stored_once_at_its_time_is_all_there_is_to_ask() -> None:
    account = settled([number(1, 10)], [found(1, 10.4)])
    assert not account.breaches
    assert account.stored["pm-1"] == account.sent["pm-1"] == 1


def test_a_missing_number_without_a_kill_behind_it_is_lost() -> None:
    assert tally(settled([number(1, 10)], [])) == {"lost": 1}
    assert tally(settled([number(1, 10)], [], Kill(9.0))) == {"lost": 1}


def test_what_a_kill_may_cost_is_its_loss_window_and_nothing_older() -> None:
    account = settled([number(1, 7.9), number(2, 8.1), number(3, 9.9)], [], Kill(10.0))
    assert tally(account) == {"lost": 1}
    (cost,) = account.kills
    assert cost.window("pm-1") == 10.0 - 7.9
    assert cost.window("radar-1") == 0.0
    assert len(cost.lost) == 3


def test_a_spool_in_memory_may_cost_all_since_the_disk_was_full() -> None:
    kill = Kill(20.0, memory_since=10.0)
    assert not settled([number(1, 8.5)], [], kill).breaches
    assert tally(settled([number(1, 7.5)], [], kill)) == {"lost": 1}


def test_an_excused_number_may_be_missing_and_may_be_there() -> None:
    excused = number(1, 10, "frozen")
    account = settled([excused], [])
    assert account.excused["pm-1", "frozen"] == 1
    assert not account.breaches
    assert not settled([excused], [found(1, 10)]).breaches


def test_a_number_under_two_times_is_doubled_wherever_it_lies() -> None:
    assert tally(settled([number(1, 10)], [found(1, 10), found(1, 10.2)])) == {"doubled": 1}
    again = settled([number(1, 10)], [found(1, 10), found(1, 10, dated=False)])
    assert again.tally["doubled"] == 1


def test_a_time_too_far_from_the_truth_is_mis_dated() -> None:
    for wrong in (8.0, 12.0, 3610.0):
        assert tally(settled([number(1, 10)], [found(1, wrong)])) == {"mis-dated": 1}


def test_an_interval_is_well_dated_where_its_vehicle_passed_in_it() -> None:
    passage = Number("radar-1", 1, 10.0, 11.0)
    for begin, sound in ((4.0, False), (5.0, True), (10.0, True), (12.0, True), (13.0, False)):
        row = Found("radar-1", 1, OFFSET + begin, OFFSET + begin + 4.0)
        assert bool(settled([passage], [row]).breaches) is not sound


def test_what_could_be_dated_must_not_lie_in_undated() -> None:
    assert tally(settled([number(1, 10)], [found(1, 500, dated=False)])) == {"never": 1}


def test_what_was_never_sent_or_never_arrived_whole_is_invented() -> None:
    assert tally(settled([], [found(7, 10)])) == {"invented": 1}
    spoilt = number(1, 10, "spoilt", read=False)
    assert tally(settled([spoilt], [found(1, 10)])) == {"invented": 1}


def sent(at: float, *, whole: bool = True, heard: bool = True) -> Sent:
    return Sent(1, at - 0.03, at, whole, heard)


def excuse(one: Sent, *windows: Window, presence: list[tuple[float, bool]] | None = None) -> str:
    record = Record(list(windows))
    (judged,) = judge("pm-1", [one], presence or ALWAYS_OPEN, record)
    return judged.excuse


def test_a_frame_that_arrived_at_an_open_port_has_no_excuse() -> None:
    assert excuse(sent(10)) == ""
    assert excuse(sent(10), Window("unplugged", "pm-2", 9, 11)) == ""
    assert excuse(sent(10), Window("dead", None, 9, 11)) == ""


def test_the_excuses_are_spoilt_closed_opening_unplugged_and_away() -> None:
    assert excuse(sent(10, whole=False)) == "spoilt"
    assert excuse(sent(10, heard=False)) == "closed"
    assert excuse(sent(10), presence=[(9.0, True)]) == "opening"
    assert excuse(sent(10), presence=[(8.0, True)]) == ""
    assert excuse(sent(10), Window("unplugged", "pm-1", 10.1, 12)) == "unplugged"
    assert excuse(sent(10), Window("frozen", None, 8, 9.7)) == "frozen"
    assert excuse(sent(10), Window("machine", None, 8, 9.7)) == "machine"


def test_a_freeze_so_short_that_nothing_is_flushed_excuses_nothing() -> None:
    assert excuse(sent(10), Window("frozen", None, 9.5, 10.1)) == ""


def test_a_vehicle_must_be_counted_where_each_of_its_lines_must_have_been_read() -> None:
    lines = [Number("radar-1", 1, 1, 1.1), Number("radar-1", 1, 2, 2.1), Number("radar-1", 2, 5, 6)]
    one, other = passages(lines)
    assert (one.began, one.ended, one.excuse, one.read) == (1, 2.1, "", True)
    assert other.number == 2
    spoilt = Number("radar-1", 1, 1.5, 1.6, "spoilt", read=False)
    (one,) = passages([*lines[:2], spoilt])
    assert (one.excuse, one.read) == ("spoilt", True)


def test_a_port_is_left_for_a_reason_and_not_for_long() -> None:
    dead = Window("dead", None, 10.0, 11.0)
    left = [(0.0, True), (10.05, False), (12.0, True)]
    assert absences("pm-1", left, Record([dead])) == []
    assert "no reason" in absences("pm-1", left, Record())[0]
    assert "no reason" in absences("pm-1", left, Record([Window("unplugged", "pm-2", 10, 11)]))[0]
    late = [(0.0, True), (10.05, False), (40.0, True)]
    assert "only at" in absences("pm-1", late, Record([dead]))[0]
    unplugged = Window("unplugged", "pm-1", 11.0, 38.0)
    assert absences("pm-1", late, Record([dead, unplugged])) == []
