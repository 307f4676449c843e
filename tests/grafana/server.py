"""A small Grafana: its HTTP API as documented, as far as dashboards are pushed through it.

    with SmallGrafana() as grafana:
        ... grafana.url, grafana.token ...
        grafana.dashboards["uid"]     # what it holds
        grafana.edit("uid", "admin", title="…")
        grafana.writes                # what changed something: (method, path)

Source: Grafana documentation, HTTP API: Folder, Dashboard, Dashboard Versions, Data source, Health.
It keeps numbers and versions as Grafana does, answers 401, 403, 404 and 412, and adds to what is
saved what a real one adds.
"""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = tuple[int, Any]

TOKEN: Final = "glsa_fortestsonly"  # noqa: S105 - of a server that lives for one test


@dataclass(slots=True)
class Kept:
    """A dashboard with its history.

    Attributes:
        json: What it is now.
        folder: The folder it lies in.
        provisioned: Whether it comes from files.
        versions: Who saved it, with which words, oldest first.
    """

    json: dict[str, Any]
    folder: str
    provisioned: bool = False
    versions: list[tuple[str, str]] = field(default_factory=list)


class SmallGrafana:
    """A server on 127.0.0.1 in a thread of its own.

    Attributes:
        url: Where it is.
        token: The token that it takes.
        may_write: Whether that token has the role Editor.
        old_versions: Whether it lists versions as Grafana did before 11.
        folders: Titles by uid.
        dashboards: What it holds, by uid.
        datasources: The uids of its data sources; None where the token may not ask.
        writes: Every request that changed something.
        mischief: Answers instead of it, where set: status, type and body.
    """

    def __init__(self, below: str = "") -> None:
        """Hold nothing; `below` is the path that it is served under."""
        self.token = TOKEN
        self.may_write = True
        self.old_versions = False
        self.folders: dict[str, str] = {}
        self.dashboards: dict[str, Kept] = {}
        self.datasources: set[str] | None = {"simpang"}
        self.writes: list[tuple[str, str]] = []
        self.mischief: tuple[int, str, str] | None = None
        self.below = below
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}{self.below}"

    def edit(self, uid: str, by: str, **changes: object) -> None:
        """Let somebody save a dashboard in the browser."""
        kept = self.dashboards[uid]
        kept.json |= changes | {"version": kept.json["version"] + 1}
        kept.versions.append((by, ""))

    def answer(self, method: str, path: str, token: str, body: Any) -> Answer:  # noqa: ANN401 - JSON
        """Answer one request."""
        if (method, path) == ("GET", "/health"):
            return 200, {"commit": "0", "database": "ok", "version": "13.3.0"}
        if token != self.token:
            return 401, {"message": "Invalid API key"}
        for known, pattern, does in self._routes():
            if known == method and (match := re.fullmatch(pattern, path)):
                if method != "GET":
                    if not self.may_write:
                        return 403, {"message": "You'll need additional permissions"}
                    status, said = does(*match.groups(), body)
                    if status < 300:
                        self.writes.append((method, path))
                    return status, said
                return does(*match.groups())
        return 404, {"message": "Not found"}

    def _routes(self) -> list[tuple[str, str, Callable[..., Answer]]]:
        return [
            ("GET", r"/folders/([\w-]+)", self._folder),
            ("POST", r"/folders", self._create_folder),
            ("GET", r"/dashboards/uid/([\w-]+)", self._dashboard),
            ("GET", r"/dashboards/uid/([\w-]+)/versions\?limit=1", self._versions),
            ("POST", r"/dashboards/db", self._save),
            ("GET", r"/datasources/uid/([\w-]+)", self._datasource),
        ]

    def _folder(self, uid: str) -> Answer:
        if uid not in self.folders:
            return 404, {"message": "folder not found", "status": "not-found"}
        return 200, {"id": 1, "uid": uid, "title": self.folders[uid], "version": 1}

    def _create_folder(self, body: Any) -> Answer:  # noqa: ANN401 - JSON
        if body["uid"] in self.folders or body["title"] in self.folders.values():
            return 409, {"message": "a folder with the same name already exists"}
        self.folders[body["uid"]] = body["title"]
        return self._folder(body["uid"])

    def _dashboard(self, uid: str) -> Answer:
        if uid not in self.dashboards:
            return 404, {"message": "Dashboard not found"}
        kept = self.dashboards[uid]
        meta = {
            "type": "db", "canSave": True, "provisioned": kept.provisioned,
            "folderUid": kept.folder, "folderTitle": self.folders.get(kept.folder, ""),
            "version": kept.json["version"],
        }  # fmt: skip
        return 200, {"meta": meta, "dashboard": kept.json}

    def _versions(self, uid: str) -> Answer:
        if uid not in self.dashboards:
            return 404, {"message": "Dashboard not found"}
        history = [
            {"id": number, "uid": uid, "version": number, "createdBy": by, "message": message}
            for number, (by, message) in enumerate(self.dashboards[uid].versions, 1)
        ]
        last = history[-1:]
        return 200, last if self.old_versions else {"continueToken": "", "versions": last}

    def _save(self, body: Any) -> Answer:  # noqa: ANN401 - JSON
        dashboard, folder = body["dashboard"], body.get("folderUid", "")
        uid = dashboard["uid"]
        if folder and folder not in self.folders:
            return 400, {"message": "folder not found"}
        kept = self.dashboards.get(uid)
        if kept is not None and kept.provisioned:
            return 400, {"message": "Cannot save provisioned dashboard"}
        versions = (dashboard["version"], kept.json["version"]) if kept is not None else (0, 0)
        if not body["overwrite"] and versions[0] != versions[1]:
            return 412, {
                "status": "version-mismatch",
                "message": "The dashboard has been changed by someone else",
            }
        version = 1 if kept is None else kept.json["version"] + 1
        number = len(self.dashboards) + 1 if kept is None else kept.json["id"]
        # A real one adds its number, the version and defaults, and may leave out what is empty.
        saved = {
            key: value for key, value in json.loads(json.dumps(dashboard)).items() if value != []
        }
        saved |= {"id": number, "version": version, "fiscalYearStartMonth": 0}
        for panel in saved["panels"]:
            panel["pluginVersion"] = "13.3.0"
        history = [] if kept is None else kept.versions
        self.dashboards[uid] = Kept(
            saved, folder, versions=[*history, ("sa-1-simpang", body["message"])]
        )
        url = f"/d/{uid}/x"
        return 200, {"id": number, "uid": uid, "status": "success", "version": version, "url": url}

    def _datasource(self, uid: str) -> Answer:
        if self.datasources is None:
            return 403, {"message": "You'll need additional permissions"}
        if uid not in self.datasources:
            return 404, {"message": "Data source not found"}
        return 200, {"uid": uid, "type": "influxdb"}

    def __enter__(self) -> Self:
        """Start it."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(grafana: SmallGrafana) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._do()

        def do_POST(self) -> None:
            self._do()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def _do(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size) or b"null")
            prefix = f"{grafana.below}/api"
            status, kind, text = 404, "text/html", "<html>nothing here</html>"
            if grafana.mischief is not None:
                status, kind, text = grafana.mischief
            elif self.path.startswith(prefix):
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                status, said = grafana.answer(
                    self.command, self.path.removeprefix(prefix), token, body
                )
                kind, text = "application/json", json.dumps(said)
            elif self.path == "/":
                status = 200
            payload = text.encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", text)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

    return Handler
