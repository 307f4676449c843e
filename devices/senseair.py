"""SenseAir's infrared CO2 sensors S8 and K30: Modbus without a bus, as a rule at address FE.

Input registers 0 to 3 hold the status of the meter, of its alarm and of its output, and CO2.

Source: SenseAir, Modbus on SenseAir S8, revision 1.03; questions and settings: ESPHome,
components/senseair.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from devices import modbus
from devices.command import Command, by_name
from devices.dialogue import Dialogue, Fields, Opening, Pause, carry_out
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import DeviceFault, NoReply
from devices.modbus import HOLDING, INPUT, WRITE, Question
from devices.modbus_asking import ask, prove, refusal
from devices.sample import Sample

if TYPE_CHECKING:
    from devices.cutters import Cutter
    from devices.dialogue import Carried

_ANY_SENSOR: Final = 0xFE
_ALL: Final = Question(INPUT, 0, 4)
_CO2: Final = Question(INPUT, 3, 1)
_NAMES: Final = ("meter_status", "alarm_status", "output_status", "co2_ppm")

_FAULTS: Final = (
    "fatal error",
    "offset regulation error",
    "algorithm error",
    "output error",
    "self-diagnostics error",
    "CO2 out of range",
    "memory error",
)
"""What each bit of the meter's status says, from the lowest."""

_ACKNOWLEDGE: Final = 0x00
_SPECIAL: Final = 0x01
_ABC: Final = 0x1F
_BACKGROUND: Final = 0x7C06
_CALIBRATED: Final = 0x20
"""Set in the acknowledgement once a background calibration is done."""

_WITHIN: Final = 1.0
_CALIBRATING_SECONDS: Final = 4.0
_HOURS: Final = 180
"""Hours between two self-calibrations as it leaves the factory."""


