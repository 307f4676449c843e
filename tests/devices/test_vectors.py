from __future__ import annotations

import pytest

from devices.framing import Frame, Framer, Junk
from tests.devices.told import told
from tests.devices.vectors import COMMANDS, SENT, Vector, agrees


@pytest.mark.parametrize("vector", SENT, ids=str)
def test_what_a_sensor_sent_comes_out_as_recorded(vector: Vector) -> None:
    sensor = told(vector.driver, vector.settings)
    driver, settings = sensor.driver, sensor.settings
    framer = Framer(driver.cutter(settings))

    pieces = framer.feed(vector.raw) + framer.end()

    found = [driver.decode(piece.raw, settings) for piece in pieces if isinstance(piece, Frame)]
    assert agrees(vector.expected, found), found
    if vector.error:
        assert isinstance(pieces[0], Junk)
        assert pieces[0].why == vector.error


@pytest.mark.parametrize("vector", COMMANDS, ids=str)
def test_a_command_is_the_bytes_of_its_document(vector: Vector) -> None:
    assert told(vector.driver, vector.settings).driver.commands[vector.command].data == vector.raw
