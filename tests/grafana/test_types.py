"""What is generated satisfies the types that Grafana publishes; and these can refuse."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from gateway.grafana.build import dashboards
from tests.grafana.typescript import TYPING, refusals

if TYPE_CHECKING:
    from collections.abc import Callable

FLEET, DEVICE = (each.json for each in dashboards(["en"]))


def panel(dashboard: Any, kind: str) -> Any:  # noqa: ANN401 - JSON
    return next(each for each in dashboard["panels"] if each["type"] == kind)


def curve(dashboard: Any) -> Any:  # noqa: ANN401 - JSON
    row = next(each for each in dashboard["panels"] if each.get("panels"))
    return panel(row, "timeseries")


def misspell(device: Any, _: Any) -> None:  # noqa: ANN401 - JSON
    field = curve(device)["fieldConfig"]["defaults"]["custom"]
    field["spanNull"] = field.pop("spanNulls")


def invent_a_style(device: Any, _: Any) -> None:  # noqa: ANN401 - JSON
    curve(device)["fieldConfig"]["defaults"]["custom"]["drawStyle"] = "wobbly"


def override_nothing(device: Any, _: Any) -> None:  # noqa: ANN401 - JSON
    curve(device)["fieldConfig"]["overrides"][0]["properties"][0]["id"] = "custom.colour"


def borrow_an_option(device: Any, _: Any) -> None:  # noqa: ANN401 - JSON
    panel(device, "stat")["options"]["rowHeight"] = 0.9


def leave_an_option_out(_: Any, fleet: Any) -> None:  # noqa: ANN401 - JSON
    del panel(fleet, "state-timeline")["options"]["showValue"]


def ask_another_database(_: Any, fleet: Any) -> None:  # noqa: ANN401 - JSON
    panel(fleet, "table")["targets"][0]["datasource"]["uid"] = "elsewhere"


def invent_a_panel(_: Any, fleet: Any) -> None:  # noqa: ANN401 - JSON
    panel(fleet, "table")["type"] = "tabel"


def count_in_words(_: Any, fleet: Any) -> None:  # noqa: ANN401 - JSON
    fleet["schemaVersion"] = "42"


MISTAKES = (
    misspell, invent_a_style, override_nothing, borrow_an_option, leave_an_option_out,
    ask_another_database, invent_a_panel, count_in_words,
)  # fmt: skip


@pytest.fixture(scope="module")
def verdicts() -> dict[str, list[str]]:
    """Ask once for all: what is generated, and each mistake in a copy of it."""
    asked = {each.uid: each.json for each in dashboards()}
    for mistake in MISTAKES:
        device, fleet = copy.deepcopy(DEVICE), copy.deepcopy(FLEET)
        mistake(device, fleet)
        asked[named(mistake)] = fleet if fleet != FLEET else device
    said: dict[str, list[str]] = {name: [] for name in asked}
    for line in refusals(asked):
        name, _, _ = line.partition(".ts(")
        if name in said:
            said[name].append(line)
        else:
            assert line.startswith(" "), line
    return said


def named(mistake: Callable[..., None]) -> str:
    return mistake.__name__.replace("_", "-")


@pytest.mark.parametrize("uid", [each.uid for each in dashboards()])
def test_a_dashboard_is_what_grafana_publishes_that_it_must_be(
    verdicts: dict[str, list[str]], uid: str
) -> None:
    assert verdicts[uid] == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=named)
def test_a_mistake_in_a_dashboard_is_refused(
    verdicts: dict[str, list[str]], mistake: Callable[..., None]
) -> None:
    assert verdicts[named(mistake)] != []


def test_the_types_are_pinned_and_no_file_says_where_they_come_from() -> None:
    packages = json.loads((TYPING / "package.json").read_text("utf-8"))["devDependencies"]
    lock = (TYPING / "package-lock.json").read_text("utf-8")

    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in packages.values())
    assert "://" not in lock
    assert lock.count('"integrity"') == len(packages)