@dataclass(frozen=True, kw_only=True)
class SenseAir(Driver):
    """A CO2 sensor that says of itself whether it can be believed."""

    proves: bool = True

    def cutter(self, _settings: Settings) -> Cutter:
        """Cut answers; our own questions that an adapter returns are junk."""
        return modbus.cut

    def decode(self, frame: bytes, _settings: Settings) -> dict[str, Any]:
        """Read the status and CO2, ppm, of four registers; the `value` of one (CO2 has a sign)."""
        fields = modbus.decode(frame)
        registers = fields.get("registers", [])
        if len(registers) == 1:
            signed = fields["function"] == INPUT
            return fields | {"value": _signed(registers[0]) if signed else registers[0]}
        if fields["function"] == INPUT and len(registers) == _ALL.count:
            named = dict(zip(_NAMES, registers, strict=True))
            return fields | named | {"co2_ppm": _signed(registers[3])}
        return fields

    def encode(self, fields: Fields) -> bytes:
        """Write an answer: as its registers say, or with a status and CO2, or with one value."""
        if fields.keys() & {"registers", "exception", "register"}:
            return modbus.encode(fields)
        registers = [fields.get(name, 0) & 0xFFFF for name in _NAMES]
        if "value" in fields:
            registers = [fields["value"] & 0xFFFF]
        head = {"address": _ANY_SENSOR, "function": INPUT}
        return modbus.encode({**head, **fields, "registers": registers})

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Pass CO2 on, ppm, unless its sensor says that something is wrong.

        Raises:
            DeviceFault: The meter's status is not zero.
        """
        status = fields.get("meter_status")
        if status is None:
            return None
        if status:
            bits = [text for bit, text in enumerate(_FAULTS) if status >> bit & 1]
            raise DeviceFault(", ".join(bits) or f"meter status {status:#x}")
        return Sample({"co2": float(fields["co2_ppm"])})

    def tailored(self, settings: Settings) -> Driver:
        """Give its commands its address."""
        address = settings["address"]
        takes = {**self.takes, "address": replace(self.takes["address"], default=address)}
        return replace(self, takes=takes, commands=by_name(*_commands(address)))

    def refusal(self, command: Command, fields: Fields) -> str:
        """Read an exception."""
        return refusal(command, fields)

    def start(self, settings: Settings) -> Opening:
        """See that its answers belong to the questions."""
        yield from prove(settings["address"], _ALL, _CO2)

    def read(self, settings: Settings) -> Dialogue:
        """Ask for status and CO2; after a silence, first see again that the answers are right.

        Raises:
            NoReply: It is silent.
            DeviceFault: It is broken, or answers the questions before.
        """
        address = settings["address"]
        try:
            registers = yield from ask(address, _ALL)
        except NoReply:
            yield from self.start(settings)
            registers = yield from ask(address, _ALL)
        fields = dict(zip(_NAMES, registers, strict=True))
        fields["co2_ppm"] = _signed(fields["co2_ppm"])
        measured = self.sample(fields, settings)
        return measured or Sample()

    def send(self, command: Command, settings: Settings) -> Carried:
        """Carry out a command; a background calibration with what belongs to it.

        Raises:
            NoReply: It was not answered.
            DeviceFault: It was not calibrated, or refuses to be.
        """
        if command.name != "background_calibration":
            return (yield from super().send(command, settings))
        mine = {each.name: each for each in _commands(settings["address"])}
        yield from carry_out(mine["clear_acknowledgement"], _WITHIN)
        yield from carry_out(command, _WITHIN, refusal=self.refusal)
        yield Pause(_CALIBRATING_SECONDS)
        answer = yield from carry_out(mine["read_acknowledgement"], _WITHIN)
        if not answer.fields["value"] & _CALIBRATED:
            raise DeviceFault("it did not calibrate: the air has to stand still at 400 ppm")
        return answer


def _signed(register: int) -> int:
    return register - 0x10000 if register >= 0x8000 else register  # noqa: PLR2004 - two's complement


def _commands(address: int) -> tuple[Command, ...]:
    def asking(name: str, function: int, register: int, count: int, text: str) -> Command:
        answer = {"function": function, "meter_status" if count > 1 else "value": None}
        return Command(name, modbus.read(address, function, register, count), text, reply=answer)

    def telling(name: str, register: int, value: int, text: str, *, lasts: bool = True) -> Command:
        answer = {"function": WRITE, "register": register, "value": value}
        return Command(name, modbus.write(address, register, value), text, lasts, answer)

    return (
        asking("read_co2", INPUT, 3, 1, "send CO2 alone"),
        asking("read_status_and_co2", INPUT, 0, 4, "send its status and CO2"),
        asking("read_abc", HOLDING, _ABC, 1, "send the hours of its self-calibration; 0 is off"),
        telling("abc_on", _ABC, _HOURS, "take the lowest of each 180 h for 400 ppm"),
        telling("abc_off", _ABC, 0, "calibrate only when told to"),
        telling("clear_acknowledgement", _ACKNOWLEDGE, 0, "forget what was done", lasts=False),
        telling("background_calibration", _SPECIAL, _BACKGROUND,
                "take the air of now for 400 ppm: not undone"),
        asking("read_acknowledgement", HOLDING, _ACKNOWLEDGE, 1,
               "send what was done: 32 is a calibration"),
    )  # fmt: skip


S8: Final = SenseAir(
    name="senseair.s8",
    line=Line(9600),
    quantities=("co2",),
    every=2.0,
    warmup_seconds=120.0,
    takes={
        "address": Setting(
            _ANY_SENSOR,
            (*range(1, 248), _ANY_SENSOR),
            "its number on a bus, 1 to 247; 254 asks whoever is alone on the line",
        ),
    },
    commands=by_name(*_commands(_ANY_SENSOR)),
    identify=("read_status_and_co2",),
    proof="example",
    document="SenseAir, Modbus on SenseAir S8, revision 1.03",
)

K30: Final = replace(
    S8,
    name="senseair.k30",
    proof="documents",
    document="SenseAir, Modbus on CO2 Engine K30",
)
