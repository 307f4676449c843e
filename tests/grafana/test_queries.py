"""Every query of every panel finds what is there, in a real InfluxDB."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gateway.collector.lines import of_point
from gateway.grafana.build import dashboards
from tests.grafana import city
from tests.grafana.queries import Query, check_queries, fill, load, queries
from tests.influx import Influx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with Influx(tmp_path_factory.mktemp("influx")) as server:
        server.write(*(of_point(point) for point in city.points()))
        yield server


def only(influx: Influx, panel: str, gateways: list[str]) -> dict[str, float]:
    """Ask one panel of the fleet: its last number by tags, as Grafana shows it."""
    filled = fill(built(panel), {"gateway": gateways}, city.START, city.END)
    return {
        " ".join(one.get("tags", {}).values()): one["values"][-1][1]
        for one in influx.execute(filled)
    }


def built(part: str) -> Query:
    """Build the fleet anew, and find the one query whose place has these words in it."""
    (fleet,) = (each.json for each in dashboards(["en"]) if "fleet" in each.uid)
    (query,) = (each for each in queries(fleet) if f"/ {part} /" in f"{each.where} /")
    return query


def edited(uid: str, old: str, new: str) -> list[Any]:
    """Load one dashboard with another text in it."""
    (whole,) = (each for each in load() if each["uid"] == uid)
    text = json.dumps(whole)
    assert old in text
    return [json.loads(text.replace(old, new))]


def test_every_query_of_every_panel_and_variable_returns_rows(influx: Influx) -> None:
    report = check_queries(influx.execute, city.START, city.END)

    assert report.empty == []
    assert report.absent == {}
    assert len(report.answered) > 600


def test_what_a_database_does_not_have_is_told_apart_from_a_query_that_finds_nothing(
    tmp_path: Path,
) -> None:
    only_air = [p for p in city.points() if p.measurement not in {"weather", "noise", "traffic"}]
    with Influx(tmp_path / "influx") as server:
        server.write(*(of_point(point) for point in only_air))
        report = check_queries(server.execute, city.START, city.END)

    assert report.empty == []
    assert {what.partition(":")[0] for what in report.absent.values()} == {
        "weather", "noise", "traffic",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("=~ /^$gateway$/", "=~ /^$gatewy$/"),
        ('last(\\"spool_waiting\\") AS', 'last(\\"spool_wating\\") AS'),
    ],
)
def test_a_query_that_finds_nothing_is_seen(influx: Influx, old: str, new: str) -> None:
    report = check_queries(
        influx.execute, city.START, city.END, edited("simpang-fleet-en", old, new)
    )

    assert report.empty or report.absent


def test_a_gateway_that_fell_silent_is_counted_and_named(influx: Influx) -> None:
    both = list(city.GATEWAYS)

    assert only(influx, "Gateways reporting", both) == {"": 1}
    assert only(influx, "Gateways silent", both) == {"": 1}
    now = only(influx, "Gateways now", both)
    assert {gateway: reports > 0 for gateway, reports in now.items()} == {
        "gw-alun-alun": True,
        "gw-2.utara": False,
    }


def test_what_arrived_is_the_share_of_windows_with_something_in_them(influx: Influx) -> None:
    whole, third = (
        set(only(influx, "Data arrived by device", [gateway]).values()) for gateway in city.GATEWAYS
    )

    # The window that the end of the time cuts in two counts as one more.
    assert {round(share) for share in whole} == {100, 106}
    assert {round(share) for share in third} == {33}


def test_losses_are_added_up_over_gateways(influx: Influx) -> None:
    query = built("lost_full")
    filled = fill(query, {"gateway": list(city.GATEWAYS)}, city.START, city.END)

    assert [one["values"][0][1] for one in influx.execute(filled)] == [2]
