"""When a receipt goes out, and what stands in it."""

from __future__ import annotations

import json
from typing import Any

from gateway.clock import FakeClock
from gateway.collector.receipts import Receipts, merge
from schemas.receipt import Receipt
from tests.collector.batches import EPOCH

OTHER = "6f1c0a0000000002"


class Post:
    """Takes receipts, or says that there is no connection."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.gone = False

    def __call__(self, gateway: str, receipt: bytes) -> bool:
        if not self.gone:
            Receipt.model_validate_json(receipt)
            self.sent.append((gateway, json.loads(receipt)))
        return not self.gone


def test_a_receipt_waits_two_seconds_for_company_and_no_longer() -> None:
    clock, receipts, post = FakeClock(), Receipts(), Post()
    receipts.decide("gw-1", EPOCH, 1, None, clock.monotonic())
    clock.advance(1.9)
    receipts.decide("gw-1", EPOCH, 2, None, clock.monotonic())
    receipts.send(clock.monotonic(), post)
    assert post.sent == []
    assert 0 < receipts.wait(clock.monotonic()) <= 0.11
    clock.advance(0.11)
    receipts.send(clock.monotonic(), post)
    assert post.sent == [("gw-1", {"v": 1, "stored": {EPOCH: [[1, 2]]}})]
    assert receipts.wait(clock.monotonic()) == float("inf")


def test_ten_decisions_make_a_receipt_at_once() -> None:
    clock, receipts, post = FakeClock(), Receipts(), Post()
    for seq in range(1, 10):
        receipts.decide("gw-1", EPOCH, seq, None, clock.monotonic())
    receipts.send(clock.monotonic(), post)
    assert post.sent == []
    receipts.decide("gw-1", EPOCH, 10, None, clock.monotonic())
    receipts.send(clock.monotonic(), post)
    assert post.sent[0][1]["stored"] == {EPOCH: [[1, 10]]}


def test_each_gateway_hears_only_of_its_own() -> None:
    receipts, post = Receipts(), Post()
    receipts.decide("gw-1", EPOCH, 1, None, 0.0)
    receipts.decide("gw-2", OTHER, 7, "version", 0.0)
    receipts.send(2.0, post)
    assert dict(post.sent) == {
        "gw-1": {"v": 1, "stored": {EPOCH: [[1, 1]]}},
        "gw-2": {"v": 1, "refused": {OTHER: [[7, 7, "version"]]}},
    }


def test_ranges_are_merged_by_epoch_and_by_reason() -> None:
    receipts, post = Receipts(), Post()
    reasons = {1: "width", 2: "width", 3: "value", 4: "width", 5: None, 7: None, 6: None}
    for seq, reason in reasons.items():
        receipts.decide("gw-1", EPOCH, seq, reason, 0.0)
    receipts.decide("gw-1", OTHER, 8, None, 0.0)
    receipts.send(2.0, post)
    document = post.sent[0][1]
    assert document["stored"] == {EPOCH: [[5, 7]], OTHER: [[8, 8]]}
    assert document["refused"] == {EPOCH: [[1, 2, "width"], [3, 3, "value"], [4, 4, "width"]]}


def test_the_last_decision_on_a_batch_holds() -> None:
    receipts, post = Receipts(), Post()
    receipts.decide("gw-1", EPOCH, 1, "width", 0.0)
    receipts.decide("gw-1", EPOCH, 1, None, 0.0)
    receipts.send(2.0, post)
    assert post.sent == [("gw-1", {"v": 1, "stored": {EPOCH: [[1, 1]]}})]


def test_a_greeting_is_an_empty_receipt_at_once() -> None:
    receipts, post = Receipts(), Post()
    receipts.greet("gw-1", 5.0)
    assert receipts.wait(5.0) == 0
    receipts.send(5.0, post)
    assert post.sent == [("gw-1", {"v": 1})]


def test_a_greeting_takes_along_what_is_decided() -> None:
    receipts, post = Receipts(), Post()
    receipts.decide("gw-1", EPOCH, 1, None, 5.0)
    receipts.greet("gw-1", 5.0)
    receipts.send(5.0, post)
    assert post.sent == [("gw-1", {"v": 1, "stored": {EPOCH: [[1, 1]]}})]


def test_what_could_not_be_sent_is_kept_and_tried_again_without_haste() -> None:
    receipts, post = Receipts(), Post()
    receipts.decide("gw-1", EPOCH, 1, None, 0.0)
    post.gone = True
    receipts.send(2.0, post)
    assert receipts.wait(2.0) > 0
    post.gone = False
    receipts.send(4.0, post)
    assert post.sent == [("gw-1", {"v": 1, "stored": {EPOCH: [[1, 1]]}})]


def test_at_the_end_everything_goes_out() -> None:
    receipts, post = Receipts(), Post()
    receipts.decide("gw-1", EPOCH, 1, None, 0.0)
    receipts.send(0.0, post, all_=True)
    assert len(post.sent) == 1


def test_merged_ranges_hold_exactly_what_was_put_in() -> None:
    assert merge([]) == []
    assert merge([3, 1, 2, 7, 7, 9, 8, 2**53 - 1]) == [(1, 3), (7, 9), (2**53 - 1, 2**53 - 1)]
