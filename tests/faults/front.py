"""The front: an HTTP proxy before the database, which answers as a database in trouble does.

It listens on a real socket and forwards what it lets pass. What InfluxDB 1.x says in each case it
says in the same words.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import select
import socket
import struct
import threading
from collections import Counter
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

EACH_LINES: Final = 5000
"""Of so many different lines one is refused, while lines are."""

_FIRST_LINES: Final = 10
"""The first line to be refused is one of so many."""

LARGEST_BODY: Final = 1000
"""Bytes of a body that is taken while large ones are not; a single line always is."""

AFTER_SECONDS: Final = 1
"""What every second answer that asks for patience says in `Retry-After`."""

_STORED: Final = 204
_PATIENCE: Final = 30.0
_GLANCE: Final = 0.05
_WRITES: Final = ("/api/v2/write", "/write")
_PASSED_ON: Final = ("content-type", "retry-after", "x-influxdb-version", "x-influxdb-error")


class Trouble(StrEnum):
    """What becomes of requests.

    Attributes:
        PASS: They reach the database, and its answers the client.
        UNAVAILABLE: Each is answered with 503, every second time with `Retry-After`.
        BUSY: The same with 429.
        DENIED: Each is answered with 401.
        ABSENT: Each is answered with 404: there is no such database.
        HANG: None is ever answered, also not when the trouble is over.
        DROP: Its connection is reset before the database hears of it.
        DEAF: Its connection is reset after the database has done it.
        REFUSE: One new line in 5,000 is refused (400), the others of that write are stored. It is
            the same line however often it comes; when the trouble is over, it is taken.
        LARGE: Bodies of more than one line above a size are refused (413).
    """

    PASS = "pass"  # noqa: S105 - no password
    UNAVAILABLE = "503"
    BUSY = "429"
    DENIED = "401"
    ABSENT = "404"
    HANG = "hang"
    DROP = "drop"
    DEAF = "deaf"
    REFUSE = "400"
    LARGE = "413"


_WORDS: Final = {
    Trouble.UNAVAILABLE: "service unavailable",
    Trouble.BUSY: "too many requests",
    Trouble.DENIED: "authorization failed",
    Trouble.ABSENT: 'database not found: "city"',
    Trouble.LARGE: "Request Entity Too Large",
    Trouble.REFUSE: "partial write: field type conflict: input field on measurement is of type"
    " float, already exists as type string",
}


class _Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class _Picky:
    """Chooses the lines to refuse, once for each different line that is not in the database."""

    def __init__(self, salt: int, taken: Iterable[bytes]) -> None:
        self._place = salt % _FIRST_LINES
        self._taken = frozenset(taken)
        self._seen: set[bytes] = set()
        self._refused: set[bytes] = set()
        self._lock = threading.Lock()

    def sort(self, lines: list[bytes]) -> tuple[list[bytes], int]:
        """Return the lines that may be stored, and how many may not."""
        with self._lock:
            for line in lines:
                if line not in self._seen and line not in self._taken:
                    if len(self._seen) % EACH_LINES == self._place:
                        self._refused.add(line)
                    self._seen.add(line)
            good = [line for line in lines if line not in self._refused]
            return good, len(lines) - len(good)


class Front:
    """Stands before the database at `target`, in threads of its own.

    Attributes:
        url: Where clients find it.
        bites: How often each trouble befell somebody; of `REFUSE` how many lines, each time.
    """

    def __init__(self, target: str) -> None:
        """Listen at once; `start` begins to answer."""
        self.bites: Counter[Trouble] = Counter()
        self._target = urlsplit(target).netloc
        self._taken: set[bytes] = set()
        self._now = (Trouble.PASS, _Picky(0, ()))
        self._stopping = threading.Event()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_GLANCE,), name="front", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def become(self, trouble: Trouble, salt: int = 0) -> None:
        """Change what becomes of requests from now on; `salt` chooses the lines to refuse."""
        self._now = (trouble, _Picky(salt, list(self._taken)))

    def stop(self) -> None:
        """Answer nobody any more."""
        self._stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def answer(self, request: _Request, body: bytes) -> _Answer | None:
        """Answer a request; None where its connection is to be reset."""
        trouble, picky = self._now
        if _concerns(trouble, request, body):
            if trouble is Trouble.REFUSE:
                return self._refuse(request, body, picky)
            if trouble is Trouble.HANG:
                self._hang(request)
            if trouble is Trouble.DEAF and self._forward(request, body) is None:
                return None
            self.bites[trouble] += 1
            return _error(trouble, self.bites[trouble]) if trouble in _WORDS else None
        return self._forward(request, body)

    def _hang(self, request: _Request) -> None:
        """Let a client wait until it gives up."""
        while not self._stopping.is_set() and not request.abandoned():
            pass

    def _refuse(self, request: _Request, body: bytes, picky: _Picky) -> _Answer | None:
        good, bad = picky.sort(body.splitlines())
        if not bad:
            return self._forward(request, body)
        answer = self._forward(request, b"\n".join(good)) if good else None
        if good and (answer is None or answer.status // 100 != 2):
            return answer
        self.bites[Trouble.REFUSE] += bad
        return _error(Trouble.REFUSE, bad)

    def _forward(self, request: _Request, body: bytes) -> _Answer | None:
        """Let the database answer; None where it can't be reached."""
        unchanged = ("authorization", "accept", "content-type")
        headers = {name: request.headers[name] for name in unchanged if name in request.headers}
        connection = HTTPConnection(self._target, timeout=_PATIENCE)
        try:
            connection.request(request.command, request.path, body, headers)
            response = connection.getresponse()
            passed = {name: value for name in _PASSED_ON if (value := response.headers[name])}
            answer = _Answer(response.status, passed, response.read())
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()
        self.bites[Trouble.PASS] += 1
        if answer.status == _STORED:
            self._taken.update(body.splitlines())
        return answer


