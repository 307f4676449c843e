"""`simpang fleet`, against a real broker and both kinds of store, filled by a real collector."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.language import Language, choose_language
from schemas.batch import LARGEST_PAYLOAD
from schemas.topics import ROOT, Kind, build
from tests.broker import Broker, free_port
from tests.cli.city import BUSY, CALM, EPOCH, MINUTE, City
from tests.collector.gateway import Gateway
from tests.influx import Influx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result


def fleet(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["fleet", *map(str, arguments)])


def asked(*arguments: object) -> dict[str, Any]:
    result = fleet(*arguments, "--json")
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Broker, Influx]]:
    folder = tmp_path_factory.mktemp("fleet")
    with Broker(folder) as broker, Influx(folder / "influx") as influx:
        yield broker, influx


@pytest.fixture(scope="module", params=["influxdb", "sqlite"])
def city(
    request: pytest.FixtureRequest,
    servers: tuple[Broker, Influx],
    tmp_path_factory: pytest.TempPathFactory,
) -> City:
    broker, influx = servers
    folder = tmp_path_factory.mktemp("city")
    store = f'kind = "{request.param}"\n'
    store += f'path = "{folder}/city.db"' if request.param == "sqlite" else f'url = "{influx.url}"'
    made = City(broker, folder, store)
    made.fill()
    return made


def test_each_gateway_has_a_line(city: City) -> None:
    with city.healthy():
        result = fleet("list", "--config", city.config, "--listen", 0.5, "--lang", "en")
    busy, calm = (
        next(line for line in result.stdout.splitlines() if line.startswith(name)).split()
        for name in (BUSY, CALM)
    )

    assert result.exit_code == 0, result.output
    assert busy[:5] == [BUSY, "online", "3", "2", "1"]
    assert busy[5:7] == ["1.5", "h"]
    assert busy[7:9] == ["37", "%"]
    assert calm[:6] == [CALM, "offline", "0", "0", "0", "–"]


def test_what_to_look_at_stands_below(city: City) -> None:
    with city.healthy():
        result = fleet("list", "--config", city.config, "--listen", 0.5, "--lang", "en")

    assert f"{BUSY}: lost 2 (spool full)" in result.stdout
    assert f"{BUSY}: pm-1 is silent: unplugged" in result.stdout
    assert f"{BUSY}: pm-2 reports a fault: fan" in result.stdout


def test_one_gateway_is_shown_with_its_word_its_ledger_and_its_devices(city: City) -> None:
    with city.healthy():
        result = fleet("show", BUSY, "--config", city.config, "--listen", 20, "--lang", "en")
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]

    assert result.exit_code == 0, result.output
    assert lines[0].startswith(f"{BUSY}: online, site pasar")
    assert "clock trusted, spool on disk, 3 batches wait there" in lines
    assert "batches refused and kept there: 1" in lines
    assert {"stored 7", "waiting 3", "lost 2", "conflicts 1"} <= set(lines)
    assert f"{EPOCH} 6–7: spool full" in lines
    assert any(line.startswith("late by up to") and "pm-1" in line for line in lines)
    assert any(line.startswith("pm-1 75 %") for line in lines)
    assert any(line.startswith("pm-2 0 %") for line in lines)
    assert not any(line.startswith("node") for line in lines)


@pytest.mark.parametrize("lang", ["en", "id"])
def test_pages_have_80_columns_and_nothing_of_others_steers_the_terminal(
    city: City, lang: str
) -> None:
    with city.healthy():
        pages = [
            fleet("list", "--config", city.config, "--listen", 0.5, "--lang", lang),
            fleet("show", BUSY, "--config", city.config, "--listen", 20, "--lang", lang),
        ]
    for page in pages:
        assert page.exit_code == 0, page.output
        assert "gone" in page.stdout
        for line in page.stdout.splitlines():
            assert line.isprintable()
            assert len(line) <= 80


def test_staff_may_read_indonesian(city: City) -> None:
    with city.healthy():
        result = fleet("show", BUSY, "--config", city.config, "--listen", 20, "--lang", "id")

    for word in (
        "daring",
        "1,5 jam",
        "menunggu",
        "hilang",
        "bentrok",
        "Kelengkapan data",
        "kemarin",
    ):
        assert word in result.stdout


def test_programs_read_the_same_numbers(city: City) -> None:
    with city.healthy():
        document = asked("show", BUSY, "--config", city.config, "--listen", 20)
    (one,) = document["gateways"]

    assert document["problems"] == {"broker": None, "store": None}
    assert (one["gateway"], one["online"], one["health"]["waiting"]) == (BUSY, True, 3)
    ledger = one["ledger"]
    assert (ledger["stored"], ledger["waiting"], ledger["unknown"]) == (7, 3, 0)
    assert (ledger["lost"], ledger["conflicts"]) == ({"full": 2}, 1)
    assert {(gap["first"], gap["last"], gap["kind"]) for gap in ledger["gaps"]} == {
        (6, 7, "lost"),
        (9, 11, "waiting"),
    }
    assert one["late"]["longest_ms"] >= 88 * MINUTE
    assert one["devices"]["pm-1"]["hour"] == 0.75
    # Three quarters of an hour; each clock hour tells its share, the last one of what is over.
    hours = [each for each in one["devices"]["pm-1"]["hours"].values() if each is not None]
    assert 0.75 <= sum(hours) <= 2
    assert one["devices"]["pm-2"]["week"] == 0
    assert one["capture"]["hour"] == 0.375


def test_a_list_for_programs_has_all_gateways(city: City) -> None:
    document = asked("list", "--config", city.config, "--listen", 0.5)
    by_name = {one["gateway"]: one for one in document["gateways"]}

    assert {BUSY, CALM} <= by_name.keys()
    assert by_name[CALM]["online"] is False
    assert by_name[CALM]["ledger"]["lost"] == {}
    assert by_name[CALM]["late"] is None


def test_without_a_broker_the_ledger_is_shown_and_the_lack_is_said(city: City) -> None:
    store = city.config.read_text(encoding="utf-8").partition("[store]\n")[2]
    config = city.write_config("no-broker.toml", free_port(), store)
    result = fleet("show", BUSY, "--config", config, "--lang", "en")

    assert result.exit_code == 1
    assert "simpang: not heard: " in result.stderr
    assert "waiting              3" in result.stdout
    assert "pm-1" in result.stdout


def test_without_a_store_the_living_are_shown_and_the_lack_is_said(city: City) -> None:
    store = f'url = "http://127.0.0.1:{free_port()}"'
    config = city.write_config("no-store.toml", city.broker.port, store)
    with city.healthy():
        result = fleet("list", "--config", config, "--listen", 0.5, "--lang", "en")

    assert result.exit_code == 1
    assert "not asked: " in result.stderr
    assert "is InfluxDB running" in result.stderr
    assert next(line for line in result.stdout.splitlines() if BUSY in line).split()[:5] == [
        BUSY, "online", "–", "–", "–",
    ]  # fmt: skip


def test_a_file_that_is_not_there_is_not_made(city: City) -> None:
    path = city.folder / "elsewhere.db"
    config = city.write_config(
        "no-file.toml", city.broker.port, f'kind = "sqlite"\npath = "{path}"'
    )
    result = fleet("list", "--config", config, "--listen", 0.1)

    assert result.exit_code == 1
    assert f"there is no {path}" in result.stderr
    assert not path.exists()


def test_a_gateway_that_nobody_knows_is_said_and_no_id_is_wrong_use(city: City) -> None:
    unknown = fleet("show", "gw-nowhere", "--config", city.config, "--listen", 0.1)

    assert unknown.exit_code == 1
    assert "nobody knows gw-nowhere" in str(unknown.exception)
    assert fleet("show", "GW;DROP", "--config", city.config).exit_code == 2
    assert fleet("list", "--config", city.folder / "none.toml").exception is not None


def test_what_is_no_message_is_not_believed(city: City) -> None:
    odd = {
        Kind.STATE: b'{"v":1,"online":"\x1b"}',
        Kind.ABOUT: b"\xff",
        Kind.SPOOL: b"[]",
        Kind.HEALTH: b"x" * (LARGEST_PAYLOAD + 1),
    }
    with Gateway(city.broker, "5", "gw-rogue") as rogue:
        for kind, body in odd.items():
            rogue.say(build(ROOT, "gw-rogue", kind), body, retain=True)
        document = asked("list", "--config", city.config, "--listen", 0.5)
        for kind in odd:
            rogue.say(build(ROOT, "gw-rogue", kind), b"", retain=True)
    one = next(one for one in document["gateways"] if one["gateway"] == "gw-rogue")

    assert (one["online"], one["state"], one["health"]) == (None, None, None)


def test_a_name_in_the_database_that_is_no_id_is_left_out(
    servers: tuple[Broker, Influx], tmp_path: Path
) -> None:
    broker, influx = servers
    city = City(broker, tmp_path, f'url = "{influx.url}"')
    influx.write("delivery,gateway=\x1b[2Jx,epoch=a,device=d,channel=all seq=1i,rows=1i 1")
    result = fleet("list", "--config", city.config, "--listen", 0.1)

    assert result.exit_code == 0
    assert "\x1b" not in result.output


def test_the_language_is_the_locale_s_unless_one_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert choose_language(None) is Language.EN
    monkeypatch.setenv("LANG", "id_ID.UTF-8")
    assert choose_language(None) is Language.ID
    assert choose_language(Language.EN) is Language.EN
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert choose_language(None) is Language.EN
