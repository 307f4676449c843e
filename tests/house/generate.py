"""Writes whatever is generated from the code: `make generate`, then commit."""

from __future__ import annotations

from functools import cache

from bench import page as bench_page
from gateway.grafana import build
from tests.house import cli_page, commands_page, config_page, drivers_page, messages, staff_page
from tests.house.tree import ROOT


@cache
def generated() -> dict[str, str]:
    """Return every generated file: its path from the root, and what must stand in it."""
    files = {
        f"schemas/json/{message.name}.json": messages.schema_text(message)
        for message in messages.MESSAGES
    }
    files["docs/messages.md"] = messages.page()
    files["docs/config.md"] = config_page.page()
    files["docs/cli.md"] = cli_page.page()
    files["docs/drivers/commands.md"] = commands_page.page()
    files["docs/drivers/README.md"] = drivers_page.page()
    files["docs/bench.md"] = bench_page.page()
    files |= staff_page.pages()
    return files | build.files()


if __name__ == "__main__":
    for name, text in generated().items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text, encoding="utf-8")
