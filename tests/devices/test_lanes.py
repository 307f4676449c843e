"""Sensors that count lanes: what they hand over of each vehicle, and how they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from devices.adec import TDC
from devices.canoga import CANOGA
from devices.dialogue import Ask
from devices.eis import G4
from devices.errors import BadSetting, DecodeError, NoReply, NotReady
from devices.rehearsal import rehearse
from devices.sample import Counter, Sample, Tally, Vehicle
from devices.smartsensor import SS105
from devices.wavetronix import SS125

if TYPE_CHECKING:
    from devices.dialogue import Fields
    from devices.driver import Driver

AT = "2016-12-18T22:13:02.313Z"
PASSED: dict[str, Any] = {
    "msg_id": 0x67, "valid": True, "time_utc": AT, "lane": 1, "range": 90.0, "duration_ms": 281,
    "speed": 60.0, "vclass": 2, "length": 20.0,
}  # fmt: skip
NOBODY: dict[str, Any] = {"msg_id": 0x67, "valid": False}
CLASSES = "motorcycle,light,heavy,heavy"


CLEARED: dict[str, Any] = {"msg_id": 0x6D, "msg_sub": 0, "result": 0}


def config(*, metric: bool, source: int = 7) -> dict[str, Any]:
    """Its general config, as it comes out of a frame."""
    body = bytes(82) + bytes((metric,))
    ends = {"dest": 0, "source": source}
    frame = SS125.encode({**ends, "msg_id": 0, "value_hex": body.hex()})
    return SS125.decode(frame, {})


def hd(**told: object) -> tuple[Driver, dict[str, Any]]:
    settings = SS125.configure(told)
    return SS125.tailored(settings), dict(settings)


def test_a_vehicle_of_an_hd_has_speed_length_and_the_time_it_took_in_our_units() -> None:
    driver, told = hd()
    mark = f"{AT} 90.0 281 60.0 20.0"
    vehicle = Vehicle("lane-1", 60 * 1.609344, "unknown", 20 * 0.3048, 0.281, mark=mark)
    assert driver.sample(PASSED, told) == Sample(vehicles=(vehicle,))
    driver, told = hd(unit="km/h", classes=CLASSES)
    assert driver.sample(PASSED, told) == Sample(
        vehicles=(Vehicle("lane-1", 60.0, "heavy", 20.0, 0.281, mark=mark),)
    )


def test_a_speed_that_is_none_stays_none_and_one_that_goes_back_is_a_magnitude() -> None:
    driver, told = hd(unit="km/h")
    for speed, expected in ((None, None), (-19.25, 19.25)):
        sample = driver.sample({**PASSED, "speed": speed}, told)
        assert sample is not None
        assert [vehicle.speed for vehicle in sample.vehicles] == [expected]


def test_an_interval_of_an_hd_would_count_everybody_twice() -> None:
    driver, told = hd()
    assert driver.sample({"msg_id": 0x71, "count": 12}, told) is None


def test_the_store_of_an_hd_is_emptied_and_what_was_in_it_before_is_forgotten() -> None:
    driver, told = hd(address=12)
    ask = Ask(driver.commands["read_active_event"].data, 1.0)
    assert ask.data[3:5] == b"\0\x0c"
    steps, sample = rehearse(driver.read(told), [PASSED, {**PASSED, "lane": 0}, NOBODY])
    assert steps == [ask] * 3
    assert [vehicle.channel for vehicle in sample.vehicles] == ["lane-1", "lane-0"]
    steps, _ = rehearse(driver.greet(told), [config(metric=False, source=12)])
    assert steps == [Ask(driver.commands["read_general_config"].data, 1.0)]
    steps, _ = rehearse(driver.start(told), [config(metric=False, source=12), CLEARED])
    assert steps[-1] == Ask(driver.commands["clear_events"].data, 1.0)


@pytest.mark.parametrize(("unit", "metric"), [("mph", False), ("km/h", True)])
def test_an_hd_that_was_set_up_for_other_units_is_not_read(unit: str, *, metric: bool) -> None:
    driver, told = hd(unit=unit)
    rehearse(driver.start(told), [config(metric=metric), CLEARED])
    with pytest.raises(DecodeError, match=f"not for {unit}"):
        rehearse(driver.start(told), [config(metric=not metric), CLEARED])


def test_who_was_taken_out_of_the_store_is_not_lost_where_it_falls_silent_then() -> None:
    driver, told = hd()
    _, sample = rehearse(driver.read(told), [PASSED])
    assert len(sample.vehicles) == 1
    with pytest.raises(NoReply):
        rehearse(driver.read(told))
    assert rehearse(driver.start(told))[1] is None


def test_a_clock_that_shows_no_date_is_no_mark() -> None:
    frame = SS125.encode({"valid": True, "time_utc": None})
    assert SS125.decode(frame, {})["time_utc"] is None


def test_lanes_and_classes_are_those_that_were_set_up() -> None:
    driver, _ = hd(lanes=2)
    assert driver.channels == ("lane-0", "lane-1")
    assert not any(name.startswith("count_") for name in driver.sums)
    driver, _ = hd(classes=CLASSES)
    assert {"count_motorcycle", "count_light", "count_heavy"} <= set(driver.sums)
    with pytest.raises(BadSetting):
        hd(classes="bicycle")


def binned(**lane: float) -> dict[str, Any]:
    known = {"lane": 2, "count": 12, "speed": 50, "occ_pct": 10.0}
    return {"drop": 12, "t2000_s": 794442752, "lanes": [known | lane]}


def test_means_of_an_ss105_become_sums_of_its_own_interval() -> None:
    told = SS105.configure({"unit": "km/h", "bin_seconds": 20})
    sums = {"speed_sum": 600.0, "occupied_seconds": 2.0}
    assert SS105.sample(binned(), told) == Sample(
        tallies=(Tally("lane-2", 12.0, sums, "794442752"),)
    )
    assert SS105.tailored(told).every == pytest.approx(20 / 3)


def test_an_ss105_says_that_it_has_no_interval_yet_or_did_not_understand() -> None:
    told = SS105.configure({})
    with pytest.raises(NotReady):
        SS105.sample({"drop": 12, "word": "Empty"}, told)
    with pytest.raises(DecodeError):
        rehearse(SS105.read(told), [{"drop": 12, "word": "Invalid"}])


def test_an_ss105_hears_its_own_id_and_the_answer_of_another_is_passed_over() -> None:
    told = SS105.configure({"address": 3})
    driver = SS105.tailored(told)
    other = binned() | {"drop": 4}
    steps, sample = rehearse(driver.read(told), [other, binned(count=1) | {"drop": 3}])
    assert steps[0] == Ask(b"Z00003XD\r", 2.0)
    assert [tally.count for tally in sample.tallies] == [1.0]


def loop(**known: int) -> dict[str, int]:
    return {"duration_ms": 400, "start_ms": 8_000, "count": 17, "state": 0} | known


def test_a_loop_tells_a_running_count_and_how_long_the_last_one_was_over_it() -> None:
    told = CANOGA.configure({"lanes": 1})
    sample = CANOGA.sample({"det": [loop(), loop(), loop(), loop()]}, told)
    tally = Tally("lane-1", Counter(17.0, 256, 8.0), {"occupied_seconds": 0.4})
    assert sample == Sample(tallies=(tally,))
    assert CANOGA.tailored(told).channels == ("lane-1",)


def test_a_loop_that_has_seen_nobody_since_it_was_switched_on_tells_no_time() -> None:
    sample = CANOGA.sample({"det": [loop(start_ms=0)]}, CANOGA.configure({}))
    assert sample is not None
    assert sample.tallies[0].count == Counter(17.0, 256)


def test_whoever_is_parked_on_a_loop_occupies_it_for_no_believable_time() -> None:
    sample = CANOGA.sample({"det": [loop(duration_ms=120_001)]}, CANOGA.configure({}))
    assert sample is not None
    assert sample.tallies[0].sums == {}


def test_an_answer_of_a_card_that_lost_its_first_byte_is_no_answer() -> None:
    whole = CANOGA.encode({"det": [loop(), loop(count=3), loop(), loop()]})
    cut = CANOGA.cutter({})
    assert cut(whole) is not None
    assert getattr(cut(whole[1:] + whole[:1]), "why", "") == "header"


RECORD = {"speed_kmh": 50, "class_lane": 33, "occupancy_ms": 310, "gap_ms": 4120, "length_m": 4.6}


def vehicles(count: int, *records: Fields, status: int = 0) -> dict[str, Any]:
    return {"ctrl": 8, "address": 1, "status": status, "count": count, "vehicles": list(records)}


def test_vehicles_of_a_tdc_bear_their_number_since_ever() -> None:
    sample = TDC.sample(vehicles(1042, RECORD, RECORD), TDC.configure({}))
    assert sample is not None
    assert [vehicle.number for vehicle in sample.vehicles] == [1041, 1042]
    mark = "1041 3221001f019c2e"
    assert sample.vehicles[0] == Vehicle("all", 50.0, "unknown", 4.6, 0.31, 4.12, mark, 1041)


def test_what_a_tdc_does_not_know_is_missing_and_not_zero() -> None:
    sample = TDC.sample(vehicles(1, dict.fromkeys(RECORD, 0)), TDC.configure({}))
    assert sample is not None
    assert sample.vehicles == (Vehicle("all", mark="1 00000000000000", number=1),)


def test_a_tdc_is_asked_with_the_bit_that_changes_and_its_echo_is_no_answer() -> None:
    told = TDC.configure({"address": 1})
    echo = {"ctrl": 120, "address": 1}
    script = [echo, vehicles(7, RECORD), None, {"no_data": True}]
    steps, sample = rehearse(TDC.read(told), script)
    asked = [step.data.hex() for step in steps if isinstance(step, Ask)]
    assert asked == ["1078017916", "1058015916", "1058015916"]
    assert [vehicle.number for vehicle in sample.vehicles] == [7]


@pytest.mark.parametrize(("status", "fault"), [(0x01, "radar"), (0x80, "hardware"), (0x30, "")])
def test_a_tdc_says_what_is_broken_and_a_queue_is_not(status: int, fault: str) -> None:
    _, sample = rehearse(TDC.read(TDC.configure({})), [vehicles(7, RECORD, status=status)] * 2)
    assert (fault in sample.fault) if fault else sample.fault == ""
    assert sample.vehicles


def event(**known: object) -> dict[str, Any]:
    return {
        "qual": 0x5E, "sensor_id": 1, "zone": 2, "vclass": 1, "length_m": 4.5, "speed": 60,
        "duration_ms": 310, "stamp_hex": "2530151403210524", "unit": "kph",
    } | known  # fmt: skip


def test_a_vehicle_of_an_rtms_is_in_the_unit_that_it_names() -> None:
    told = G4.configure({"classes": "motorcycle,light"})
    for unit, kmh in (("kph", 60.0), ("mph", 60 * 1.609344)):
        sample = G4.sample(event(unit=unit), told)
        mark = "2530151403210524 1 4.5 60 310"
        expected = Vehicle("lane-2", kmh, "light", 4.5, 0.31, mark=mark)
        assert sample == Sample(vehicles=(expected,))
    frame = bytearray(G4.encode(event()))
    frame[-3] = 2
    with pytest.raises(DecodeError):
        G4.decode(bytes(frame), told)


def test_two_vehicles_are_two_though_the_clock_of_a_radar_stands() -> None:
    told, (driver, hd_told) = G4.configure({}), hd()
    first, second = (G4.sample(event(duration_ms=ms), told) for ms in (310, 320))
    assert first is not None
    assert second is not None
    assert first.vehicles[0].mark != second.vehicles[0].mark
    first, second = (driver.sample({**PASSED, "duration_ms": ms}, hd_told) for ms in (281, 280))
    assert first is not None
    assert second is not None
    assert first.vehicles[0].mark != second.vehicles[0].mark


def test_an_rtms_that_is_silent_but_answers_has_seen_nobody() -> None:
    told = G4.configure({})
    answer = {"qual": 0x40, "sensor_id": 1, "value_hex": ""}
    steps, sample = rehearse(G4.read(told), [None, answer])
    assert sample == Sample()
    assert steps[-1] == Ask(G4.commands["read_information"].data, 1.0)
    assert G4.sample({"qual": 0x5F, "sensor_id": 1, "value_hex": ""}, told) == Sample()
    assert G4.sample({"qual": 0x80, "sensor_id": 1, "value_hex": ""}, told) is None
    with pytest.raises(NoReply):
        rehearse(G4.read(told))


def test_whoever_passes_at_a_speed_that_nobody_drives_passed_at_an_unknown_one() -> None:
    driver, told = hd(unit="km/h")
    told_g4, told_tdc = G4.configure({}), TDC.configure({})

    def speed(sample: Sample | None) -> float | None:
        assert sample is not None
        (vehicle,) = sample.vehicles
        return vehicle.speed

    for shown, known in ((250, 250.0), (251, None)):
        assert speed(driver.sample({**PASSED, "speed": shown}, told)) == known
        record = {**RECORD, "speed_kmh": shown}
        assert speed(TDC.sample(vehicles(7, record), told_tdc)) == known
    for shown, known in ((200, 200.0), (201, None), (240, None)):
        assert speed(G4.sample(event(speed=shown), told_g4)) == known
    assert speed(G4.sample(event(speed=156, unit="mph"), told_g4)) is None
    means = SS105.sample(binned(speed=9999), SS105.configure({}))
    assert means is not None
    assert means.tallies[0].sums["speed_sum"] == 0


def test_what_bears_another_address_is_another_sensors() -> None:
    driver, told = hd(address=12)
    mine, another = PASSED | {"source": 12}, PASSED | {"source": 13, "lane": 3}
    assert driver.sample(another, told) is None
    assert driver.sample(mine, told) == driver.sample(PASSED, told)
    script = [another, mine, NOBODY | {"source": 13}, NOBODY | {"source": 12}]
    steps, sample = rehearse(driver.read(told), script)
    assert [vehicle.channel for vehicle in sample.vehicles] == ["lane-1"]
    assert len([step for step in steps if isinstance(step, Ask)]) == 2
    tdc = TDC.configure({"address": 9})
    assert TDC.sample(vehicles(7, RECORD), tdc) is None
    with pytest.raises(NoReply):
        rehearse(TDC.tailored(tdc).read(tdc), [vehicles(7, RECORD)] * 3)
    assert G4.sample(event(), G4.configure({"address": 2})) is None
    alive = {"qual": 0x5F, "sensor_id": 1, "value_hex": ""}
    assert G4.sample(alive, G4.configure({"address": 2})) is None


@pytest.mark.parametrize("driver", [SS125, SS105, CANOGA, TDC, G4])
def test_a_command_of_a_counter_costs_a_store_at_most_and_each_goes_to_its_address(
    driver: Driver,
) -> None:
    assert {name for name, command in driver.commands.items() if command.dangerous} <= {
        "clear_events"
    }
    other = driver.tailored(driver.configure({"address": 33}))
    sent = {command.data for command in driver.commands.values()}
    assert not sent & {command.data for command in other.commands.values()}
    assert set(other.identify) <= set(other.commands)