class _Server(ThreadingHTTPServer):
    """Hands each connection to a thread."""

    def __init__(self, front: Front) -> None:
        self.front = front
        super().__init__(("127.0.0.1", 0), _Request)

    def handle_error(self, *_: object) -> None:
        """Let a client go that went in the middle of a request."""


class _Request(BaseHTTPRequestHandler):
    """One connection, request by request."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        """Answer a request of whatever method."""
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        answer = self.server.front.answer(self, body)
        if answer is None:
            self._reset()
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != _STORED:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def abandoned(self) -> bool:
        """Wait a moment, and say whether the client has gone."""
        return bool(select.select([self.connection], [], [], _GLANCE)[0])

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _reset(self) -> None:
        """Close without a goodbye: the client gets an RST."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with contextlib.suppress(OSError):
            self.connection.close()


def _concerns(trouble: Trouble, request: _Request, body: bytes) -> bool:
    """Say whether a request has anything to do with a trouble."""
    if trouble is Trouble.LARGE and (len(body) <= LARGEST_BODY or b"\n" not in body.strip()):
        return False
    only_writes = trouble in {Trouble.REFUSE, Trouble.LARGE}
    return trouble is not Trouble.PASS and (not only_writes or request.path.startswith(_WRITES))


def _error(trouble: Trouble, number: int) -> _Answer:
    """Say it as InfluxDB does; `number` is which answer it is, or how many lines are refused."""
    headers = {"Content-Type": "application/json"}
    if trouble in {Trouble.UNAVAILABLE, Trouble.BUSY} and number % 2:
        headers["Retry-After"] = str(AFTER_SECONDS)
    words = _WORDS[trouble] + (f" dropped={number}" if trouble is Trouble.REFUSE else "")
    return _Answer(int(trouble), headers, json.dumps({"error": words}).encode())
