"""`simpang spool export`: what waits in a spool, as lines that a database or a program reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gateway.cli.exported import LEDGER
from gateway.errors import ConfigError, SpoolDamaged
from tests.cli.spools import LINES, everything, export, objects, refuse_last
from tests.edge.bench import Bench, Dates

if TYPE_CHECKING:
    from pathlib import Path


def test_json_lines_tell_every_reading_with_all_that_is_known_of_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.db")
    everything(bench)

    told = objects(bench.path, "--gateway", "gw-1", "--site", "alun-alun")

    first, second, third, *loose = told
    assert first == {
        "gateway": "gw-1", "site": "here", "device": "pm-1", "channel": None, "model": "made.up",
        "clock": "synced", "time": 1_764_001_001_000, "boot": None, "boot_ms": None, "every": None,
        "epoch": bench.spool.epoch, "seq": 1, "row": 0, "refused": None,
        "values": {"pm2_5": 1}, "flags": {"pm2_5": 1}, "causes": {"pm2_5": 0},
    }  # fmt: skip
    assert (second["seq"], second["refused"]) == (2, "version")
    assert third["values"] == {"pm2_5": 2000, "co2": None}
    assert third["flags"] == {"pm2_5": 4, "co2": 9}
    assert third["causes"] == {"pm2_5": 1, "co2": 0}
    assert [(one["device"], one["channel"], one["time"] is None) for one in loose] == [
        ("pm-1", None, False), ("radar", "in", False), ("radar", "in", False),
        ("pm-1", None, True), ("pm-2", None, True),
    ]  # fmt: skip
    assert [one["values"].get("count_total") for one in loose[1:3]] == [4, 9]
    assert {(one["site"], one["epoch"]) for one in loose} == {("alun-alun", None)}
    assert [(one["boot"], one["boot_ms"]) for one in loose] == [
        *[(None, None)] * 3, *[("boot-1", 1_004_000)] * 2,
    ]  # fmt: skip
    bench.close()


def test_what_an_earlier_boot_measured_without_a_clock_is_told_with_its_boot(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path / "spool.db", dates=Dates(offset=None))
    bench.measure(value=7.0)
    bench.close()
    bench = Bench(tmp_path / "spool.db", boot_id="boot-2")
    bench.after(1)
    bench.close()

    (told,) = objects(bench.path)
    lines = export(bench.path, *LINES).stdout.splitlines()

    assert (told["clock"], told["time"]) == ("never", None)
    assert (told["boot"], told["boot_ms"]) == ("boot-1", 1_000_000)
    assert told["flags"] == {"pm2_5": 4}
    assert [line.split(",")[0] for line in lines] == ["undated", LEDGER, "delivery"]
    assert "pm2_5_rejected=7" in lines[0]


def test_lines_tell_all_rows_then_the_ledger_and_the_aggregator_last(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path / "spool.db")
    everything(bench)

    result = export(bench.path, *LINES)

    assert result.exit_code == 0
    assert [line.split(",")[0] for line in result.stdout.replace(LEDGER, "#").splitlines()] == [
        "air", "# refused by a collector: version", "air", "air", "air", "traffic", "traffic", "#",
        "delivery", "delivery", "delivery", "touched", "touched", "touched",
    ]  # fmt: skip
    assert "3 batches, 1 of them refused, and 5 readings in no batch yet" in result.stderr
    assert "left out: 2 readings without a date" in result.stderr
    bench.close()


def test_a_batch_whose_time_nobody_believed_is_in_no_line(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.db")
    bench.batch()
    refuse_last(bench, "time")

    result = export(bench.path, *LINES)

    assert result.stdout == ""
    assert "left out: 1 batch whose time" in result.stderr
    assert objects(bench.path)[0]["refused"] == "time"
    bench.close()


def test_no_reason_of_a_refusal_can_add_a_line(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.db")
    bench.batch()
    refuse_last(bench, "x\nair,device=pm-1 pm2_5=0 1\r\x1b[2J")

    lines = export(bench.path, *LINES).stdout.splitlines()

    assert [line[:4] for line in lines] == ["# re", "air,", "# Th", "deli", "touc"]
    assert all(line.isprintable() for line in lines)
    bench.close()


def test_lines_need_to_know_whose_they_are(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.db")
    bench.batch()
    bench.now += 1
    bench.measure()
    bench.commit()

    nameless = export(bench.path)

    assert isinstance(nameless.exception, ConfigError)
    assert "--gateway" in str(nameless.exception)
    assert nameless.stdout == ""
    assert export(bench.path, "--gateway", "no id").exit_code == 2
    bench.close()


def test_readings_of_no_batch_stand_where_all_batches_stand(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.db")
    bench.batch()
    bench.now += 1
    bench.measure()
    bench.commit()

    result = export(bench.path, "--gateway", "gw-1")

    assert (result.exit_code, "left out" in result.stderr) == (0, False)
    written = result.stdout.splitlines()[:-1]
    assert written == export(bench.path, *LINES).stdout.splitlines()[:-1]
    assert [line.partition(",")[0] for line in written] == ["air", "air", LEDGER, "delivery"]
    bench.close()


def test_readings_of_no_known_site_are_no_success(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.db")
    bench.measure()
    bench.commit()
    alone = export(bench.path, "--gateway", "gw-1")
    bench.batch()
    bench.close()
    bench = Bench(tmp_path / "spool.db", site="there", start=5000.0)
    bench.batch()
    bench.measure(value=5.0)
    bench.measure(value=6.0)
    bench.commit()
    at_odds = export(bench.path, "--gateway", "gw-1")

    assert (alone.exit_code, alone.stdout) == (1, "")
    assert "left out: 1 reading in no batch yet" in alone.stderr
    assert "1 reading is not written — name their --site" in str(alone.exception)
    assert at_odds.exit_code == 1
    assert "2 readings are not written" in str(at_odds.exception)
    written = [line for line in at_odds.stdout.splitlines() if line.startswith("air")]
    assert [line.partition("site=")[2].partition(",")[0].partition(" ")[0] for line in written] == [
        "here", "here", "there"
    ]  # fmt: skip
    bench.close()


def test_a_config_says_which_spool_and_whose(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "spool.db")
    bench.batch()
    bench.measure()
    bench.commit()
    config = tmp_path / "gateway.toml"
    config.write_text(
        f'[gateway]\nid = "gw-9"\nsite = "pasar"\n[broker]\nurl = "mqtt://h"\n'
        f'[spool]\npath = "{bench.path}"\n[[ports]]\nurl = "x"\n'
        '[[ports.devices]]\nid = "a"\ndriver = "plantower.pms5003"\n',
        encoding="utf-8",
    )

    lines = export("--config", config).stdout.splitlines()

    lines.remove(LEDGER)
    assert len(lines) == 4
    assert all("gateway=gw-9" in line for line in lines)
    assert "site=here" in lines[0]  # as the batch says
    assert "site=pasar" in lines[1]
    bench.close()


def test_an_export_has_its_name_when_it_is_whole_and_never_replaces_the_spool(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path / "spool.db")
    bench.batch()
    bench.commit()
    output = tmp_path / "out.jsonl"

    assert export(bench.path, "--format", "jsonl", "--output", output).stdout == ""
    assert json.loads(output.read_text(encoding="utf-8"))["seq"] == 1
    assert not list(tmp_path.glob("*.unfinished"))
    for mine in (bench.path, f"{bench.path}-wal"):
        refused = export(bench.path, "--format", "jsonl", "--output", mine)
        assert "is the spool itself" in str(refused.exception)
    assert "can't write" in str(
        export(bench.path, "--format", "jsonl", "--output", tmp_path / "no" / "x").exception
    )
    assert len(objects(bench.path)) == 1
    bench.close()


def test_what_is_no_spool_is_said(tmp_path: Path) -> None:
    (tmp_path / "note").write_text("no database" * 1000, encoding="utf-8")

    assert isinstance(export(tmp_path / "nowhere", *LINES).exception, ConfigError)
    assert isinstance(export(tmp_path / "note", *LINES).exception, SpoolDamaged)
