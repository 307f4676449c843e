"""Line protocol says what the points say, whatever stands in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from influxdb_client.client.write.point import Point as TheirPoint

from gateway.collector import lines, points
from gateway.collector.points import Point
from schemas.base import ID_PATTERN
from schemas.batch import Batch
from schemas.quantity import BOOT_COLUMN, QUANTITIES, bounds
from schemas.reading import Cause, Flag
from tests.collector.batches import GATEWAY, T, batch, document
from tests.collector.line_protocol import read
from tests.influx import Influx

if TYPE_CHECKING:
    from pathlib import Path

NAMES = sorted(QUANTITIES)
FLAGS = [str(int(flag)) for flag in Flag]
CAUSES = [str(int(cause)) for cause in Cause]
ids = st.from_regex(ID_PATTERN.removesuffix("$"), fullmatch=True)
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
printable = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=40)


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Any legal batch: every id, quantity, value and flag."""
    undated = draw(st.booleans())
    q = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True))
    rows, why, at = [], {}, -1
    for number in range(draw(st.integers(1, 4))):
        flags = draw(st.lists(st.sampled_from(FLAGS), min_size=len(q), max_size=len(q)))
        at += draw(st.integers(1, 5000))
        row: list[Any] = [at, "".join(flags), *map(draw, map(_values, q, flags))]
        if undated:
            row[1] += "1"
            row.append(draw(st.integers(0, 10**9)))
        if draw(st.booleans()):
            why[str(number)] = "".join(draw(st.sampled_from(CAUSES)) for _ in range(len(row) - 2))
        rows.append(row)
    return Batch.model_validate(
        document(
            device=draw(ids),
            site=draw(ids),
            channel=draw(st.none() | ids),
            clock="never" if undated else "synced",
            boot=draw(printable) if undated else None,
            q=[*q, BOOT_COLUMN] if undated else q,
            r=rows,
            why=why,
        )
    )


def _values(name: str, flag: str) -> st.SearchStrategy[float | None]:
    if flag == str(int(Flag.MISSING)):
        return st.none()
    low, high = (-1e14, 1e14) if flag == str(int(Flag.FAIL)) else bounds(name)
    low, high = max(low, -1e14), min(high, 1e14)
    whole = st.integers(-int(-low // 1), int(high // 1))
    return st.floats(low, high, allow_nan=False) | whole


def theirs(point: Point) -> str:
    """Let influxdb-client write a point."""
    made: Any = TheirPoint(point.measurement)  # type: ignore[no-untyped-call]
    for tag in point.tags:
        made.tag(*tag)
    for field in point.fields.items():
        made.field(*field)
    line: str = made.time(point.time, "ms").to_line_protocol()
    return line


@given(gateway=ids, made=batches())
def test_every_legal_batch_is_written_as_influxdb_client_writes_its_points(
    gateway: str, made: Batch
) -> None:
    expected = [read(theirs(point)) for point in points.of_batch(gateway, made)]
    assert [read(line) for line in lines.of_batch(gateway, made)] == expected


@given(made=batches())
def test_a_measured_value_is_a_float_to_the_database_and_a_flag_an_integer(made: Batch) -> None:
    for line in lines.of_batch(GATEWAY, made):
        for key, value in read(line).fields.items():
            whole = key.endswith(("_qf", "_why")) or key == BOOT_COLUMN
            assert type(value) is (str if key == "boot" else int if whole else float), key


@given(text=anything, value=anything)
def test_no_string_adds_a_tag_a_field_or_a_line(text: str, value: str) -> None:
    point = Point(
        "undated", (("device", text or "x"), ("site", "here")), 5, {"boot": value, "n": 1}
    )
    line = lines.of_point(point)
    assert line.isprintable() or not any(ord(char) < 32 for char in line)
    found = read(line)
    assert (found.measurement, found.time) == ("undated", 5)
    assert (set(found.tags), found.tags["site"]) == ({"device", "site"}, "here")
    assert (set(found.fields), found.fields["n"]) == ({"boot", "n"}, 1)


@pytest.mark.parametrize(
    "text",
    ['"', "\\", '\\"', "a,b=1i c", "x\ny z=1 5", "=", " ", "\r\n", 'end\\" 5\nair pm2_5=1 6', "'"],
)
def test_a_real_database_reads_one_point_whatever_a_string_holds(tmp_path: Path, text: str) -> None:
    with Influx(tmp_path / "influx") as influx:
        fields: points.Fields = {"boot": text, "n": 1}
        influx.write(lines.of_point(Point("undated", (("device", text), ("site", "x")), 5, fields)))
        assert influx.query("SHOW MEASUREMENTS") == [{"name": "undated"}]
        (row,) = influx.query("SELECT * FROM undated")
        assert set(row) == {"time", "boot", "n", "device", "site"}
        assert (row["time"], row["n"], row["site"]) == (5, 1, "x")
        if text.isprintable():
            assert row["boot"] == text


def test_a_row_that_feeds_two_measurements_is_two_lines() -> None:
    made = batch(t=T, q=["pm2_5", "temperature"], r=[[0, "14", 8.0, 99.5]], why={"0": "01"})
    tags = f"device=pm-1,gateway={GATEWAY},site=alun-alun"
    fields = "temperature_qf=4i,temperature_why=1i,temperature_rejected=99.5"
    assert lines.of_batch(GATEWAY, made) == [
        f"air,{tags} pm2_5_qf=1i,pm2_5=8.0 {T}",
        f"weather,{tags} {fields} {T}",
    ]


def test_templates_stay_bounded_whatever_flags_a_gateway_thinks_of() -> None:
    series = lines._series(GATEWAY, "site", "device", None, tuple(NAMES[:4]))  # noqa: SLF001
    for number in range(3000):
        series.templates("1", f"{number:04}")
    assert len(series._made) <= 16  # noqa: SLF001


def test_a_template_that_is_long_is_not_kept() -> None:
    series = lines._series(GATEWAY, "long", "device", None, tuple(NAMES))  # noqa: SLF001
    assert sum(map(len, series.templates("1", ""))) > 4096
    assert series._made == {}  # noqa: SLF001
