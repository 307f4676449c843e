"""A real InfluxDB for tests: Debian's 1.6.7, with nginx in front.

1.6.7 lacks `/api/v2/write`, which is built in from 1.8 on. nginx maps it to `/write`, in one line,
so that influxdb-client writes to it as it writes to a newer one. Everything else passes through.

    def test_something(tmp_path: Path) -> None:
        with Influx(tmp_path / "influx") as influx:
            ... influx.url ...                  # what a collector or Grafana is told
            influx.query("SELECT * FROM air")   # rows as dictionaries
            influx.kill()                       # SIGKILL
            influx.start()                      # the same port, the same data
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any, Final, Self

from tests.broker import free_port
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

DATABASE: Final = "city"

_PATIENCE: Final = 20.0
_PATH: Final = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"

_INFLUX: Final = """\
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
  auth-enabled = {auth}
[monitor]
  store-enabled = false
[retention]
  check-interval = "1s"
[logging]
  level = "warn"
"""

_NGINX: Final = """\
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_max_body_size 32m;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream influx {{ server 127.0.0.1:{port}; keepalive 16; }}
  server {{
    listen 127.0.0.1:{front};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    location / {{ proxy_pass http://influx; }}
    location = /api/v2/write {{
      rewrite ^ /write?db=$arg_bucket&precision=$arg_precision? break;
      proxy_pass http://influx;
    }}
  }}
}}
"""


class Influx:
    """One InfluxDB on 127.0.0.1 with the database `city`.

    Attributes:
        folder: Where all of it lies.
        port: The port of the database itself, also after it comes back.
        url: Where a client finds it: nginx, which stays when the database is killed.
    """

    def __init__(self, folder: Path, *, auth: bool = False) -> None:
        """Choose ports and write both configurations; `start` or `with` begins."""
        self.folder = folder
        self.port = free_port()
        front = free_port()
        self.url = f"http://127.0.0.1:{front}"
        self._database: subprocess.Popen[bytes] | None = None
        self._front: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        text = _INFLUX.format(
            folder=folder, port=self.port, rpc=free_port(), auth=str(auth).lower()
        )
        (folder / "influxdb.conf").write_text(text, encoding="ascii")
        root = "user root;" if os.geteuid() == 0 else ""
        text = _NGINX.format(folder=folder, port=self.port, front=front, user=root)
        (folder / "nginx.conf").write_text(text, encoding="ascii")

    @property
    def pid(self) -> int:
        """The process id of the database; 0 where it does not run."""
        return self._database.pid if self._database else 0

    @property
    def code(self) -> int | None:
        """How the database ended by itself; None while it runs, or where it was ended."""
        return self._database.poll() if self._database else None

    def begin(self) -> None:
        """Start what does not run; the database answers when it is ready."""
        if self._front is None:
            self._front = self._run("nginx", "-p", str(self.folder), "-c", "nginx.conf")
        assert self._database is None, "it runs already"
        self._database = self._run("influxd", "-config", str(self.folder / "influxdb.conf"))

    def start(self) -> None:
        """Start what does not run, and return once the database answers."""
        self.begin()
        until(self._answers, _PATIENCE, "InfluxDB answering")
        self.execute(f'CREATE DATABASE "{DATABASE}"')

    def kill(self) -> None:
        """End the database at once (SIGKILL); nginx stays and answers 502."""
        _end(self._database, signal.SIGKILL)
        self._database = None

    def freeze(self) -> None:
        """Let the database hang (SIGSTOP)."""
        assert self._database is not None
        self._database.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on (SIGCONT)."""
        assert self._database is not None
        self._database.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """End both, whatever state they are in."""
        self.kill()
        _end(self._front, signal.SIGTERM)
        self._front = None

    def execute(self, statement: str) -> list[dict[str, Any]]:
        """Run InfluxQL, past nginx, and return the series of the answer as InfluxDB tells them.

        Raises:
            AssertionError: It answers with an error.
        """
        parameters = urllib.parse.urlencode({"q": statement, "db": DATABASE, "epoch": "ms"})
        url = f"http://127.0.0.1:{self.port}/query"
        request = urllib.request.Request(url, parameters.encode())
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - the same
            (result,) = json.load(answer)["results"]
        assert "error" not in result, f"{statement}: {result['error']}"
        series: list[dict[str, Any]] = result.get("series", [])
        return series

    def query(self, statement: str) -> list[dict[str, Any]]:
        """Run InfluxQL and return its rows, each with the tags that it was grouped by."""
        return [
            dict(zip(series["columns"], values, strict=True)) | series.get("tags", {})
            for series in self.execute(statement)
            for values in series.get("values", [])
        ]

    def write(self, *lines: str) -> None:
        """Write line protocol with times in ms."""
        url = f"http://127.0.0.1:{self.port}/write?db={DATABASE}&precision=ms"
        request = urllib.request.Request(url, "\n".join(lines).encode())
        urllib.request.urlopen(request, timeout=_PATIENCE).close()  # noqa: S310 - the same

    def _answers(self) -> bool:
        assert self._database is not None
        assert self._database.poll() is None, f"InfluxDB ended: {self.log()}"
        try:
            urllib.request.urlopen(f"{self.url}/ping", timeout=1).close()  # noqa: S310 - our own
        except (OSError, urllib.error.URLError):
            return False
        return True

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        found = shutil.which(program, path=_PATH)
        assert found is not None, f"{program} is not installed"
        with (self.folder / "servers.log").open("ab") as log:
            return subprocess.Popen(
                [found, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def log(self) -> str:
        """Return the end of what both servers said."""
        return (self.folder / "servers.log").read_text(encoding="utf-8", errors="replace")[-2000:]

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self.stop()


def _end(process: subprocess.Popen[bytes] | None, how: signal.Signals) -> None:
    if process is not None:
        process.send_signal(how)
        process.send_signal(signal.SIGCONT)
        process.wait(_PATIENCE)
