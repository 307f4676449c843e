"""What compose.yaml makes before it starts: secrets, accounts, tokens."""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.deploy.centre import DEPLOY, prepare

if TYPE_CHECKING:
    from pathlib import Path

ACL = DEPLOY / "mosquitto" / "acl"
OWNERS = {"mosquitto": 1883, "influxdb": 1000, "grafana": 472, "collector": 10001}


def made(volumes: Path) -> dict[str, str]:
    return {
        path.relative_to(volumes).as_posix(): path.read_text("utf-8")
        for path in sorted(volumes.rglob("*"))
        if path.is_file()
    }


def secrets_of(volumes: Path) -> dict[str, str]:
    files = made(volumes)
    return {name: text.strip() for name, text in files.items() if re.search(r"\.\w+$", name)}


def test_the_first_start_makes_every_secret_at_random(tmp_path: Path) -> None:
    prepare(tmp_path / "a", "secrets", "--acl", str(ACL))
    prepare(tmp_path / "b", "secrets", "--acl", str(ACL))

    ours, theirs = secrets_of(tmp_path / "a"), secrets_of(tmp_path / "b")
    assert set(ours) == set(theirs) == {
        "collector/broker.password", "grafana/admin.password", "grafana/secret.key",
        "influxdb/admin.password", "influxdb/admin.token", "mosquitto/centre.password",
    }  # fmt: skip
    together = [*ours.values(), *theirs.values()]
    assert len(set(together)) == len(together)
    assert all(re.fullmatch(r"[0-9a-f]{48}", secret) for secret in together)


def test_only_the_service_that_needs_it_can_read_a_secret(tmp_path: Path) -> None:
    prepare(tmp_path, "secrets", "--acl", str(ACL))

    for path in tmp_path.rglob("*"):
        status = path.stat()
        assert stat.S_IMODE(status.st_mode) == (0o700 if path.is_dir() else 0o600), path
        if os.geteuid() == 0:
            service = path.relative_to(tmp_path).parts[0]
            assert status.st_uid == OWNERS[service], path


def test_no_password_of_the_broker_stands_anywhere_but_in_its_own_file(tmp_path: Path) -> None:
    prepare(tmp_path, "secrets", "--acl", str(ACL))
    for name, secret in secrets_of(tmp_path).items():
        allowed = {name} | ({"mosquitto/mosquitto_sub"} if "centre" in name else set())
        assert {file for file, text in made(tmp_path).items() if secret in text} == allowed


def test_every_other_start_changes_nothing_and_keeps_the_gateways(tmp_path: Path) -> None:
    prepare(tmp_path, "secrets", "--acl", str(ACL))
    prepare(tmp_path, "account", "gw-1")
    before = made(tmp_path)

    prepare(tmp_path, "secrets", "--acl", str(ACL))

    assert made(tmp_path) == before
    assert "gw-1:" in before["mosquitto/passwords"]


@pytest.mark.parametrize("gone", ["collector/broker.password", "mosquitto/passwords"])
def test_what_was_lost_is_made_again_and_fits(tmp_path: Path, gone: str) -> None:
    prepare(tmp_path, "secrets", "--acl", str(ACL))
    prepare(tmp_path, "account", "gw-1")
    (tmp_path / gone).unlink()

    prepare(tmp_path, "secrets", "--acl", str(ACL))

    users = [line.partition(":")[0] for line in made(tmp_path)["mosquitto/passwords"].splitlines()]
    assert users.count("collector-1") == 1
    again = made(tmp_path)
    prepare(tmp_path, "secrets", "--acl", str(ACL))
    assert made(tmp_path) == again


