"""The engine knows which batches are lost, and the ledger must say the same of each."""

from __future__ import annotations

from gateway.collector.ledger import Gap
from tests.faults.losses import Losses, find
from tests.faults.wire import Batch, Name

BATCH = Batch("pm-1", None, 1764000000000, 2)


def found(sent: list[int], stored: list[int], committed: int = 1) -> Losses:
    return find(
        {Name("a", seq): BATCH for seq in sent},
        {Name("a", seq): [BATCH] for seq in stored},
        [{}, {"a": committed}, {"a": 1}],
    )


def seqs(names: set[Name]) -> list[int]:
    return sorted(name.seq for name in names)


def test_a_hole_that_no_commit_had_is_lost_and_one_that_a_commit_had_is_a_flaw() -> None:
    losses = found([1, 2, 3, 4, 5], [1, 3, 5], committed=2)
    assert seqs(losses.known) == [2, 4]
    assert not losses.flaws
    broken = found([1, 2, 3, 4, 5], [1, 3, 5], committed=4)
    assert seqs(broken.known) == [4]
    assert broken.flaws == ["committed, and not in the store: batch 2 of epoch a"]


def test_what_was_never_sent_was_born_all_the_same_if_a_later_one_was() -> None:
    assert seqs(found([1, 4], [1, 4]).known) == [2, 3]


def test_the_ends_of_an_epoch_are_lost_without_a_trace_in_the_store() -> None:
    losses = found([1, 2, 3, 4], [2, 3])
    assert seqs(losses.unheard) == [1, 4]
    assert not losses.known
    assert seqs(found([1, 2], []).unheard) == [1, 2]


def test_a_commit_that_the_wire_never_heard_of_is_a_promise_too() -> None:
    assert len(found([1], [1], committed=3).flaws) == 1


def test_what_the_store_says_of_a_batch_is_what_was_sent() -> None:
    sent = {Name("a", 1): BATCH}
    assert "never sent" in find(sent, {Name("a", 2): [BATCH]}, []).flaws[0]
    other = Batch("pm-1", None, 1764000000000, 3)
    assert "is stored as" in find(sent, {Name("a", 1): [other]}, []).flaws[0]
    assert "conflict" in find(sent, {Name("a", 1): [BATCH, other]}, []).flaws[0]


def test_the_ledger_must_name_exactly_what_is_known_to_be_lost() -> None:
    losses = found([1, 2, 3, 4, 5], [1, 5])
    losses.compare([Gap("a", 2, 4, "lost", "crash")])
    assert not losses.flaws
    losses.compare([Gap("a", 2, 3, "lost", "crash"), Gap("a", 7, 7, "lost", "crash")])
    assert losses.flaws == [
        "only the ledger says lost: batch 7 of epoch a",
        "only the engine says lost: batch 4 of epoch a",
    ]


def test_at_the_end_nothing_waits_and_nothing_was_lost_for_another_cause() -> None:
    for kind, cause in (("waiting", ""), ("unknown", ""), ("lost", "forgotten"), ("lost", "full")):
        losses = found([1, 2, 3], [1, 3])
        losses.compare([Gap("a", 2, 2, "lost", "crash"), Gap("a", 4, 4, kind, cause)])  # type: ignore[arg-type]
        assert len(losses.flaws) == 1
