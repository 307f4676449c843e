"""Radars that show one speed at a time, and with it where the vehicle goes, or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from devices.driver import Driver, Setting, Settings
from devices.sample import Detection, Sample

_CHANNELS: Final = {"approach": "in", "recede": "out"}
_WAYS: Final = "it says where a vehicle goes; false: all count together"


def directions_setting(*, default: bool) -> Setting:
    """Make the setting that says whether directions are to be believed."""
    return Setting(default=default, allowed=(False, True), help=_WAYS)


@dataclass(frozen=True, kw_only=True)
class OneSpeed(Driver):
    """A radar that shows one speed at a time; it takes the setting `directions`."""

    def tailored(self, settings: Settings) -> Driver:
        """Watch both directions where they are told."""
        return replace(self, channels=("in", "out") if settings["directions"] else ("all",))

    def detected(
        self, speed: float, direction: str, settings: Settings, distance: float | None = None
    ) -> Sample:
        """Turn a speed in km/h into a detection; zero is nobody.

        Where directions are told, a line that knows none is passed over: others about the same
        vehicle do, and it must not count once here and once there.
        """
        channel = _CHANNELS.get(direction) if settings["directions"] else "all"
        if not speed or channel is None:
            return Sample()
        return Sample(detections=(Detection(channel, speed, distance),))
