"""The law: whatever is published, nothing is stored as a good reading that is none, and it passes.

It goes the whole way of a collector, from the message to the embedded store and the dead letters.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Final

import pytest

from gateway.collector import lines
from gateway.collector.audit import Sound, judge
from gateway.collector.points import of_batch
from tests.collector.line_protocol import read
from tests.hostile.honest import NOW, ROOT
from tests.hostile.payloads import Payloads
from tests.hostile.run import ENVIRONMENT, LETTER_BYTES

SEED: Final = 1
NUMBER: Final = 20_000
LONGEST: Final = 10
"""How many times as many `make hostile` sends, at most."""

REASONS: Final = (
    *("json", "zlib", "size", "version", "schema", "width", "flags", "quantity", "value"),
    *("range", "time", "topic"),
)

pytestmark = [pytest.mark.hostile, pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Send them all in a process of its own, and hear what became of them."""
    number = NUMBER * min(LONGEST, int(os.environ.get("SIMPANG_HOSTILE", "1")))
    folder = tmp_path_factory.mktemp("hostile")
    program = [sys.executable, "-m", "tests.hostile.run", str(SEED), str(number), str(folder)]
    environment = os.environ | ENVIRONMENT
    ran = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"seed {SEED}, {number} messages:\n{ran.stderr}"
    found: dict[str, Any] = json.loads(ran.stdout)
    return found | {"number": number}


def test_nothing_hostile_is_stored_as_a_good_reading(told: dict[str, Any]) -> None:
    """Each stored point was judged by the oracle: a breach of the law ends the run with words."""
    assert told["counts"]["stored"] > told["number"] / 10
    assert told["counts"]["unknown fields"] > told["number"] / 1000


@pytest.mark.parametrize("reason", REASONS)
def test_the_fuzzer_gets_as_far_as_every_check(told: dict[str, Any], reason: str) -> None:
    assert told["counts"][f"dead {reason}"] > told["number"] / 2000


@pytest.mark.parametrize("what", ["resident", "used"])
def test_memory_does_not_grow(told: dict[str, Any], what: str) -> None:
    """Neither what is resident, nor what was handed out and not freed."""
    first, last = told[what]

    assert last < 1.02 * first
    assert told["peak"] < 256 << 20


def test_dead_letters_stay_within_their_bound(told: dict[str, Any]) -> None:
    assert 0 < told["letters"] <= LETTER_BYTES


def test_what_is_sound_is_the_same_in_line_protocol() -> None:
    payloads = Payloads(SEED)
    seen = 0
    for _ in range(2000):
        message = payloads.next()
        verdict = judge(ROOT, message.topic, message.payload, NOW / 1000)
        if not isinstance(verdict, Sound) or len(verdict.batch.r) > 100:
            continue
        seen += 1
        points = of_batch(verdict.gateway, verdict.batch)
        for point, line in zip(points, lines.of_batch(verdict.gateway, verdict.batch), strict=True):
            found = read(line)
            assert line.isprintable()
            assert (found.measurement, found.tags) == (point.measurement, dict(point.tags)), line
            assert (found.fields, found.time) == (point.fields, point.time), line
    assert seen > 200
