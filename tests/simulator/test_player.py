"""A line keeps the pace and the faults of a real one, and remembers what became of each number."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
import serial

from devices import registry
from gateway.simulator.air import Air
from gateway.simulator.plantower import Plantower
from gateway.simulator.player import Player, now
from gateway.simulator.troubles import BadLine, Troubles
from gateway.simulator.uart import STALE_BYTES, Uart
from tests.simulator.reader import Reader
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PMS = registry.find("plantower.pms5003")


@pytest.fixture
def player(tmp_path: Path) -> Iterator[Player]:
    sensor = Plantower(PMS, Air(seed=1), period=0.1)
    player = Player("pm-1", sensor, Uart(tmp_path / "tty"))
    player.start()
    yield player
    player.stop()


def test_what_the_driver_reads_is_what_was_numbered(player: Player, tmp_path: Path) -> None:
    with Reader(tmp_path / "tty", PMS) as reader:
        read = [fields["n0_3"] for fields in reader.read(5)]
        until(lambda: player.sent[-1].number >= read[-1], 1)
    sent = [sent.number for sent in player.sent if sent.whole and sent.heard]
    assert set(read) <= set(sent)
    assert read == list(range(read[0], read[0] + 5))


def test_bytes_come_no_faster_than_the_baud_rate_allows(player: Player, tmp_path: Path) -> None:
    with Reader(tmp_path / "tty", PMS) as reader:
        reader.read(3)
    took = [sent.ended - sent.began for sent in player.sent]
    assert min(took) >= 32 * PMS.line.byte_seconds > 0.033


def test_a_sent_number_bears_the_moment_of_its_last_byte(player: Player, tmp_path: Path) -> None:
    with Reader(tmp_path / "tty", PMS) as reader:
        (fields,) = reader.read(1)
        read_at = now()
        until(lambda: player.sent[-1].number >= fields["n0_3"], 1)
    (sent,) = [sent for sent in player.sent if sent.number == fields["n0_3"]]
    assert abs(read_at - sent.ended) < 0.05


def test_nobody_at_the_port_is_remembered_and_no_byte_ever_waits(player: Player) -> None:
    until(lambda: len(player.sent) >= 3, 5)
    assert not any(sent.heard for sent in player.sent)
    assert player.presence == []


def test_coming_and_going_at_the_port_is_seen(player: Player, tmp_path: Path) -> None:
    with Reader(tmp_path / "tty", PMS) as reader:
        reader.read(1)
    until(lambda: len(player.presence) >= 2, 5)
    assert [opened for _, opened in player.presence] == [True, False]


def test_an_unplugged_port_is_an_error_to_its_reader_and_its_name_is_gone(
    player: Player, tmp_path: Path
) -> None:
    link = tmp_path / "tty"
    with serial.Serial(str(link), timeout=5) as port:
        player.unplug()
        assert not link.is_symlink()
        with pytest.raises((serial.SerialException, OSError)):
            port.read(1000)
    player.plug()
    with Reader(link, PMS) as reader:
        reader.read(1)


def test_a_port_that_nobody_has_open_keeps_stale_bytes_but_not_all(tmp_path: Path) -> None:
    uart = Uart(tmp_path / "tty")
    written = sum(uart.write(b"x" * 100) for _ in range(100))
    assert written == STALE_BYTES
    descriptor = os.open(tmp_path / "tty", os.O_RDWR | os.O_NOCTTY)
    assert os.read(descriptor, 100) == b"x" * 100
    os.close(descriptor)
    uart.unplug()


def test_a_port_never_takes_the_name_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious", encoding="ascii")
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link"):
        with pytest.raises(FileExistsError):
            Uart(tmp_path / name)
    assert (tmp_path / "link").read_text(encoding="ascii") == "precious"
    (tmp_path / "left-behind").symlink_to("/dev/pts/4000000")
    Uart(tmp_path / "left-behind").unplug()


def test_a_reader_that_never_reads_costs_bytes_and_no_time(tmp_path: Path) -> None:
    uart = Uart(tmp_path / "tty")
    descriptor = os.open(tmp_path / "tty", os.O_RDWR | os.O_NOCTTY)
    began = time.monotonic()
    written = sum(uart.write(b"x" * 1000) for _ in range(200))
    assert written < 200_000
    assert time.monotonic() - began < 1
    os.close(descriptor)
    uart.unplug()


def test_a_spoilt_frame_is_never_called_whole_and_a_good_one_always_is(tmp_path: Path) -> None:
    sensor = Plantower(PMS, Air(seed=1), period=0.05)
    player = Player(
        "pm-1", sensor, Uart(tmp_path / "tty"), BadLine(7, Troubles(noise=0.5, cut=0.3, turned=0.3))
    )
    with Reader(tmp_path / "tty", PMS) as reader:
        player.start()
        reader.read(20, within=20)
        player.stop()
    whole = [sent.number for sent in player.sent if sent.whole and sent.heard]
    read = [fields["n0_3"] for fields in reader.fields]
    assert set(read) <= set(whole)
    assert whole[: len(read)] == read
    assert len(whole) < len(player.sent)
    assert reader.junk


def test_silence_is_silence_until_it_ends(player: Player, tmp_path: Path) -> None:
    with Reader(tmp_path / "tty", PMS) as reader:
        reader.read(1)
        player.silence(silent=True)
        spoken = len(player.sent)
        player.silence(silent=False)
        reader.read(1)
    numbers = [sent.number for sent in player.sent]
    assert numbers == sorted(set(numbers))
    assert len(numbers) > spoken
