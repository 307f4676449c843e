"""Brings the dashboards to a Grafana that exists, and leaves alone what already is as it should be.

A folder and a dashboard are known by their uids. What people decide on the server stays theirs: the
title of a folder, the folder of a dashboard, and a dashboard that they edited.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from gateway.grafana.build import dashboards, folder_uid
from gateway.grafana.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.grafana.build import Dashboard
    from gateway.grafana.server import Grafana, Held
    from gateway.grafana.texts import Lang

Status = Literal["created", "updated", "unchanged", "edited", "provisioned"]

UNDONE: Final[frozenset[Status]] = frozenset({"edited", "provisioned"})
"""What was left as it is although it differs."""

SIGNATURE: Final = "simpang "
"""How each message begins that we leave in Grafana's history."""


class Outcome(NamedTuple):
    """What became of one folder or dashboard.

    Attributes:
        uid: Its uid.
        title: What people read.
        status: What was done, or would be.
        detail: Who edited it, where somebody did.
    """

    uid: str
    title: str
    status: Status
    detail: str = ""


def push(
    server: Grafana, languages: Sequence[Lang], *, dry_run: bool = False, overwrite: bool = False
) -> Iterator[Outcome]:
    """Bring every dashboard in these languages; tell of each as soon as it is done.

    Args:
        server: The Grafana.
        languages: The languages.
        dry_run: Look, and change nothing.
        overwrite: Replace also what somebody has edited; Grafana's history keeps the edit.
    """
    for lang in languages:
        yield _push_folder(server, lang, dry_run=dry_run)
        for dashboard in dashboards([lang]):
            yield _push_dashboard(server, dashboard, dry_run=dry_run, overwrite=overwrite)


def agrees(ours: Any, theirs: Any) -> bool:  # noqa: ANN401 - JSON
    """Say whether the server holds what we wrote: it may add things, and leave empty ones out."""
    if isinstance(ours, dict):
        return isinstance(theirs, dict) and all(
            agrees(value, theirs[key]) if key in theirs else value in ([], {}, "")
            for key, value in ours.items()
        )
    if isinstance(ours, list):
        return (
            isinstance(theirs, list) and len(ours) == len(theirs) and all(map(agrees, ours, theirs))
        )
    return bool(ours == theirs)


def _push_folder(server: Grafana, lang: Lang, *, dry_run: bool) -> Outcome:
    uid = folder_uid(lang)
    title = server.folder(uid)
    if title is not None:
        return Outcome(uid, title, "unchanged")
    title = Texts(lang).word("folder")
    if not dry_run:
        server.create_folder(uid, title)
    return Outcome(uid, title, "created")


def _push_dashboard(
    server: Grafana, dashboard: Dashboard, *, dry_run: bool, overwrite: bool
) -> Outcome:
    uid, title = dashboard.uid, dashboard.json["title"]
    held = server.dashboard(uid)
    if held is not None and agrees(dashboard.json, held.json):
        return Outcome(uid, title, "unchanged")
    if held is not None and held.provisioned:
        return Outcome(uid, title, "provisioned")
    if held is not None and not overwrite and (editor := _editor(server, uid)) is not None:
        return Outcome(uid, title, "edited", editor)
    if not dry_run:
        _save(server, dashboard, held, overwrite=overwrite)
    return Outcome(uid, title, "created" if held is None else "updated")


def _editor(server: Grafana, uid: str) -> str | None:
    """Name who saved a dashboard after us; None where we did ourselves."""
    last = server.last_saved(uid)
    if last is not None and last.message.startswith(SIGNATURE):
        return None
    return last.by if last is not None and last.by else "somebody"


def _save(server: Grafana, dashboard: Dashboard, held: Held | None, *, overwrite: bool) -> None:
    message = f"{SIGNATURE}{version('simpang')}"
    folder = folder_uid(dashboard.lang) if held is None else held.folder
    number = 0 if held is None else held.version
    server.save(dashboard.json, folder, message, number, overwrite=overwrite and held is not None)
