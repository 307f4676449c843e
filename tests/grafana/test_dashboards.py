"""What the builder makes: nothing left out, nothing shown as what it is not."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations
from typing import Any

import pytest

from gateway.collector.points import LOSSES as GIVEN_UP
from gateway.edge.watch import Silence
from gateway.grafana.build import dashboards
from gateway.grafana.groups import ROWS, SPEED_BINS
from gateway.grafana.looks import function, unit
from gateway.grafana.states import CAUSES, FLAGS, LOSSES, SILENCES
from schemas.quantity import QUANTITIES
from schemas.reading import Cause, Flag
from tests.grafana.queries import panels, queries

ALL = dashboards()
DEVICES = [each for each in ALL if "device" in each.uid]
PORTABLE = {"count", "fill", "last", "max", "mean", "moving_average", "sum", "time", "tz"}

each_dashboard = pytest.mark.parametrize("dashboard", ALL, ids=lambda each: each.uid)
each_device = pytest.mark.parametrize("dashboard", DEVICES, ids=lambda each: each.uid)


def of_kind(dashboard: Any, kind: str) -> list[Any]:  # noqa: ANN401 - JSON
    return [panel for panel in panels(dashboard.json) if panel["type"] == kind]


def texts(panel: Any) -> list[str]:  # noqa: ANN401 - JSON
    return [target["query"] for target in panel["targets"]]


def test_every_quantity_of_the_table_has_its_place_and_only_one() -> None:
    placed = [name for groups in ROWS.values() for group in groups for name in group.names]

    assert Counter([*placed, *SPEED_BINS]) == Counter(list(QUANTITIES))
    for measurement, groups in ROWS.items():
        for group in groups:
            kinds = {(QUANTITIES[name].measurement, unit(QUANTITIES[name])) for name in group.names}
            assert {kind for kind, _ in kinds} == {measurement}
            assert len(kinds) == 1 or group.key in {"fix", "exchange", "clock"}, group.key


@each_device
def test_every_quantity_shows_its_values_and_its_flags(dashboard: Any) -> None:  # noqa: ANN401
    asked = " ".join(query.text for query in queries(dashboard.json))

    for name, quantity in QUANTITIES.items():
        assert f'{function(name)}("{name}")' in asked
        if quantity.measurement != "node":
            assert f'max("{name}_qf")' in asked
            assert f'"{name}_rejected"' in asked


@each_device
def test_a_rejected_value_stands_in_a_panel_of_its_own_and_in_no_other(
    dashboard: Any,  # noqa: ANN401
) -> None:
    apart = [
        panel
        for panel in of_kind(dashboard, "timeseries")
        if any("_rejected" in text for text in texts(panel))
    ]

    assert len(apart) == len(ROWS) - 1
    for panel in apart:
        assert all("_rejected" in text for text in texts(panel))
        look = panel["fieldConfig"]["defaults"]
        assert look["color"] == {"mode": "fixed", "fixedColor": "red"}
        assert look["custom"]["drawStyle"] == "points"
    others = [panel for panel in panels(dashboard.json) if panel not in apart]
    for panel in others:
        assert not any("_rejected" in target["query"] for target in panel.get("targets", ()))


@each_device
def test_a_line_is_made_of_good_values_and_a_suspect_one_is_marked(dashboard: Any) -> None:  # noqa: ANN401
    marked = 0
    for panel in of_kind(dashboard, "timeseries"):
        regexes = {
            each["matcher"]["options"].strip("/"): each["properties"]
            for each in panel["fieldConfig"]["overrides"]
        }
        for target in panel["targets"]:
            name = target["refId"]
            if name in QUANTITIES:
                assert f'"{name}_qf" < 3' in target["query"]
            if name.endswith("_suspect"):
                marked += 1
                assert f'"{name.removesuffix("_suspect")}_qf" = 3' in target["query"]
                (looks,) = (
                    look for regex, look in regexes.items() if re.search(regex, target["alias"])
                )
                color = {"mode": "fixed", "fixedColor": "orange"}
                assert {"id": "color", "value": color} in looks

    assert marked == sum(
        each.measurement != "node" and each.name not in SPEED_BINS for each in QUANTITIES.values()
    )


@each_dashboard
def test_a_gap_in_the_data_is_a_gap_in_the_curve(dashboard: Any) -> None:  # noqa: ANN401
    for panel in of_kind(dashboard, "timeseries"):
        custom = panel["fieldConfig"]["defaults"]["custom"]
        assert (custom["spanNulls"], custom["insertNulls"]) == (False, False)
        assert all("fill(null)" in text for text in texts(panel))


@each_dashboard
def test_an_old_value_never_passes_as_now(dashboard: Any) -> None:  # noqa: ANN401
    for panel in panels(dashboard.json):
        if re.search(
            r"\bnow\b|sekarang", panel.get("description", "") + panel["title"], re.IGNORECASE
        ):
            assert panel["type"] in {"row", "table"} or panel.get("timeFrom"), panel["title"]
        if span := re.search(r"(15|30) (?:menit|minutes)", panel.get("description", "")):
            assert panel["timeFrom"] in {f"{span[1]}m", "7d"}, panel["title"]


def test_a_mean_is_only_taken_of_what_has_one() -> None:
    taken = {name: function(name) for name in QUANTITIES}

    assert taken["wind_direction"] == taken["longitude"] == taken["silence"] == "last"
    assert taken["rain"] == taken["count"] == taken["speed_b035"] == taken["seconds"] == "sum"
    assert taken["count_total"] == "max"
    assert taken["pm2_5"] == taken["temperature"] == taken["sound_level"] == "mean"


@each_dashboard
def test_queries_keep_to_what_every_influxdb_understands(dashboard: Any) -> None:  # noqa: ANN401
    measurements = {each.measurement for each in QUANTITIES.values()}
    for query in queries(dashboard.json):
        assert set(re.findall(r"(\w+)\(", query.text)) <= PORTABLE, query
        assert set(re.findall(r'FROM "(\w+)"', query.text)) <= measurements | {
            "delivery", "spool", "undated",
        }, query  # fmt: skip
        assert "$timeFilter" in query.text, query
        assert query.text.count("(") == query.text.count(")"), query
        assert ("GROUP BY time(1d)" in query.text) == ("tz('Asia/Jakarta')" in query.text), query
    for variable in dashboard.json["templating"]["list"]:
        assert re.fullmatch(
            r'SHOW TAG VALUES FROM "\w+" WITH KEY = "\w+"( WHERE .+)?', variable["query"]
        )


@each_dashboard
def test_a_name_of_a_series_is_made_of_tags_that_it_is_grouped_by(dashboard: Any) -> None:  # noqa: ANN401
    for panel in panels(dashboard.json):
        for target in panel.get("targets", ()):
            for tag in re.findall(r"\$tag_(\w+)", target.get("alias", "")):
                assert f'"{tag}"' in target["query"].rpartition("GROUP BY")[2], target


@each_dashboard
def test_panels_stand_side_by_side_and_never_on_each_other(dashboard: Any) -> None:  # noqa: ANN401
    shown = dashboard.json["panels"]
    for together in [shown, *(row["panels"] for row in shown if row.get("panels"))]:
        places = [panel["gridPos"] for panel in together]
        assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
        for one, other in combinations(places, 2):
            apart = (
                one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
                or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            )  # fmt: skip
            assert apart, (one, other)
    numbers = [panel["id"] for panel in panels(dashboard.json)]
    assert len(numbers) == len(set(numbers))
    for panel in panels(dashboard.json):
        refs = [target["refId"] for target in panel.get("targets", ())]
        assert len(refs) == len(set(refs))


def test_links_lead_to_the_same_dashboards_for_ever() -> None:
    assert [each.uid for each in ALL] == [
        "simpang-fleet-id", "simpang-device-id", "simpang-fleet-en", "simpang-device-en",
    ]  # fmt: skip
    assert [each.json["title"] for each in ALL] == ["Armada", "Perangkat", "Fleet", "Device"]
    for each in ALL:
        assert each.json["uid"] == each.uid
        assert "id" not in each.json
        assert "version" not in each.json


def test_both_languages_ask_the_same_and_say_it_in_their_own_words() -> None:
    for indonesian, english in (ALL[0:4:2], ALL[1:4:2]):
        pairs = list(zip(panels(indonesian.json), panels(english.json), strict=True))
        assert [query.text for query in queries(indonesian.json)] == [
            query.text for query in queries(english.json)
        ]
        for one, other in pairs:
            if one["type"] != "row":
                assert one["description"] != other["description"]
                assert all([one["title"], other["title"], one["description"]])
            assert one["gridPos"] == other["gridPos"]


def test_every_state_that_the_store_knows_has_words() -> None:
    assert set(FLAGS) == set(Flag) - {Flag.MISSING}
    assert set(CAUSES) == set(Cause) - {Cause.NONE}
    assert set(SILENCES) == set(Silence)
    assert set(LOSSES) == {*GIVEN_UP, "other"}
    for states in (FLAGS, CAUSES, SILENCES):
        for language in (0, 1):
            words = [pair[language] for pair, _ in states.values()]
            assert len(words) == len(set(words))
        colors = [color for _, color in states.values()]
        assert len(colors) == len(set(colors))
