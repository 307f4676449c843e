"""Replay: what is sound by now is stored, then its letter goes; nothing is lost in between."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from gateway.collector.deadletters import LARGEST_KEPT, DeadLetters, Letter
from gateway.collector.letters import list_letters
from gateway.collector.replay import TRIES, Fate, Replay
from gateway.collector.sqlite import SqliteStore
from gateway.config.collector import CollectorConfig
from gateway.errors import SimpangError, StoreBusy, StoreDenied
from schemas.topics import ROOT
from tests.collector.batches import EPOCH, GATEWAY, T, payload, raw
from tests.collector.stores import FaultyStore
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.collector.letters import Heading
    from gateway.collector.points import Point

TOPIC = f"{ROOT}/{GATEWAY}/readings/pm-1"
SPOOL = b'{"v":1,"now":"%s","epochs":[]}' % EPOCH.encode()


def letter(seq: int, body: bytes | None = None, reason: str = "version") -> Letter:
    return Letter(TOPIC, body or payload(seq), reason, "no", T + seq, GATEWAY, EPOCH, seq)


class Desk:
    """A folder of letters, a store that fails on command, and whoever replays them."""

    def __init__(self, folder: Path, write_rows: int = 1000) -> None:
        self.folder = folder / "dead"
        self.letters = DeadLetters(self.folder, 1 << 20)
        self.store = FaultyStore(SqliteStore(folder / "city.db"))
        self.pauses: list[float] = []
        self.stopped = False
        self.now: float | None = T / 1000 + 100_000
        self.config = CollectorConfig.model_validate(
            {
                "collector": {"id": "c", "dead_letters": self.folder, "dead_letters_bytes": "1MiB"},
                "broker": {"url": "mqtt://h"},
                "store": {"kind": "sqlite", "path": folder / "city.db", "write_rows": write_rows},
            }
        )

    def replay(self, *headings: Heading) -> list[Fate]:
        return list(self.run(*headings))

    def run(self, *headings: Heading) -> Iterator[Fate]:
        again = Replay(self.config, self.store, self.now, lambda: T / 1000, self._pause)
        return again.run(list(headings or list_letters(self.folder)))

    def _pause(self, seconds: float) -> bool:
        if seconds:
            self.pauses.append(seconds)
        return self.stopped

    @property
    def left(self) -> dict[int | None, str]:
        return {one.seq: one.reason for one in list_letters(self.folder)}

    @property
    def delivered(self) -> list[float | int | str]:
        return sorted(fields["seq"] for _, _, fields in self.store.inner.select("delivery", {}))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


def test_a_letter_is_thrown_away_only_when_rows_and_ledger_are_stored(desk: Desk) -> None:
    desk.letters.bury([letter(1)])
    there: list[tuple[str, dict[int | None, str]]] = []

    def look(point: Point) -> bool:
        there.append((point.measurement, desk.left))
        return False

    desk.store.refuses = look
    (fate,) = desk.replay()

    assert fate.outcome == "stored"
    assert [measurement for measurement, _ in there] == ["air", "air", "delivery", "touched"]
    assert all(left == {1: "version"} for _, left in there)
    told = [{point.measurement for point in points} for points in desk.store.written]
    assert told == [{"air"}, {"delivery", "touched"}]
    assert desk.left == {}


def test_it_does_not_touch_under_the_collector_s_own_name(desk: Desk) -> None:
    """Two processes that give moments under one name would give some that do not rise."""
    desk.letters.bury([letter(1)])
    desk.replay()
    desk.letters.bury([letter(2)])
    desk.replay()

    touched = list(desk.store.inner.select("touched", {}))
    assert [(dict(tags)["collector"], at) for tags, at, _ in touched] == [
        ("c-replay", T), ("c-replay", T + 1),
    ]  # fmt: skip


def test_two_replays_of_one_folder_do_not_run_at_a_time(desk: Desk) -> None:
    desk.letters.bury([letter(1)])
    first = desk.run()
    next(first)

    with pytest.raises(SimpangError, match="another replay works"):
        desk.replay()
    list(first)
    assert desk.replay() == []


def test_what_is_still_flawed_stays_as_it_was(desk: Desk) -> None:
    flawed = raw(2, r=[[0, "1", 99999, 1.0]], why={})
    desk.letters.bury([letter(1), letter(2, flawed), letter(3)])
    before = {path.name: path.stat() for path in desk.folder.iterdir() if "@2@" in path.name}

    fates = {fate.heading.seq: (fate.outcome, fate.reason) for fate in desk.replay()}

    assert fates == {1: ("stored", ""), 2: ("stays", "range"), 3: ("stored", "")}
    assert desk.delivered == [1, 3]
    assert {path.name: path.stat() for path in desk.folder.iterdir()} == before


def test_a_batch_of_which_the_database_refuses_a_row_stays_and_says_so(desk: Desk) -> None:
    unnamed = Letter(TOPIC, payload(2), "schema", "no", T)  # nobody could read its name
    desk.letters.bury([letter(1), unnamed, letter(3)])
    desk.store.refuses = lambda point: point.time == T + 21_000

    fates = desk.replay()

    assert [fate.outcome for fate in fates] == ["stored", "stays", "stored"]
    assert (fates[1].reason, fates[1].detail) == ("rows", "out of range")
    assert desk.left == {2: "rows"}
    assert desk.delivered == [1, 3]
    desk.store.refuses = lambda _: False
    desk.replay()
    assert (desk.left, desk.delivered) == ({}, [1, 2, 3])


def test_a_batch_of_which_no_aggregate_would_hear_stays(desk: Desk) -> None:
    unnamed = Letter(TOPIC, payload(2), "schema", "no", T)
    desk.letters.bury([letter(1), unnamed])
    desk.store.refuses = lambda point: point.measurement == "touched"

    assert [(fate.outcome, fate.reason) for fate in desk.replay()] == [("stays", "touched")] * 2
    assert desk.left == {1: "version", None: "schema"}
    desk.store.refuses = lambda _: False
    desk.replay()
    assert desk.left == {}


def test_time_that_has_passed_does_not_make_a_wrong_clock_right(desk: Desk) -> None:
    ahead = payload(1, t=T + 3_600_000)
    desk.letters.bury([replace(letter(1, ahead, "time"), received=T), letter(2, reason="time")])

    fates = {fate.heading.seq: (fate.outcome, fate.reason) for fate in desk.replay()}

    assert fates == {1: ("stays", "time"), 2: ("stored", "")}


def test_of_what_only_the_head_is_left_nothing_is_stored(desk: Desk) -> None:
    desk.letters.bury([letter(1, raw(1) + b" " * LARGEST_KEPT)])

    (fate,) = desk.replay()

    assert (fate.outcome, fate.reason) == ("stays", "size")
    assert desk.delivered == []


def test_news_are_stored_as_of_the_moment_when_they_came(desk: Desk) -> None:
    topic = f"{ROOT}/{GATEWAY}/spool"
    desk.letters.bury(
        [
            Letter(topic, SPOOL, "schema", "no", T + 5, GATEWAY),
            Letter(f"{ROOT}/{GATEWAY}/health", b"{}", "json", "no", T + 6, GATEWAY),
        ]
    )

    fates = desk.replay()

    ((tags, at, _),) = desk.store.inner.select("spool", {})
    assert (dict(tags)["epoch"], at) == (EPOCH, T + 5)
    assert sorted(fate.outcome for fate in fates) == ["stays", "stored"]


def test_news_that_the_database_refuses_stay(desk: Desk) -> None:
    desk.letters.bury([Letter(f"{ROOT}/{GATEWAY}/spool", SPOOL, "schema", "no", T, GATEWAY)])
    desk.store.refuses = lambda _: True

    (fate,) = desk.replay()

    assert (fate.outcome, fate.reason, fate.detail) == ("stays", "rows", "out of range")
    assert len(list(list_letters(desk.folder))) == 1


def test_a_busy_store_is_waited_for_and_a_deaf_one_given_up(desk: Desk) -> None:
    desk.letters.bury([letter(1)])
    desk.store.busy, desk.store.after = True, 7.0

    with pytest.raises(StoreBusy):
        desk.replay()
    assert desk.pauses[:3] == [7.0, 7.0, 7.0]
    assert len(desk.pauses) == TRIES - 1
    desk.store.busy, desk.store.denied = False, True
    with pytest.raises(StoreDenied):
        desk.replay()
    assert desk.left == {1: "version"}


def test_a_stop_ends_it_after_the_write_at_hand(tmp_path: Path) -> None:
    desk = Desk(tmp_path, write_rows=2)
    desk.letters.bury([letter(seq) for seq in range(1, 6)])
    desk.stopped = True

    assert [fate.heading.seq for fate in desk.replay()] == [1]
    assert list(desk.left) == [2, 3, 4, 5]
    desk.store.close()


def test_what_a_running_collector_does_meanwhile_costs_nothing(desk: Desk) -> None:
    """It gives one up, buries one again, and a new one, all in the midst of our write."""
    desk.letters.bury([letter(1), letter(2), letter(3)])
    headings = list(list_letters(desk.folder))
    collector = DeadLetters(desk.folder, 1 << 20)
    collector.discard(GATEWAY, EPOCH, 3, payload(3))

    def meanwhile(_: Point) -> bool:
        collector.discard(GATEWAY, EPOCH, 1, payload(1))
        collector.bury([letter(2, reason="rows"), letter(4)])
        return False

    desk.store.refuses = meanwhile
    fates = {fate.heading.seq: fate.outcome for fate in desk.replay(*headings)}

    assert fates == {1: "stored", 2: "stored", 3: "gone"}
    assert desk.delivered == [1, 2]
    assert desk.left == {4: "version"}


def test_killed_at_any_moment_and_begun_again_it_loses_and_doubles_nothing(
    tmp_path: Path,
) -> None:
    """In a real process, with SIGKILL, and once with Ctrl-C."""
    desk = Desk(tmp_path, write_rows=2)
    number = 120
    desk.letters.bury([letter(seq) for seq in range(1, number + 1)])
    config = tmp_path / "collector.toml"
    config.write_text(
        f'[collector]\nid = "c"\ndead_letters = "{desk.folder}"\n[broker]\nurl = "mqtt://h"\n'
        f'[store]\nkind = "sqlite"\npath = "{tmp_path}/city.db"\nwrite_rows = 2\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "gateway.cli", "dead", "replay", "--config", str(config)]
    for goal, how in ((100, signal.SIGKILL), (70, signal.SIGKILL), (40, signal.SIGINT)):

        def some_are_stored(goal: int = goal) -> bool:
            return sum(1 for _ in desk.folder.iterdir()) < goal

        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            until(some_are_stored, 30, "some letters stored")
            process.send_signal(how)
        assert process.returncode == (-how if how is signal.SIGKILL else 130)
        left = {seq for seq in desk.left if seq is not None}
        assert set(range(1, number + 1)) == left | set(desk.delivered)

    ended = subprocess.run([*command, "--json"], capture_output=True, check=True, timeout=60)

    assert json.loads(ended.stdout)["stored"] == len(left)
    assert desk.left == {}
    assert desk.delivered == list(range(1, number + 1))
    with closing(SqliteStore(tmp_path / "city.db")) as store:
        assert store.count("air") == 2 * number
        assert store.count("delivery") == number
    desk.store.close()
