"""A port that vanishes and comes back, again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devices.registry import find
from gateway.clock import SystemClock
from gateway.config.gateway import PortConfig
from gateway.edge import reader
from gateway.edge.watch import Silence
from gateway.simulator.plain import Streaming
from gateway.simulator.player import Player
from gateway.simulator.uart import Uart
from tests.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from gateway.edge.measured import Measured

TIMES = 100
NOVA = find("nova.sds011")


@pytest.mark.slow
def test_a_port_remade_a_hundred_times_is_read_again_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "FIRST_SECONDS", 0.02)
    monkeypatch.setattr(reader, "MOST_SECONDS", 0.05)
    sensor = Streaming(
        NOVA, lambda _, number: {"pm2_5_ugm3": number / 10, "pm10_ugm3": 999.9}, every=0.02
    )
    player = Player("nova", sensor, Uart(tmp_path / "tty"))
    delivered: list[Measured] = []
    device = {"id": "pm-1", "driver": "nova.sds011", "interval": 0.0}
    reading = reader.PortReader(
        PortConfig.model_validate({"url": str(tmp_path / "tty"), "devices": [device]}),
        SystemClock(),
        delivered.append,
        turn=lambda: 0,
    )
    wanted: list[int] = []
    watch = reading.watches["pm-1"]
    player.start()
    reading.start()
    try:
        for _ in range(TIMES):
            wanted.append(len(delivered) + 2)
            until(lambda: len(delivered) >= wanted[-1], 10, "readings")
            player.unplug()
            until(lambda: watch.silence is Silence.PORT_GONE, 10, "the loss of the port")
            player.plug()
        until(lambda: watch.silence is Silence.SPEAKING, 10, "the port")
    finally:
        reading.stop()
        player.stop()

    values = [
        (value.value, item.stamp.boot)
        for item in delivered
        if (value := item.reading.values["pm2_5"]).value is not None
    ]
    assert len(values) == len(set(values)) >= 2 * TIMES
    assert [at for _, at in values] == sorted(at for _, at in values)
