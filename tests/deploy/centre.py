"""The broker of deploy/ for tests: its own files, on other ports and below another folder.

with Centre(tmp_path) as centre:
    centre.password("centre")       # what prepare.py has made
    centre.add("gw-1")              # as `prepare.py account` does; the broker is told
    centre.url, centre.tls_url      # mqtt:// inside, mqtts:// for gateways
"""

from __future__ import annotations

import getpass
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from gateway.config.broker import BrokerConfig
from tests.broker import Broker, free_port
from tests.house.tree import ROOT
from tests.keys import issue
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DEPLOY: Final = ROOT / "deploy"
NEEDS_OPENSSL: Final = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl makes the keys"
)
PREPARE: Final = DEPLOY / "compose" / "prepare.py"


def prepare(volumes: Path, *words: str) -> str:
    """Run prepare.py on volumes in a folder, and return what it says on stdout."""
    command = [sys.executable, "-I", str(PREPARE), "--secrets", str(volumes), *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _imported() -> Any:  # noqa: ANN401 - a module that is no part of a package
    """Import prepare.py: quicker than a process for each account."""
    spec = importlib.util.spec_from_file_location("prepare", PREPARE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_PREPARE: Final = _imported()


class Centre(Broker):
    """A Mosquitto with the configuration, the ACL and the accounts of deploy/."""

    def __init__(
        self, folder: Path, *gateways: str, tls: bool = False, keys: Path | None = None
    ) -> None:
        """Make accounts and, for the listener of the gateways, an authority and its keys.

        Args:
            folder: Where everything lies.
            gateways: Who gets an account.
            tls: Whether gateways come in over TLS, too.
            keys: A folder with ca.pem, server.pem and server.key, where they are made already.
        """
        self.folder = folder
        self.volumes = folder / "volumes"
        self._tls_port = free_port() if tls else 0
        volumes = _PREPARE.Volumes(self.volumes)
        _PREPARE.make_secrets(volumes, DEPLOY / "mosquitto" / "acl")
        for gateway in gateways:
            self._keep(gateway, _PREPARE.add(volumes, gateway))
        if keys is not None:
            (folder / "tls").symlink_to(keys)
            self.ca = keys / "ca.pem"
        elif tls:
            (folder / "tls").mkdir()
            authority = issue(folder / "tls", "ca")
            self.ca = authority.cert
            issue(folder / "tls", "server", authority)
        super().__init__(folder)

    @property
    def tls_url(self) -> str:
        """Where the gateways come in."""
        return f"mqtts://127.0.0.1:{self._tls_port}"

    def configure(self, _lines: Sequence[str] = ()) -> None:
        """Copy the files of deploy/mosquitto; only paths, ports and the user are other ones."""
        listeners = self.folder / "listeners"
        listeners.mkdir(exist_ok=True)
        chosen = ["inside.conf", "tls.conf"] if self._tls_port else ["inside.conf"]
        for name in chosen:
            text = (DEPLOY / "mosquitto" / "listeners" / name).read_text("utf-8")
            (listeners / name).write_text(self._here(text), "utf-8")
        text = (DEPLOY / "mosquitto" / "mosquitto.conf").read_text("utf-8")
        user = f"user {getpass.getuser()}\n"
        (self.folder / "mosquitto.conf").write_text(user + self._here(text), "utf-8")

    def _here(self, text: str) -> str:
        text = text.replace("/etc/mosquitto/simpang/", f"{self.volumes}/mosquitto/")
        text = text.replace("/etc/mosquitto/", f"{self.folder}/")
        text = re.sub(
            r"^listener 1883$", f"listener {self.port} 127.0.0.1", text, flags=re.MULTILINE
        )
        return re.sub(
            r"^listener 8883$", f"listener {self._tls_port} 127.0.0.1", text, flags=re.MULTILINE
        )

    def password(self, user: str) -> str:
        """Read the password of one of the accounts that are there from the start."""
        service = "collector/broker" if user == "collector-1" else f"mosquitto/{user}"
        return (self.volumes / f"{service}.password").read_text("ascii").strip()

    def _keep(self, user: str, password: str) -> Path:
        file = self.folder / f"{user}.password"
        file.touch(0o600)
        file.write_text(password, "ascii")
        return file

    def reload(self) -> None:
        """Let the broker read passwords and ACL again, and return once it has."""
        assert self._process is not None
        before = self.log.count("Reloading config")
        os.kill(self._process.pid, 1)
        until(lambda: self.log.count("Reloading config") > before, 10, "reloading")

    def access(self, user: str, *, tls: bool = False, protocol: str = "5") -> BrokerConfig:
        """Say how a user gets in; the password must be one that `add` or the start has made."""
        file = self.folder / f"{user}.password"
        if not file.exists():
            self._keep(user, self.password(user))
        settings = {"url": self.tls_url if tls else self.url, "protocol": protocol}
        ca = {"ca_file": self.ca} if tls else {}
        return BrokerConfig.model_validate(
            {**settings, **ca, "username": user, "password_file": file}
        )
