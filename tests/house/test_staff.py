"""The pages for staff: how to get in, and for each state what it means and who is to be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.grafana.states import CAUSES, FLAGS, SILENCES
from gateway.grafana.texts import LANGUAGES, Texts
from tests.house.staff_page import pages
from tests.house.tree import read

if TYPE_CHECKING:
    from gateway.grafana.texts import Lang


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("table", ["silences", "flags", "causes"])
def test_each_state_has_a_meaning_and_something_to_do(lang: Lang, table: str) -> None:
    page = pages()[f"docs/staff.{lang}.md"]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines()]
    known = {"silences": SILENCES, "flags": FLAGS, "causes": CAUSES}[table]
    states = getattr(Texts(lang), table)

    assert states.keys() == known.keys()
    for state in states.values():
        told = [row for row in rows if len(row) == 3 and row[0] == state.text]
        assert told, state.text
        assert all(all(row) for row in told)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_leads_to_the_dashboards_by_the_names_that_they_have(lang: Lang) -> None:
    page, texts = pages()[f"docs/staff.{lang}.md"], Texts(lang)
    way = page.partition("## ")[2].partition("## ")[0]

    for word in ("https://", "**Dashboards**", f"**{texts.word('folder')}**", texts.word("fleet")):
        assert word in way


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_arrived_is_not_called_data_capture(lang: Lang) -> None:
    texts = Texts(lang)
    names = {"id": "Kelengkapan", "en": "apture"}[lang]

    for dashboard in ("fleet", "device"):
        assert not [title for title in texts.panels(dashboard) if names in title]
    assert texts.title("fleet.arrived") in pages()[f"docs/staff.{lang}.md"]


def test_the_operator_is_told_to_hand_out_accounts() -> None:
    assert "## Accounts for the staff" in read("docs/operator.md")
