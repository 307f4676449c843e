"""`simpang grafana push`: what it does to a server, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.grafana import TOKEN as VARIABLE
from gateway.errors import ConfigError, SimpangError
from gateway.grafana.build import dashboards
from gateway.grafana.push import agrees
from gateway.grafana.server import (
    Grafana,
    GrafanaChanged,
    GrafanaDenied,
    GrafanaGone,
    GrafanaRefused,
    Saved,
)
from tests.broker import free_port
from tests.grafana.server import TOKEN, Kept, SmallGrafana

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

UIDS = [each.uid for each in dashboards()]
FOLDERS = {"simpang-id": "Simpang (Indonesia)", "simpang-en": "Simpang (English)"}


@pytest.fixture
def grafana() -> Iterator[SmallGrafana]:
    with SmallGrafana() as server:
        yield server


def push(grafana: SmallGrafana, *options: str, token: str = TOKEN) -> Result:
    return CliRunner().invoke(
        app, ["grafana", "push", "--url", grafana.url, *options], env={VARIABLE: token}
    )


def outcomes(result: Result) -> dict[str, str]:
    return {each["uid"]: each["status"] for each in json.loads(result.stdout)["outcomes"]}


def test_the_first_push_brings_everything_and_the_second_changes_nothing(
    grafana: SmallGrafana,
) -> None:
    first = outcomes(push(grafana, "--json"))
    brought = list(grafana.writes)
    second = push(grafana, "--json")

    assert set(first.values()) == {"created"}
    assert grafana.folders == FOLDERS
    assert {uid: kept.folder for uid, kept in grafana.dashboards.items()} == {
        uid: f"simpang-{uid[-2:]}" for uid in UIDS
    }
    assert brought == [
        ("POST", "/folders"), *2 * [("POST", "/dashboards/db")],
        ("POST", "/folders"), *2 * [("POST", "/dashboards/db")],
    ]  # fmt: skip
    assert second.exit_code == 0
    assert set(outcomes(second).values()) == {"unchanged"}
    assert grafana.writes == brought
    assert {kept.json["version"] for kept in grafana.dashboards.values()} == {1}


def test_a_dry_run_says_what_would_be_done_and_does_nothing(grafana: SmallGrafana) -> None:
    result = push(grafana, "--dry-run")

    assert result.exit_code == 0
    assert result.stdout.count("would be created") == 6
    assert grafana.writes == []


def test_one_language_leaves_the_other_alone(grafana: SmallGrafana) -> None:
    push(grafana, "--lang", "id")

    assert list(grafana.folders) == ["simpang-id"]
    assert list(grafana.dashboards) == ["simpang-fleet-id", "simpang-device-id"]


def test_what_an_older_version_of_ours_brought_is_brought_up_to_date(
    grafana: SmallGrafana,
) -> None:
    push(grafana)
    kept = grafana.dashboards["simpang-fleet-id"]
    kept.json["title"] = "Armada lama"

    again = outcomes(push(grafana, "--json"))

    assert again.pop("simpang-fleet-id") == "updated"
    assert set(again.values()) == {"unchanged"}
    assert grafana.dashboards["simpang-fleet-id"].json["title"] == "Armada"
    assert grafana.dashboards["simpang-fleet-id"].versions[-1][1].startswith("simpang ")
    assert outcomes(push(grafana, "--json"))["simpang-fleet-id"] == "unchanged"


@pytest.mark.parametrize("old_versions", [False, True])
def test_what_somebody_edited_is_left_alone_and_said(
    grafana: SmallGrafana, *, old_versions: bool
) -> None:
    push(grafana)
    grafana.old_versions = old_versions
    grafana.edit("simpang-fleet-id", "Bu Sari", title="Armada kami")
    before = list(grafana.writes)

    result = push(grafana)

    assert result.exit_code == 1
    assert "Bu Sari has edited it since: --overwrite" in result.stdout
    assert grafana.writes == before
    assert grafana.dashboards["simpang-fleet-id"].json["title"] == "Armada kami"


def test_overwrite_replaces_what_somebody_edited_and_the_history_keeps_it(
    grafana: SmallGrafana,
) -> None:
    push(grafana)
    grafana.edit("simpang-fleet-id", "Bu Sari", title="Armada kami")

    result = push(grafana, "--overwrite", "--json")

    kept = grafana.dashboards["simpang-fleet-id"]
    assert result.exit_code == 0
    assert outcomes(result)["simpang-fleet-id"] == "updated"
    assert kept.json["title"] == "Armada"
    assert [by for by, _ in kept.versions] == ["sa-1-simpang", "Bu Sari", "sa-1-simpang"]


def test_a_dashboard_whose_history_nobody_tells_counts_as_edited(grafana: SmallGrafana) -> None:
    push(grafana)
    kept = grafana.dashboards["simpang-fleet-id"]
    kept.json["title"] = "Armada kami"
    kept.versions.clear()

    result = push(grafana)

    assert (result.exit_code, kept.json["title"]) == (1, "Armada kami")
    assert "somebody has edited it since" in result.stdout


def test_a_folder_that_somebody_renamed_keeps_its_name(grafana: SmallGrafana) -> None:
    grafana.folders["simpang-id"] = "Kota pintar"

    result = push(grafana)

    assert result.exit_code == 0
    assert grafana.folders["simpang-id"] == "Kota pintar"
    assert "Kota pintar" in result.stdout


def test_a_dashboard_that_somebody_moved_stays_where_it_is(grafana: SmallGrafana) -> None:
    push(grafana)
    grafana.folders["kota"] = "Kota"
    kept = grafana.dashboards["simpang-fleet-id"]
    kept.folder, kept.json["title"] = "kota", "Armada lama"

    assert outcomes(push(grafana, "--json"))["simpang-fleet-id"] == "updated"
    assert grafana.dashboards["simpang-fleet-id"].folder == "kota"


def test_a_dashboard_that_comes_from_files_is_left_to_them(grafana: SmallGrafana) -> None:
    old = {"uid": "simpang-fleet-id", "title": "Armada lama", "version": 1, "id": 1, "panels": []}
    grafana.dashboards["simpang-fleet-id"] = Kept(old, "simpang-id", provisioned=True)

    result = push(grafana, "--overwrite")

    assert result.exit_code == 1
    assert "it comes from provisioning files" in result.stdout


def test_a_push_that_somebody_outran_replaces_nothing(
    grafana: SmallGrafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(grafana)
    grafana.dashboards["simpang-fleet-id"].json["title"] = "Armada lama"
    ask = Grafana.last_saved

    def edit_meanwhile(server: Grafana, uid: str) -> Saved | None:
        last = ask(server, uid)
        grafana.edit(uid, "Bu Sari", title="Armada kami")
        return last

    monkeypatch.setattr(Grafana, "last_saved", edit_meanwhile)

    with pytest.raises(GrafanaChanged, match=r"changed by someone else — .*push again"):
        raise_what(push(grafana))
    assert grafana.dashboards["simpang-fleet-id"].json["title"] == "Armada kami"


def test_a_folder_whose_title_is_taken_is_said(grafana: SmallGrafana) -> None:
    grafana.folders["other"] = FOLDERS["simpang-id"]

    with pytest.raises(GrafanaChanged, match="same name already exists"):
        raise_what(push(grafana))


def test_a_data_source_that_is_missing_is_said(grafana: SmallGrafana) -> None:
    grafana.datasources = set()
    assert "panels stay empty" in push(grafana).stderr
    assert json.loads(push(grafana, "--json").stdout)["datasource"] is False

    grafana.datasources = None
    assert push(grafana).stderr == ""
    assert json.loads(push(grafana, "--json").stdout)["datasource"] is None


def raise_what(result: Result) -> None:
    assert result.exception is not None
    raise result.exception


def test_a_grafana_below_a_path_is_found_there() -> None:
    with SmallGrafana(below="/grafana") as server:
        assert push(server).exit_code == 0
        assert server.folders == FOLDERS


def test_nobody_answering_is_said() -> None:
    server = Grafana(f"http://127.0.0.1:{free_port()}", TOKEN)

    with pytest.raises(GrafanaGone, match=r"no Grafana answers: .*refused — is the address right"):
        server.version()


@pytest.mark.parametrize(
    "answer",
    [
        (200, "text/html", "<html>a router</html>"),
        (200, "application/json", '"message"'),
        (200, "application/json", "[]"),
        (404, "text/html", "<html>no message</html>"),
        (404, "application/json", "null"),
        (302, "text/html", "/login"),
        (302, "text/html", "http://127.0.0.1:1/"),
    ],
    ids=str,
)
def test_somebody_else_answering_is_said(
    grafana: SmallGrafana, answer: tuple[int, str, str]
) -> None:
    grafana.mischief = answer

    with pytest.raises(ConfigError, match="but not as Grafana does"):
        Grafana(grafana.url, TOKEN).version()


def test_a_token_that_is_not_known_is_said_without_showing_it(grafana: SmallGrafana) -> None:
    with pytest.raises(GrafanaDenied, match="does not know this token") as caught:
        raise_what(push(grafana, token="glsa_another"))  # noqa: S106 - of this test

    assert "glsa_another" not in str(caught.value)


def test_a_token_that_may_only_look_is_said(grafana: SmallGrafana) -> None:
    grafana.may_write = False

    with pytest.raises(GrafanaDenied, match="role Editor"):
        raise_what(push(grafana))


@pytest.mark.parametrize(
    ("status", "error"), [(500, GrafanaGone), (503, GrafanaGone), (400, GrafanaRefused)]
)
def test_what_grafana_says_is_passed_on_in_one_harmless_line(
    grafana: SmallGrafana, status: int, error: type[SimpangError]
) -> None:
    grafana.mischief = (status, "application/json", json.dumps({"message": "\x1b[2Jno\n" * 99}))

    with pytest.raises(error) as caught:
        Grafana(grafana.url, TOKEN).version()

    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "url",
    ["grafana", "ftp://h", "http://", "http://h:port", "http://u:secret@h", "http://h/?orgId=1"],
)
def test_what_can_be_no_address_is_refused_and_no_password_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Grafana(url, TOKEN)

    assert "secret" not in str(caught.value)


def test_a_token_comes_from_a_file_that_nobody_else_can_read(
    grafana: SmallGrafana, tmp_path: Path
) -> None:
    file = tmp_path / "grafana.token"
    file.write_text(f"{TOKEN}\n", encoding="ascii")
    file.chmod(0o644)
    with pytest.raises(ConfigError, match="others may use it"):
        raise_what(push(grafana, "--token-file", str(file), token=""))

    file.chmod(0o600)
    assert push(grafana, "--token-file", str(file), token="").exit_code == 0


@pytest.mark.parametrize("token", ["", "  ", "two words", "line\nbreak", "glsa_ü"])
def test_without_a_token_nothing_is_sent(grafana: SmallGrafana, token: str) -> None:
    with pytest.raises(ConfigError, match="token"):
        raise_what(push(grafana, token=token))


def test_what_the_server_adds_is_no_difference_and_what_it_changed_is() -> None:
    ours = {"title": "a", "panels": [{"id": 1, "w": 6}], "links": [], "on": True}

    assert agrees(ours, ours | {"id": 7, "version": 3})
    assert agrees(ours, {"title": "a", "panels": [{"id": 1, "w": 6.0, "x": 0}], "on": True})
    assert not agrees(ours, ours | {"title": "b"})
    assert not agrees(ours, ours | {"panels": [{"id": 1, "w": 7}]})
    assert not agrees(ours, ours | {"panels": [{"id": 1, "w": 6}, {"id": 2}]})
    assert not agrees(ours, ours | {"links": [{}]})
    assert not agrees(ours, {"title": "a", "panels": [{"id": 1}], "on": True})


def test_no_other_verb_loads_the_library_of_this_one() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from gateway.cli.app import app;"
        "CliRunner().invoke(app, ['grafana', 'push', '--help']);"
        "assert not {'grafana_api', 'requests', 'gateway.grafana'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
