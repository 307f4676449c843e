"""A server that answers a write as it is told to: what no real InfluxDB does on command."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class Answer:
    """One answer; `hangs` sends none before the server ends, `drops` closes the connection."""

    status: int = 204
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    drops: bool = False


class Answering:
    """An HTTP server on 127.0.0.1 that hands each write to a function of the test.

    Attributes:
        writes: The lines of each write, as they came.
        tokens: What each write showed as Authorization.
    """

    def __init__(self, answer: Callable[[list[str]], Answer]) -> None:
        """Answer whatever `answer` says to the lines of a write."""
        self.writes: list[list[str]] = []
        self.tokens: list[str | None] = []
        self._ended = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                lines = self.rfile.read(length).decode().split("\n")
                outer.writes.append(lines)
                outer.tokens.append(self.headers["Authorization"])
                told = answer(lines)
                if told.hangs:
                    outer._ended.wait()
                if told.drops or told.hangs:
                    self.close_connection = True
                    return
                self.send_response(told.status)
                for name, value in told.headers.items():
                    self.send_header(name, value)
                if told.status != 204:
                    self.send_header("Content-Length", str(len(told.body)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(told.body)

            def log_message(self, *_: Any) -> None:  # noqa: ANN401 - as its parent has it
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
