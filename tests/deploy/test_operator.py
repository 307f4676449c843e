"""The operator's page: its commands work, its words are those of the programs."""

from __future__ import annotations

import ast
import re
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from gateway.mqtt import Connected, Connection, Terms
from tests.deploy.centre import DEPLOY, NEEDS_OPENSSL, Centre
from tests.events import Events
from tests.house.tree import modules, read

if TYPE_CHECKING:
    from pathlib import Path

PAGE: Final = read("docs/operator.md")
PAGES: Final = ("docs/operator.md", "docs/technician.en.md", "docs/technician.id.md")

TABLES: Final = ("| it says |", "| tertulis |", "| pesan |")
"""How a table begins whose first column is what a program says."""

FOREIGN: Final = {
    "404 page not found",  # InfluxDB before 1.8
    "certificate has expired",  # OpenSSL
    "certificate verify failed",
    "certificate is not yet valid",
}
"""What others say, whose words are not ours to keep."""


@cache
def said() -> str:
    """All sentences that our programs may say, and nothing that only stands in the code."""
    found: list[str] = []
    for name in modules():
        if name.startswith("gateway/"):
            nodes = list(ast.walk(ast.parse(read(name))))
            docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
            constants = [
                n for n in nodes if isinstance(n, ast.Constant) and id(n) not in docstrings
            ]
            found += [n.value for n in constants if isinstance(n.value, str)]
    found.append(read("gateway/cli/indonesian.toml"))
    return "\n".join(found)


def quoted(page: str) -> list[str]:
    """What a page says that a program says: after `log:`, and in the tables of such words."""
    rows: list[str] = []
    words = False
    for line in read(page).splitlines():
        if not line.startswith("|"):
            words = False
        elif line.startswith(TABLES):
            words = True
        elif words or re.match(r"\| .*log: ", line):
            rows.append(line.split(" | ")[0])
    return [phrase for row in rows for phrase in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_says_that_a_program_says_is_what_it_says(page: str) -> None:
    phrases = [phrase for phrase in quoted(page) if phrase not in FOREIGN]

    assert len(phrases) > 12
    for phrase in phrases:
        for piece in re.split(r"…|—|\d+", phrase):
            words = piece.strip(" :;,.")
            assert words in said(), f"{phrase!r}: nothing says {words!r}"


def test_every_service_that_a_command_names_is_one() -> None:
    services: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    named = [
        service
        for page in PAGES
        for service in re.findall(
            r"docker compose [^`\n]*?(?:exec|run --rm -T|kill --signal HUP) (\w+)", read(page)
        )
    ]

    assert len(named) > 5
    assert set(named) <= set(services["services"])


@NEEDS_OPENSSL
def test_the_keys_that_the_page_makes_let_a_gateway_in(tmp_path: Path) -> None:
    (block,) = [
        each for each in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if "-CAkey" in each
    ]
    script = block.replace("/etc/simpang", str(tmp_path)).replace("chown 1883", "true")
    assert "DNS:broker.example" in script
    script = script.replace("DNS:broker.example", "IP:127.0.0.1")
    subprocess.run(["/bin/sh", "-ec", script], check=True, capture_output=True)

    folder = tmp_path / "broker"
    folder.mkdir()
    with Centre(folder, "gw-1", tls=True, keys=tmp_path / "tls") as centre:
        events = Events()
        connection = Connection(centre.access("gw-1", tls=True), Terms("gw-1"), events.put)
        connection.start()
        events.wait(Connected)
        connection.stop()
