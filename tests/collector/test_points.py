"""What is written to the store: a flag decides under which name."""

from __future__ import annotations

import json

from gateway.collector.points import (
    LARGEST_DROPPED,
    LOSSES,
    Point,
    of_batch,
    of_delivery,
    of_site,
    of_spool,
    of_touched,
)
from schemas.about import About
from schemas.base import LARGEST_SEQ
from schemas.quantity import QUANTITIES
from schemas.spool import EpochState, SpoolState
from tests.collector.batches import EPOCH, GATEWAY, T, batch

NO_LOSS = {f"lost_{cause}": 0 for cause in (*LOSSES, "other")}
AIR = (("device", "pm-1"), ("gateway", GATEWAY), ("site", "alun-alun"))


def only(
    q: list[str],
    row: list[object],
    why: dict[str, str] | None = None,
    channel: str | None = None,
    boot: str | None = None,
) -> Point:
    clock = "never" if boot else "synced"
    made = batch(t=T, q=q, r=[row], why=why or {}, channel=channel, boot=boot, clock=clock)
    (point,) = of_batch(GATEWAY, made)
    return point


def test_a_good_value_is_a_float_with_its_flag_beside_it() -> None:
    point = only(["pm2_5"], [7, "1", 12])
    assert point == Point("air", AIR, T + 7, {"pm2_5": 12.0, "pm2_5_qf": 1})
    assert type(point.fields["pm2_5"]) is float
    assert type(point.fields["pm2_5_qf"]) is int


def test_a_suspect_value_is_there_with_its_cause() -> None:
    fields = only(["pm2_5"], [0, "3", 12.0], why={"0": "2"}).fields
    assert fields == {"pm2_5": 12.0, "pm2_5_qf": 3, "pm2_5_why": 2}


def test_a_failed_value_never_stands_under_the_name_of_a_good_one() -> None:
    fields = only(["pm2_5"], [0, "4", 999.0], why={"0": "1"}).fields
    assert fields == {"pm2_5_rejected": 999.0, "pm2_5_qf": 4, "pm2_5_why": 1}


def test_a_missing_value_leaves_only_its_flag() -> None:
    assert only(["pm2_5"], [0, "9", None]).fields == {"pm2_5_qf": 9}


def test_one_digit_speaks_for_all_columns_and_many_for_one_each() -> None:
    first, second = of_batch(GATEWAY, batch(t=T))
    assert (first.fields["pm2_5_qf"], first.fields["pm10_qf"]) == (1, 1)
    assert (second.fields["pm2_5_qf"], second.fields["pm10_qf"]) == (1, 3)
    assert "pm2_5_why" not in second.fields
    assert second.fields["pm10_why"] == 2


def test_a_raw_value_stands_beside_the_calibrated_one() -> None:
    point = only(["pm2_5", "pm2_5_raw"], [0, "1", 12.0, 10.0])
    assert point.measurement == "air"
    assert (point.fields["pm2_5"], point.fields["pm2_5_raw"]) == (12.0, 10.0)


def test_one_row_feeds_every_measurement_that_its_quantities_belong_to() -> None:
    q = ["pm2_5", "temperature", "humidity"]
    points = of_batch(GATEWAY, batch(t=T, q=q, r=[[0, "1", 1.0, 2.0, 3.0]], why={}))
    assert {point.measurement: set(point.fields) for point in points} == {
        "air": {"pm2_5", "pm2_5_qf"},
        "weather": {"temperature", "temperature_qf", "humidity", "humidity_qf"},
    }


def test_every_quantity_lands_in_its_measurement() -> None:
    for quantity in QUANTITIES.values():
        row = [0, "1", float(quantity.high)]
        assert only([quantity.name], row).measurement == quantity.measurement


def test_traffic_always_has_a_channel_and_nothing_else_has() -> None:
    assert only(["count"], [0, "1", 3.0], channel="east").tags == (("channel", "east"), *AIR)
    assert only(["count"], [0, "1", 3.0]).tags == (("channel", "all"), *AIR)
    assert only(["pm2_5"], [0, "1", 3.0], channel="east").tags == AIR


def test_what_has_no_date_is_never_among_the_good() -> None:
    point = only(["pm2_5", "boot_ms"], [0, "1", 12.0, 5300], boot="0f-boot")
    assert point == Point(
        "undated",
        AIR,
        T,
        {
            "boot": "0f-boot",
            "boot_ms": 5300,
            "pm2_5_rejected": 12.0,
            "pm2_5_qf": 4,
            "pm2_5_why": 6,
        },
    )


