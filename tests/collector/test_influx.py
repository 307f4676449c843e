"""The InfluxDB store: what each answer means, asked of a real one and of one that obeys."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from gateway.collector import influx
from gateway.collector.influx import InfluxStore
from gateway.collector.points import Point
from gateway.collector.store import Refusal
from gateway.config.collector import InfluxStore as Settings
from gateway.errors import StoreBusy, StoreDenied
from tests.collector.answers import Answer, Answering
from tests.collector.batches import GATEWAY, T, batch
from tests.influx import DATABASE, Influx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def real(tmp_path: Path) -> Iterator[Influx]:
    with Influx(tmp_path / "influx") as running:
        yield running


@contextmanager
def storing(url: str, **settings: Any) -> Iterator[InfluxStore]:  # noqa: ANN401 - any setting
    with closing(InfluxStore(Settings.model_validate({"url": url} | settings))) as store:
        yield store


@contextmanager
def answered(*answers: Answer) -> Iterator[tuple[InfluxStore, Answering]]:
    """A store in front of a server that gives these answers in turn, and says yes from then on."""
    left = list(answers)
    with (
        Answering(lambda _: left.pop(0) if left else Answer()) as server,
        storing(server.url) as store,
    ):
        yield store, server


def test_the_readings_of_a_batch_stand_in_the_database_as_the_design_says(real: Influx) -> None:
    made = batch(t=T, q=["pm2_5", "pm10"], r=[[0, "1", 8, 9.5], [1000, "34", 97.0, 2500.0]],
                 why={"1": "21"})  # fmt: skip
    with storing(real.url) as store:
        assert store.write(store.rows(GATEWAY, made)) == []
    tags = {"device": "pm-1", "gateway": GATEWAY, "site": "alun-alun"}
    none = dict.fromkeys(("pm2_5_why", "pm10_why", "pm10_rejected"))
    first, second = real.query("SELECT * FROM air")
    assert first == tags | none | {
        "time": T, "pm2_5": 8, "pm2_5_qf": 1, "pm10": 9.5, "pm10_qf": 1,
    }  # fmt: skip
    assert second == tags | {
        "time": T + 1000, "pm2_5": 97, "pm2_5_qf": 3, "pm2_5_why": 2,
        "pm10": None, "pm10_rejected": 2500, "pm10_qf": 4, "pm10_why": 1,
    }  # fmt: skip
    assert {one["fieldKey"]: one["fieldType"] for one in real.query("SHOW FIELD KEYS")} == {
        "pm2_5": "float", "pm2_5_qf": "integer", "pm2_5_why": "integer",
        "pm10": "float", "pm10_qf": "integer", "pm10_why": "integer", "pm10_rejected": "float",
    }  # fmt: skip
    assert {one["tagKey"] for one in real.query("SHOW TAG KEYS")} == tags.keys()


def test_the_same_readings_again_are_the_same_points(real: Influx) -> None:
    with storing(real.url) as store:
        for _ in range(3):
            store.write(store.rows(GATEWAY, batch()))
    assert real.query("SELECT count(pm2_5) FROM air")[0]["count"] == 2


def test_a_line_refused_alone_is_named_and_all_others_are_stored(real: Influx) -> None:
    real.write(f"odd,device=pm-1 x=1 {T}")
    points = [Point("air", (("device", "pm-1"),), T + n, {"pm2_5": 1.0}) for n in range(999)]
    bad = [0, 500, 501, 998]
    for place in bad:
        points[place] = Point("odd", (("device", "pm-1"),), T + place, {"x": "text"})
    with storing(real.url) as store:
        refusals = store.write([store.row(point) for point in points])
    assert [refusal.index for refusal in refusals] == bad
    conflict = 'input field "x" on measurement "odd" is type string, already exists as type float'
    assert all(conflict in refusal.reason for refusal in refusals)
    assert real.query("SELECT count(pm2_5) FROM air")[0]["count"] == 999 - len(bad)


def test_what_the_retention_policy_drops_is_refused_in_one_go() -> None:
    reason = b'{"error":"partial write: points beyond retention policy dropped=5000"}'
    with answered(Answer(400, reason)) as (store, server):
        refusals = store.write(["air x=1 1"] * 5000)
        assert len(server.writes) == 1
    assert [refusal.index for refusal in refusals] == list(range(5000))
    assert "beyond retention policy" in refusals[0].reason


@pytest.mark.parametrize("status", [400, 422])
def test_refused_lines_are_found_by_halves(status: int) -> None:
    def answer(lines: list[str]) -> Answer:
        bad = "bad 1" in lines or "bad 2" in lines
        return Answer(status, b'{"message":"unable to parse"}') if bad else Answer()

    lines = [f"good {n}" for n in range(1000)]
    lines[17], lines[900] = "bad 1", "bad 2"
    with Answering(answer) as server, storing(server.url) as store:
        refusals = store.write(lines)
        assert refusals == [Refusal(17, "unable to parse"), Refusal(900, "unable to parse")]
        assert len(server.writes) < 45
        assert {line for lines in server.writes for line in lines} == set(lines)


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("body", [b"<html>400 Bad Request</html>", b"", b'{"detail": 1}', b"[]"])
def test_a_400_that_influxdb_did_not_word_refuses_nothing(status: int, body: bytes) -> None:
    with answered(Answer(status, body)) as (store, server):
        with pytest.raises(StoreDenied, match="is this an InfluxDB"):
            store.write(["air x=1 1", "air x=2 2"])
        assert len(server.writes) == 1


def test_what_takes_too_long_is_sent_in_smaller_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influx, "ANSWER_SECONDS", 0.2)
    with (
        Answering(lambda lines: Answer(hangs=len(lines) > 30)) as server,
        storing(server.url) as store,
    ):
        lines = [f"air x={n} {n}" for n in range(100)]
        for _ in range(2):
            with pytest.raises(StoreBusy):
                store.write(lines)
        assert store.write(lines) == []
        assert [len(write) for write in server.writes] == [100, 50, 25, 25, 25, 25]
        assert {line for write in server.writes[2:] for line in write} == set(lines)


def test_only_what_is_as_large_as_may_be_lets_more_go_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(influx, "ANSWER_SECONDS", 0.2)
    with (
        Answering(lambda lines: Answer(hangs=len(lines) > 60)) as server,
        storing(server.url) as store,
    ):
        lines = [f"air x={n} {n}" for n in range(100)]
        with pytest.raises(StoreBusy):
            store.write(lines)
        for _ in range(5):
            assert store.write(lines[:1]) == []
        assert store.write(lines) == []
        assert [len(write) for write in server.writes] == [100, 1, 1, 1, 1, 1, 50, 50]


def test_each_answer_is_a_sign_of_life() -> None:
    beats: list[int] = []
    refused = b'{"message": "unable to parse"}'
    with (
        Answering(lambda lines: Answer(400, refused) if "bad" in lines else Answer()) as server,
        storing(server.url) as store,
    ):
        refusals = store.write(["air x=1 1", "bad", "air x=3 3"], lambda: beats.append(1))
        assert [one.index for one in refusals] == [1]
        assert len(beats) == len(server.writes) == 5


def test_a_write_outlives_another_that_closes_the_connections(real: Influx) -> None:
    class Rival(InfluxStore):
        def _connected(self) -> Any:  # noqa: ANN401 - as its parent has it
            service = super()._connected()
            self.close()
            return service

    with closing(Rival(Settings(url=real.url))) as store:
        assert store.write(store.rows(GATEWAY, batch())) == []


def test_what_is_too_large_is_sent_in_halves() -> None:
    stored: list[str] = []

    def answer(lines: list[str]) -> Answer:
        if len(lines) > 30 or "huge" in lines:
            return Answer(413, b"<html>Request Entity Too Large</html>")
        stored.extend(lines)
        return Answer()

    lines = [f"line {n}" for n in range(100)]
    lines[50] = "huge"
    with Answering(answer) as server, storing(server.url) as store:
        (refusal,) = store.write(lines)
    assert refusal.index == 50
    assert sorted(stored) == sorted(set(lines) - {"huge"})


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_database_that_is_not_well_is_asked_again_and_nothing_is_refused(status: int) -> None:
    body = b'{"error":"engine: cache maximum memory size exceeded"}'
    with answered(Answer(status, body)) as (store, _):
        with pytest.raises(StoreBusy, match=f"{status}: engine: cache maximum") as raised:
            store.write(["air x=1 1"])
        assert raised.value.after is None
        assert store.write(["air x=1 1"]) == []


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "86400"}, 300.0),
        ({"Retry-After": "-1"}, 0.0),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"}, 300.0),
    ],
)
def test_retry_after_is_believed_within_reason(
    headers: dict[str, str], after: float | None
) -> None:
    with (
        answered(Answer(503, b"", headers)) as (store, _),
        pytest.raises(StoreBusy) as raised,
    ):
        store.write(["air x=1 1"])
    assert raised.value.after == after


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, b'{"code":"unauthorized","message":"unauthorized access"}', "it is read anew"),
        (403, b'{"error":"forbidden"}', "may read and write city"),
        (404, b'{"error":"database not found: \\"city\\""}', "CREATE DATABASE city"),
        (404, b"404 page not found\n", "before 1.8"),
        (200, b"<html>welcome</html>", "is this an InfluxDB"),
        (307, b"", "is this an InfluxDB"),
        (418, b"\x1b[2J\xffteapot", "is this an InfluxDB"),
    ],
)
def test_what_needs_a_person_holds_everything_and_says_what_to_do(
    status: int, body: bytes, words: str
) -> None:
    with answered(Answer(status, body, {"Location": "http://127.0.0.1:9/"})) as (store, server):
        with pytest.raises((StoreDenied, StoreBusy)) as raised:
            store.write(["air x=1 1"])
        assert words in str(raised.value) or status == 418
        assert str(raised.value).isprintable()
        assert len(server.writes) == 1
        assert store.write(["air x=1 1"]) == []


def test_an_answer_that_never_comes_is_a_no_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(influx, "ANSWER_SECONDS", 0.2)
    with answered(Answer(hangs=True)) as (store, _), pytest.raises(StoreBusy, match="answer"):
        store.write(["air x=1 1"])


def test_a_connection_that_breaks_after_the_write_is_a_no(real: Influx) -> None:
    def answer(lines: list[str]) -> Answer:
        real.write(*lines)
        return Answer(drops=len(server.writes) == 1)

    with Answering(answer) as server, storing(server.url) as store:
        rows = store.rows(GATEWAY, batch())
        with pytest.raises(StoreBusy, match="does not answer"):
            store.write(rows)
        assert store.write(rows) == []
    assert real.query("SELECT count(pm2_5) FROM air")[0]["count"] == 2


def test_nobody_there_is_said_with_the_address(real: Influx) -> None:
    real.stop()
    with storing(real.url) as store, pytest.raises(StoreBusy, match=real.url):
        store.write(["air x=1 1"])


def test_a_bucket_that_does_not_exist_holds_until_someone_makes_it(real: Influx) -> None:
    real.execute(f'DROP DATABASE "{DATABASE}"')
    with storing(real.url) as store:
        with pytest.raises(StoreDenied, match=f"CREATE DATABASE {DATABASE}"):
            store.write(store.rows(GATEWAY, batch()))
        real.execute(f'CREATE DATABASE "{DATABASE}"')
        assert store.write(store.rows(GATEWAY, batch())) == []


def test_the_token_is_read_anew_and_never_told(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first-secret\n", encoding="utf-8")
    file.chmod(0o600)
    with (
        Answering(lambda _: Answer(401 if len(server.writes) == 1 else 204)) as server,
        storing(server.url, token_file=file) as store,
    ):
        with pytest.raises(StoreDenied) as raised:
            store.write(["air x=1 1"])
        file.write_text("second-secret\n", encoding="utf-8")
        store.write(["air x=1 1"])
        assert server.tokens == ["Token first-secret", "Token second-secret"]
    assert "secret" not in str(raised.value)


def test_a_token_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("secret", encoding="utf-8")
    file.chmod(0o644)
    with (
        Answering(lambda _: Answer()) as server,
        storing(server.url, token_file=file) as store,
    ):
        with pytest.raises(StoreDenied, match=f"chmod 600 {file}"):
            store.write(["air x=1 1"])
        assert server.writes == []


@pytest.mark.parametrize(
    "token", ["two\nlines-of-secret", "bell\x07-of-secret", "schlüssel-secret"]
)
def test_what_is_no_token_is_neither_sent_nor_quoted(tmp_path: Path, token: str) -> None:
    file = tmp_path / "token"
    file.write_text(token, encoding="utf-8")
    file.chmod(0o600)
    with (
        Answering(lambda _: Answer()) as server,
        storing(server.url, token_file=file) as store,
    ):
        with pytest.raises(StoreDenied, match="on one line") as raised:
            store.write(["air x=1 1"])
        assert server.writes == []
    assert "secret" not in str(raised.value)


def test_the_newest_moment_is_found_for_the_next_one_to_rise(real: Influx) -> None:
    with storing(real.url) as store:
        assert store.newest("touched", {"collector": "c-1"}) is None
        for name, at in (("c-1", 5), ("c-1", 9), ("c-2", 12)):
            tags = (("collector", name), ("device", "pm-1"), ("gateway", GATEWAY))
            store.write([store.row(Point("touched", tags, at, {"first": 1, "last": 2}))])
        assert store.newest("touched", {"collector": "c-1"}) == 9
