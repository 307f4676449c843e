"""How quantities look: their units in Grafana, and how their values become points of a curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gateway.grafana.panels import GREEN, GREY, ORANGE, RED, State, ranged, steps
from schemas.quantity import QUANTITIES

if TYPE_CHECKING:
    from gateway.grafana.panels import Json
    from schemas.quantity import Quantity

_UNITS: Final[dict[str, str]] = {
    "": "none",
    "%": "percent",
    "1/cm³": "suffix:/cm³",
    "B": "bytes",
    "W/m²": "Wm2",
    "dB(A)": "suffix:dB(A)",
    "h/km": "suffix:h/km",
    "hPa": "pressurehpa",
    "km/h": "velocitykmh",
    "km²/h²": "suffix:km²/h²",
    "lx": "lux",
    "m": "suffix:m",
    "m/s": "velocityms",
    "mm": "suffix:mm",
    "ppb": "conppb",
    "ppm": "ppm",
    "s": "s",
    "°": "degree",
    "°C": "celsius",
    "µg/m³": "con\u03bcgm3",
    "Ω": "ohm",
}
"""By the unit of the table. Source: grafana/grafana, packages/grafana-data, valueFormats; `suffix:`
where Grafana's own would write 0.2 mm as 200 µm."""

_UNIT_OF: Final = {"humidity": "humidity"}

_FUNCTION_OF: Final = {
    "count_total": "max",
    "latitude": "last",
    "longitude": "last",
    "rain": "sum",
    "wind_direction": "last",
}
_FUNCTION_IN: Final = {"node": "last", "traffic": "sum"}


def unit(quantity: Quantity) -> str:
    """Name a quantity's unit as Grafana does."""
    return _UNIT_OF.get(quantity.name) or _UNITS[quantity.unit]


def function(name: str) -> str:
    """Name what makes one point of a curve of many values.

    The mean of two directions is neither, of two reports a number that nobody reported, and what
    fell or passed in an interval is the sum.
    """
    return _FUNCTION_OF.get(name) or _FUNCTION_IN.get(QUANTITIES[name].measurement, "mean")


def line(unit: str, *, log: bool = False) -> Json:
    """Draw a thin line with a gap wherever a value is missing."""
    scale = {"type": "log", "log": 10} if log else {"type": "linear"}
    return {
        "color": {"mode": "palette-classic-by-name"},
        "custom": {
            "drawStyle": "line",
            "fillOpacity": 8,
            "insertNulls": False,
            "lineInterpolation": "linear",
            "lineWidth": 2,
            "pointSize": 4,
            "scaleDistribution": scale,
            "showPoints": "auto",
            "spanNulls": False,
        },
        "unit": unit,
    }


def stairs(unit: str) -> Json:
    """Draw what holds until it is reported anew."""
    field = line(unit)
    return field | {"custom": field["custom"] | {"lineInterpolation": "stepAfter"}}


def columns(unit: str) -> Json:
    """Draw columns, what belongs to one interval on top of each other."""
    field = line(unit)
    custom = {"drawStyle": "bars", "fillOpacity": 70, "lineWidth": 0}
    stacking = {"stacking": {"mode": "normal", "group": "A"}}
    return field | {"custom": field["custom"] | custom | stacking}


def dots(unit: str, color: str) -> Json:
    """Draw points alone, in one colour that no good value has."""
    field = line(unit)
    custom = {"drawStyle": "points", "pointSize": 6, "showPoints": "always"}
    return field | {
        "color": {"mode": "fixed", "fixedColor": color},
        "custom": field["custom"] | custom,
    }


def arrived() -> Json:
    """Show a share of the data: what is whole is calm, what is thin is not."""
    look = steps((None, RED), (75, ORANGE), (95, GREEN))
    # A window that the chosen time cuts in two counts whole, so a share may pass 100.
    whole = ranged({(100.0, 1000.0): State("100 %", GREEN)})
    return {**look, "unit": "percent", "decimals": 0, "min": 0, "max": 100, "mappings": whole}


SUSPECT: Final[Json] = {
    "color": {"mode": "fixed", "fixedColor": ORANGE},
    "custom.drawStyle": "points",
    "custom.pointSize": 6,
    "custom.showPoints": "always",
    "custom.hideFrom": {"legend": True, "tooltip": False, "viz": False},
}
"""Points that can't be taken for the line of good values."""

SUSPECT_COLUMN: Final[Json] = {
    "color": {"mode": "fixed", "fixedColor": ORANGE},
    "custom.hideFrom": {"legend": True, "tooltip": False, "viz": False},
}
"""A column, stacked on the good one."""

RAW: Final[Json] = {
    "color": {"mode": "fixed", "fixedColor": GREY},
    "custom.fillOpacity": 0,
    "custom.lineStyle": {"fill": "dash", "dash": [4, 6]},
    "custom.lineWidth": 1,
    "custom.hideFrom": {"legend": True, "tooltip": False, "viz": False},
}
"""What the sensor said before its calibration."""
