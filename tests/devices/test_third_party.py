"""The sensor of the developer's page, packed by somebody else: module, entry point, vectors."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/developer.md").read_text(encoding="utf-8")
VARIABLE = re.compile(r"(\w+)=(\S+) ")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def block(language: str, having: str) -> str:
    (found,) = (text for text in blocks(language) if having in text)
    return str(found)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay the page's package out as pip would, and what else the page speaks of beside it."""
    folder = tmp_path_factory.mktemp("acme")
    project = tomllib.loads(block("toml", "[project]"))["project"]
    point = project["entry-points"]["simpang.drivers"]["acme.a100"]
    (folder / f"{point.partition(':')[0]}.py").write_text(block("python", "Acme"), encoding="utf-8")
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    (info / "entry_points.txt").write_text(f"[simpang.drivers]\nacme.a100 = {point}\n")
    vectors = block("json", "acme.a100")
    (folder / "vectors.json").write_text(vectors, encoding="utf-8")
    frames = [each["hex"] for each in json.loads(vectors)["frames"]]
    (folder / "capture.bin").write_bytes(bytes.fromhex("".join(frames)))
    return folder


def run(installed: Path, line: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command of the page in a fresh interpreter that the package is installed for.

    Whoever tries it has no CI, where a test without parameters would be a failure.
    """
    given = dict(VARIABLE.findall(line))
    program, *words = shlex.split(VARIABLE.sub("", line))
    first = ["-m", "gateway.cli"] if program == "simpang" else []
    path = f"{installed}:{ROOT}"
    here = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        [sys.executable, *first, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder or installed,
        env=here | given | {"PYTHONPATH": path},
    )


def command(having: str) -> str:
    (line,) = (line for text in blocks("sh") for line in text.splitlines() if having in line)
    return str(line)


def test_it_is_listed_among_all_drivers(installed: Path) -> None:
    ran = run(installed, command("device drivers"))
    listed = {each["name"]: each for each in json.loads(ran.stdout)}

    assert listed["acme.a100"]["quantities"] == ["co2"]
    assert "nova.sds011" in listed


def test_its_frames_are_decoded(installed: Path) -> None:
    ran = run(installed, command("device decode"))

    assert json.loads(ran.stdout) == {
        "frame": "fe10023a4a",
        "fields": {"co2_ppm": 570},
        "sample": {"co2": 570.0},
    }


def test_its_vectors_pass_the_same_laws_as_ours(installed: Path) -> None:
    line = command("SIMPANG_VECTORS").replace("vectors.json", str(installed / "vectors.json"))
    ran = run(installed, f"{line} -p no:cacheprovider", ROOT)

    assert ran.returncode == 0, ran.stdout
    assert "acme.a100" in run(installed, f"{line} --collect-only -q", ROOT).stdout
    assert " passed" in ran.stdout


def test_the_laws_find_its_mistakes(installed: Path, tmp_path: Path) -> None:
    """One that takes a broken frame for a good one, and one whose vector says what is not so."""
    careless = block("python", "Acme").replace(
        "return sum8(frame[:-1]) == frame[-1]", "return True"
    )
    (tmp_path / "simpang_acme.py").write_text(careless, encoding="utf-8")
    line = command("SIMPANG_VECTORS").replace("vectors.json", str(installed / "vectors.json"))
    before = Path(f"{tmp_path}:{installed}")

    ran = run(before, f"{line} -p no:cacheprovider -k 'damage or sensor_sent'", ROOT)

    assert "2 failed" in ran.stdout, ran.stdout
    assert "of 2223 each; 8-bit sum" in ran.stdout


def test_a_config_with_it_is_right(installed: Path, tmp_path: Path) -> None:
    head = '[gateway]\nid = "gw-1"\n[broker]\nurl = "mqtt://127.0.0.1:1883"\n'
    (tmp_path / "gateway.toml").write_text(head + block("toml", "[[ports]]"), encoding="utf-8")

    ran = run(installed, "simpang config check gateway.toml --json", tmp_path)

    found: list[dict[str, Any]] = json.loads(ran.stdout)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "error" not in {each["level"] for each in found}


def test_it_is_played_from_a_capture_and_else_nobody_has_written_how(installed: Path) -> None:
    line = command("device simulate")
    played = run(installed, line)
    made_up = run(installed, line.partition(" --replay")[0])

    assert played.returncode == 0, played.stderr
    assert "acme.a100 speaks at 9600 baud" in played.stdout
    assert made_up.returncode == 1
    assert "--replay FILE" in made_up.stderr
