"""Dead letters: kept with their reason, one a batch, within a bound, wherever they came from."""

from __future__ import annotations

import base64
import errno
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.collector import deadletters
from gateway.collector.deadletters import LARGEST_KEPT, DeadLetters, Letter
from gateway.collector.letters import list_letters
from gateway.errors import StoreBusy
from tests.collector.batches import EPOCH
from tests.faults.disk import SmallDisk

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1 << 20


def named(seq: int, body: bytes = b"{}", reason: str = "width") -> Letter:
    topic = "simpang/v1/gw-1/readings/pm-1"
    return Letter(topic, body, reason, "row 0", 1_764_000_000_000, "gw-1", EPOCH, seq)


def unnamed(topic: str, body: bytes) -> Letter:
    return Letter(topic, body, "json", "not an object", 1_764_000_000_000)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    small = SmallDisk(tmp_path / "disk")
    small.mount()
    if not small.mounted:
        pytest.skip("no file system can be mounted here")
    yield small
    small.close()


def limited(monkeypatch: pytest.MonkeyPatch, folder: Path, most: int, code: int) -> None:
    """Let a folder hold so many files, one that is being written among them."""
    sync = os.fsync

    def full(descriptor: int) -> None:
        if len(list(folder.iterdir())) > most:
            raise OSError(code, os.strerror(code))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", full)


def seqs(folder: Path) -> set[int | None]:
    return {one.seq for one in list_letters(folder)}


def test_a_letter_tells_everything_and_gives_the_bytes_back(tmp_path: Path) -> None:
    DeadLetters(tmp_path, MIB).bury([named(7, b"\x00\xff{")])
    (path,) = tmp_path.iterdir()
    letter = json.loads(path.read_bytes())
    assert base64.b64decode(letter.pop("payload")) == b"\x00\xff{"
    assert letter == {
        "v": 1,
        "topic": "simpang/v1/gw-1/readings/pm-1",
        "reason": "width",
        "detail": "row 0",
        "received": 1_764_000_000_000,
        "gateway": "gw-1",
        "epoch": EPOCH,
        "seq": 7,
        "size": 3,
    }
    (heading,) = list_letters(tmp_path)
    assert (heading.file, heading.reason, heading.seq, heading.size) == (path.name, "width", 7, 3)


def test_a_letter_is_on_the_disk_before_it_has_its_name_and_the_name_before_we_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    letters = DeadLetters(tmp_path, MIB)
    monkeypatch.setattr(
        os, "fsync", lambda _: seen.append([path.suffix for path in tmp_path.iterdir()])
    )
    letters.bury([named(7)])
    assert seen == [[".tmp"], [".json"]]


def test_a_batch_that_is_offered_again_replaces_its_letter(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path, MIB)
    letters.bury([named(7, reason="width")])
    letters.bury([named(7, reason="value")])
    (heading,) = list_letters(tmp_path)
    assert heading.reason == "value"


def test_the_same_unreadable_bytes_are_one_letter_and_others_are_not(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path, MIB)
    letters.bury([unnamed("t", b"x"), unnamed("t", b"x"), unnamed("t", b"y"), unnamed("u", b"x")])
    assert len(list(list_letters(tmp_path))) == 3


@pytest.mark.parametrize(
    "topic",
    ["../../etc/passwd", "/", "", ".", "a\0b", "x" * 65535, "\ud800", "simpang/v1/GW/readings/Ü"],
)
def test_no_topic_can_leave_the_folder(tmp_path: Path, topic: str) -> None:
    folder = tmp_path / "dead"
    DeadLetters(folder, MIB).bury([unnamed(topic, b"x")])
    assert [path.name for path in tmp_path.iterdir()] == ["dead"]
    (heading,) = list_letters(folder)
    assert heading.topic == topic


def test_the_oldest_go_first_and_are_counted(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path, 5 * 4096)
    for seq in range(1, 9):
        letters.bury([named(seq)])
    letters.bury([named(5, reason="again")])
    letters.bury([named(9)])
    assert [one.seq for one in list_letters(tmp_path)] == [6, 7, 8, 5, 9]
    assert letters.evicted == 4