def test_an_acl_that_was_edited_comes_to_the_broker_with_the_next_start(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("user collector-2\n", "utf-8")
    prepare(tmp_path / "v", "secrets", "--acl", str(ACL))

    prepare(tmp_path / "v", "secrets", "--acl", str(acl))

    assert made(tmp_path / "v")["mosquitto/acl"] == "user collector-2\n"


def test_no_account_can_break_the_file_or_take_the_place_of_one_of_ours(tmp_path: Path) -> None:
    prepare(tmp_path, "secrets", "--acl", str(ACL))
    before = made(tmp_path)

    for name in ("GW", "a b", "a:b", "a\nb", "+", "collector-1", "centre", ""):
        with pytest.raises(subprocess.CalledProcessError) as error:
            prepare(tmp_path, "account", name)
        assert "can't be added" in error.value.stderr
        assert made(tmp_path) == before


def test_a_new_password_for_a_gateway_replaces_the_old_one(tmp_path: Path) -> None:
    first, second = (prepare(tmp_path, "account", "gw-1") for _ in range(2))

    assert first != second
    assert made(tmp_path)["mosquitto/passwords"].count("gw-1:") == 1


class Influx:
    """A small InfluxDB 2 that follows its documented API as far as tokens go."""

    def __init__(self, admin: str, *, buckets: tuple[str, ...] = ("city",)) -> None:
        """Know one token; `with` serves."""
        self.tokens: dict[str, set[str]] = {admin: {"read", "write", "admin"}}
        self.made: list[str] = []
        influx = self

        class Handler(BaseHTTPRequestHandler):
            """Answers as InfluxDB does."""

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def answer(self, status: int, document: object) -> None:
                """Answer with JSON."""
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def may(self, what: str) -> bool:
                """Say whether the token may do it; answer 401 if not."""
                token = self.headers.get("Authorization", "").removeprefix("Token ")
                if what in influx.tokens.get(token, ()):
                    return True
                self.answer(401, {"code": "unauthorized", "message": "unauthorized access"})
                return False

            def do_GET(self) -> None:
                """Find a bucket, or answer InfluxQL."""
                url = urlsplit(self.path)
                query = parse_qs(url.query)
                if url.path == "/query" and self.may("read"):
                    known = query["db"][0] in buckets
                    result = {} if known else {"error": "database not found"}
                    self.answer(200, {"results": [{"statement_id": 0, **result}]})
                elif url.path == "/api/v2/buckets" and self.may("admin"):
                    (name,), (org,) = query["name"], query["org"]
                    found = {"id": "b1", "orgID": "o1", "name": name}
                    known = name in buckets and org == "purbalingga"
                    self.answer(200, {"buckets": [found] if known else []})

            def do_POST(self) -> None:
                """Make a token."""
                body: Any = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if self.path == "/api/v2/authorizations" and self.may("admin"):
                    places = [one["resource"] for one in body["permissions"]]
                    assert all(p == {"type": "buckets", "id": "b1", "orgID": "o1"} for p in places)
                    token = secrets.token_urlsafe() + "=="
                    influx.tokens[token] = {one["action"] for one in body["permissions"]}
                    influx.made.append(body["description"])
                    self.answer(201, {"id": "a1", "token": token})

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        """Serve."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()


def admin_token(volumes: Path) -> str:
    prepare(volumes, "secrets", "--acl", str(ACL))
    return made(volumes)["influxdb/admin.token"].strip()


def test_collector_and_grafana_get_a_token_each_that_may_do_what_they_do(tmp_path: Path) -> None:
    with Influx(admin_token(tmp_path)) as influx:
        prepare(tmp_path, "tokens", "--url", influx.url)

        found = secrets_of(tmp_path)
        assert influx.tokens[found["collector/influx.token"]] == {"read", "write"}
        assert influx.tokens[found["grafana/influx.token"]] == {"read"}
        assert influx.made == ["simpang collector", "simpang grafana"]


def test_tokens_that_work_stay_and_those_of_a_lost_database_are_made_anew(tmp_path: Path) -> None:
    admin = admin_token(tmp_path)
    with Influx(admin) as influx:
        prepare(tmp_path, "tokens", "--url", influx.url)
        before = made(tmp_path)
        prepare(tmp_path, "tokens", "--url", influx.url)
        assert made(tmp_path) == before
    with Influx(admin) as influx:
        influx.made.append("another database counts on")
        prepare(tmp_path, "tokens", "--url", influx.url)
        assert len(influx.made) == 3
        assert influx.tokens[secrets_of(tmp_path)["grafana/influx.token"]] == {"read"}


def test_whoever_has_no_bucket_or_no_database_is_told_so_in_a_sentence(tmp_path: Path) -> None:
    admin = admin_token(tmp_path)
    with Influx(admin, buckets=()) as influx, pytest.raises(subprocess.CalledProcessError) as no:
        prepare(tmp_path, "tokens", "--url", influx.url)
    assert "no bucket city in purbalingga" in no.value.stderr
    with pytest.raises(subprocess.CalledProcessError) as gone:
        prepare(tmp_path, "tokens", "--url", influx.url)
    assert "refused" in gone.value.stderr
    assert admin not in no.value.stderr + gone.value.stderr
    assert "collector/influx.token" not in made(tmp_path)
