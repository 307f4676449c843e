#!/usr/bin/env python3
"""What compose.yaml needs before it can start: secrets, accounts of the broker, tokens.

    prepare.py secrets          what is missing is made, what is there stays
    prepare.py tokens           the same for InfluxDB, once it runs
    prepare.py account NAME     lets a gateway into the broker; its password goes to stdout, once
    prepare.py remove NAME      lets it in no more

Each service has a volume of its own below /secrets and sees no other. Nothing has a default
password, and no secret stands in an argument, a log or an environment.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

OWNERS = {"mosquitto": 1883, "influxdb": 1000, "grafana": 472, "collector": 10001}
"""Who reads a volume: the user that the service's image runs as."""

RANDOM = {
    "influxdb": ("admin.password", "admin.token"),
    "grafana": ("admin.password", "secret.key"),
}
ACCOUNTS = {
    "collector-1": "collector/broker.password",
    "centre": "mosquitto/centre.password",
}
"""The broker's users besides the gateways (deploy/mosquitto/acl), and where each password lies."""

TOKENS = {"collector/influx.token": ("read", "write"), "grafana/influx.token": ("read",)}
"""What each may do with the bucket."""

A_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")
PATIENCE = 10.0


class Trouble(Exception):
    """What a person has to know, in a sentence."""


class Volumes:
    """The volumes below one folder."""

    def __init__(self, folder: Path) -> None:
        """Look below `folder`."""
        self._folder = folder

    def path(self, name: str) -> Path:
        """Give the path of a file such as `grafana/secret.key`."""
        return self._folder / name

    def read(self, name: str) -> str:
        """Read a file; empty where there is none."""
        try:
            return self.path(name).read_text("utf-8").strip()
        except FileNotFoundError:
            return ""

    def write(self, name: str, text: str) -> None:
        """Write a file that only its service can read, whole or not at all."""
        service = name.partition("/")[0]
        folder = self._folder / service
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = self.path(f"{name}.tmp")
        unfinished.unlink(missing_ok=True)
        unreadable = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(unreadable, "w") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        if os.geteuid() == 0:
            os.chown(folder, OWNERS[service], OWNERS[service])
            os.chown(unfinished, OWNERS[service], OWNERS[service])
        folder.chmod(0o700)
        unfinished.rename(self.path(name))

    def secret(self, name: str) -> str:
        """Give a secret; made where it is missing."""
        if not self.read(name):
            self.write(name, secrets.token_hex(24))
        return self.read(name)


# -- the broker's users --------------------------------------------------------------------------


def enter(volumes: Volumes, user: str, password: str) -> None:
    """Let a user in with this password; the others stay as they are."""
    kept = volumes.read("mosquitto/passwords").splitlines()
    mine = next((line for line in kept if line.startswith(f"{user}:")), "")
    if mine and mine == _line(user, password, base64.b64decode(mine.split("$")[3])):
        return
    lines = [line for line in kept if line != mine]
    lines.append(_line(user, password, secrets.token_bytes(12)))
    volumes.write("mosquitto/passwords", "\n".join(lines))


def _line(user: str, password: str, salt: bytes) -> str:
    """Write a line as mosquitto_passwd(1) does: PBKDF2, SHA-512, 101 rounds.

    So few are enough for 192 random bits, and nobody's own password is ever entered here.
    """
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    shown = "$".join(base64.b64encode(part).decode() for part in (salt, digest))
    return f"{user}:$7$101${shown}"


def make_secrets(volumes: Volumes, acl: Path) -> None:
    """Make what is missing; the ACL is what the file says now."""
    for service, names in RANDOM.items():
        for name in names:
            volumes.secret(f"{service}/{name}")
    for user, name in ACCOUNTS.items():
        enter(volumes, user, volumes.secret(name))
    # Mosquitto wants both files to be its own, and readable by nobody else.
    volumes.write("mosquitto/acl", acl.read_text("utf-8").strip())
    # What mosquitto_sub reads by itself, so that no password stands in its arguments.
    password = volumes.read(ACCOUNTS["centre"])
    volumes.write("mosquitto/mosquitto_sub", f"-u centre\n-P {password}")


def add(volumes: Volumes, user: str) -> str:
    """Make an account, or a new password for it, and return that."""
    if not A_NAME.fullmatch(user) or user in ACCOUNTS:
        raise Trouble(f"{user!r} can't be added: write a gateway.id, such as gw-alun-alun")
    password = secrets.token_hex(24)
    enter(volumes, user, password)
    return password


