"""The table `[store]` of a collector: which there are, and whether anybody answers there."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from gateway.collector.stores import ask
from gateway.config.check import check
from gateway.config.collector import CollectorConfig, SqliteStore, load_collector
from tests.collector.answers import Answer, Answering
from tests.influx import Influx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gateway.config.findings import Finding


@pytest.fixture
def broker() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def the_only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    return finding


def test_a_collector_has_one_of_two_stores(tmp_path: Path, broker: int) -> None:
    file = tmp_path / "collector.toml"
    start = f'[collector]\nid = "c-1"\n[broker]\nurl = "mqtt://127.0.0.1:{broker}"\n'

    file.write_text(start, encoding="utf-8")
    assert load_collector(file).store.kind == "influxdb"

    file.write_text(f'{start}[store]\nkind = "sqlite"\npath = "x.db"\n', encoding="utf-8")
    assert isinstance(load_collector(file).store, SqliteStore)
    assert check(file) == []

    file.write_text(f'{start}[store]\nkind = "sqlite"\nurl = "x"\n', encoding="utf-8")
    assert [finding.key for finding in check(file)] == ["store.path", "store.url"]

    file.write_text(f'{start}[store]\nkind = "oracle"\n', encoding="utf-8")
    assert the_only(check(file)).remedy == 'write kind = "influxdb" or kind = "sqlite"'
    assert CollectorConfig.model_fields.keys() == {"collector", "broker", "store"}


def _collector(broker: int, store: str) -> str:
    start = f'[collector]\nid = "c-1"\n[broker]\nurl = "mqtt://127.0.0.1:{broker}"\n'
    return f"{start}[store]\n{store}"


def test_an_influxdb_that_does_not_answer_is_a_warning_and_here_an_error(
    tmp_path: Path, broker: int
) -> None:
    file = tmp_path / "collector.toml"
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        text = _collector(broker, f'url = "http://127.0.0.1:{port}"\n')
        file.write_text(text, encoding="utf-8")
        assert "store.url" not in [finding.key for finding in check(file)]
    silent = [finding for finding in check(file) if finding.key == "store.url"]
    assert [(one.level, one.line) for one in silent] == [("warning", 6)]
    assert the_only(silent).error == "no InfluxDB answers at 127.0.0.1: Connection refused"
    here = [one for one in check(file, here=True) if one.key == "store.url"]
    assert the_only(here).level == "error"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("localhost:8086", "not the address of an InfluxDB"),
        ("ftp://localhost", "not the address of an InfluxDB"),
        ("http://me:secret@localhost:8086", "no name or password in an address"),
        ("http://localhost:99999", "no such port"),
        ("http://localhost:8086/?db=city", "nothing follows the path"),
    ],
)
def test_an_address_that_can_be_none_is_named(
    tmp_path: Path, broker: int, url: str, error: str
) -> None:
    file = tmp_path / "collector.toml"
    file.write_text(_collector(broker, f'url = "{url}"\n'), encoding="utf-8")
    (finding,) = (one for one in check(file) if one.key == "store.url")
    assert (finding.error, finding.line) == (error, 6)
    assert "secret" not in finding.error + finding.remedy


def _answers(tmp_path: Path, broker: int, store: str) -> Finding | None:
    file = tmp_path / "collector.toml"
    file.write_text(_collector(broker, store), encoding="utf-8")
    found = [one for one in check(file, here=True, ask=ask) if one.key == "store.url"]
    return the_only(found) if found else None


def test_a_database_that_answers_is_asked_whether_it_would_do(tmp_path: Path, broker: int) -> None:
    with Influx(tmp_path / "influx") as influx:
        there = f'url = "{influx.url}"\n'
        assert _answers(tmp_path, broker, there) is None

        other = _answers(tmp_path, broker, f'{there}bucket = "kota"\n')
        assert other is not None
        assert (other.level, "kota" in other.error, bool(other.remedy)) == ("error", True, True)

        influx.kill()
        dead = _answers(tmp_path, broker, there)
        assert dead is not None
        assert "502" in dead.error


def test_somebody_else_who_answers_there_is_no_database(tmp_path: Path, broker: int) -> None:
    token = tmp_path / "token"
    token.write_text("secret", encoding="utf-8")
    token.chmod(0o600)
    with Answering(lambda _: Answer(401, b'{"message":"unauthorized"}')) as server:
        store = f'url = "{server.url}"\ntoken_file = "{token}"\n'
        finding = _answers(tmp_path, broker, store)
        assert finding is not None
        assert "401" in finding.error
        assert "secret" not in str(finding)
