"""`simpang dead`: what was refused, in words, and nothing that anybody sent as it came."""

from __future__ import annotations

import json
import time
import zlib
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.collector.deadletters import LARGEST_KEPT, DeadLetters, Letter
from gateway.collector.letters import list_letters
from gateway.collector.sqlite import SqliteStore
from gateway.errors import ConfigError
from schemas.topics import ROOT
from tests.collector.batches import EPOCH, GATEWAY, T, payload, raw

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

TOPIC = f"{ROOT}/{GATEWAY}/readings/pm-1"
HOSTILE = "\x1b]0;owned\x07\x9b31m[red]\u202e\r\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["dead", *map(str, arguments)])


def letter(
    seq: int = 7,
    reason: str = "width",
    hours: float = 0.0,
    gateway: str = GATEWAY,
    body: bytes | None = None,
    detail: str = "row 1 has 2 values",
) -> Letter:
    """Write a letter that came so many hours ago; unless told, its batch is sound by now."""
    received = round((time.time() - 3600 * hours) * 1000)
    whole = payload(seq) if body is None else body
    topic = TOPIC.replace(GATEWAY, gateway)
    return Letter(topic, whole, reason, detail, received, gateway, EPOCH, seq)


def bury(folder: Path, *letters: Letter) -> list[str]:
    """Bury letters, and return the names that people call them."""
    dead = DeadLetters(folder, 64 << 20)
    for each in letters:
        dead.bury([each])
    names = {heading.file: heading.name for heading in list_letters(folder)}
    return [names[each.name] for each in letters]


def configure(folder: Path) -> Path:
    """Write the config of a collector with the embedded store."""
    config = folder / "collector.toml"
    config.write_text(
        f'[collector]\nid = "c"\ndead_letters = "{folder}/dead"\n[broker]\nurl = "mqtt://h"\n'
        f'[store]\nkind = "sqlite"\npath = "{folder}/city.db"\n',
        encoding="utf-8",
    )
    return config


def listed(folder: Path, *options: str) -> list[int]:
    return [one["seq"] for one in json.loads(run("list", folder, "--json", *options).stdout)]


def test_letters_are_counted_by_reason_and_gateway_and_then_listed(tmp_path: Path) -> None:
    assert "no dead letters" in run("list", tmp_path).output
    bury(tmp_path, letter(1), letter(2), letter(3, "range", gateway="gw-2"),
         Letter("t/x", b"\x00", "json", "no JSON", T))  # fmt: skip

    table, _, each = run("list", tmp_path).output.partition("\n\n")

    heads = [line.split()[:3] for line in table.splitlines()]
    assert heads == [
        ["reason", "gateway", "letters"], ["width", "gw-1", "2"], ["json", "(none", "that"],
        ["range", "gw-2", "1"],
    ]  # fmt: skip
    assert f"gw-1  {EPOCH}/1: row 1 has 2 values" in each.splitlines()[0]
    assert len(each.splitlines()) == 4
    assert run("list", tmp_path, "--summary").output == table + "\n"
    kinds = json.loads(run("list", tmp_path, "--summary", "--json").output)
    assert [(kind["reason"], kind["letters"]) for kind in kinds] == [
        ("width", 2), ("json", 1), ("range", 1),
    ]  # fmt: skip


def test_letters_are_chosen_by_reason_gateway_and_age(tmp_path: Path) -> None:
    bury(tmp_path, letter(1, hours=100), letter(2, "range", 50), letter(3, gateway="gw-2"))

    assert listed(tmp_path, "--reason", "width") == [1, 3]
    assert listed(tmp_path, "--reason", "width", "--reason", "range") == [1, 2, 3]
    assert listed(tmp_path, "--gateway", "gw-2") == [3]
    assert listed(tmp_path, "--older-than", "2d") == [1, 2]
    assert listed(tmp_path, "--newer-than", "3d") == [2, 3]
    assert listed(tmp_path, "--newer-than", "3d", "--older-than", "60m") == [2]
    for wrong in ("2", "d", "-2d", "2 days", "99999999999d"):
        assert run("list", tmp_path, "--older-than", wrong).exit_code == 2


def test_a_letter_is_shown_in_words_a_person_understands(tmp_path: Path) -> None:
    body = raw(r=[[0, "1", 12.5, 15.0], [1000, "43", 99999, None]], why={"1": "13"})
    (name,) = bury(tmp_path, letter(reason="flags", body=body, detail="row 1: null goes with 9"))

    shown = run("show", name[:6], tmp_path).output

    assert f"on {TOPIC}" in shown
    assert "reason   flags: row 1: null goes with 9\n" in shown
    assert "flags or causes that do not go with the values" in shown
    assert f"epoch {EPOCH}, seq 1, device pm-1, site alun-alun" in shown
    assert "pm2_5 12.5 good, pm10 15.0 good" in shown
    assert "pm2_5 99999 failed (out of range), pm10 null suspect (changing too fast)" in shown
    assert "today    it stays: flags: row 1: null goes with flag 9" in shown


def test_whether_a_letter_could_be_stored_today_is_told(tmp_path: Path) -> None:
    (name,) = bury(tmp_path, letter(reason="version", body=zlib.compress(raw())))

    shown = run("show", name, tmp_path).output
    told = json.loads(run("show", name, tmp_path, "--json").output)

    assert f"it can be stored: simpang dead replay {name}" in shown
    assert "compressed" in shown
    assert told["today"] == {"outcome": "stored", "reason": "", "detail": ""}
    assert told["document"]["q"] == ["pm2_5", "pm10"]


