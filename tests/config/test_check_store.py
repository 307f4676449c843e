"""The table `[store]` of a collector: which there are, and whether anybody answers there."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from gateway.config.check import check
from gateway.config.collector import CollectorConfig, SqliteStore, load_collector

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
