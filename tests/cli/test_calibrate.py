"""`device calibrate`: a sensor beside a reference, made up so that the truth is known."""

from __future__ import annotations

import json
import random
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.regression import TARGETS, agree, correct, pair_up
from gateway.collector.points import Point
from gateway.collector.sqlite import SqliteStore
from gateway.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

    from gateway.collector.points import Fields

GAIN, OFFSET = 0.81, 4.2
BEGAN = 1_790_000_400
HOURS = 24 * 14

CONFIG = """\
# the roof of the bus station
[gateway]
id = "gw-1"

[broker]
url = "mqtt://localhost"   # ours

[[ports]]
url = "/dev/ttyUSB0"

  [[ports.devices]]
  id = "pm-1"
  driver = "plantower.pms5003"
  calibration.pm10 = { gain = 1.1, offset = 0.0 }  # measured in May

[[ports]]
url = "/dev/ttyUSB1"

  [[ports.devices]]
  id = "pm-2"
  driver = "plantower.pms5003"
  calibration = { pm2_5 = { gain = 0.5, offset = 1.0 } }
"""


def truth(minute: int) -> float:
    """Some made-up air: it changes from hour to hour."""
    return 30 + 40 * ((minute // 60 * 7919) % 97) / 97


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A config, a reference and two weeks of a sensor beside it that is wrong in a known way."""
    chance = random.Random(1)
    reference = ["time,value"]
    sensor = ["Waktu;PM2_5"]
    for minute in range(0, 60 * HOURS, 5):
        at = BEGAN + 60 * minute
        reference.append(f"{at},{truth(minute)}")
        raw = (truth(minute) - OFFSET) / GAIN + chance.gauss(0, 0.2)
        sensor.append(f"{1000 * at};{raw:.3f}")
    (tmp_path / "reference.csv").write_text("\n".join(reference), encoding="utf-8")
    (tmp_path / "sensor.csv").write_text("\n".join([*sensor, "1;"]), encoding="utf-8")
    (tmp_path / "gateway.toml").write_text(CONFIG, encoding="utf-8")
    return tmp_path


def calibrate(folder: Path, device: str, *more: object) -> Result:
    arguments = ["--config", folder / "gateway.toml", "--reference", folder / "reference.csv"]
    words = ["device", "calibrate", device, "pm2_5", *arguments, *more]
    return CliRunner().invoke(app, [*map(str, words)])


def found(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_gain_and_offset_are_found_again_within_one_percent(folder: Path) -> None:
    answer = found(calibrate(folder, "pm-1", "--readings", folder / "sensor.csv", "--json"))

    assert answer["gain"] == pytest.approx(GAIN, rel=0.01)
    assert answer["offset"] == pytest.approx(OFFSET, rel=0.01)
    assert answer["pairs"] >= HOURS - 1
    assert answer["after"]["rmse"] < 0.1 < answer["before"]["rmse"]
    assert answer["after"]["r2"] > 0.99
    assert set(answer["targets"].values()) == {True}
    assert (folder / "gateway.toml").read_text(encoding="utf-8") == CONFIG


def test_it_is_written_with_its_date_and_nothing_else_changes(folder: Path) -> None:
    readings = ("--readings", folder / "sensor.csv")
    result = calibrate(folder, "pm-1", *readings, "--write", "--lang", "id")

    assert result.exit_code == 0, result.output
    assert all(len(line) <= 80 for line in result.stdout.splitlines()[:-1])
    text = (folder / "gateway.toml").read_text(encoding="utf-8")
    written = tomllib.loads(text)["ports"][0]["devices"][0]["calibration"]
    assert written["pm2_5"]["gain"] == pytest.approx(GAIN, rel=0.01)
    assert written["pm10"] == {"gain": 1.1, "offset": 0.0}
    assert set(CONFIG.splitlines()) <= set(text.splitlines())
    (line,) = (line for line in text.splitlines() if line not in CONFIG.splitlines())
    assert line.startswith("  calibration.pm2_5 = ")
    assert "pairs with reference.csv, R² " in line


def test_what_was_corrected_before_is_taken_back_first(folder: Path) -> None:
    """The values of pm-2 bear its old calibration, 0.5 × raw + 1."""
    rows = (folder / "sensor.csv").read_text(encoding="utf-8").splitlines()[1:-1]
    corrected = [
        f"{at},{0.5 * float(value) + 1}" for at, _, value in (row.partition(";") for row in rows)
    ]
    text = "\n".join(["time,pm2_5", *corrected])
    (folder / "corrected.csv").write_text(text, encoding="utf-8")
    raw = text.replace("pm2_5", "pm2_5_raw")
    (folder / "raw.csv").write_text(raw, encoding="utf-8")

    readings = ("--readings", folder / "corrected.csv", "--json")
    answer = found(calibrate(folder, "pm-2", *readings, "--corrected"))
    as_raw = found(calibrate(folder, "pm-2", "--readings", folder / "raw.csv", "--json"))

    assert answer["gain"] == pytest.approx(GAIN, rel=0.01)
    assert as_raw["gain"] == pytest.approx(2 * GAIN, rel=0.01)
    told = found(calibrate(folder, "pm-2", *readings, "--raw"))
    assert told["gain"] == as_raw["gain"]
    silent = calibrate(folder, "pm-2", *readings)
    assert "say --raw or --corrected" in str(silent.exception)


def test_values_are_taken_from_the_store_good_ones_only(folder: Path) -> None:
    store = SqliteStore(folder / "store.db")
    points: list[tuple[int, Fields]] = []
    for row in (folder / "sensor.csv").read_text(encoding="utf-8").splitlines()[1:-1]:
        at, _, value = row.partition(";")
        points.append((int(at), {"pm2_5": float(value), "pm2_5_qf": 1}))
        points.append((int(at) + 1, {"pm2_5": 9999.0, "pm2_5_qf": 3}))
    tags = (("device", "pm-1"), ("gateway", "gw-1"), ("site", "gw-1"))
    store.write([store.row(Point("air", tags, at, fields)) for at, fields in points])
    store.close()
    collector = folder / "collector.toml"
    collector.write_text(
        f"""
        [collector]
        id = "c"
        [broker]
        url = "mqtt://localhost"
        [store]
        kind = "sqlite"
        path = "{folder / "store.db"}"
        """,
        encoding="utf-8",
    )

    for _ in range(2):  # the values in the store stay what they were
        answer = found(calibrate(folder, "pm-1", "--collector", collector, "--json", "--write"))

        assert answer["gain"] == pytest.approx(GAIN, rel=0.01)
        assert answer["offset"] == pytest.approx(OFFSET, rel=0.01)


def test_a_sensor_that_runs_against_its_reference_is_not_calibrated(folder: Path) -> None:
    rows = [f"{BEGAN + 60 * minute},{90 - truth(minute)}" for minute in range(0, 60 * HOURS, 5)]
    (folder / "sensor.csv").write_text("\n".join(["time,value", *rows]), encoding="utf-8")

    result = calibrate(folder, "pm-1", "--readings", folder / "sensor.csv", "--write")

    assert "runs against its reference" in str(result.exception)
    assert (folder / "gateway.toml").read_text(encoding="utf-8") == CONFIG


@pytest.mark.parametrize(
    ("change", "device", "more", "what"),
    [
        (lambda _: None, "pm-3", ("--readings", "sensor.csv"), "no device 'pm-3'"),
        (lambda _: None, "pm-1", (), "either --readings"),
        (lambda _: None, "pm-1", ("--readings", "none.csv"), "can't be read"),
        (lambda _: None, "pm-1", ("--readings", "gateway.toml"), "has no column time"),
        (
            lambda folder: (folder / "sensor.csv").write_text("time,value\n1,2\n3,x\n", "utf-8"),
            "pm-1",
            ("--readings", "sensor.csv"),
            "line 3",
        ),
        (
            lambda folder: (folder / "sensor.csv").write_text("time,value\n1,2\n", "utf-8"),
            "pm-1",
            ("--readings", "sensor.csv"),
            "no line can be drawn",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    folder: Path,
    change: Callable[[Path], object],
    device: str,
    more: tuple[str, ...],
    what: str,
) -> None:
    change(folder)
    named = [folder / word if word.endswith((".csv", ".toml")) else word for word in more]

    result = calibrate(folder, device, *named)

    assert isinstance(result.exception, ConfigError)
    assert what in str(result.exception)


def test_a_window_with_gaps_is_no_pair() -> None:
    whole = [(float(at), 1.0) for at in range(0, 7200, 60)]
    gappy = [row for row in whole if row[0] >= 3600 or row[0] < 1800]

    assert len(pair_up(whole, whole, 3600)) == 2
    assert len(pair_up(gappy, whole, 3600)) == 1


def test_no_line_goes_through_a_sensor_that_always_says_the_same() -> None:
    stuck = [(5.0, float(number)) for number in range(20)]

    assert correct(stuck) is None
    assert agree(stuck[:3]) is None


def test_the_targets_are_those_of_the_epa() -> None:
    pairs = [(x * 1.36 + 1, x) for x in map(float, range(50))]
    agreement = agree(pairs)
    assert agreement is not None

    judged = TARGETS["pm2_5"].judge(agreement)

    assert judged == {"slope": False, "r2": True, "intercept": True, "rmse": False}
