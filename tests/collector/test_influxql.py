"""Questions to an InfluxDB: asked of a real one, and of one that answers as it is told."""

from __future__ import annotations

import json
import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from gateway.collector import endpoint
from gateway.collector.influxql import InfluxReader, condition, identifier
from gateway.collector.questions import ByHand, Questions, Tally
from gateway.errors import StoreBusy, StoreDenied
from tests.collector.answers import Answer, Answering
from tests.collector.batches import T
from tests.influx import DATABASE, Influx
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.collector.books import Books

HOSTILE = [
    "x' OR 'a' = 'a",
    'x" OR "a" = "a',
    "x\\' OR true --",
    "x\\",
    "; DROP DATABASE city; --",
    "a b,c=d",
    "/.*/",
    "é, 🌫, %27, \t",
]


def reader(url: str, bucket: str = DATABASE, token: str | None = None) -> InfluxReader:
    return InfluxReader(url, "purbalingga", bucket, token, patience=5.0)


@pytest.fixture
def real(influx: Influx) -> Iterator[InfluxReader]:
    with closing(reader(influx.url)) as asking:
        yield asking


def line_escaped(text: str) -> str:
    return re.sub("[, =]", r"\\\g<0>", text)


SHOWN = "user:s3cret"


def told(status: int, body: object = b"", **headers: str) -> Exception:
    """Ask a server that gives this answer, and return the error that comes of it."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Answer(status, raw, {name.replace("_", "-"): v for name, v in headers.items()})
    with Answering(lambda _: answer) as server, closing(reader(server.url, token=SHOWN)) as ask:
        with pytest.raises((StoreBusy, StoreDenied)) as caught:
            list(ask.ask("SELECT * FROM air"))
        assert "s3cret" not in str(caught.value)
        assert server.tokens == [f"Token {SHOWN}"]
        return caught.value


# -- what is asked -------------------------------------------------------------------------------


def test_points_come_back_series_by_series_in_the_order_of_time(
    influx: Influx, real: InfluxReader
) -> None:
    influx.write(
        f'select,device=b,gateway=g f=1.5,i=2i,s="t" {T + 2}',
        f"select,device=b,gateway=g f=2.5 {T + 1}",
        f"select,device=a,gateway=g f=3 {T + 3}",
        f"select,gateway=h f=4 {T}",
    )  # fmt: skip
    a, b = (("device", "a"), ("gateway", "g")), (("device", "b"), ("gateway", "g"))

    assert list(real.select("select", {"gateway": "g"})) == [
        (a, T + 3, {"f": 3}),
        (b, T + 1, {"f": 2.5}),
        (b, T + 2, {"f": 1.5, "i": 2, "s": "t"}),
    ]
    assert [time for _, time, _ in real.select("select", {"gateway": "g"}, T + 2)] == [T + 3, T + 2]
    assert list(real.select("select", {"gateway": "h"})) == [((("gateway", "h"),), T, {"f": 4})]
    assert list(real.select("nothing", {})) == []


def test_the_newest_point_is_found_among_all_series(influx: Influx, real: InfluxReader) -> None:
    influx.write(*(f"newest,gateway=g,device=d{n % 3} seq={n}i {T + n}" for n in range(10)))

    assert real.newest("newest", {"gateway": "g"}) == T + 9
    assert real.newest("newest", {"gateway": "g", "device": "d1"}) == T + 7
    assert real.newest("newest", {"gateway": "other"}) is None
    assert real.newest("nothing", {}) is None


@pytest.mark.parametrize("text", HOSTILE)
def test_no_value_of_a_tag_can_change_a_question(
    influx: Influx, real: InfluxReader, text: str
) -> None:
    influx.write(f"quoted,gateway=innocent x=1 {T}")
    if not text.endswith("\\"):
        influx.write(f"quoted,gateway={line_escaped(text)} x=2 {T}")
    expected = [] if text.endswith("\\") else [((("gateway", text),), T, {"x": 2})]

    assert list(real.select("quoted", {"gateway": text})) == expected
    assert influx.query("SELECT * FROM \"quoted\" WHERE gateway = 'innocent'")


@pytest.mark.parametrize("text", [text for text in HOSTILE if "\\" not in text])
def test_no_name_can_change_a_question(influx: Influx, real: InfluxReader, text: str) -> None:
    key = line_escaped(text)
    measurement = key.replace(r"\=", "=")
    influx.write(f"{measurement},{key}=v {key}f=7i {T}")

    assert list(real.values(text, f"{text}f", {text: "v"})) == [7]
    assert list(real.values(text, f"{text}f", {text: "w"})) == []
    assert real.names(text, text) == ["v"]


def test_a_line_end_in_a_question_stays_in_its_string() -> None:
    assert condition({"a\n": "b\n' OR true"}) == r"""WHERE "a\n" = 'b\n\' OR true'"""
    assert identifier('a"\\') == r'"a\"\\"'


def test_both_kinds_of_store_answer_the_same(books: Books) -> None:
    """InfluxDB counts where the points lie; the points of any other store are counted here."""
    books.deliver("a" * 16, range(1, 50), every_ms=20_000)
    books.deliver("b" * 16, range(5, 9), every_ms=20_000, device="pm-2")
    store = books.reader if isinstance(books.reader, Questions) else ByHand(books.reader)
    old, new = (("epoch", "a" * 16),), (("epoch", "b" * 16),)

    assert store.tally("delivery", "seq", ("epoch",), {"gateway": "gw-1"}) == {
        old: Tally(49, 1225, 1, 49),
        new: Tally(4, 26, 5, 8),
    }
    assert store.tally("delivery", "seq", (), {}, T + 20_000 * 3, T + 20_000 * 6) == {
        (): Tally(4, 17, 3, 5)
    }
    assert sorted(store.values("delivery", "seq", {"epoch": "b" * 16}, least=7)) == [7, 8]
    assert sorted(store.values("delivery", "seq", {}, T + 960_000, T + 980_000)) == [48]
    assert store.names("delivery", "device") == ["pm-1", "pm-2"]
    assert store.newest("delivery", {"device": "pm-2"}) == T + 160_000
    start = T + 60_000
    minutes = store.minutes("delivery", "max", "seq", ("device",), {}, start, start + 120_000)
    assert sorted(minutes) == [
        ((("device", "pm-1"),), start, {"seq": 5}),
        ((("device", "pm-1"),), start + 60_000, {"seq": 8}),
        ((("device", "pm-2"),), start, {"seq": 5}),
        ((("device", "pm-2"),), start + 60_000, {"seq": 8}),
    ]


# -- what is answered ----------------------------------------------------------------------------


def test_a_long_answer_comes_in_pieces_and_one_that_breaks_off_is_none(tmp_path: Path) -> None:
    with Influx(tmp_path / "influx") as influx:
        for start in range(0, 400_000, 20_000):
            influx.write(*(f"long x={n} {T + n}" for n in range(start, start + 20_000)))
        with closing(reader(f"http://127.0.0.1:{influx.port}")) as asking:
            whole = asking.ask("SELECT * FROM long")
            assert [len(table.rows) for table in whole] == [10_000] * 40
            broken = asking.ask("SELECT * FROM long")
            assert len(next(broken).rows) == 10_000
            influx.kill()
            with pytest.raises(StoreBusy):
                list(broken)


def test_an_answer_whose_end_never_came_is_none() -> None:
    """A proxy may end a stream as if it were whole."""
    piece = {"results": [{"series": [{"name": "a", "columns": ["time"], "values": [[1]]}],
                          "partial": True}]}  # fmt: skip
    error = told(200, piece)

    assert isinstance(error, StoreBusy)
    assert "broke off" in str(error)
    assert isinstance(told(200, b""), StoreBusy)


def test_a_line_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "LARGEST_PIECE", 1 << 17)

    assert "in one piece" in str(told(200, b" " * (1 << 18)))


def test_a_reader_that_lost_interest_leaves_the_connection_usable(
    influx: Influx, real: InfluxReader
) -> None:
    influx.write(*(f"many x={n} {T + n}" for n in range(30_000)))
    for _ in range(3):
        next(real.ask("SELECT * FROM many"))

    assert sum(len(table.rows) for table in real.ask("SELECT * FROM many")) == 30_000


def test_a_database_that_is_not_there_is_said_with_how_to_make_it(influx: Influx) -> None:
    with closing(reader(influx.url, "town")) as asking, pytest.raises(StoreDenied) as caught:
        list(asking.ask("SELECT * FROM air"))

    assert "database not found: town" in str(caught.value)
    assert "dbrp create --default --db town" in str(caught.value)


def test_who_is_not_let_in_is_told_which_file_holds_the_token(tmp_path: Path) -> None:
    influx = Influx(tmp_path / "influx", auth=True)
    influx.begin()
    url = f"http://127.0.0.1:{influx.port}"
    try:
        with closing(reader(url)) as asking:
            until(lambda: _answers(asking), 20, "InfluxDB")
            list(asking.ask("CREATE USER root WITH PASSWORD 'x' WITH ALL PRIVILEGES"))
        for token in (None, "wrong:s3cret"):
            with closing(reader(url, token=token)) as asking, pytest.raises(StoreDenied) as caught:
                list(asking.ask("SELECT * FROM air"))
            assert "answers 401" in str(caught.value)
            assert "store.token_file" in str(caught.value)
            assert "s3cret" not in str(caught.value)
    finally:
        influx.stop()


def _answers(asking: InfluxReader) -> bool:
    try:
        list(asking.ask("SHOW DATABASES"))
    except StoreBusy:
        return False
    except StoreDenied:
        return True
    return True


def test_a_database_that_was_killed_is_busy_until_it_is_back(tmp_path: Path) -> None:
    with Influx(tmp_path / "influx") as influx, closing(reader(influx.url)) as asking:
        influx.write(f"air x=1 {T}")
        influx.kill()
        with pytest.raises(StoreBusy, match="answers 502: Bad Gateway"):
            asking.newest("air", {})
        influx.start()
        assert asking.newest("air", {}) == T


def test_nobody_there_is_busy_with_words() -> None:
    with closing(reader("http://127.0.0.1:1")) as asking, pytest.raises(StoreBusy) as caught:
        asking.newest("air", {})

    assert "is InfluxDB running" in str(caught.value)


def test_a_server_that_is_silent_is_busy() -> None:
    with (
        Answering(lambda _: Answer(hangs=True)) as server,
        closing(InfluxReader(server.url, "o", "b", None, patience=0.2)) as asking,
        pytest.raises(StoreBusy),
    ):
        asking.newest("air", {})


def _result(error: str) -> dict[str, Any]:
    return {"results": [{"statement_id": 0, "error": error}]}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (503, b""),
        (429, {"message": "slow down"}),
        (408, b""),
        (500, {"error": "engine: error"}),
        (200, _result("query-timeout limit exceeded")),
        (200, _result("query interrupted")),
        (200, {"error": "timeout"}),
    ],
)
def test_what_passes_by_itself_is_busy(status: int, body: object) -> None:
    assert isinstance(told(status, body), StoreBusy)


def test_a_server_may_say_how_long_to_wait() -> None:
    error = told(503, b"", Retry_After="7")

    assert isinstance(error, StoreBusy)
    assert error.after == 7


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (401, {"code": "unauthorized", "message": "unauthorized access"}, "store.token_file"),
        (403, {"error": "gw not authorized"}, "store.token_file"),
        (404, {"code": "not found", "message": "database not found: city"}, "dbrp create"),
        (404, b"404 page not found\n", "is this an InfluxDB"),
        (200, _result("database not found: city"), "dbrp create"),
        (200, _result("authorization failed"), "store.token_file"),
        (400, {"error": "error parsing query: found X"}, "found X"),
        (302, b"", "is this an InfluxDB"),
        (200, b"<html>log in</html>", "is this an InfluxDB"),
        (200, b"[1]", "is this an InfluxDB"),
        (200, b'{"results":[{"series":[{"values":[[1]]}]}]}', "is this an InfluxDB"),
        (200, b'{"results":' + b"[" * 100_000, "is this an InfluxDB"),
    ],
)
def test_what_needs_a_person_is_denied_in_words(status: int, body: object, words: str) -> None:
    error = told(status, body)

    assert isinstance(error, StoreDenied)
    assert words in str(error)


def test_what_a_server_says_cannot_steer_a_terminal() -> None:
    error = told(200, _result("\x1b[2J\x07gone\r\n"))

    assert str(error).isprintable()


@pytest.mark.parametrize("token", ["s3c\nret", "tökén", "a\x00b"])
def test_a_token_that_can_be_none_is_not_quoted(token: str) -> None:
    with closing(reader("http://127.0.0.1:1", token=token)) as asking:
        with pytest.raises(StoreDenied) as caught:
            asking.newest("air", {})
        assert token[:3] not in str(caught.value)
