"""All that is generated for Grafana: the dashboards in both languages, and how it finds them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from gateway.grafana import device, fleet, provisioning
from gateway.grafana.influxql import ZONE
from gateway.grafana.texts import LANGUAGES, Texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.grafana.panels import Json, Variable
    from gateway.grafana.texts import Lang

FOLDER: Final = "deploy/grafana"
"""Where the files lie, from the root of the project."""

_SCHEMA: Final = 42
"""The version of the dashboard's JSON that this is."""


class Dashboard(NamedTuple):
    """One dashboard in one language.

    Attributes:
        uid: What links lead to; it never changes.
        lang: Its language.
        json: All of it, as Grafana keeps it.
    """

    uid: str
    lang: Lang
    json: Json


def dashboards(languages: Sequence[Lang] = LANGUAGES) -> list[Dashboard]:
    """Build every dashboard in these languages."""
    return [
        dashboard
        for lang in languages
        for texts in [Texts(lang)]
        for dashboard in (
            _dashboard(texts, "fleet", fleet.build(texts), fleet.variables(texts)),
            _dashboard(texts, "device", device.build(texts), device.variables(texts)),
        )
    ]


def files() -> dict[str, str]:
    """Write everything as files: their paths, and what stands in them."""
    written = {f"{FOLDER}/{name}": text for name, text in provisioning.files().items()}
    for each in dashboards():
        text = json.dumps(each.json, ensure_ascii=False, indent=1)
        written[f"{FOLDER}/dashboards/{each.lang}/{each.uid}.json"] = f"{text}\n"
    return written


def _dashboard(texts: Texts, name: str, panels: list[Json], variables: list[Variable]) -> Dashboard:
    uid = f"simpang-{name}-{texts.lang}"
    ours = f"simpang-{texts.lang}"
    whole = {
        "uid": uid,
        "title": texts.word(name),
        "tags": ["simpang", ours],
        "schemaVersion": _SCHEMA,
        "editable": True,
        "timezone": ZONE,
        "weekStart": "monday",
        "time": {"from": "now-24h", "to": "now"},
        "refresh": "1m",
        "graphTooltip": 1,
        "links": [_links(ours)],
        "templating": {"list": [each.json() for each in variables]},
        "annotations": {"list": []},
        "panels": panels,
    }
    return Dashboard(uid, texts.lang, whole)


def _links(tag: str) -> Json:
    """Lead to the other dashboards in this language, in the time that is chosen."""
    return {
        "type": "dashboards",
        "title": "Simpang",
        "tags": [tag],
        "asDropdown": False,
        "icon": "external link",
        "includeVars": False,
        "keepTime": True,
        "targetBlank": False,
        "tooltip": "",
        "url": "",
    }


def folder_uid(lang: Lang) -> str:
    """Name the folder that the dashboards of a language are in."""
    return f"simpang-{lang}"
