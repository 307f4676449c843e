from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.base import is_id
from schemas.topics import ROOT, Kind, Topic, build, parse
from tests.schemas.batches import ids

FOREIGN = [
    "",
    "simpang/v1",
    "simpang/v1/",
    "simpang/v1/gw-1",
    "simpang/v1/gw-1/",
    "simpang/v1/gw-1/readings",
    "simpang/v1/gw-1/readings/",
    "simpang/v1/gw-1/readings/PM",
    "simpang/v1/gw-1/readings/a/b",
    "simpang/v1/gw-1/receipt/x",
    "simpang/v1/gw-1/gossip",
    "simpang/v1/gw-1/config",
    "simpang/v1/GW/state",
    "simpang/v1//state",
    "simpang/v1/gw-1\n/state",
    "simpang/v1x/gw-1/state",
    "simpang/v2/gw-1/state",
    "other/simpang/v1/gw-1/state",
    "$SYS/broker/uptime",
]


@given(st.sampled_from(["simpang/v1", "city", "a/b/c"]), ids, st.sampled_from(Kind), ids)
def test_a_topic_that_was_built_is_parsed_again(
    root: str, gateway: str, kind: Kind, device: str
) -> None:
    about = device if kind is Kind.READINGS else None

    assert parse(root, build(root, gateway, kind, about)) == Topic(gateway, kind, about)


@pytest.mark.parametrize("topic", FOREIGN)
def test_what_is_not_ours_is_no_topic(topic: str) -> None:
    assert parse(ROOT, topic) is None


@given(st.text(max_size=80))
def test_no_text_makes_a_topic_of_what_is_no_id(text: str) -> None:
    topic = parse(ROOT, f"{ROOT}/{text}")

    assert topic is None or (is_id(topic.gateway) and (topic.device is None or is_id(topic.device)))


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("gw-1", True),
        ("0", True),
        ("a" * 63, True),
        ("a" * 64, False),
        ("", False),
        ("-a", False),
        (".a", False),
        ("a b", False),
        ("A", False),
        ("é", False),
        ("a\n", False),
        ("a/b", False),
        ("a+", False),
        ("#", False),
        ("٣", False),
    ],
)
def test_an_id_fits_into_topics_tags_and_file_names(text: str, *, sound: bool) -> None:
    assert is_id(text) is sound
