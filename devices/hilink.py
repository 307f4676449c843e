"""Hi-Link's radar HLK-LD2451: about ten reports a second, each with up to five vehicles.

A report is `F4 F3 F2 F1`, a length, how many vehicles, whether one comes closer, five bytes for
each, `F8 F7 F6 F5`; where nobody is there the length is zero, or nothing is sent at all. Commands
and answers are `FD FC FB FA`, a length, the command, a value, `04 03 02 01`; lengths and words are
little-endian. There is no checksum: both ends, the length and what can't be are all there is.

Commands are heard in config mode only, between `enable_config` and `end_config`; until its end the
radar reports nothing. It leaves the factory told to report who comes closer, and nobody else.

Source: Hi-Link, HLK-LD2451 Serial Communication Protocol V1.03 (2024), sections 1.2 and 1.3, with
an example, as quoted in xjasonrogersx/hlk-ld2451, docs/protocol.md; values of the commands:
Madproforg/HLK_LD2451; the factory's settings and units that fall silent:
WizBangCrash/esphome-ld2451, ld2451.md and components/ld2451/ld2451.cpp.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from operator import contains
from typing import TYPE_CHECKING, Any, Final

from devices.command import Command, by_name
from devices.cutters import by_header, either
from devices.dialogue import Ask, Dialogue, Fields, Listen, Opening, Received, Step, carry_out
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import DecodeError, NoReply
from devices.sample import Detection, Sample

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from devices.cutters import Cutter

_REPORT: Final = (b"\xf4\xf3\xf2\xf1", b"\xf8\xf7\xf6\xf5")
_CONFIG: Final = (b"\xfd\xfc\xfb\xfa", b"\x04\x03\x02\x01")
"""How a report, and a command or its answer, begins and ends."""

_HEAD: Final = 6
_TAIL: Final = 4
"""Bytes that the length does not count: beginning and length, end."""

_MOST_TARGETS: Final = 5
_TARGET: Final = ("angle_deg", "distance_m", "dir_raw", "speed_kmh", "snr")
"""A byte each."""

_DIRECTION: Final = _TARGET.index("dir_raw")
_MIDDLE: Final = 0x80
"""What the byte of the angle says straight ahead."""

_ACK_SIZES: Final = range(4, 17)
"""What the length of an answer may be: its command, its status, and 8 bytes at most are known."""

_WITHIN: Final = 0.5
"""Seconds that an answer may take; as a rule it is there after some milliseconds."""

_TRIES: Final = 3
"""How often a silent radar is sent into config mode and out, until it says that it has left."""

_MEANWHILE: Final = 5
"""Reports between a question and its answer: those that were on their way."""

_WAYS: Final = ("away", "approach", "both")
"""What the radar may be told to report, by its number."""

_BAUDRATES: Final = (9600, 19200, 38400, 57600, 115200, 230400, 256000, 460800)


@dataclass(frozen=True, kw_only=True)
class HiLink(Driver):
    """A radar that lists what moves, without telling one vehicle from another."""

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut reports, and answers to commands."""
        return either(
            by_header((_REPORT[0],), _report_size, _is_report, tail=_REPORT[1], refused="header"),
            by_header((_CONFIG[0],), _ack_size, _is_ack, tail=_CONFIG[1], refused="header"),
        )

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read a report (degrees off the middle, m, km/h), or the answer to a command."""
        body = frame[_HEAD:-_TAIL]
        if frame.startswith(_CONFIG[0]):
            status = int.from_bytes(body[2:4], "little")
            value = body[4:].hex()
            return {"ack_cmd": body[0], "is_ack": True, "status": status, "value_hex": value}
        targets = [dict(zip(_TARGET, body[at:], strict=False)) for at in _targets(body)]
        for target in targets:
            target["angle_deg"] -= _MIDDLE
        return {"alarm": body[1] if body else 0, "targets": targets}

    def encode(self, fields: Fields) -> bytes:
        """Write a report, of length zero where nobody is there; or an answer to an `ack_cmd`."""
        if "ack_cmd" in fields:
            status = fields.get("status", 0).to_bytes(2, "little")
            value = bytes.fromhex(fields.get("value_hex", ""))
            return _write(_CONFIG, bytes((fields["ack_cmd"], 1)) + status + value)
        targets, alarm = fields.get("targets", []), fields.get("alarm", 0)
        body = bytes((len(targets), alarm)) if targets or alarm else b""
        for target in targets:
            shifted = {**target, "angle_deg": target.get("angle_deg", 0) + _MIDDLE}
            body += bytes(shifted.get(name, 0) for name in _TARGET)
        return _write(_REPORT, body)

    def sample(self, fields: Fields, settings: Settings) -> Sample | None:
        """Turn each target into a detection; nobody is a measurement too."""
        if "ack_cmd" in fields:
            return None
        return Sample(
            detections=tuple(
                Detection(
                    channel="in" if target["dir_raw"] == settings["approaching"] else "out",
                    speed=float(target["speed_kmh"]),
                    distance=float(target["distance_m"]),
                    signal=float(target["snr"]),
                )
                for target in fields["targets"]
            )
        )

    def start(self, _settings: Settings) -> Opening:
        """Have it report both directions: where nobody watches, nobody is no measurement.

        Only a radar that reports one of them is told to, once: it remembers. One that answers
        nothing is read as it speaks. Config mode is left in any case: whoever was here before may
        have left it open.

        Raises:
            DecodeError: It can't be brought to report both directions.
        """
        try:
            refused = yield from self._watch_both()
        except NoReply:
            refused = ""
        yield from _ask(self.commands["end_config"])
        if refused:
            raise DecodeError(refused)

    def _watch_both(self) -> Generator[Step, Received, str]:
        """Return why it does not report both directions; empty where it does."""
        yield from carry_out(self.commands["enable_config"], _WITHIN)
        received = yield from carry_out(self.commands["read_target_params"], _WITHIN)
        try:
            distance, way, speed, delay = bytes.fromhex(received.fields["value_hex"])
        except ValueError:
            return "its target parameters are not four"
        if way != _WAYS.index("both"):
            try:
                yield from carry_out(_set_params(distance, "both", speed, delay), _WITHIN)
            except NoReply:
                return "told to report both directions, it does not"
        return ""

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
                heard += yield from _ask(self.commands["enable_config"])
                last = yield from _ask(end)
                heard += last
                has_left = any(end.answered_by(received.fields) for received in last)
                if has_left or not heard:
                    break
            samples = (self.sample(received.fields, settings) for received in reversed(heard))
            sample = next((sample for sample in samples if sample is not None), None)
            if sample is None and not has_left:
                raise
            return sample or Sample()


def _targets(body: bytes) -> range:
    """Tell where each target begins."""
    return range(2, len(body), len(_TARGET))


def _length(buffer: bytes) -> int | None:
    """Read the length; None while it is not there."""
    return int.from_bytes(buffer[_HEAD - 2 : _HEAD], "little") if len(buffer) >= _HEAD else None


def _report_size(buffer: bytes) -> int:
    """Tell the size of a report; the length and the number of targets must agree."""
    length = _length(buffer)
    if length == 0:
        return _HEAD + _TAIL
    if length is None or len(buffer) == _HEAD:
        return 0
    targets = buffer[_HEAD]
    agree = length == 2 + targets * len(_TARGET) and targets <= _MOST_TARGETS
    return _HEAD + length + _TAIL if agree else -1


def _is_report(frame: bytes) -> bool:
    """Say whether each target comes or goes: a cut report and the next may fit but for that."""
    body = frame[_HEAD:-_TAIL]
    return all(body[at + _DIRECTION] in {0, 1} for at in _targets(body))


def _ack_size(buffer: bytes) -> int:
    length = _length(buffer)
    if length is None:
        return 0
    return _HEAD + length + _TAIL if length in _ACK_SIZES else -1


def _is_ack(frame: bytes) -> bool:
    """Say whether it is an answer, and no command; its status is a small number."""
    return frame[_HEAD + 1] == 1 and frame[_HEAD + 3] == 0


def _write(kind: tuple[bytes, bytes], body: bytes) -> bytes:
    return kind[0] + len(body).to_bytes(2, "little") + body + kind[1]


def _ask(command: Command) -> Generator[Step, Received, list[Received]]:
    """Send a command once; return what came up to its answer, or up to a silence."""
    heard: list[Received] = []
    step: Step = Ask(command.data, _WITHIN)
    while len(heard) < _MEANWHILE:
        try:
            heard.append((yield step))
        except NoReply:
            break
        if command.answered_by(heard[-1].fields):
            break
        step = Listen(_WITHIN)
    return heard


def _command(name: str, code: int, value: bytes, text: str, *, lasts: bool = False) -> Command:
    data = _write(_CONFIG, bytes((code, 0)) + value)
    return Command(name, data, text, dangerous=lasts, reply={"ack_cmd": code, "status": 0})


def _set_params(distance: int, way: str, speed: int, delay: int) -> Command:
    name = f"set_target_params_{distance}m_{way}_{speed}kmh_{delay}s"
    value = bytes((distance, _WAYS.index(way), speed, delay))
    text = "how far, which way, how fast at least, how long the alarm lasts"
    return _command(name, 0x02, value, text, lasts=True)


def _set_sensitivity(times: int, snr: int) -> Command:
    name, value = f"set_sensitivity_{times}x_snr{snr}", bytes((times, snr, 0, 0))
    text = "how often a vehicle is seen before it is reported, how strong its echo is at least"
    return _command(name, 0x03, value, text, lasts=True)


class _Commands(Mapping[str, Command]):
    """The commands by name; where a name bears numbers, others will do as well."""

    def __init__(self, *commands: Command) -> None:
        """List these."""
        self._listed = by_name(*commands)

    def __getitem__(self, name: str) -> Command:
        """Return a command; one with numbers that are not listed is made."""
        made = self._listed.get(name) or _make(name)
        if made is None:
            raise KeyError(name)
        return made

    def __iter__(self) -> Iterator[str]:
        """Name those that are listed."""
        return iter(self._listed)

    def __len__(self) -> int:
        """Count those that are listed."""
        return len(self._listed)


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
        if times in range(11) and snr in range(3, 9):
            return _set_sensitivity(times, snr)
    return None


LD2451: Final = HiLink(
    name="hilink.ld2451",
    line=Line(115200),
    channels=("in", "out"),
    takes={
        "approaching": Setting(1, (0, 1), "the direction byte of a vehicle that comes closer"),
    },
    commands=_Commands(
        _command("enable_config", 0xFF, b"\x01\0", "begin config mode: no reports until its end"),
        _command("end_config", 0xFE, b"", "end config mode"),
        _command("read_target_params", 0x12, b"", "ask how far, which way, how fast, how long"),
        _set_params(100, "both", 5, 2),
        _command("read_sensitivity", 0x13, b"", "ask how often, and how strong an echo"),
        _set_sensitivity(1, 4),
        _command("read_firmware", 0xA0, b"", "ask for its firmware"),
        *(
            _command(
                f"set_baudrate_{baud}",
                0xA1,
                index.to_bytes(2, "little"),
                f"{baud} baud after a restart: the port must follow",
                lasts=True,
            )
            for index, baud in enumerate(_BAUDRATES, start=1)
        ),
        _command("factory_reset", 0xA2, b"", "forget all settings, after a restart", lasts=True),
        _command("restart", 0xA3, b"", "begin anew"),
    ),
    proof="example",
    document="Hi-Link, HLK-LD2451 Serial Communication Protocol V1.03",
)
