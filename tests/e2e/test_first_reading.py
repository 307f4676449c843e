"""From an unknown sensor to its first reading, as the page shows it.

`python -m tests.e2e.test_first_reading` writes the page's transcript anew.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Final

from devices.registry import find
from gateway.simulator import catalogue
from gateway.simulator.player import Player
from gateway.simulator.uart import Uart
from tests.e2e import terminal

PAGE: Final = Path(__file__).parents[2] / "docs" / "first-reading.id.md"
SENSOR: Final = "nova.sds011"
PORT: Final = "./ttyUSB0"
COMMANDS: Final = (
    ("device", "probe", PORT),
    ("device", "read", SENSOR, PORT),
    ("config", "init", "gateway.toml", "--port", PORT, "--id", "gw-alun-alun", "--yes"),
    ("device", "read", "--config", "gateway.toml"),
)
_BLOCK: Final = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_MEASURED: Final = re.compile(r"\d+(,\d+)? µg/m³")


def transcript() -> list[list[str]]:
    """Run the commands in front of a simulated sensor; return each with what it shows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sensor = catalogue.build(find(SENSOR), 1)
        player = Player(SENSOR, sensor, Uart(folder / "ttyUSB0", sensor.line))
        player.start()
        try:
            return [
                [f"$ simpang {' '.join(words)}", *terminal.run(folder, *words)]
                for words in COMMANDS
            ]
        finally:
            player.stop()


def told(text: str) -> str:
    """Leave out what is measured, and how it is set apart."""
    return re.sub(r" +", " ", _MEASURED.sub("N µg/m³", text))


def test_four_commands_lead_from_an_unknown_sensor_to_its_first_reading() -> None:
    shown = transcript()
    (page,) = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))

    assert told("\n".join(line for lines in shown for line in lines)) == told(page.strip("\n"))
    assert max(len(line) for lines in shown for line in lines) <= terminal.COLUMNS
    assert max(len(lines) for lines in shown) < terminal.ROWS
    assert _MEASURED.search("\n".join(shown[-1]))


def _write() -> None:
    page = PAGE.read_text(encoding="utf-8")
    text = "\n".join(line for lines in transcript() for line in lines)
    PAGE.write_text(_BLOCK.sub(lambda _: f"```console\n{text}\n```", page), encoding="utf-8")


if __name__ == "__main__":
    _write()