def test_two_lanes_without_a_date_are_two_points() -> None:
    rows = [
        only(["count", "boot_ms"], [0, "1", 3.0, 5], boot="b", channel=lane)
        for lane in ("east", "west")
    ]
    assert len({(point.measurement, point.tags, point.time) for point in rows}) == 2


def test_two_lanes_that_begin_in_one_millisecond_have_two_deliveries() -> None:
    east, west = (of_delivery(GATEWAY, batch(channel=lane)) for lane in ("east", "west"))
    assert (east.measurement, east.time) == (west.measurement, west.time)
    assert east.tags != west.tags


def test_a_delivery_bears_the_time_of_its_first_reading() -> None:
    delivery = of_delivery(GATEWAY, batch(4711, t=T, r=[[5, "1", 1.0, 2.0]], why={}))
    tags = (("channel", "all"), ("device", "pm-1"), ("epoch", EPOCH), ("gateway", GATEWAY))
    assert delivery == Point("delivery", tags, T + 5, {"seq": 4711, "rows": 1})


def test_a_spool_message_is_one_point_for_each_epoch_it_lists() -> None:
    old = EpochState(epoch="0" * 16, low=3, next=9, dropped=[(1, 2, "full")])
    now = EpochState(epoch="1" * 16, low=1, next=1)
    first, second = of_spool(GATEWAY, SpoolState(now=now.epoch, epochs=[old, now]), T)
    assert first.tags == (("epoch", "0" * 16), ("gateway", GATEWAY))
    told = {"more": 0, "now": 0, "low": 3, "next": 9, "dropped": '[[1,2,"full"]]'}
    assert first.fields == told | NO_LOSS | {"lost_full": 2}
    assert second.fields == {"more": 0, "now": 1, "low": 1, "next": 1, "dropped": "[]"} | NO_LOSS
    assert first.time == second.time == T


def test_an_epoch_that_is_now_is_told_even_where_the_list_was_cut_before_it() -> None:
    old = EpochState(epoch="0" * 16, low=3, next=9)
    points = of_spool(GATEWAY, SpoolState(now="1" * 16, epochs=[old], more=True), T)
    assert points[-1].tags[0] == ("epoch", "1" * 16)
    assert points[-1].fields == {"more": 1, "now": 1}


def test_a_list_of_losses_too_long_for_a_field_keeps_the_newest() -> None:
    dropped = [(2 * number, 2 * number, "full") for number in range(1, 20_000)]
    state = EpochState(epoch="0" * 16, low=1, next=50_000, dropped=dropped)
    (point,) = of_spool(GATEWAY, SpoolState(now=state.epoch, epochs=[state]), T)
    text = str(point.fields["dropped"])
    assert len(text) <= LARGEST_DROPPED
    assert json.loads(text)[-1] == list(dropped[-1])


def test_losses_are_counted_by_cause_and_no_stranger_adds_a_field() -> None:
    dropped = [(1, 4, "full"), (7, 7, "full"), (9, 9, "damaged"), (5, 6, "my own"), (12, 11, "age")]
    state = EpochState(epoch="0" * 16, low=12, next=12, dropped=dropped)
    (point,) = of_spool(GATEWAY, SpoolState(now=state.epoch, epochs=[state]), T)
    counted = {key: of for key, of in point.fields.items() if key.startswith("lost_")}
    assert counted == NO_LOSS | {"lost_full": 5, "lost_damaged": 1, "lost_other": 2}


def test_no_list_of_losses_counts_beyond_what_a_field_can_hold() -> None:
    dropped = [(1, LARGEST_SEQ, "full")] * 2000
    state = EpochState(epoch="0" * 16, low=1, next=1, dropped=dropped)
    (point,) = of_spool(GATEWAY, SpoolState(now=state.epoch, epochs=[state]), T)
    assert point.fields["lost_full"] == LARGEST_SEQ


def test_a_site_is_a_point_where_its_place_is_known() -> None:
    about = About(
        gateway=GATEWAY, site="alun-alun", latitude=-7.3881, longitude=109.3636, devices=[]
    )
    (point,) = of_site(about, T)
    assert point.tags == (("gateway", GATEWAY), ("site", "alun-alun"))
    assert point.fields == {"latitude": -7.3881, "longitude": 109.3636}
    assert of_site(about.model_copy(update={"latitude": None}), T) == []


def test_touched_names_each_device_and_the_span_it_got() -> None:
    (point,) = of_touched("collector-1", {(GATEWAY, "pm-1"): (T, T + 9)}, T + 50)
    tags = (("collector", "collector-1"), ("device", "pm-1"), ("gateway", GATEWAY))
    assert point == Point("touched", tags, T + 50, {"first": T, "last": T + 9})
