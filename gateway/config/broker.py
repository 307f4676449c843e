"""The table `[broker]`, the same on both sides of the broker."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, field_validator

from gateway.config.secret import read_secret
from gateway.config.section import File, Section, mistake
from schemas.topics import ROOT

_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


class BrokerConfig(Section):
    """Where the broker is and how to get in.

    Attributes:
        url: `mqtt://host:1883`, or `mqtts://host:8883` for TLS; the port may be left out.
        protocol: The version of MQTT that is spoken.
        root: What every topic begins with.
        username: The name to log in with, where the broker asks for one.
        password_file: The file that holds the password, and nothing else.
        ca_file: Whom to believe that the broker is the broker; without it, the system's CAs.
        cert_file: Our own certificate, for mutual TLS.
        key_file: Its key.
        keepalive_seconds: The longest silence on the connection.
    """

    url: str
    protocol: Literal["5", "3.1.1"] = "5"
    root: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$")] = ROOT
    username: str | None = None
    password_file: File | None = None
    ca_file: File | None = None
    cert_file: File | None = None
    key_file: File | None = None
    keepalive_seconds: Annotated[int, Field(ge=1, le=65_535)] = 60

    @field_validator("url")
    @classmethod
    def _is_a_broker(cls, url: str) -> str:
        parts = urlsplit(url)
        shape = 'write "mqtt://host:1883" or "mqtts://host:8883"'
        if parts.scheme not in _PORTS or not parts.hostname:
            raise mistake("not the address of a broker", shape)
        if "@" in parts.netloc:
            raise mistake("no name or password in an address", "use username and password_file")
        if parts.path.strip("/") or parts.query or parts.fragment:
            raise mistake("nothing follows the port", f"{shape}; topics begin with root")
        try:
            _ = parts.port
        except ValueError:
            raise mistake("no such port", shape) from None
        return url

    @property
    def _parts(self) -> SplitResult:
        return urlsplit(self.url)

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self._parts.scheme == "mqtts"

    @property
    def host(self) -> str:
        """The broker's name or address."""
        return self._parts.hostname or ""

    @property
    def port(self) -> int:
        """The broker's TCP port."""
        return self._parts.port or _PORTS[self._parts.scheme]

    def password(self) -> str | None:
        """Read the password now; None where no file is named.

        Raises:
            ConfigError: The file can't be read, or others may read it too.
        """
        if self.password_file is None:
            return None
        return read_secret(self.password_file, "broker.password_file")
