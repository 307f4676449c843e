from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING, Any

import pytest
import typer

from gateway.cli.app import app
from gateway.config.check import check
from tests.house.tree import ROOT, files, pages, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FENCE = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\[([^\]]*)\]\(([^)#\s]+)(?:#[^)]*)?\)")
CLAIM = re.compile(r"\[`(test_\w+)`\]\((tests/[\w/]+\.py)\)")
EXAMPLES = [name for name in files() if name.startswith("deploy/examples/")]


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Give each fenced block of a language, with the page it stands in."""
    for page in pages():
        for indent, found, text in FENCE.findall(read(page)):
            if found == language:
                yield page, re.sub(f"^{indent}", "", text, flags=re.MULTILINE)


def lines_of_shell() -> list[tuple[str, str]]:
    """Give each command with its page; one that goes on in the next line is one."""
    return [
        (page, line)
        for page, text in blocks("sh")
        for line in text.replace("\\\n", " ").splitlines()
        if line
    ]


def understands(command: Any, words: list[str]) -> None:  # noqa: ANN401 - click's own
    """Let the command line parse words without running them."""
    inner = getattr(command, "commands", None)
    if inner is None:
        command.make_context("simpang", list(words))
        return
    assert words, "a verb is missing"
    if words[0] in {"--version", "--help"}:
        return
    assert words[0] in inner, f"there is no verb {words[0]}"
    understands(inner[words[0]], words[1:])


@pytest.mark.parametrize("page", pages())
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    for _, target in LINK.findall(read(page)):
        if not target.startswith(("http:", "https:")):
            assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"


def test_every_test_that_the_readme_boasts_of_exists() -> None:
    claims = CLAIM.findall(read("README.md"))

    assert len(claims) >= 10
    for name, file in claims:
        assert re.search(rf"\bdef {name}\(", read(file)), f"{file} has no {name}"


@pytest.mark.parametrize(
    ("page", "line"), [each for each in lines_of_shell() if each[1].startswith("simpang ")]
)
def test_every_command_on_a_page_is_one(page: str, line: str) -> None:
    assert page
    words = shlex.split(line, comments=True)[1:]

    understands(typer.main.get_command(app), words)


@pytest.mark.parametrize(
    ("page", "line"), [each for each in lines_of_shell() if each[1].startswith("make ")]
)
def test_every_target_on_a_page_is_one(page: str, line: str) -> None:
    target = shlex.split(line, comments=True)[1]

    assert re.search(rf"^{target}:", read("Makefile"), re.MULTILINE), f"{page}: make {target}"


def test_every_json_on_a_page_is_json() -> None:
    for page, text in blocks("json"):
        assert json.loads(text), page


def test_a_config_on_a_page_is_right(tmp_path: Path) -> None:
    configs = [(page, text) for page, text in blocks("toml") if "[gateway]" in text]

    assert configs
    for page, text in configs:
        file = tmp_path / "gateway.toml"
        file.write_text(text, encoding="utf-8")
        assert [each for each in check(file) if each.level == "error"] == [], page


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_config_is_right(example: str) -> None:
    assert {finding.level for finding in check(ROOT / example)} <= {"warning"}


def test_the_driver_on_the_developer_s_page_works(tmp_path: Path) -> None:
    (text,) = (text for page, text in blocks("python") if page == "docs/developer.md")
    (tmp_path / "acme.py").write_text(text, encoding="utf-8")
    program = """
from acme import A100
for ppm in (0, 570, 0xFFFF):
    frame = A100.encode({"co2_ppm": ppm})
    assert A100.cutter({})(frame).size == len(frame) == 5
    assert A100.decode(frame, {}) == {"co2_ppm": ppm}
assert A100.encode({"co2_ppm": 570}) == bytes.fromhex("fe10023a4a")
assert A100.sample({"co2_ppm": 570}, {}).values == {"co2": 570.0}
assert A100.sample({"co2_ppm": 0xFFFF}, {}).values == {"co2": None}
"""
    path = f"{tmp_path}:{ROOT}"
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": path})


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    extras = project["project"]["optional-dependencies"].values()
    named = [
        *project["project"]["dependencies"],
        *(each for extra in extras for each in extra),
        *project["dependency-groups"]["dev"],
        *project["build-system"]["requires"],
    ]
    reasons = read("docs/decisions/0001-dependencies.md")

    for requirement in named:
        name = re.split(r"[\[<>=~! ]", requirement)[0]
        assert name == "simpang" or f"`{name}`" in reasons, name


def test_every_decision_is_listed() -> None:
    listed = read("docs/decisions/README.md")

    for page in pages():
        if re.match(r"docs/decisions/\d", page):
            assert f"]({page.rpartition('/')[2]})" in listed, page
