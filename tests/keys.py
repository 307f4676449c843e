"""Certificates for tests, made by openssl: an authority, and whoever it vouches for.

ca = issue(tmp_path, "ca")
server = issue(tmp_path, "server", ca)   # for 127.0.0.1
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Keys:
    """A certificate and its key."""

    cert: Path
    key: Path


def issue(folder: Path, name: str, ca: Keys | None = None) -> Keys:
    """Make a key and a certificate for `name`, signed by `ca` or by itself."""
    made = Keys(folder / f"{name}.pem", folder / f"{name}.key")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", f"/CN={name}", "-out", str(made.cert)]
    command += ["-keyout", str(made.key), "-addext", "subjectAltName=IP:127.0.0.1"]
    if ca is not None:
        command += ["-CA", str(ca.cert), "-CAkey", str(ca.key)]
        command += ["-addext", "basicConstraints=critical,CA:false"]
    subprocess.run(command, check=True, capture_output=True)
    return made
