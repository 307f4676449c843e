"""The front is the database in trouble that it is told to be; behind it stands a real one."""

from __future__ import annotations

import socket
from http.client import HTTPConnection
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.faults.front import EACH_LINES, LARGEST_BODY, Front, Trouble
from tests.influx import Influx

if TYPE_CHECKING:
    from collections.abc import Iterator

WRITE = "/api/v2/write?org=o&bucket=city&precision=ms"


@pytest.fixture(scope="module")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with Influx(tmp_path_factory.mktemp("front") / "influx") as running:
        yield running


@pytest.fixture
def front(influx: Influx) -> Iterator[Front]:
    influx.execute("DROP MEASUREMENT air")
    front = Front(influx.url)
    front.start()
    yield front
    front.stop()


class Said(NamedTuple):
    """What a front answered."""

    status: int
    retry_after: str | None
    text: str


class Client:
    """One connection, kept open as a client of InfluxDB keeps it."""

    def __init__(self, front: Front, timeout: float = 10.0) -> None:
        self._connection = HTTPConnection(front.url.removeprefix("http://"), timeout=timeout)

    def write(self, *lines: str) -> Said:
        return self.ask("POST", WRITE, "\n".join(lines).encode())

    def ask(self, method: str, path: str, body: bytes = b"") -> Said:
        self._connection.request(method, path, body)
        response = self._connection.getresponse()
        return Said(response.status, response.headers["Retry-After"], response.read().decode())

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def client(front: Front) -> Iterator[Client]:
    client = Client(front)
    yield client
    client.close()


def line(number: int) -> str:
    return f"air,device=pm-1 pn0_3={number}.0 {1764000000000 + number}"


def stored(influx: Influx) -> list[int]:
    return [int(row["pn0_3"]) for row in influx.query("SELECT pn0_3 FROM air")]


def test_what_passes_reaches_the_database_over_one_connection(
    front: Front, influx: Influx, client: Client
) -> None:
    assert client.write(line(1)).status == 204
    assert client.write(line(2)).status == 204
    assert client.ask("GET", "/ping").status == 204
    assert stored(influx) == [1, 2]
    assert front.bites == {Trouble.PASS: 3}


@pytest.mark.parametrize(
    ("trouble", "status", "words"),
    [
        (Trouble.UNAVAILABLE, 503, "unavailable"),
        (Trouble.BUSY, 429, "too many"),
        (Trouble.DENIED, 401, "authorization failed"),
        (Trouble.ABSENT, 404, "database not found"),
    ],
)
def test_a_database_that_says_no_stores_nothing(
    front: Front, influx: Influx, client: Client, trouble: Trouble, status: int, words: str
) -> None:
    front.become(trouble)
    answers = [client.write(line(1)) for _ in range(2)]
    assert [answer.status for answer in answers] == [status, status]
    assert all(words in answer.text for answer in answers)
    patient = [answer.retry_after for answer in answers]
    assert patient == (["1", None] if status in {503, 429} else [None, None])
    assert stored(influx) == []
    front.become(Trouble.PASS)
    assert client.write(line(1)).status == 204
    assert stored(influx) == [1]


def test_whoever_hangs_hangs_for_ever_and_nothing_is_stored(front: Front, influx: Influx) -> None:
    front.become(Trouble.HANG)
    client = Client(front, timeout=0.3)
    with pytest.raises(TimeoutError):
        client.write(line(1))
    front.become(Trouble.PASS)
    client.close()
    assert stored(influx) == []


def test_a_connection_is_dropped_before_the_write_or_after_it(
    front: Front, influx: Influx, client: Client
) -> None:
    for trouble, kept in ((Trouble.DROP, []), (Trouble.DEAF, [1])):
        front.become(trouble)
        with pytest.raises((ConnectionResetError, socket.timeout)):
            client.write(line(1))
        client.close()
        assert stored(influx) == kept
        assert front.bites[trouble] == 1


def test_one_line_in_5000_is_refused_as_often_as_it_comes_and_taken_afterwards(
    front: Front, influx: Influx, client: Client
) -> None:
    lines = [line(number) for number in range(2 * EACH_LINES)]
    front.become(Trouble.REFUSE, salt=3)
    for _ in range(2):
        answer = client.write(*lines)
        assert answer.status == 400
        assert "partial write" in answer.text
        assert answer.text.endswith('dropped=2"}')
    missing = set(range(2 * EACH_LINES)) - set(stored(influx))
    assert missing == {3, 3 + EACH_LINES}
    assert client.write(line(3)).status == 400
    assert client.write(line(4)).status == 204
    assert front.bites[Trouble.REFUSE] == 5
    front.become(Trouble.PASS)
    assert client.write(line(3)).status == 204
    assert len(stored(influx)) == 2 * EACH_LINES - 1


def test_what_the_database_has_is_not_refused_when_it_comes_again(
    front: Front, client: Client
) -> None:
    assert client.write(line(1)).status == 204
    front.become(Trouble.REFUSE)
    assert client.write(line(1)).status == 204
    assert client.write(line(1), line(2)).status == 400


def test_a_body_that_is_too_large_is_refused_whole_unless_it_is_one_line(
    front: Front, influx: Influx, client: Client
) -> None:
    front.become(Trouble.LARGE)
    lines = [line(number) for number in range(40)]
    assert sum(map(len, lines)) > LARGEST_BODY
    assert client.write(*lines).status == 413
    assert stored(influx) == []
    assert client.write(*lines[:10]).status == 204
    assert client.write(f'air,device=pm-1 text="{"x" * LARGEST_BODY}" 1').status == 204


def test_a_database_that_is_not_there_is_a_reset(front: Front) -> None:
    front.stop()
    lonely = Front(front.url)
    lonely.start()
    client = Client(lonely)
    with pytest.raises(ConnectionResetError):
        client.write(line(1))
    client.close()
    lonely.stop()
    assert not lonely.bites