def test_a_restart_knows_what_is_there_and_clears_what_was_not_finished(tmp_path: Path) -> None:
    DeadLetters(tmp_path, MIB).bury([named(seq) for seq in range(1, 5)])
    for age, path in enumerate(sorted(tmp_path.iterdir())):
        os.utime(path, (age, age))
    (tmp_path / "gw-1@x@1.json.tmp").write_bytes(b"half")
    letters = DeadLetters(tmp_path, 4 * 4096)
    letters.bury([named(9)])
    assert [one.seq for one in list_letters(tmp_path)] == [2, 3, 4, 9]
    assert not list(tmp_path.glob("*.tmp"))


def test_a_batch_that_was_stored_after_all_has_no_letter(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path, MIB)
    letters.bury([named(7), named(8)])
    letters.discard("gw-1", EPOCH, 7, b"{}")
    letters.discard("gw-1", EPOCH, 99, b"{}")
    assert [one.seq for one in list_letters(tmp_path)] == [8]


def test_other_bytes_under_a_known_name_are_another_letter(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path, MIB)
    letters.bury([named(7, b"honest"), named(7, b"forged"), named(7, b"honest", "rows")])
    assert {(one.size, one.reason) for one in list_letters(tmp_path)} == {(6, "rows"), (6, "width")}
    letters.discard("gw-1", EPOCH, 7, b"forged")
    assert [one.reason for one in list_letters(tmp_path)] == ["rows"]


def test_of_a_giant_only_the_head_is_kept_and_its_size_is_told(tmp_path: Path) -> None:
    DeadLetters(tmp_path, 64 * MIB).bury([unnamed("t", bytes(5 * MIB))])
    (heading,) = list_letters(tmp_path)
    assert heading.size == 5 * MIB
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 2 * LARGEST_KEPT


def test_a_letter_that_can_not_be_written_is_no_letter_lost(tmp_path: Path) -> None:
    folder = tmp_path / "dead"
    letters = DeadLetters(folder, MIB)
    folder.rmdir()
    folder.write_text("in the way", encoding="utf-8")
    with pytest.raises(StoreBusy, match="nothing is acknowledged"):
        letters.bury([named(1)])
    folder.unlink()
    letters.bury([named(1)])
    assert [one.seq for one in list_letters(folder)] == [1]


def test_what_is_no_letter_is_passed_over(tmp_path: Path) -> None:
    DeadLetters(tmp_path, MIB).bury([named(1)])
    (tmp_path / "notes.json").write_text("[]", encoding="utf-8")
    (tmp_path / "cut.json").write_text('{"v":1', encoding="utf-8")
    assert [one.seq for one in list_letters(tmp_path)] == [1]


def test_no_letter_goes_for_the_sake_of_those_that_somebody_else_discarded(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path, 5 * 4096)
    letters.bury([named(seq) for seq in range(1, 6)])
    guest = DeadLetters(tmp_path, 5 * 4096, tidy=False)
    for seq in (3, 4, 5):
        guest.discard("gw-1", EPOCH, seq, b"{}")
    letters.bury([named(6), named(7), named(8)])
    assert [one.seq for one in list_letters(tmp_path)] == [1, 2, 6, 7, 8]
    letters.bury([named(9)])
    assert [one.seq for one in list_letters(tmp_path)] == [2, 6, 7, 8, 9]
    assert letters.evicted == 1


def test_a_full_folder_is_not_looked_through_for_each_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)
    letters = DeadLetters(tmp_path, 640 * 4096)
    letters.bury([named(seq) for seq in range(1, 641)])
    looks: list[Path] = []
    look = deadletters.oldest_first

    def counted(folder: Path) -> list[tuple[str, int]]:
        looks.append(folder)
        return look(folder)

    monkeypatch.setattr(deadletters, "oldest_first", counted)
    for seq in range(641, 671):
        letters.bury([named(seq)])
    assert len(looks) == 3
    assert letters.evicted == 33


def test_a_letter_that_is_gone_already_is_not_counted_as_given_up(tmp_path: Path) -> None:
    letters = DeadLetters(tmp_path, 3 * 4096)
    letters.bury([named(seq) for seq in range(1, 4)])
    DeadLetters(tmp_path, MIB).discard("gw-1", EPOCH, 1, b"{}")
    assert not letters.throw_away("no such letter")
    letters.bury([named(4), named(5)])
    assert [one.seq for one in list_letters(tmp_path)] == [3, 4, 5]
    assert letters.evicted == 1


