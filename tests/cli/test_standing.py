"""How gateways stand, by hand-made answers of a store: shares, causes, and what is waited for."""

from __future__ import annotations

import re
import socket
import sys
from io import StringIO
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from typer.testing import CliRunner

from gateway.cli import progress as progressing
from gateway.cli.app import app
from gateway.cli.causes import name_alarm, name_loss, name_silence
from gateway.cli.language import Language
from gateway.cli.listening import Live
from gateway.cli.progress import Progress
from gateway.cli.sheet import Sheet
from gateway.cli.standing import Fleet, Standing, Stored, as_json
from gateway.collector.ledger import CRASH, FORGOTTEN, GONE, Gap, Ledger
from gateway.collector.points import LOSSES
from gateway.edge.watch import Silence
from schemas.about import About, AboutDevice
from schemas.health import Health
from schemas.state import State
from tests.broker import free_port

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NOW = 1_764_000_000.0
MINUTE = int(NOW // 60)
ANNOUNCED = AboutDevice(id="dead", model="a.b", quantities={})
ZONE = ZoneInfo("Asia/Jakarta")


def stored(minutes: dict[str, set[int]], begun: dict[str, int], *gaps: Gap) -> Stored:
    return Stored(Ledger(stored=1, gaps=list(gaps), conflicts=[]), None, None, minutes, begun)


def fleet(one: Standing) -> Fleet:
    return Fleet(NOW, 0, ZONE, [one])


def rows(one: Standing) -> dict[str, list[str]]:
    """Read data capture off the page of a gateway: an hour, today, yesterday, seven days."""
    page = [line.split() for line in Sheet(Language.EN, fleet(one)).gateway(one)]
    return {row[0]: " ".join(row[1:]).replace(" %", "%").split() for row in page if row}


def test_a_gateway_of_whose_health_nothing_came_yet_is_shown_with_how_long_to_wait() -> None:
    one = Standing("gw-1", Live(state=State(online=True)), stored({}, {}))

    for language in Language:
        page = list(Sheet(language, fleet(one)).gateway(one))
        assert any("60" in line and "--listen 65" in line for line in page)


# -- nothing is owed before a first reading ------------------------------------------------------


def test_a_device_that_is_minutes_old_owes_nothing_for_yesterday() -> None:
    young = set(range(MINUTE - 5, MINUTE))
    one = Standing("gw-1", Live(), stored({"pm-1": young}, {"pm-1": MINUTE - 5}))

    assert rows(one)["pm-1"] == ["100%", "100%", "–", "100%"]
    told = as_json(fleet(one), far=True)["gateways"][0]["devices"]["pm-1"]
    assert (told["yesterday"], set(told["days"].values())) == (None, {None, 1.0})


def test_a_device_that_fell_silent_owes_all_since_its_first_reading() -> None:
    begun = MINUTE - 3 * 1440
    one = Standing(
        "gw-1", Live(), stored({"pm-1": set(range(begun, begun + 1440))}, {"pm-1": begun})
    )

    assert rows(one)["pm-1"] == ["0%", "0%", "0%", "33%"]


def test_a_new_device_lowers_the_mean_of_no_day_before_it() -> None:
    begun = {"old": MINUTE - 20 * 1440, "new": MINUTE - 30}
    minutes: dict[str, set[int]] = {"old": set(range(MINUTE - 9000, MINUTE)), "new": set()}
    one = Standing("gw-1", Live(), stored(minutes, begun))

    assert rows(one)["new"] == ["0%", "0%", "–", "0%"]
    assert rows(one)["all"][2] == rows(one)["old"][2] == "100%"


def test_a_device_that_never_sent_anything_owes_what_its_gateway_does() -> None:
    live = Live(about=About(gateway="gw-1", site="s", devices=[ANNOUNCED]))
    one = Standing("gw-1", live, stored({}, {"node": MINUTE - 100}))
    never = Standing("gw-1", live, stored({}, {}))

    assert rows(one)["dead"] == ["0%", "0%", "–", "0%"]
    assert rows(never)["dead"] == ["–", "–", "–", "–"]


# -- causes in the language that is wanted -------------------------------------------------------


def causes(language: Language) -> str:
    """Write the pages of a gateway that has every cause to be looked at."""
    health = Health.model_validate(
        {
            "uptime_seconds": 1.0, "clock": "trusted", "spool": "disk", "waiting": 1,
            "refused": 0, "alarms": ["clock: no NTP", "memory", "twin"],
            "devices": {"pm-1": {"silence": "port_gone"}, "pm-2": {"silence": "unplugged"}},
        }
    )  # fmt: skip
    gaps = [Gap("e" * 16, 5, 6, "lost", "full"), Gap("f" * 16, 1, 1, "lost", CRASH)]
    one = Standing("gw-1", Live(health=health), stored({}, {}, *gaps))
    sheet = Sheet(language, fleet(one))
    return "\n".join([*sheet.fleet(), *sheet.gateway(one)])


def test_causes_are_named_in_the_language_that_is_wanted() -> None:
    english, indonesian = causes(Language.EN), causes(Language.ID)

    assert "gw-1: lost 2 (spool full), 1 (gateway died before a commit)" in english
    assert "gw-1: hilang 2 (penampung penuh), 1 (gateway mati sebelum menyimpan)" in indonesian
    assert f"{'e' * 16} 5–6: penampung penuh" in indonesian
    assert "pm-1 is silent: port gone" in english
    assert "pm-1 diam: port tercabut" in indonesian
    assert "pm-2 diam: unplugged" in indonesian  # of a newer gateway
    for alarm in ("jam: no NTP", "penampung di memori", "mesin lain memakai id ini"):
        assert alarm in indonesian
    assert "clock: no NTP" in english
    assert "1 batch waits there" in english
    assert "1 kiriman menunggu di sana" in indonesian


def test_programs_read_causes_as_the_wire_has_them() -> None:
    one = Standing("gw-1", Live(), stored({}, {}, Gap("e" * 16, 5, 6, "lost", "full")))

    assert as_json(fleet(one), far=True)["gateways"][0]["ledger"]["lost"] == {"full": 2}


def test_every_cause_that_we_know_has_a_name_in_both_languages() -> None:
    for silence in Silence:
        word = silence.name.lower()
        assert name_silence(word, Language.ID) != name_silence(word, Language.EN) != ""
    for loss in (*LOSSES, CRASH, FORGOTTEN, GONE):
        assert name_loss(loss, Language.ID) != name_loss(loss, Language.EN)
    assert name_loss("\x1b[2J", Language.ID).isprintable()
    assert name_alarm("new: \x1b", Language.ID).isprintable()


# -- what is waited for --------------------------------------------------------------------------


class Terminal(StringIO):
    """A terminal that nobody looks at."""

    def isatty(self) -> bool:
        return True


def test_what_is_waited_for_is_shown_with_the_seconds_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal, now = Terminal(), 100.0
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progressing, "monotonic", lambda: now)
    with Progress("questions", None, Language.EN) as progress:
        progress.wait_for("http://store:8086")
        now += 0.5
        progress.step(0)
        assert terminal.getvalue() == ""
        now += 7
        progress.step(0)
        assert terminal.getvalue().endswith("waiting for http://store:8086: 8 s")
        progress.total = 4
        now += 1
        progress.step()
        assert terminal.getvalue().endswith("waiting for http://store:8086: 8 s, 1 of 4 questions")


