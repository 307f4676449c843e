"""Hi-Link's radar HLK-LD2451: about ten reports a second, each with up to five vehicles.

A report is `F4 F3 F2 F1`, a length, how many vehicles, whether one comes closer, five bytes for
each, `F8 F7 F6 F5`; where nobody is there the length is zero, or nothing is sent at all. There is
no checksum: both ends, the length and what can't be are all there is. Commands and answers have a
form of their own (`hilink_config`).

It leaves the factory told to report who comes closer, and nobody else. Told otherwise it remembers
that without power: it is told only where a config says so.

Source: Hi-Link, HLK-LD2451 Serial Communication Protocol V1.03 (2024), sections 1.2 and 1.3, with
an example, as quoted in xjasonrogersx/hlk-ld2451, docs/protocol.md; values of the commands:
Madproforg/HLK_LD2451; the factory's settings and units that fall silent:
WizBangCrash/esphome-ld2451, ld2451.md and components/ld2451/ld2451.cpp.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from operator import contains
from typing import TYPE_CHECKING, Any, Final

from devices.command import Command, Numbered
from devices.cutters import by_header, either
from devices.dialogue import Dialogue, Fields, Opening, Received, Step, carry_out
from devices.driver import Line, Setting, Settings
from devices.errors import DecodeError, DeviceFault, DriverError, NoReply
from devices.hilink_config import (
    COMMON,
    HEAD,
    TAIL,
    WITHIN,
    Configurable,
    ask,
    by_answer,
    command,
    is_answer,
    length,
    read_answer,
    write,
    write_answer,
)
from devices.sample import Detection, Sample
from devices.units import FASTEST

if TYPE_CHECKING:
    from collections.abc import Generator

    from devices.cutters import Cutter
    from devices.driver import Driver

_REPORT: Final = (b"\xf4\xf3\xf2\xf1", b"\xf8\xf7\xf6\xf5")
"""How a report begins and ends."""

_MOST_TARGETS: Final = 5
_TARGET: Final = ("angle_deg", "distance_m", "dir_raw", "speed_kmh", "snr")
"""A byte each."""

_DIRECTION, _DISTANCE, _SPEED = map(_TARGET.index, ("dir_raw", "distance_m", "speed_kmh"))
_FARTHEST: Final = 100
"""m that it sees."""

_FASTEST: Final = 120
"""km/h that it measures: whoever it shows to be faster was there, at a speed that is not known."""

_MIDDLE: Final = 0x80
"""What the byte of the angle says straight ahead."""

_LONGEST_ANSWER: Final = 16
"""What its length says at most: its command, its status, and 8 bytes at most are known."""

_TRIES: Final = 3
"""How often a silent radar is sent into config mode and out, until it says that it has left."""

_WAYS: Final = ("away", "approach", "both")
"""What the radar may be told to report, by its number."""

_WATCHED: Final = {"both": ("in", "out"), "approach": ("in",), "away": ("out",)}
_AS_IT_IS: Final = ""
_TELL: Final = 'watches = "both" has it told to report both, or set watches to what is meant'


@dataclass(frozen=True, kw_only=True)
class HiLink(Configurable):
    """A radar that lists what moves, without telling one vehicle from another."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut reports, and answers to commands."""
        return either(
            by_header((_REPORT[0],), _report_size, _is_report, tail=_REPORT[1], refused="header"),
            by_answer(_LONGEST_ANSWER),
        )

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a report (degrees off the middle, m, km/h), or the answer to a command."""
        if is_answer(frame):
            return read_answer(frame)
        body = frame[HEAD:-TAIL]
        targets = [dict(zip(_TARGET, body[at:], strict=False)) for at in _targets(body)]
        for target in targets:
            target["angle_deg"] -= _MIDDLE
        return {"alarm": body[1] if body else 0, "targets": targets}

    def encode(self, fields: Fields) -> bytes:
        """Write a report, of length zero where nobody is there; or an answer to an `ack_cmd`."""
        if "ack_cmd" in fields:
            return write_answer(fields)
        targets, alarm = fields.get("targets", []), fields.get("alarm", 0)
        body = bytes((len(targets), alarm)) if targets or alarm else b""
        for target in targets:
            shifted = {**target, "angle_deg": target.get("angle_deg", 0) + _MIDDLE}
            body += bytes(shifted.get(name, 0) for name in _TARGET)
        return write(_REPORT, body)

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Turn each target into a detection; nobody is a measurement too."""
        if "ack_cmd" in fields:
            return None
        seen = (
            Detection(
                channel="in" if target["dir_raw"] == settings["approaching"] else "out",
                speed=_speed(target["speed_kmh"]),
                distance=float(target["distance_m"]),
                signal=float(target["snr"]),
            )
            for target in fields["targets"]
        )
        watched = _WATCHED[settings["watches"] or "both"]
        return Sample(detections=tuple(each for each in seen if each.channel in watched))

    def tailored(self, settings: Settings) -> Driver:
        """Return it with the directions that it is to watch."""
        return replace(self, channels=_WATCHED[settings["watches"] or "both"])

    def start(self, settings: Settings) -> Opening:
        """See that it reports what is to be watched: where nobody does, nobody is no measurement.

        Only a radar that reports something else, where a config says what it is to watch, is told
        so, once: it remembers. One that answers nothing is read as it speaks. Config mode is left
        in any case: whoever was here before may have left it open.

        Raises:
            DecodeError: It can't be brought to report that.
            DeviceFault: It reports one direction, and nobody said that this is meant.
        """
        try:
            fault = yield from self._watch(settings["watches"])
        except NoReply:
            fault = None
        yield from ask(self.commands["end_config"])
        if fault is not None:
            raise fault

    def _watch(self, wanted: str) -> Generator[Step, Received, DriverError | None]:
        """Return why it does not report what is wanted; None where it does."""
        yield from carry_out(self.commands["enable_config"], WITHIN)
        received = yield from carry_out(self.commands["read_target_params"], WITHIN)
        try:
            distance, way, speed, delay = bytes.fromhex(received.fields["value_hex"])
        except ValueError:
            return DecodeError("its target parameters are not four")
        reports = dict(enumerate(_WAYS)).get(way, str(way))
        if wanted == _AS_IT_IS and reports != "both":
            return DeviceFault(f"it reports {reports} only; {_TELL}")
        if wanted not in {_AS_IT_IS, reports}:
            try:
                yield from carry_out(_set_params(distance, wanted, speed, delay), WITHIN)
            except NoReply:
                return DecodeError(f"told to report {wanted}, it does not")
        return None

    def read(self, settings: Settings) -> Dialogue:
        """Take the next sample; a radar that was silent, but leaves config mode, sees nobody.

        One that may still be in it is deaf, and in doubt asked again from the beginning: out of it,
        it would not hear `end_config`.

        Raises:
            NoReply: It does not answer, or not that it has left.
        """
        try:
            return (yield from self.listen(settings))
        except NoReply:
            heard: list[Received] = []
            end, has_left = self.commands["end_config"], False
            for _ in range(_TRIES):
                heard += yield from ask(self.commands["enable_config"])
                last = yield from ask(end)
                heard += last
                has_left = any(end.answered_by(received.fields) for received in last)
                if has_left or not heard:
                    break
            samples = (self.sample(received.fields, settings) for received in reversed(heard))
            sample = next((sample for sample in samples if sample is not None), None)
            if sample is None and not has_left:
                raise
            return sample or Sample()


