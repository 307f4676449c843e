from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devices.dialogue import Ask, Listen
from devices.errors import NoReply, NotReady
from devices.framing import Frame, Framer
from devices.honeywell import HPMA115C0, HPMA115S0
from devices.plantower import PMS5003
from devices.rehearsal import rehearse
from devices.sample import Sample
from devices.winsen_dust import ZH03B

if TYPE_CHECKING:
    from collections.abc import Generator

    from devices.dialogue import Received, Step
    from devices.honeywell import Honeywell

DEFAULTS = HPMA115S0.configure({})
READ = Ask(bytes.fromhex("68010493"), 1.0)
ANSWER: dict[str, Any] = {"mode": "read", "pm2_5_ugm3": 48, "pm10_ugm3": 49}
STREAMED = ANSWER | {"mode": "auto_send"}
SAMPLE = Sample({"pm2_5": 48.0, "pm10": 49.0})


def found(driver: Honeywell, hexes: str) -> list[str]:
    framer = Framer(driver.cutter({}))
    pieces = framer.feed(bytes.fromhex(hexes)) + framer.end()
    return [piece.raw.hex() for piece in pieces if isinstance(piece, Frame)]


def test_it_is_asked_and_a_frame_that_comes_by_itself_is_as_good() -> None:
    for came in (ANSWER, STREAMED):
        assert rehearse(HPMA115S0.read(DEFAULTS), [came]) == ([READ], SAMPLE)


def test_an_acknowledgement_is_no_measurement() -> None:
    steps, sample = rehearse(HPMA115S0.read(DEFAULTS), [{"ack": True}, {"ack": False}, ANSWER])

    assert (steps, sample) == ([READ, Listen(1.0), Listen(1.0)], SAMPLE)


def test_a_silent_one_is_started_again() -> None:
    def read() -> Generator[Step, Received, None]:
        with pytest.raises(NoReply):
            yield from HPMA115S0.read(DEFAULTS)

    steps, _ = rehearse(read())

    start, stop = (HPMA115S0.commands[n].data for n in ("start_measurement", "stop_auto_send"))
    assert steps == [READ] * 3 + [Ask(start, 1.0), Ask(stop, 1.0)]


def test_a_sensor_that_only_refuses_does_not_hold_a_reader_for_ever() -> None:
    with pytest.raises(NoReply):
        rehearse(HPMA115S0.read(DEFAULTS), [{"ack": False}] * 1000)


@pytest.mark.parametrize("driver", [HPMA115S0, HPMA115C0], ids=lambda driver: driver.name)
@pytest.mark.parametrize("mode", ["read", "auto_send"])
def test_all_zero_is_a_sensor_that_has_just_started(driver: Honeywell, mode: str) -> None:
    fields = driver.decode(driver.encode({"mode": mode}), {})

    assert fields["status"] == "warming_up"
    with pytest.raises(NotReady):
        driver.sample(fields, DEFAULTS)


def test_bare_bytes_are_an_answer_of_the_standard_model_and_nothing_of_the_compact_one() -> None:
    assert found(HPMA115S0, "a5a59696") == ["a5a5", "9696"]
    assert found(HPMA115C0, "a5a59696") == []


def test_only_the_answer_to_read_proves_who_it_is() -> None:
    read = HPMA115S0.commands["read"]

    assert read.answered_by(ANSWER)
    assert not read.answered_by(STREAMED)
    assert HPMA115S0.identify == ("read",)


def test_a_stream_of_the_same_form_is_told_from_plantowers_and_winsens() -> None:
    ours = HPMA115S0.encode(STREAMED)
    plantower = PMS5003.encode({"pm2_5_cf1": 8, "pm10_cf1": 9, "pm10_atm": 9, "n0_3": 210})
    winsen = ZH03B.encode({"mode": "active", "pm2_5_ugm3": 8, "pm10_ugm3": 9})

    compact = HPMA115C0.encode(dict.fromkeys(HPMA115C0.answered, 7) | {"mode": "auto_send"})

    assert not HPMA115C0.fits(HPMA115C0.decode(ours, {}))
    assert not HPMA115S0.fits(HPMA115S0.decode(compact, {}))
    for frame, fits in ((ours, True), (plantower, False), (winsen, False)):
        assert HPMA115S0.fits(HPMA115S0.decode(frame, {})) is fits
    assert not PMS5003.fits(PMS5003.decode(ours, {}))
    assert not PMS5003.fits(PMS5003.decode(winsen, {}))


def test_a_coefficient_is_never_set_without_a_person() -> None:
    lasting = {name for name, command in HPMA115S0.commands.items() if command.dangerous}

    assert lasting == {f"set_coefficient_{percent}" for percent in range(30, 201)}
