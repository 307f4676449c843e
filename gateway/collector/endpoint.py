"""The `/query` of an InfluxDB: a statement goes in, tables come out, or an error that says why not.

Answers are read in pieces, so that a year of them is never in memory at once; and an answer that
breaks off is none: half a ledger would call the other half lost.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError, SSLError

from gateway.collector.answers import find_words, plain, retry_after, silence
from gateway.errors import StoreBusy, StoreDenied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.collector.points import Fields, Tags

CONNECT_SECONDS: Final = 5.0
"""A server that takes longer than this to take a connection is not there."""

ANSWER_SECONDS: Final = 60.0
"""How long the server may think, and how long it may pause between two pieces of an answer."""

CHUNK: Final = 10_000
"""Rows of one piece of an answer."""

LARGEST_PIECE: Final = 64 << 20
"""Bytes of a piece beyond which this is no InfluxDB that cuts its answers into pieces."""

_OK: Final = 200
_REFUSED: Final = frozenset({400, 404})
_DENIED: Final = frozenset({401, 403})
_PASSING: Final = frozenset({408, 429})
_SERVER: Final = 500

_LATER: Final = (
    "limit exceeded", "timeout", "interrupted", "killed", "shutting down", "closed", "unavailable",
)  # fmt: skip
"""What an InfluxDB says that is too busy, or on its way down, even with status 200."""

_FOREIGN: Final = "check store.url: is this an InfluxDB?"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one series of an answer; a long series comes as several tables.

    Attributes:
        tags: What it was grouped by, sorted by key; empty values are left out.
        columns: What the rows hold; of a SELECT, the first is `time`, in ms.
        rows: The values, None where a row has none.
    """

    tags: Tags
    columns: list[str]
    rows: list[list[Any]]

    def points(self) -> Iterator[tuple[Tags, int, Fields]]:
        """Give each row as a point: fields that it does not have are left out."""
        names = self.columns[1:]
        for time, *values in self.rows:
            pairs = zip(names, values, strict=True)
            yield self.tags, time, {name: value for name, value in pairs if value is not None}


