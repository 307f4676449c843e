from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pynmea2
import pytest

from devices.dialogue import Listen
from devices.errors import NoReply
from devices.nmea import GNSS
from devices.rehearsal import rehearse
from gateway.simulator.nmea import Receiver

if TYPE_CHECKING:
    from devices.dialogue import Fields
    from devices.sample import Sample

DEFAULTS = GNSS.configure({})
GGA: dict[str, Any] = {
    "talker": "GN", "type": "GGA", "utc": "092750.00", "lat": -7.38811333, "lon": 109.3636,
    "fix_quality": 1, "num_sats": 8, "hdop": 1.03, "altitude_m": 61.7,
}  # fmt: skip
RMC: dict[str, Any] = {
    "talker": "GN", "type": "RMC", "utc": "092750.00", "status": "A", "lat": -7.38811333,
    "lon": 109.3636, "speed_kn": 10.0, "mode": "A",
}  # fmt: skip
GSV: dict[str, Any] = {"talker": "GP", "type": "GSV", "columns": []}
PLACE = {"latitude": -7.388113, "longitude": 109.3636}
HEIGHT = {"altitude": 61.7, "satellites": 8.0, "hdop": 1.03}
SPEED = {"ground_speed": 18.52}
NOWHERE = {"latitude": None, "longitude": None}
LATER = {"utc": "092751.00"}


def known(fields: Fields, **changed: object) -> dict[str, Any]:
    """What a receiver says, every column of it."""
    return GNSS.decode(GNSS.encode({**fields, **changed}), DEFAULTS)


def sampled(fields: Fields, **changed: object) -> Sample:
    sample = GNSS.sample(known(fields, **changed), DEFAULTS)
    assert sample is not None
    return sample


def read(*script: Fields | None) -> Sample:
    heard = [None if each is None else known(each) for each in script]
    _, sample = rehearse(GNSS.read(DEFAULTS), heard)
    return sample


def test_each_sentence_measures_what_it_bears() -> None:
    assert sampled(GGA).values == PLACE | HEIGHT
    assert sampled(RMC).values == PLACE | SPEED
    assert GNSS.sample(known(GSV), DEFAULTS) is None


@pytest.mark.parametrize("quality", [0, 6, 7, 8])
def test_without_a_fix_there_is_no_position_but_satellites_are_counted(quality: int) -> None:
    assert sampled(GGA, fix_quality=quality).values == {
        **NOWHERE, "altitude": None, "satellites": 8.0, "hdop": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "changed", [{"status": "V"}, {"mode": "E"}, {"mode": "N"}, {"mode": "S"}, {"mode": "M"}]
)
def test_a_position_that_no_longer_holds_is_none(changed: dict[str, str]) -> None:
    assert sampled(RMC, **changed).values == {**NOWHERE, "ground_speed": None}


def test_an_old_receiver_that_tells_no_mode_is_believed() -> None:
    assert sampled(RMC, mode=None).values == PLACE | SPEED


def test_no_degree_north_and_none_east_is_no_position() -> None:
    assert sampled(GGA, lat=0.0, lon=0.0).values == NOWHERE | HEIGHT
    assert sampled(GGA, lat=0.0).values["latitude"] == 0.0


def test_a_position_is_rounded_as_it_is_set() -> None:
    sample = GNSS.sample(known(GGA), GNSS.configure({"decimals": 2}))

    assert sample is not None
    assert (sample.values["latitude"], sample.values["longitude"]) == (-7.39, 109.36)


def test_a_dilution_that_stands_for_none_is_none() -> None:
    assert sampled(GGA, hdop=99.99).values["hdop"] is None


@pytest.mark.parametrize("script", [(RMC, GSV, GGA), (GGA, GSV, RMC), (GSV, GSV, GGA, RMC)])
def test_the_sentences_of_one_moment_are_one_sample(script: tuple[Fields, ...]) -> None:
    assert read(*script).values == PLACE | HEIGHT | SPEED


def test_the_sentences_of_two_moments_are_not() -> None:
    height, speed = {**GGA, **LATER, "altitude_m": 64.0}, {**RMC, **LATER, "speed_kn": 20.0}
    values = read(RMC, height, speed).values

    assert (values["altitude"], values["ground_speed"]) == (64.0, 37.04)


def test_where_one_sentence_of_a_moment_knows_no_position_there_is_none() -> None:
    values = read({**RMC, "status": "V"}, GGA).values

    assert values == {
        **NOWHERE, "altitude": None, "ground_speed": None, "satellites": 8.0, "hdop": 1.03,
    }  # fmt: skip


def test_of_a_receiver_that_sends_one_of_them_that_one_is_the_sample() -> None:
    assert read(GGA, GSV, None).values == PLACE | HEIGHT | {"ground_speed": None}
    high = {**GGA, **LATER, "altitude_m": 64.0}
    higher = {**GGA, "utc": "092752.00", "altitude_m": 65.0}
    assert read(GGA, high, higher).values["altitude"] == 64.0


def test_a_silent_receiver_is_silent_and_one_that_says_nothing_of_it_has_no_position() -> None:
    with pytest.raises(NoReply):
        read()
    with pytest.raises(NoReply, match="without a position"):
        read(*[GSV] * 100)


def test_it_is_listened_to_only() -> None:
    steps, _ = rehearse(GNSS.read(DEFAULTS), [known(RMC), known(GGA)])

    assert steps == [Listen(5.0), Listen(0.3)]


def test_other_instruments_of_a_ship_are_told_apart() -> None:
    assert GNSS.fits(known(GGA))
    assert not GNSS.fits(known({"talker": "WI", "type": "MWV", "columns": []}))


def test_an_independent_decoder_reads_the_same_out_of_a_simulated_receiver() -> None:
    sensor = Receiver(GNSS, seed=1)
    sensor.power_on(0.0)
    fixed = 0
    for _ in range(60):
        data = sensor.speak(sensor.due()).data
        ours, theirs = GNSS.decode(data, DEFAULTS), pynmea2.parse(data.decode(), check=True)
        assert theirs.sentence_type == ours["type"]
        assert theirs.timestamp.strftime("%H%M%S.00") == ours["utc"]
        if ours["lat"] is None:
            assert theirs.lat == theirs.lon == ""
            continue
        fixed += 1
        assert (theirs.latitude, theirs.longitude) == pytest.approx(
            (ours["lat"], ours["lon"]), rel=1e-9
        )
        if ours["type"] == "GGA":
            assert (theirs.gps_qual, float(theirs.horizontal_dil), theirs.altitude) == (
                1,
                0.9,
                61.7,
            )
        else:
            assert (theirs.status, theirs.spd_over_grnd) == ("A", ours["speed_kn"])
    assert fixed > 20
