"""`make safeguards`: apply each written patch to a copy, and see its test fail."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

ROOT = Path(__file__).parents[2]
PATCHES = Path(__file__).with_name("patches.toml")
COPIED = ("schemas", "devices", "gateway", "tests", "docs", "deploy", "pyproject.toml")
FAILED = 1
"""pytest's exit code where tests ran and one failed; others mean that nothing was shown."""
LONGEST_SECONDS = 150


@dataclass(frozen=True)
class Patch:
    """A safeguard, what removes it, and the test that must notice."""

    safeguard: str
    file: str
    old: str
    new: str
    test: str


def patches(path: Path = PATCHES) -> list[Patch]:
    """Read the written patches."""
    with path.open("rb") as file:
        return [Patch(**entry) for entry in tomllib.load(file)["patch"]]


def flaw(patch: Patch, root: Path = ROOT) -> str:
    """Say why a patch does not fit the tree any more; empty where it does."""
    path = root / patch.file
    if not path.is_file():
        return f"there is no {patch.file}"
    found = path.read_text("utf-8").count(patch.old)
    return "" if found == 1 else f"its text stands {found} times in {patch.file}, not once"


def red(patch: Patch) -> str:
    """Apply a patch to a copy and run its test; say what is wrong, empty where it turned red."""
    if wrong := flaw(patch):
        return wrong
    with tempfile.TemporaryDirectory(prefix="simpang-safeguard-") as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, copy / name)
        path = copy / patch.file
        path.write_text(path.read_text("utf-8").replace(patch.old, patch.new), "utf-8")
        with subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "-p", "no:cacheprovider",
             "--durations=0", patch.test],
            cwd=copy, env={**os.environ, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        ) as run:  # fmt: skip
            try:
                said, _ = run.communicate(timeout=LONGEST_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(run.pid, signal.SIGKILL)
                return f"{patch.test} neither passed nor failed within {LONGEST_SECONDS} s"
    if run.returncode == FAILED:
        return ""
    if run.returncode == 0:
        return f"{patch.test} stayed green"
    return f"{patch.test} could not run:\n{said[-2000:]}"


def main(words: list[str]) -> int:
    """Try all patches, or those whose name has one of the words in it."""
    chosen = [p for p in patches() if not words or any(word in p.safeguard for word in words)]
    began = monotonic()
    failures = 0
    with ThreadPoolExecutor(max_workers=1 + (os.cpu_count() or 1)) as pool:
        for patch, wrong in zip(chosen, pool.map(red, chosen), strict=True):
            failures += bool(wrong)
            print(f"{'NOT RED' if wrong else 'red':8} {patch.safeguard}", flush=True)
            if wrong:
                print(f"         {wrong}", flush=True)
    took = round(monotonic() - began)
    print(f"{len(chosen) - failures} of {len(chosen)} safeguards are held by a test, {took} s")
    return 1 if failures or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
