"""The InfluxDB store: lines over HTTP, and what each answer of the server means.

Only 204 is a yes: whatever else answers 200 is no InfluxDB, or one that could not do it. An answer
that never came is a no, though the lines may be there: written again, they are the same points.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any, Final

import urllib3
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService

from gateway.collector import lines
from gateway.collector.answers import find_words, is_influx, plain, retry_after, silence
from gateway.collector.influxql import InfluxReader
from gateway.collector.pulse import UNWATCHED
from gateway.collector.store import Refusal
from gateway.errors import ConfigError, StoreBusy, StoreDenied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gateway.collector.points import Point
    from gateway.config.collector import InfluxStore as Settings
    from schemas.batch import Batch

ANSWER_SECONDS: Final = 20.0
"""How long a write may take; after that it is tried again."""

_STORED: Final = 204
_TOO_LARGE: Final = 413
_REFUSED: Final = frozenset({400, 422})
_PASSING: Final = frozenset({408, 429})
_SERVER: Final = 500
_GATEWAYS: Final = frozenset({502, 504})

_REMEDIES: Final = {
    "retention policy": "these readings are older than the database keeps: lengthen its retention"
    " (1.x: ALTER RETENTION POLICY; 2.x: influx bucket update --retention)",
    "type conflict": "somebody else has written that field as another type: take it out of that"
    " measurement",
}
"""Words of InfluxDB's about a point that it refuses, and what a person can do about it."""

_DROPPED: Final = re.compile(r"dropped=(\d+)")
"""How many points of a write InfluxDB did not take, where it says so."""


class _Refused(Exception):
    """The server takes these lines in no case, or not all of them, or not so many at a time."""

    def __init__(self, reason: str, lines: int, *, by_size: bool) -> None:
        super().__init__(reason)
        remedy = next((remedy for words, remedy in _REMEDIES.items() if words in reason), "")
        self.reason = f"{reason} ({remedy})" if remedy else reason
        dropped = _DROPPED.search(reason)
        every_one = dropped is not None and int(dropped[1]) == lines and not by_size
        self.whole = lines == 1 or every_one


class InfluxStore:
    """A bucket of an InfluxDB 1.8, 1.11 or later, or 2, for any number of threads.

    Attributes:
        writers: Two: while one write waits for the disk of the database, the next is on its way.
        tellers: Two, for the same reason: readings need not wait until others are told of.
    """

    def __init__(self, settings: Settings) -> None:
        """Prepare to write; nothing is reached, and no token read, before the first write."""
        self.writers = 2
        self.tellers = 2
        self._settings = settings
        self._most = settings.write_rows
        self._client: InfluxDBClient | None = None
        self._lock = threading.Lock()

    def rows(self, gateway: str, batch: Batch) -> list[str]:
        """Write each reading of a batch as a line."""
        return lines.of_batch(gateway, batch)

    def row(self, point: Point) -> str:
        """Write a point as a line."""
        return lines.of_point(point)

    def write(
        self, rows: Sequence[str], alive: Callable[[], None] = UNWATCHED.beat, /
    ) -> list[Refusal]:
        """Store lines; return those that the server refuses even where they come alone.

        Raises:
            StoreBusy: It is not there, too slow, or asks to wait.
            StoreDenied: The token, the organisation or the bucket is wrong, or it is no InfluxDB.
        """
        refusals: list[Refusal] = []
        most = self._most
        for at in range(0, len(rows), most):
            refusals += self._write(rows[at : at + most], at, alive)
        # Only a write as large as may be shows that more would go; the other lane may know better.
        if len(rows) >= most == self._most:
            self._most = min(2 * most, self._settings.write_rows)
        return refusals

    def newest(self, measurement: str, tags: Mapping[str, str]) -> int | None:
        """Return the time of the newest point with these tags among others, or None."""
        settings = self._settings
        reader = InfluxReader(settings.url, settings.org, settings.bucket, self._token() or None)
        try:
            return reader.newest(measurement, tags)
        finally:
            reader.close()

    def close(self) -> None:
        """Close the connections; the token is read anew when the next write makes new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()  # type: ignore[no-untyped-call]

    def _write(self, rows: Sequence[str], at: int, alive: Callable[[], None]) -> Iterator[Refusal]:
        """Store rows, the first of which has the place `at`; halve what is refused."""
        try:
            self._post(rows)
            alive()
        except _Refused as no:
            alive()
            if no.whole:
                yield from (Refusal(place, no.reason) for place in range(at, at + len(rows)))
                return
            half = len(rows) // 2
            yield from self._write(rows[:half], at, alive)
            yield from self._write(rows[half:], at + half, alive)

    def _post(self, rows: Sequence[str]) -> None:
        body = "\n".join(rows).encode(errors="replace")
        service = self._connected()
        try:
            _, status, _ = service.post_write_with_http_info(
                self._settings.org,
                self._settings.bucket,
                body,
                precision="ms",
                content_type="text/plain; charset=utf-8",
            )
            text, after, error_body = "", None, ""
        except ApiException as error:
            status, text, after = error.status, _words(error), retry_after(error.headers or {})
            error_body = error.body if isinstance(error.body, str) else ""
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            if isinstance(error, urllib3.exceptions.ReadTimeoutError):
                # Else what takes too long would be sent again, as long as ever, for ever.
                self._most = min(self._most, max(len(rows) // 2, 1))
            raise StoreBusy(
                f"{self._settings.url} does not answer: {silence(error)}",
                "is InfluxDB running, and the address right?",
            ) from None
        if status == _STORED:
            return
        if status == _TOO_LARGE or (status in _REFUSED and is_influx(error_body)):
            raise _Refused(text, len(rows), by_size=status == _TOO_LARGE)
        where = f"{self._settings.url} answers {status}: {text}"
        if status in _PASSING or status >= _SERVER:
            remedy = "is InfluxDB running behind what answers?" if status in _GATEWAYS else ""
            raise StoreBusy(where, remedy, after)
        self.close()
        raise StoreDenied(where, self._remedy(status, text))

    def _remedy(self, status: int, text: str) -> str:
        bucket = self._settings.bucket
        match status:
            case 0:
                return "the certificate of the server is not believed: check store.url"
            case 401 | 403:
                return (
                    f"store.token_file must hold a token that may read and write {bucket};"
                    " it is read anew at each try"
                )
            case 404 if "page not found" in text:
                return "InfluxDB before 1.8 has no /api/v2/write: use a newer one"
            case 404:
                return (
                    f"make the bucket {bucket} in organisation {self._settings.org}"
                    f" (1.x: CREATE DATABASE {bucket}), or correct store.bucket and store.org"
                )
            case _:
                return "only 204 means that it is stored: is this an InfluxDB?"

    def _connected(self) -> Any:  # noqa: ANN401 - the generated service has no types
        """Return what writes; another thread may close it meanwhile, and a later one anew."""
        with self._lock:
            if self._client is None:
                self._client = InfluxDBClient(
                    self._settings.url.rstrip("/"),
                    self._token(),
                    org=self._settings.org,
                    timeout=int(ANSWER_SECONDS * 1000),
                    connection_pool_maxsize=self.writers + self.tellers,
                )
            return WriteService(self._client.api_client)  # type: ignore[no-untyped-call]

    def _token(self) -> str:
        try:
            return self._settings.token()
        except ConfigError as error:
            raise StoreDenied(error.what, error.remedy) from None


def _words(error: ApiException) -> str:
    """Find what the server says; where that is a web page, its status has to do."""
    body = error.body if isinstance(error.body, str) else ""
    return find_words(body) or plain(str(error.reason or "no reason given"))