def remove(volumes: Volumes, user: str) -> None:
    """Let a user in no more."""
    kept = volumes.read("mosquitto/passwords").splitlines()
    lines = [line for line in kept if not line.startswith(f"{user}:")]
    if lines == kept:
        raise Trouble(f"there is no account {user!r}")
    volumes.write("mosquitto/passwords", "\n".join(lines))


# -- InfluxDB's tokens ---------------------------------------------------------------------------


class Influx:
    """InfluxDB 2 by its HTTP API (docs.influxdata.com/influxdb/v2/api)."""

    def __init__(self, url: str, token: str) -> None:
        """Ask there, with this token."""
        self._url = url.rstrip("/")
        self._token = token

    def ask(self, path: str, body: object = None, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Ask, with POST where there is a body, and return the JSON of the answer."""
        words = f"?{urllib.parse.urlencode(query)}" if query else ""
        request = urllib.request.Request(  # noqa: S310 - the url is ours
            f"{self._url}{path}{words}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Token {self._token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - the same
            return json.load(answer)

    def lets_in(self, bucket: str) -> bool:
        """Say whether InfluxQL is answered with this token: what panels and ledger ask with."""
        try:
            answer = self.ask("/query", db=bucket, q="SHOW MEASUREMENTS LIMIT 1")
        except urllib.error.HTTPError as error:
            if error.code in {401, 403}:
                return False
            raise
        return all("error" not in result for result in answer["results"])


def make_tokens(volumes: Volumes, url: str, org: str, bucket: str) -> None:
    """Make a token for each who needs one, where the one at hand does not work.

    Nothing maps the bucket to a database for InfluxQL: one without a mapping of its own is found by
    its name (docs.influxdata.com, virtual DBRP mappings). That it is, `lets_in` has seen.
    """
    admin = Influx(url, volumes.read("influxdb/admin.token"))
    found = admin.ask("/api/v2/buckets", org=org, name=bucket)["buckets"]
    if not found:
        raise Trouble(f"InfluxDB has no bucket {bucket} in {org}: influx bucket create")
    place = {"type": "buckets", "id": found[0]["id"], "orgID": found[0]["orgID"]}
    for name, actions in TOKENS.items():
        token = volumes.read(name)
        if token and Influx(url, token).lets_in(bucket):
            continue
        permissions = [{"action": action, "resource": place} for action in actions]
        description = f"simpang {name.partition('/')[0]}"
        body = {"orgID": place["orgID"], "description": description, "permissions": permissions}
        token = admin.ask("/api/v2/authorizations", body)["token"]
        if not Influx(url, token).lets_in(bucket):
            raise Trouble(f"InfluxDB does not answer InfluxQL about {bucket} with a new token")
        volumes.write(name, token)


def main() -> int:
    """Do one of the four; 1 and a sentence where it can't be done."""
    parser = argparse.ArgumentParser(description="Prepare secrets, accounts and tokens.")
    parser.add_argument("--secrets", type=Path, default=Path("/secrets"), help="the volumes")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verb = verbs.add_parser("secrets", help="make the secrets that are missing")
    verb.add_argument("--acl", type=Path, default=Path("/acl"), help="who may say and hear what")
    verb = verbs.add_parser("tokens", help="make the tokens that are missing or do not work")
    verb.add_argument("--url", default="http://influxdb:8086", help="InfluxDB")
    verb.add_argument("--org", default="purbalingga")
    verb.add_argument("--bucket", default="city")
    verb = verbs.add_parser("account", help="let somebody in; the password goes to stdout")
    verb.add_argument("name")
    verb = verbs.add_parser("remove", help="let somebody in no more")
    verb.add_argument("name")
    options = parser.parse_args()
    volumes = Volumes(options.secrets)
    try:
        if options.verb == "secrets":
            make_secrets(volumes, options.acl)
        elif options.verb == "tokens":
            make_tokens(volumes, options.url, options.org, options.bucket)
        elif options.verb == "account":
            sys.stdout.write(f"{add(volumes, options.name)}\n")
        else:
            remove(volumes, options.name)
    except (Trouble, OSError) as error:
        sys.stderr.write(f"prepare {options.verb}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
