"""Sources of time, asked one by one."""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING

import pytest

from gateway.clock import FakeClock, SystemClock
from gateway.trust.adjtimex import KernelTime, adjtimex
from gateway.trust.sources import Kernel, System, TouchedFile, find

if TYPE_CHECKING:
    from pathlib import Path


def test_the_real_kernel_answers_anyone_with_its_own_clock() -> None:
    answer = adjtimex()
    assert abs(answer.wall - time.time()) < 0.5
    assert 0 <= answer.max_error <= 1000


def test_the_real_kernel_confirms_exactly_when_its_error_is_below_16_seconds() -> None:
    kernel = Kernel()
    assert kernel.confirms(SystemClock().stamp()) == (adjtimex().max_error < 16)
    assert bool(kernel.problem) == (adjtimex().max_error >= 16)


@pytest.mark.parametrize(("max_error", "off", "confirms"), [
    (0.5, 0, True), (15.9, 0, True), (16, 0, False), (0.5, 3, False), (0.5, -3, False),
])  # fmt: skip
def test_the_kernel_confirms_the_clock_that_was_read_and_no_other(
    max_error: float, off: float, *, confirms: bool
) -> None:
    clock = FakeClock()
    kernel = Kernel(lambda: KernelTime(max_error, clock.wall + off))
    assert kernel.confirms(clock.stamp()) is confirms


def test_a_sandbox_that_forbids_asking_is_a_problem_with_a_name() -> None:
    def forbidden() -> KernelTime:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    kernel = Kernel(forbidden)
    assert not kernel.confirms(FakeClock().stamp())
    assert "not allowed" in kernel.problem


def test_a_file_that_is_not_there_is_a_problem_until_it_is(tmp_path: Path) -> None:
    clock, file = FakeClock(), tmp_path / "synchronized"
    source = TouchedFile(file)
    assert not source.confirms(clock.stamp())
    assert "synchronized" in source.problem
    clock.advance(1)
    _touch(file, clock.wall)
    assert source.confirms(clock.stamp())
    assert not source.problem


@pytest.mark.parametrize(("ago", "confirms"), [(-10, False), (1, True), (99, True), (101, False)])
def test_a_file_found_at_the_start_counts_only_if_it_was_touched_in_this_boot(
    tmp_path: Path, ago: float, *, confirms: bool
) -> None:
    clock, file = FakeClock(boot=100), tmp_path / "synchronized"
    _touch(file, clock.wall - ago)
    source = TouchedFile(file)
    assert source.confirms(clock.stamp()) is confirms
    clock.advance(1000)
    assert not source.confirms(clock.stamp())


def test_a_touch_that_the_stamp_is_too_old_to_judge_is_judged_next_time(tmp_path: Path) -> None:
    clock, file = FakeClock(), tmp_path / "synchronized"
    source = TouchedFile(file)
    assert not source.confirms(clock.stamp())
    clock.advance(1)
    stamp = clock.stamp()
    clock.step(3600)
    _touch(file, clock.wall)
    assert not source.confirms(stamp)
    clock.advance(1)
    assert source.confirms(clock.stamp())


def test_a_file_of_yesterday_is_not_taken_for_todays_when_the_clock_catches_up(
    tmp_path: Path,
) -> None:
    clock, file = FakeClock(boot=10), tmp_path / "synchronized"
    _touch(file, clock.wall + 600)
    source = TouchedFile(file)
    assert not source.confirms(clock.stamp())
    for _ in range(20):
        clock.advance(60)
        assert not source.confirms(clock.stamp())


def test_each_name_of_a_config_has_its_source(tmp_path: Path) -> None:
    assert isinstance(find("kernel"), Kernel)
    assert isinstance(find("system"), System)
    assert find(f"file:{tmp_path}").name == f"file:{tmp_path}"


def _touch(file: Path, at: float) -> None:
    file.touch()
    os.utime(file, (at, at))