def _speed(shown: int) -> float | None:
    return float(shown) if shown <= _FASTEST else None


def _targets(body: bytes) -> range:
    """Tell where each target begins."""
    return range(2, len(body), len(_TARGET))


def _report_size(buffer: bytes) -> int:
    """Tell the size of a report; the length and the number of targets must agree."""
    counted = length(buffer)
    if counted == 0:
        return HEAD + TAIL
    if counted is None or len(buffer) == HEAD:
        return 0
    targets = buffer[HEAD]
    agree = counted == 2 + targets * len(_TARGET) and targets <= _MOST_TARGETS
    return HEAD + counted + TAIL if agree else -1


def _is_report(frame: bytes) -> bool:
    """Say whether each target can be: a cut report and the next may fit but for that.

    It comes or goes, as far away as the radar sees, and no faster than anybody drives.
    """
    body = frame[HEAD:-TAIL]
    return all(
        body[at + _DIRECTION] in {0, 1}
        and body[at + _DISTANCE] <= _FARTHEST
        and body[at + _SPEED] <= FASTEST
        for at in _targets(body)
    )


def _set_params(distance: int, way: str, speed: int, delay: int) -> Command:
    name = f"set_target_params_{distance}m_{way}_{speed}kmh_{delay}s"
    value = bytes((distance, _WAYS.index(way), speed, delay))
    text = "how far, which way, how fast at least, how long the alarm lasts"
    return command(name, 0x02, value, text, lasts=True)


def _set_sensitivity(times: int, snr: int) -> Command:
    name, value = f"set_sensitivity_{times}x_snr{snr}", bytes((times, snr, 0, 0))
    text = "how often a vehicle is seen before it is reported, how strong its echo is at least"
    return command(name, 0x03, value, text, lasts=True)


_PARAMS: Final = re.compile(
    r"set_target_params_(\d{1,3})m_([a-z]+)_(\d{1,3})kmh_(\d{1,3})s", re.ASCII
)
_SENSITIVITY: Final = re.compile(r"set_sensitivity_(\d{1,3})x_snr(\d{1,3})", re.ASCII)


def _make(name: str) -> Command | None:
    """Make the command of that name; None where the radar takes none like it."""
    if params := _PARAMS.fullmatch(name):
        distance, way, speed, delay = params.groups()
        numbers = int(distance), int(speed), int(delay)
        bounds = range(10, 256), range(121), range(256)
        if way in _WAYS and all(map(contains, bounds, numbers)):
            return _set_params(numbers[0], way, *numbers[1:])
    elif sensitivity := _SENSITIVITY.fullmatch(name):
        times, snr = map(int, sensitivity.groups())
        if times in range(1, 11) and snr in range(3, 9):
            return _set_sensitivity(times, snr)
    return None


LD2451: Final = HiLink(
    name="hilink.ld2451",
    line=Line(115200),
    lines=(Line(256000),),
    channels=("in", "out"),
    takes={
        "approaching": Setting(1, (0, 1), "the direction byte of a vehicle that comes closer"),
        "watches": Setting(
            _AS_IT_IS,
            (_AS_IT_IS, *_WATCHED),
            "both, approach or away: it is told that, and remembers; left out, it is told nothing",
            initial="both",
        ),
    },
    commands=Numbered(
        _make,
        *COMMON,
        command("read_target_params", 0x12, b"", "ask how far, which way, how fast, how long"),
        _set_params(100, "both", 5, 2),
        command("read_sensitivity", 0x13, b"", "ask how often, and how strong an echo"),
        _set_sensitivity(1, 4),
    ),
    proof="example",
    document="Hi-Link, HLK-LD2451 Serial Communication Protocol V1.03",
)
