"""What is summed up says the same as what is read, and sets of seqs are sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.collector.deliveries import EDGE_MS, Deliveries
from gateway.collector.questions import ByHand
from gateway.collector.seqs import Seqs, join
from tests.collector.batches import EPOCH, GATEWAY, T

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gateway.collector.points import Fields, Tags

STEP = 600_000
"""ms between two batches, in the middle; each lies up to five steps from there."""

TAGS: Tags = (("epoch", EPOCH), ("gateway", GATEWAY))


@dataclass
class Listed:
    """A store with seqs at times, in any order."""

    seqs: list[tuple[int, int]]

    def select(
        self, measurement: str, tags: Mapping[str, str], since: int = 0
    ) -> Iterator[tuple[Tags, int, Fields]]:
        assert measurement == "delivery"
        assert tags.items() <= dict(TAGS).items()
        for seq, time in self.seqs:
            if time >= since:
                yield TAGS, time, {"seq": seq, "rows": 1}


def expand(ranges: list[tuple[int, int]]) -> set[int]:
    return {seq for low, high in ranges for seq in range(low, high + 1)}


@st.composite
def seqs_at_times(draw: st.DrawFn) -> list[tuple[int, int]]:
    missing = draw(st.sets(st.integers(1, 60), max_size=3))
    jitter = draw(st.sampled_from((0, 1, 5))) * STEP
    return [
        (seq, T + STEP * seq + (draw(st.integers(-jitter, jitter)) if jitter else 0))
        for seq in range(1, draw(st.integers(1, 60)))
        if seq not in missing
    ]


@settings(max_examples=500, deadline=None)
@given(there=seqs_at_times(), twice=st.integers(0, 120), cut=st.integers(0, 70))
def test_whatever_is_summed_up_is_what_reading_finds(
    *, there: list[tuple[int, int]], twice: int, cut: int
) -> None:
    """With one double at most: two may balance two that are missing."""
    double = [(seq, time + 1) for seq, time in there[twice : twice + 1]]
    since = T + STEP * cut if cut else 0
    deliveries = Deliveries(ByHand(Listed([*there, *double])), GATEWAY, since)
    within = [seq for seq, time in (*there, *double) if time >= since]

    assert deliveries.batches == len(within)
    assert deliveries.lowest == ({EPOCH: min(within)} if within else {})
    if not within:
        return
    found, read = deliveries.find(EPOCH), deliveries.read(EPOCH, min(within))
    assert read.sure
    assert expand(read.ranges) == {seq for seq, _ in there if seq >= min(within)}
    if found.sure:
        assert found == read
    lacking = expand(read.ranges) - expand(found.ranges)
    assert expand(found.ranges) <= expand(read.ranges)
    assert all(time < since - EDGE_MS for seq, time in there if seq in lacking)


@given(st.lists(st.integers(0, 5000) | st.integers(0, 2**53)))
def test_a_set_of_seqs_is_a_set(seqs: list[int]) -> None:
    found = Seqs(seqs)
    doubled = {seq for seq in seqs if seqs.count(seq) > 1}

    for ranges, expected in ((found.ranges(), set(seqs)), (found.twice(), doubled)):
        assert expand(ranges) == expected
        assert join(ranges) == ranges


def test_ranges_that_touch_are_one() -> None:
    assert join([(7, 9), (1, 3), (4, 5), (2, 4)]) == [(1, 5), (7, 9)]
    assert Seqs(range(1000, 5000)).ranges() == [(1000, 4999)]