def test_two_that_bury_one_letter_at_a_time_leave_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters, guest = DeadLetters(tmp_path, MIB), DeadLetters(tmp_path, MIB, tidy=False)
    sync, inside = os.fsync, iter([True])

    def meanwhile(descriptor: int) -> None:
        if next(inside, False):
            guest.bury([named(7, reason="rows")])
            assert [one.reason for one in list_letters(tmp_path)] == ["rows"]
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", meanwhile)
    letters.bury([named(7)])
    assert [one.reason for one in list_letters(tmp_path)] == ["width"]
    assert len(list(tmp_path.iterdir())) == 1


def test_a_guest_leaves_what_the_collector_has_not_finished(tmp_path: Path) -> None:
    unfinished = tmp_path / "gw-1@x@1.json.tmp"
    unfinished.write_bytes(b"half")
    DeadLetters(tmp_path, MIB, tidy=False)
    assert unfinished.exists()


def test_on_a_full_disk_the_oldest_make_room(disk: SmallDisk) -> None:
    folder = disk.folder / "dead"
    letters = DeadLetters(folder, 256 * MIB)
    letters.bury([named(seq) for seq in range(1, 21)])
    disk.fill()
    letters.bury([named(seq, b"x" * 4000) for seq in range(21, 24)])
    assert seqs(folder) == {*range(1 + letters.evicted, 24)}
    assert 6 <= letters.evicted <= 12
    assert {path.suffix for path in folder.iterdir()} == {".json"}
    disk.clear()
    before = letters.evicted
    letters.bury([named(24)])
    assert letters.evicted == before


def test_letters_that_fill_a_disk_by_themselves_go_on_for_ever(disk: SmallDisk) -> None:
    letters = DeadLetters(disk.folder, 256 * MIB)
    for seq in range(1, 31):
        letters.bury([named(seq, bytes(500_000))])
    assert letters.evicted > 15
    assert max(seqs(disk.folder), default=None, key=lambda seq: seq or 0) == 30


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_what_has_no_room_takes_that_of_the_oldest_and_leaves_nothing_unfinished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    letters = DeadLetters(tmp_path, MIB)
    letters.bury([named(seq) for seq in range(1, 9)])
    limited(monkeypatch, tmp_path, 8, code)
    letters.bury([named(9), named(10)])
    assert seqs(tmp_path) == {*range(1 + letters.evicted, 11)}
    assert 2 <= letters.evicted <= 4
    assert {path.suffix for path in tmp_path.iterdir()} == {".json"}


def test_where_only_the_letters_at_hand_could_make_room_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = DeadLetters(tmp_path, MIB)
    letters.bury([named(seq) for seq in (1, 2)])
    limited(monkeypatch, tmp_path, 3, errno.ENOSPC)
    for _ in range(2):
        with pytest.raises(StoreBusy, match="No space left"):
            letters.bury([named(seq) for seq in (3, 4, 2, 5, 6)])
        assert seqs(tmp_path) == {2, 3, 4}
        assert {path.suffix for path in tmp_path.iterdir()} == {".json"}
    assert letters.evicted == 1
    monkeypatch.undo()
    letters.bury([named(seq) for seq in (3, 4, 2, 5, 6)])
    assert seqs(tmp_path) == {2, 3, 4, 5, 6}


def test_letters_that_can_not_be_thrown_away_are_no_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = DeadLetters(tmp_path, MIB)
    letters.bury([named(seq) for seq in range(1, 5)])
    limited(monkeypatch, tmp_path, 4, errno.ENOSPC)
    unlink = Path.unlink

    def sticky(path: Path, *, missing_ok: bool = False) -> None:
        if path.suffix == ".json":
            raise PermissionError
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", sticky)
    with pytest.raises(StoreBusy, match="No space left"):
        letters.bury([named(5)])
    assert seqs(tmp_path) == {1, 2, 3, 4}


def test_a_disk_that_fails_otherwise_costs_no_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = DeadLetters(tmp_path, MIB)
    letters.bury([named(seq) for seq in range(1, 5)])
    limited(monkeypatch, tmp_path, 4, errno.EIO)
    with pytest.raises(StoreBusy, match="Input/output error"):
        letters.bury([named(5)])
    assert seqs(tmp_path) == {1, 2, 3, 4}
    assert {path.suffix for path in tmp_path.iterdir()} == {".json"}
