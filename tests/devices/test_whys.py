"""Why bytes belong to no frame: header before length, length before end, end before checksum."""

from __future__ import annotations

import pytest

from devices.framing import Frame, Framer, Junk
from tests.devices.told import told


def first(driver: str, hexes: str) -> str:
    """Say why the first byte begins no frame; empty where it begins one."""
    sensor = told(driver)
    framer = Framer(sensor.driver.cutter(sensor.settings))
    piece, *_ = framer.feed(bytes.fromhex(hexes)) + framer.end()
    return piece.why if isinstance(piece, Junk) else ""


@pytest.mark.parametrize(
    ("driver", "frame", "why"),
    [
        ("cubic.cm1106", "160502019000" + "52", "header"),
        ("cubic.cm1106", "160401025800" + "8b", "length"),
        ("cubic.cm1106", "16050102580000" + "8b", "checksum"),
        ("cubic.pm1006", "160501019000" + "0053", "header"),
        ("cubic.pm1006", "16100b" + "00" * 15 + "cf", "length"),
        ("honeywell.hpma115s0", "4005050004000aa8", "header"),
        ("honeywell.hpma115s0", "400d04" + "00" * 13, "length"),
        ("honeywell.hpma115s0", "4003106400" + "49", "length"),
        ("honeywell.hpma115s0", "4005040030003157", "checksum"),
        ("honeywell.hpma115c0", "400d05" + "00" * 12 + "ae", "header"),
        ("honeywell.hpma115c0", "4005040030003156", "length"),
        ("benewake.tfmini", "5a05090068", "header"),
        ("benewake.tfmini", "5a09090068", "header"),
        ("benewake.tfmini", "5a06050166", "length"),
        ("benewake.tfmini", "5a05050166", "checksum"),
        ("benewake.tfmini", "5a05", "length"),
        ("houston.dr500", "f3322d3896fd", "header"),
        ("houston.dr500", "f332fa0c3896fd", "header"),
        ("houston.dr500", "f3992d3896fc", "header"),
        ("houston.dr500", "f3322d38fc", "length"),
        ("houston.dr500", "f3322d3896", "length"),
        ("houston.dr500", "f332374326fc", "checksum"),
    ],
)
def test_what_a_frame_is_about_is_tested_before_its_length_and_its_end_before_its_sum(
    driver: str, frame: str, why: str
) -> None:
    assert first(driver, frame) == why


def test_a_wrong_end_costs_no_frame_behind_it() -> None:
    sensor = told("houston.dr500")
    framer = Framer(sensor.driver.cutter(sensor.settings))

    pieces = framer.feed(bytes.fromhex("f3322d3896fdf332374325fc"))

    frames = [piece.raw.hex() for piece in pieces if isinstance(piece, Frame)]
    assert frames == ["f332374325fc"]
