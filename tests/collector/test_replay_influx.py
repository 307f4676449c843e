"""A replay into a real InfluxDB: what it refuses stays, in its own words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.collector.deadletters import DeadLetters, Letter
from gateway.collector.letters import list_letters
from schemas.topics import ROOT
from tests.collector.batches import EPOCH, GATEWAY, T, payload
from tests.influx import Influx

if TYPE_CHECKING:
    from pathlib import Path


def replay(config: Path) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["dead", "replay", "--config", str(config), "--json"])
    assert result.exit_code == 0, result.exception
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_what_the_database_refused_is_stored_once_it_is_repaired(tmp_path: Path) -> None:
    config = tmp_path / "collector.toml"
    letters = DeadLetters(tmp_path / "dead", 1 << 20)
    topic = f"{ROOT}/{GATEWAY}/readings/pm-1"
    letters.bury(
        [Letter(topic, payload(seq), "rows", "?", T, GATEWAY, EPOCH, seq) for seq in (1, 2)]
    )
    with Influx(tmp_path / "influx") as influx:
        config.write_text(
            f'[collector]\nid = "c"\ndead_letters = "{tmp_path}/dead"\n'
            f'[broker]\nurl = "mqtt://h"\n[store]\nurl = "{influx.url}"\nbucket = "city"\n',
            encoding="utf-8",
        )
        influx.write(f'air,device=x pm10="high" {T + 10_000}')

        refused = replay(config)

        assert refused["stays"] == 2
        assert all(one["reason"] == "rows" for one in refused["letters"])
        assert all("field type conflict" in one["detail"] for one in refused["letters"])
        assert influx.query("SELECT * FROM delivery") == []
        influx.execute("DROP MEASUREMENT air")
        assert replay(config)["stored"] == 2
        assert list(list_letters(tmp_path / "dead")) == []
        assert [row["pm10"] for row in influx.query("SELECT pm10 FROM air")] == [15, 15.5] * 2
        assert [row["seq"] for row in influx.query("SELECT seq FROM delivery")] == [1, 2]
        touched = influx.query("SELECT * FROM touched")
        assert {row["collector"] for row in touched} == {"c-replay"}
