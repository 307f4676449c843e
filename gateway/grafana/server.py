"""One Grafana, reached through grafana-api: the only module that knows this library.

Of the library only calls are used whose endpoints Grafana keeps: folders and dashboards by uid. It
knows no health, no data source by uid and no versions of a dashboard; these are asked by path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from gateway.errors import ConfigError, SimpangError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_LONGEST: Final = 200
"""Characters of a foreign text that are worth showing."""

PATIENCE: Final = 10.0
"""Seconds that Grafana may think."""

_NOT_FOUND: Final = 404
_CONFLICTS: Final = frozenset({409, 412})
_DENIED: Final = {
    401: ("does not know this token", "make one: Administration, Service accounts, role Editor"),
    403: ("does not let this token do that", "give its service account the role Editor"),
}


class GrafanaGone(SimpangError):
    """No Grafana answers there now."""


class GrafanaDenied(SimpangError):
    """Grafana does not let us in, or not do that."""


class GrafanaRefused(SimpangError):
    """Grafana does not take what was sent, and says why."""


class GrafanaChanged(SimpangError):
    """Somebody else saved the same thing in this moment."""


class Held(NamedTuple):
    """A dashboard as the server holds it.

    Attributes:
        json: All of it.
        folder: The uid of the folder it lies in; empty at the top.
        provisioned: Whether it comes from files, so that nobody can save it.
    """

    json: dict[str, Any]
    folder: str
    provisioned: bool

    @property
    def version(self) -> int:
        """How often it was saved."""
        return int(self.json.get("version") or 0)


class Saved(NamedTuple):
    """Who saved a dashboard last.

    Attributes:
        message: What they said of it.
        by: Their name.
    """

    message: str
    by: str


class Grafana:
    """One server.

    Attributes:
        url: Where it is.
    """

    def __init__(self, url: str, token: str) -> None:
        """Prepare to ask; nothing is reached before the first question.

        Args:
            url: Its address, with the path below which it lies, if any.
            token: A service account's token with the role Editor.

        Raises:
            ConfigError: This can't be the address of a Grafana, or grafana-api is missing.
        """
        try:
            from grafana_api.grafana_face import (  # type: ignore[import-untyped] # noqa: PLC0415
                GrafanaFace,
            )
        except ImportError:
            raise ConfigError(
                "grafana-api is not installed", "pip install 'simpang[grafana]'"
            ) from None
        self.url = url
        scheme, host, port, path = _take_apart(url)
        face = GrafanaFace(
            token, host=host, port=port, url_path_prefix=path, protocol=scheme, timeout=PATIENCE
        )
        # Whoever is led elsewhere took the wrong address; the token does not follow.
        face.api.s.max_redirects = 0
        self._face = face

    def version(self) -> str:
        """Ask which Grafana this is.

        Raises:
            GrafanaGone: Nobody answers.
            ConfigError: Somebody answers who is no Grafana.
        """
        found = self._ask("/health")
        if not isinstance(found, dict) or "database" not in found:
            raise self._stranger()
        return _plain(str(found.get("version", "")))

    def has_datasource(self, uid: str) -> bool | None:
        """Say whether there is a data source; None where this token may not look."""
        try:
            return self._ask(f"/datasources/uid/{uid}") is not None
        except GrafanaDenied:
            return None

    def folder(self, uid: str) -> str | None:
        """Return the title of a folder, None where there is none."""
        return self._call(lambda: str(self._face.folder.get_folder(uid)["title"]))

    def create_folder(self, uid: str, title: str) -> None:
        """Make a folder."""
        self._call(lambda: self._face.folder.create_folder(title, uid), absent=False)

    def dashboard(self, uid: str) -> Held | None:
        """Return a dashboard, None where there is none."""

        def read() -> Held:
            found = self._face.dashboard.get_dashboard(uid)
            meta = found["meta"]
            folder, provisioned = meta.get("folderUid"), meta.get("provisioned")
            return Held(dict(found["dashboard"]), str(folder or ""), bool(provisioned))

        return self._call(read)

    def last_saved(self, uid: str) -> Saved | None:
        """Say who saved a dashboard last; None where Grafana does not tell."""
        found = self._ask(f"/dashboards/uid/{uid}/versions?limit=1")
        versions = found.get("versions") if isinstance(found, dict) else found
        if not isinstance(versions, list) or not versions or not isinstance(versions[0], dict):
            return None
        last = versions[0]
        return Saved(str(last.get("message") or ""), _plain(str(last.get("createdBy") or "")))

    def save(
        self, json: dict[str, Any], folder: str, message: str, version: int, *, overwrite: bool
    ) -> None:
        """Save a dashboard.

        Args:
            json: All of it.
            folder: The uid of the folder it is to lie in.
            message: What Grafana's history says of it.
            version: The version that it replaces, 0 for a new one.
            overwrite: Whether it replaces any version.

        Raises:
            GrafanaChanged: Another version is there, or a dashboard of that title in that folder.
        """
        body = {
            "dashboard": {**json, "id": None, "version": version},
            "folderUid": folder,
            "message": message,
            "overwrite": overwrite,
        }
        self._call(lambda: self._face.dashboard.update_dashboard(body), absent=False)

    def _ask(self, path: str) -> Any:  # noqa: ANN401 - whatever JSON it answers
        """Ask what the library has no call for; None where there is no such thing."""
        return self._call(lambda: self._face.api.GET(path))

    def _call(self, call: Callable[[], T], *, absent: bool = True) -> T | None:
        """Call the library; None where Grafana has no such thing, and that may be.

        Whatever else goes wrong is said in our words.
        """
        from grafana_api.grafana_api import (  # type: ignore[import-untyped] # noqa: PLC0415
            GrafanaException,
        )

        try:
            return call()
        except GrafanaException as error:
            if error.status_code == _NOT_FOUND and absent:
                return None
            raise self._in_words(error.status_code, str(error.message)) from None
        except (ValueError, TypeError, KeyError, AttributeError):  # no JSON, or no such JSON
            raise self._stranger() from None
        except OSError as error:
            if "redirect" in str(error):
                raise self._stranger() from None
            raise GrafanaGone(
                f"{self.url}: no Grafana answers: {_reason(error)}", "is the address right?"
            ) from None

    def _in_words(self, status: int, message: str) -> SimpangError:
        if status in _DENIED:
            what, remedy = _DENIED[status]
            return GrafanaDenied(f"{self.url} {what}", remedy)
        said = f"{self.url} answers {status}: {_plain(message)}"
        if status >= 500:  # noqa: PLR2004 - HTTP
            return GrafanaGone(said, "try again later; its log tells more")
        if status in _CONFLICTS:
            return GrafanaChanged(said, "somebody saved it just now, or took its title: push again")
        return GrafanaRefused(said)

    def _stranger(self) -> ConfigError:
        return ConfigError(
            f"{self.url} answers, but not as Grafana does",
            "give the address that a browser shows, without what follows /d/ or /login",
        )


def _take_apart(url: str) -> tuple[str, str, int | None, str]:
    """Return scheme, host, port and path; the path ends with a slash unless it is empty."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment:
        raise ConfigError(f"--url: {url!r} is no address of a Grafana", "http://HOST:3000")
    if parts.username is not None or parts.password is not None:
        raise ConfigError("--url: it holds a name or a password", "take them out: a token is used")
    path = parts.path.strip("/")
    return parts.scheme, f"[{host}]" if ":" in host else host, port, f"{path}/" if path else ""


def _plain(text: str) -> str:
    """Make a foreign text fit a line: nothing in it can steer a terminal."""
    return "".join(one if one.isprintable() else " " for one in text[:_LONGEST]).strip()


def _reason(error: BaseException) -> str:
    """Find what the kernel said, below everything that libraries wrapped around it."""
    while (below := error.__cause__ or error.__context__) is not None:
        error = below
    return _plain(str(error))