class Endpoint:
    """The `/query` of one bucket; of 1.x, of one database."""

    def __init__(
        self, url: str, org: str, bucket: str, token: str | None, patience: float = ANSWER_SECONDS
    ) -> None:
        """Prepare to ask; nothing is reached before the first question.

        Args:
            url: Where it answers.
            org: The organisation, for errors: it is the token that says which one is asked.
            bucket: The bucket, or the database that is mapped to it.
            token: A token that may read; of 1.8, `user:password`; None where nobody asks for one.
            patience: Seconds of silence after which it is not there.
        """
        self._url = url.rstrip("/")
        self._org = org
        self._bucket = bucket
        self._token = token
        self._patience = patience
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=patience)
        self._pool = urllib3.PoolManager(retries=False, timeout=timeout)

    def ask(self, statement: str) -> Iterator[Table]:
        """Put one question and iterate over the answer.

        Raises:
            StoreBusy: There is no answer now, or it broke off.
            StoreDenied: It does not let us in, the bucket is not there, or it is no InfluxDB.
        """
        with self._answer(statement) as answer:
            more = True
            for line in self._pieces(answer):
                try:
                    tables, error, more = _read(json.loads(line))
                except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
                    raise self._foreign(find_words(bytes(line))) from None
                yield from tables
                if error:
                    raise self._no(error)
            if more:
                raise StoreBusy(f"{self._url} broke off in the middle of an answer")

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    @contextmanager
    def _answer(self, statement: str) -> Iterator[urllib3.BaseHTTPResponse]:
        """Send the question, and turn whatever goes wrong until its end into what it means."""
        form = {
            "db": self._bucket,
            "q": statement,
            "epoch": "ms",
            "chunked": "true",
            "chunk_size": str(CHUNK),
        }
        try:
            answer = self._pool.request(
                "POST",
                f"{self._url}/query",
                fields=form,
                encode_multipart=False,
                headers=self._headers(),
                preload_content=False,
                redirect=False,
            )
            try:
                self._check(answer)
                yield answer
                answer.release_conn()
            finally:
                answer.close()
        except SSLError as error:
            raise StoreDenied(
                f"{self._url}: {plain(str(error))}",
                "its certificate is not believed: check store.url",
            ) from None
        except ReadTimeoutError:
            raise StoreBusy(
                f"{self._url} took the question and did not answer within {self._patience:g} s",
                "it hangs, or has too much to do: look at its log, its memory and its disk",
            ) from None
        except (HTTPError, OSError) as error:
            raise StoreBusy(
                f"{self._url} does not answer: {silence(error)}",
                "is InfluxDB running, and store.url right?",
            ) from None

    def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json"}
        if self._token:
            # Whatever is no header would be quoted in the error that says so.
            if not (self._token.isascii() and self._token.isprintable()):
                raise StoreDenied(
                    "the token holds a character that no token holds",
                    "store.token_file must hold the token on one line, and nothing else",
                )
            headers["Authorization"] = f"Token {self._token}"
        return headers

    def _pieces(self, answer: urllib3.BaseHTTPResponse) -> Iterator[bytearray]:
        """Cut an answer into its lines, each a whole JSON document."""
        rest = bytearray()
        for block in answer.stream(1 << 16):
            rest += block
            *lines, rest = rest.split(b"\n")
            yield from filter(None, lines)
            if len(rest) > LARGEST_PIECE:
                raise self._foreign(f"more than {LARGEST_PIECE} bytes in one piece")
        if rest:
            yield rest

    def _check(self, answer: urllib3.BaseHTTPResponse) -> None:
        """Raise what an answer means that is no answer to a question."""
        status = answer.status
        if status == _OK:
            return
        words = find_words(answer.read(1 << 16)) or plain(answer.reason or "")
        what = f"{self._url} answers {status}: {words}"
        if status in _PASSING or status >= _SERVER:
            raise StoreBusy(what, after=retry_after(answer.headers))
        if status in _DENIED:
            raise StoreDenied(what, self._let_in)
        if status in _REFUSED:
            raise self._no(words)
        raise StoreDenied(what, _FOREIGN)

    def _no(self, words: str) -> StoreBusy | StoreDenied:
        """Turn into an error what InfluxDB itself says, for some of it with status 200."""
        text = words.lower()
        what = f"{self._url} answers: {plain(words)}"
        if "database not found" in text or "retention policy not found" in text:
            bucket = self._bucket
            return StoreDenied(
                what,
                f"make the database {bucket}; on InfluxDB 2 the bucket, in {self._org}, and map it:"
                f" influx v1 dbrp create --default --db {bucket} --rp autogen --bucket-id …",
            )
        if "authoriz" in text or "authentic" in text or "permission" in text:
            return StoreDenied(what, self._let_in)
        if any(sign in text for sign in _LATER):
            return StoreBusy(what)
        return StoreDenied(what, _FOREIGN)

    def _foreign(self, words: str) -> StoreDenied:
        return StoreDenied(f"{self._url} answers what is no answer: {words}", _FOREIGN)

    @property
    def _let_in(self) -> str:
        return f"store.token_file must hold a token that may read {self._bucket}"


def _read(document: dict[str, Any]) -> tuple[list[Table], str, bool]:
    """Read one piece: its rows, what went wrong, and whether more must follow."""
    if error := document.get("error"):
        return [], str(error), False
    tables: list[Table] = []
    error, more = "", False
    for result in document["results"]:
        error = error or str(result.get("error", ""))
        more = more or bool(result.get("partial"))
        for series in result.get("series", ()):
            tags = sorted((str(key), str(value)) for key, value in series.get("tags", {}).items())
            rows = series.get("values", [])
            tables.append(Table(tuple(tag for tag in tags if tag[1]), series["columns"], rows))
    return tables, error, more
