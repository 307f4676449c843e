"""The wire: what the gateway said, read from the bytes that left it.

Nobody else sees all of it: a broker that dies, a network that swallows, a collector that is frozen
or one of three. The engine's own network stands at the gateway's end and hears every byte, whatever
becomes of it then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from schemas.batch import BatchError, decode
from schemas.topics import ROOT, Kind, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONNECT: Final = 1
_PUBLISH: Final = 3
_QOS: Final = 0b0110
_SEVEN_BITS: Final = 0x7F
_MORE: Final = 0x80


class Name(NamedTuple):
    """The name of a batch."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What the ledger must say of a batch that is stored.

    Attributes:
        device: Its device.
        channel: Its channel; None where it has none.
        first: The time of its first row, ms since 1970.
        rows: How many rows it has.
    """

    device: str
    channel: str | None
    first: int
    rows: int


class Wire:
    """Everything that a gateway published, over all of its connections.

    Attributes:
        batches: Each batch that was ever sent.
        flaws: What can't be read, and names that were given to two different strings of bytes.
    """

    def __init__(self) -> None:
        """Nothing was said yet."""
        self.batches: dict[Name, Batch] = {}
        self.flaws: list[str] = []
        self._payloads: dict[Name, bytes] = {}

    def connection(self) -> Listener:
        """Listen to a new connection."""
        return Listener(self)

    def publish(self, topic: str, payload: bytes) -> None:
        """Note what was published."""
        parsed = parse(ROOT, topic)
        if parsed is None or parsed.kind is not Kind.READINGS:
            return
        try:
            batch = decode(payload)
        except BatchError as error:
            self.flaws.append(f"what can't be read was sent: {error}")
            return
        name = Name(batch.epoch, batch.seq)
        if self._payloads.setdefault(name, payload) != payload:
            self.flaws.append(f"{name.epoch} {name.seq} names two strings of bytes")
        self.batches[name] = Batch(batch.device, batch.channel, batch.first, len(batch.r))


class Listener:
    """Cuts the bytes of one connection into packets; it is not told of those that come back."""

    def __init__(self, wire: Wire) -> None:
        """Tell `wire` what is published."""
        self._wire = wire
        self._bytes = bytearray()
        self._has_properties = False

    def hear(self, data: bytes) -> None:
        """Take more bytes, however they are chopped."""
        self._bytes += data
        for first, body in self._packets():
            if first >> 4 == _CONNECT:
                self._has_properties = body[6] >= 5  # behind "MQTT": its version
            elif first >> 4 == _PUBLISH:
                self._wire.publish(*self._published(body, has_mid=bool(first & _QOS)))

    def _packets(self) -> Iterator[tuple[int, bytes]]:
        while (found := _length(self._bytes, 1)) is not None:
            length, begin = found
            if len(self._bytes) < begin + length:
                return
            packet = self._bytes[0], bytes(self._bytes[begin : begin + length])
            del self._bytes[: begin + length]
            yield packet

    def _published(self, body: bytes, *, has_mid: bool) -> tuple[str, bytes]:
        end = 2 + int.from_bytes(body[:2])
        topic = body[2:end].decode()
        end += 2 * has_mid
        if self._has_properties:
            found = _length(body, end)
            assert found is not None, "a packet without its properties"
            length, begin = found
            end = begin + length
        return topic, body[end:]


def _length(data: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """Read a variable length and where it ends; None where it is not whole yet."""
    length = 0
    for shift, byte in enumerate(data[at : at + 4]):
        length |= (byte & _SEVEN_BITS) << 7 * shift
        if not byte & _MORE:
            return length, at + shift + 1
    return None
