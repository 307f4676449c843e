"""What the allocator keeps, seen in processes of their own: it can't be told otherwise again."""

from __future__ import annotations

import subprocess
import sys

import pytest

from gateway.edge import allocator

_THREADS = """
import ctypes, threading
from gateway.edge import allocator
{first}
barrier = threading.Barrier(6)

def work():
    kept = [bytes(2000) for _ in range(20)]
    barrier.wait()

threads = [threading.Thread(target=work) for _ in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
library = ctypes.CDLL(None)
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
"""

_GIVEN_BACK = """
from pathlib import Path
from gateway.edge import allocator

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

allocator.keep_little()
kept = [bytes(2000) for _ in range(20_000)]
on_top = bytes(2000)
kept.clear()
before = resident()
allocator.give_back()
print(before - resident())
"""


def ran(program: str) -> str:
    """What a program of its own says."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(autouse=True)
def _glibc() -> None:
    if not allocator.give_back():
        pytest.skip("not the GNU C library")


def test_all_threads_share_one_heap() -> None:
    assert ran(_THREADS.format(first="")).count("<heap ") > 1
    assert ran(_THREADS.format(first="assert allocator.keep_little()")).count("<heap ") == 1


def test_what_was_freed_below_what_is_kept_is_given_back() -> None:
    assert int(ran(_GIVEN_BACK)) > 10_000_000