def test_a_store_that_hangs_is_given_up_in_time_by_name_and_with_a_remedy(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hung:
        url = f"http://127.0.0.1:{hung.getsockname()[1]}"
        config = tmp_path / "collector.toml"
        config.write_text(
            f'[collector]\nid = "c-1"\n[broker]\nurl = "mqtt://127.0.0.1:{free_port()}"\n'
            f'[store]\nurl = "{url}"\n',
            encoding="utf-8",
        )
        words = ("fleet", "list", "--config", str(config), "--patience", "1", "--lang", "en")
        result = CliRunner().invoke(app, words)

    assert result.exit_code == 1
    (told,) = re.findall(r"not asked: (.*)", result.stderr)
    assert told.startswith(f"{url} took the question and did not answer within 1 s — ")
    assert "look at its log" in told


def test_a_gateway_that_is_online_while_nothing_of_it_is_stored_is_something_to_look_at() -> None:
    """So it is where no collector runs: the broker and the database answer all the same."""
    for age, online, told in ((2 * 3600, True, True), (600, True, False), (2 * 3600, False, False)):
        newest = int(1000 * (NOW - age))
        one = Standing(
            "gw-1",
            Live(state=State(online=online)),
            Stored(Ledger(1, [], []), None, newest, {}, {}),
        )
        page = "\n".join(Sheet(Language.EN, fleet(one)).fleet())
        assert ("online, yet nothing stored for 2 h: does a collector run?" in page) is told