@pytest.mark.parametrize(
    "body",
    [
        HOSTILE.encode(), b"", b"\xff\x00", b'{"r":[]}', b'{"r":[1,null,[],[0,1],[0,"1"]]}',
        raw(q=["pm10"], r=[[{}, "1", 2]]),
        raw(q=[HOSTILE, {}], r=[["x", "11", HOSTILE, [HOSTILE]]], why=7),
        raw(q=3, r=[[0, "1", 2, 3]], t=HOSTILE), raw(t=10**300, r=[[10**300, "", 1, 2]]),
        raw(epoch=HOSTILE, device=[HOSTILE], why={"0": 5}), b'{"a":' * 150 + b"1" + b"}" * 150,
        b'{"r":[' + b"9" * 6000 + b'],"q":[' + b"9" * 6000 + b"]}", b'{"a":' + b"9" * 6000 + b"}",
        b'{"a":[' + b"1," * 5000 + b"1]}",
    ],
    ids=range(14),
)  # fmt: skip
def test_nothing_in_a_letter_steers_the_terminal_of_whoever_reads_it(
    tmp_path: Path, body: bytes
) -> None:
    (name,) = bury(tmp_path, Letter(TOPIC + HOSTILE, body, HOSTILE, HOSTILE * 1000, T))

    shown = run("show", name, tmp_path)
    told = run("show", name, tmp_path, "--json")
    plain = run("list", tmp_path)

    for result in (shown, told, plain):
        assert result.exit_code == 0, result.exception
        assert result.output.replace("\n", "").isprintable()
    assert len(shown.output) < 10_000
    assert len(plain.output) < 10_000
    json.loads(told.output)
    assert len(plain.output.splitlines()) == 4


def test_a_name_that_means_none_or_more_than_one_is_said(tmp_path: Path) -> None:
    (name,) = bury(tmp_path, letter(1))
    (tmp_path / f"x@{name}.json").write_bytes(next(tmp_path.glob("gw-1*")).read_bytes())

    for wrong in (name[:3], "ffffffff", "../../etc/passwd", ""):
        assert "there is no letter" in str(run("show", wrong, tmp_path).exception)
    both = run("show", name[:8], tmp_path).exception
    assert isinstance(both, ConfigError)
    assert "2 letters begin with" in str(both)
    assert run("show", f"x@{name}.json", tmp_path).exit_code == 0


def test_a_letter_that_goes_while_they_are_listed_is_passed_over(tmp_path: Path) -> None:
    bury(tmp_path, letter(1))
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")

    assert listed(tmp_path) == [1]


def test_what_can_be_stored_after_an_upgrade_is_stored_and_what_can_t_is_told(
    tmp_path: Path,
) -> None:
    config = configure(tmp_path)
    bury(
        tmp_path / "dead", letter(1, "version"), letter(2, "quantity"),
        letter(3, "range", body=raw(3, r=[[0, "1", 99999, 1.0]], why={})),
        letter(4, body=payload(4) + bytes(LARGEST_KEPT)), Letter("t/x", b"{", "json", "no", T),
    )  # fmt: skip

    tried = run("replay", "--config", config, "--dry-run").output
    assert "2 letters could be stored, if the store takes them" in tried
    assert listed(tmp_path / "dead") == [1, 2, 3, 4, None]
    done = run("replay", "--config", config)

    assert done.exit_code == 0
    assert done.output == tried.replace(
        "could be stored, if the store takes them", "stored and thrown away"
    )
    assert "1 stays: range, from gw-1;" in done.output
    assert "row 0: pm2_5 is 99999, out of 0 to 1000, and flagged 1" in done.output
    assert "1 stays: size, from gw-1;" in done.output
    assert "1 stays: topic, from nobody known;" in done.output
    assert listed(tmp_path / "dead") == [3, 4, None]
    with closing(SqliteStore(tmp_path / "city.db")) as store:
        assert (store.count("air"), store.count("delivery"), store.count("touched")) == (4, 2, 1)


def test_only_what_was_chosen_is_replayed_and_a_program_can_read_what_became_of_it(
    tmp_path: Path,
) -> None:
    config = configure(tmp_path)
    names = bury(tmp_path / "dead", letter(1), letter(2, "version"), letter(3, hours=50))

    by_name = json.loads(run("replay", names[0], "--config", config, "--json").output)
    by_age = json.loads(run("replay", "--config", config, "--json", "--older-than", "2d").output)

    assert (by_name["stored"], by_name["dry_run"]) == (1, False)
    assert [(one["name"], one["outcome"]) for one in by_name["letters"]] == [(names[0], "stored")]
    assert [one["seq"] for one in by_age["letters"]] == [3]
    assert listed(tmp_path / "dead") == [2]


def test_a_replay_needs_to_know_the_store(tmp_path: Path) -> None:
    assert run("replay").exit_code == 2
    assert "there is no folder" in str(run("replay", "--config", configure(tmp_path)).exception)


def test_a_store_that_does_not_let_us_in_costs_no_letter(tmp_path: Path) -> None:
    config = configure(tmp_path)
    bury(tmp_path / "dead", letter(1), letter(2, "json", body=b"{"))
    (tmp_path / "city.db").mkdir()

    result = run("replay", "--config", config)

    assert "city.db" in str(result.exception)
    assert "0 letters stored" in result.output
    assert listed(tmp_path / "dead") == [1, 2]


def test_a_program_reads_in_one_object_what_was_done_and_what_ended_it(tmp_path: Path) -> None:
    config = configure(tmp_path)
    bury(tmp_path / "dead", letter(1))
    (tmp_path / "city.db").mkdir()

    result = run("replay", "--config", config, "--json")
    told = json.loads(result.stdout)

    assert result.exit_code == 1
    assert (told["letters"], "city.db" in told["error"], told["remedy"] != "") == ([], True, True)
    assert "city.db" in result.stderr
