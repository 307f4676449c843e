"""Cubic's laser dust sensors PM1006, PM1006K, PM1003A and PM2008; the first is IKEA's VINDRIKTNING.

Source: captured frames of a PM1006: vinschente/VINDRIKTNING, PM1006_uart_log.txt; PM1006K and
PM2008: ESPHome, components/pm1006 and pm2005.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from devices.command import by_name
from devices.cubic_frames import WITHIN, Cubic, ask
from devices.dialogue import Dialogue, Fields, Listen, Opening, carry_out
from devices.driver import Driver, Line, Setting, Settings
from devices.errors import NotReady
from devices.sample import Sample

_READ: Final = 0x0B
_READ_K: Final = 0x02
_SWITCH: Final = 0x0C

_COLUMNS: Final = {
    _READ: (
        "df1_2",
        "pm2_5_ugm3",
        "df5_6",
        "df7_8",
        "df9_10",
        "df11_12",
        "df13_14",
        "df15_16",
    ),
    _READ_K: ("df1_2", "pm2_5_ugm3", "df5_6", "pm1_0_ugm3", "df9_10", "pm10_ugm3"),
}
"""The words of an answer, by the command; what the others mean nobody has written down."""

_STUCK: Final = 1000
"""µg/m³ that a sensor shows whose optics are blocked or whose supply is below 4.9 V."""

_BURST_SECONDS: Final = 60.0
"""Between two bursts of questions of whoever asks, on a tapped line, at most."""


@dataclass(frozen=True, kw_only=True)
class Dust(Cubic):
    """The PM1006 and its kin: the form of an answer tells how many values it has."""

    def read_data(self, command: int, data: bytes) -> dict[str, Any]:
        """Read µg/m³; `status` is `warming_up` while all of it is zero."""
        columns = _COLUMNS.get(command)
        if columns is None:
            return {"data_hex": data.hex()} if data else {}
        words = (int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2))
        fields: dict[str, Any] = dict(zip(columns, words, strict=True))
        return fields if any(data) else fields | {"status": "warming_up"}

    def write_data(self, command: int, fields: Fields) -> bytes:
        """Write that."""
        columns = _COLUMNS.get(command)
        if columns is None:
            return bytes.fromhex(fields.get("data_hex", ""))
        return b"".join(int(fields.get(name, 0)).to_bytes(2) for name in columns)

    def sample(self, fields: Fields, _settings: Settings) -> Sample | None:
        """Pass the particle mass on, µg/m³: of a PM1006 only PM2.5."""
        if "pm2_5_ugm3" not in fields:
            return None
        if "status" in fields:
            raise NotReady("all zero: the sensor has just started and sees nothing yet")
        names = ("pm1_0", "pm2_5", "pm10")
        values = {name: float(fields[f"{name}_ugm3"]) for name in names if f"{name}_ugm3" in fields}
        stuck = fields["pm2_5_ugm3"] == _STUCK
        return Sample(values, fault="optics blocked, or less than 4.9 V" if stuck else "")

    def fits(self, fields: Fields) -> bool:
        """Say whether the mass is one that it can show."""
        return all(fields[name] <= _STUCK for name in fields if name.endswith("_ugm3"))

    def tailored(self, settings: Settings) -> Driver:
        """Return it as the model says, with its question and its quantities."""
        made: Driver = self
        if settings["model"] == "pm1006k":
            commands = dict(self.commands) | {"read": self.commands["read_k"]}
            made = replace(self, commands=commands, quantities=("pm1_0", "pm2_5", "pm10"))
        return replace(made, every=_BURST_SECONDS) if settings["tapped"] else made

    def start(self, settings: Settings) -> Opening:
        """Open a PM2008, which measures only then.

        Raises:
            NoReply: It did not answer.
        """
        if settings["model"] == "pm2008" and not settings["tapped"]:
            yield from carry_out(self.commands["open"], WITHIN)

    def read(self, settings: Settings) -> Dialogue:
        """Ask until a measurement comes, or listen where somebody else asks.

        Raises:
            NoReply: It did not answer, three times; or nobody asked.
        """
        if settings["tapped"]:
            return (yield from self._overhear(settings))
        return (yield from super().read(settings))

    def _overhear(self, settings: Settings) -> Dialogue:
        while True:
            received = yield Listen(_BURST_SECONDS)
            sample = self.sample(received.fields, settings)
            if sample is not None:
                return sample


_COMMANDS: Final = by_name(
    ask("read", _READ, b"\1", "send one measurement", {"pm2_5_ugm3": None}),
    ask("read_k", _READ_K, b"", "a PM1006K: send one measurement", {"pm2_5_ugm3": None}),
    ask("open", _SWITCH, b"\2\x1e", "a PM2008: start fan and laser"),
    ask("close", _SWITCH, b"\1\x1e", "a PM2008: stop fan and laser"),
)

PM1006: Final = Dust(
    name="cubic.pm1006",
    line=Line(9600),
    quantities=("pm2_5",),
    every=1.0,
    warmup_seconds=30.0,
    takes={
        "model": Setting("pm1006", ("pm1006", "pm1006k", "pm2008"), "which of them it is"),
        "tapped": Setting(
            default=False, allowed=(False, True), help="only listen: another controller asks"
        ),
    },
    commands=_COMMANDS,
    identify=("read",),
    proof="capture",
    document="Cubic, PM1006 series UART protocol, as logged by vinschente/VINDRIKTNING",
    lengths={_READ: (17,), _READ_K: (13,), _SWITCH: (2,)},
)
