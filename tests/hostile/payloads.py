"""Hostile payloads, the same for the same seed: honest messages bent in every way we know.

Most are bent in their structure, by somebody who knows our messages: random bytes alone never get
beyond the first check.
"""

from __future__ import annotations

import random
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.hostile.bending import NUMBERS, TEXTS, Bender, dump
from tests.hostile.honest import DEVICES, GATEWAYS, ROOT, Document, Gateways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST: Final = 1 << 20

_SHAPELESS: Final = (
    *(b"", b"null", b"true", b"0", b"-", b"[]", b"{}", b'""', b"[[[[", b"x", b"x\x9c", b"\xff" * 8),
    *(b"\xef\xbb\xbf{}", b'{"v":1}', b'{"v":1,"v":1}', b'{"v":2}', b"{'v':1}", b"[1,2]\n[3]"),
    zlib.compress(b""),
)
_WORDS: Final = (
    "epoch",
    "seq",
    "device",
    "site",
    "channel",
    "model",
    "clock",
    "boot",
    "v",
    "every",
)


class Message(NamedTuple):
    """What a broker hands over."""

    topic: str
    payload: bytes
    retained: bool = False


class Payloads:
    """An endless row of messages."""

    def __init__(self, seed: int) -> None:
        """Begin; the same seed gives the same messages."""
        self._luck = random.Random(seed)
        self._gateways = Gateways(self._luck)
        self._bender = Bender(self._luck, self._gateways.batch)
        self._last = b"{}"
        kinds: tuple[tuple[Callable[[], Message], int], ...] = (
            (self._honest, 14), (self._bent, 34), (self._bitten, 16), (self._shapeless, 6),
            (self._news, 14), (self._deep, 2), (self._long, 3), (self._bomb, 1), (self._lost, 4),
            (self._crowded, 1), (self._worded, 5),
        )  # fmt: skip
        self._makers, self._weights = zip(*kinds, strict=True)

    def next(self) -> Message:
        """Make one message."""
        message: Message = self._luck.choices(self._makers, self._weights)[0]()
        self._last = message.payload[:20_000]
        return message

    def _honest(self) -> Message:
        return self._of(self._gateways.batch())

    def _of(self, document: Document, device: object = None) -> Message:
        """Send a batch on the topic of its own device, or of another."""
        body = dump(document)
        if self._luck.random() < 0.4:
            body = zlib.compress(body, 1)
        return self._readings(body, document.get("device", "dev-1") if device is None else device)

    def _readings(self, body: bytes, device: object = "dev-1") -> Message:
        return Message(f"{ROOT}/{self._luck.choice(GATEWAYS)}/readings/{device}", body)

    def _bent(self) -> Message:
        """Bend an honest batch in one to three places."""
        document = self._gateways.batch()
        device = document["device"]
        for _ in range(self._luck.choice((1, 1, 1, 2, 3))):
            self._bender.bend(document)
        return self._of(
            document, self._luck.choice(DEVICES) if self._luck.random() < 0.03 else device
        )

    def _worded(self) -> Message:
        """Change one word of a batch into another that means something somewhere."""
        document = self._gateways.batch()
        device = document["device"]
        document[self._luck.choice(_WORDS)] = self._luck.choice((*TEXTS, *NUMBERS))
        return self._of(document, self._luck.choice((device, document["device"])))

    def _crowded(self) -> Message:
        """Write a large honest batch, as long as a batch may be, or a row longer."""
        document = self._gateways.batch()
        document.pop("why", None)
        number = self._luck.choices((200, 4999, 5000, 5001), (17, 1, 1, 1))[0]
        row = document["r"][0]
        return self._of(document | {"r": [[place, *row[1:]] for place in range(number)]})

    def worst(self) -> Iterator[Message]:
        """Make what needs most memory at once: all but a full write, then the largest, a bomb."""
        batch = self._gateways.batch() | {"clock": "synced", "why": {}}
        batch.pop("boot", None)
        wide = ["pm2_5", "humidity", "sound_level", "count", "altitude", "distance"]
        rows = [[place, "1", *(50.5 + place % 7 for _ in wide)] for place in range(5000)]
        yield self._of(batch | {"q": wide[:1], "r": [row[:3] for row in rows[1:]]})
        yield self._of(batch | {"q": wide, "r": rows})
        yield self._of(batch | {"q": wide[:1], "r": [row[:3] for row in rows[1:]]})
        yield self._readings(_most_objects())

    def _bitten(self) -> Message:
        """Flip, cut, insert or splice bytes, before or after compression."""
        luck = self._luck
        document = self._gateways.batch()
        body = bytearray(dump(document))
        packed = luck.random() < 0.4
        if packed:
            body = bytearray(zlib.compress(body, luck.choice((1, 9))))
        for _ in range(luck.choice((1, 1, 2, 4, 20))):
            self._bite(body)
        if not packed and luck.random() < 0.3:
            body = bytearray(zlib.compress(body, 1))
        return self._readings(bytes(body), document["device"])

    def _bite(self, body: bytearray) -> None:
        luck = self._luck
        place = luck.randrange(len(body) + 1)
        how = luck.randrange(6)
        if how == 0 and body:
            body[place % len(body)] ^= 1 << luck.randrange(8)
        elif how == 1:
            del body[place:]
        elif how == 2:
            body[place:place] = luck.randbytes(luck.randrange(1, 9))
        elif how == 3:
            del body[place : place + luck.randrange(40)]
        elif how == 4:
            cut = luck.randrange(len(self._last) + 1)
            body[place:] = self._last[cut : cut + 5000]
        elif body:
            body[place % len(body)] = luck.choice(b'0123456789",:[]{}\\-+.eE\0\xff')

    def _shapeless(self) -> Message:
        value = self._bender.value
        how = self._luck.randrange(6)
        if how == 0:
            body = dump({"v": 1, "r": value(), "q": value()})
        elif how == 1:
            body = dump([self._gateways.batch()])
        elif how == 2:
            body = self._luck.randbytes(self._luck.randrange(200))
        elif how == 3:
            body = zlib.compress(dump(self._gateways.batch())) + b"x"
        elif how == 4:
            body = dump({key: value() for key in ("v", "epoch", "seq", "device", "t", "q", "r")})
        else:
            body = self._luck.choice(_SHAPELESS)
        return self._readings(body)

    def _deep(self) -> Message:
        depth = self._luck.choice((50, 150, 199, 200, 201, 1000, 20_000))
        lists, objects = b"[" * depth, b'{"a":' * depth
        body = self._luck.choice(
            (
                lists, lists + b"]" * depth, objects + b"1" + b"}" * depth,
                dump(self._gateways.batch())[:-1] + b',"x":' + lists + b"]" * depth + b"}",
                zlib.compress(lists * 40, 1),
            )
        )  # fmt: skip
        return self._readings(body)

    def _long(self) -> Message:
        """Write an honest batch with something very long in it."""
        luck = self._luck
        document = self._gateways.batch()
        device = document["device"]
        size = luck.choice((100, 4299, 4301, 20_000, 200_000))
        what = luck.choice(("9" * size, f"@raw:{'9' * size}", f"@raw:-{'1' * size}.{'5' * size}"))
        document[luck.choice((*_WORDS, "x", "x", "t"))] = what
        if luck.random() < 0.3:
            document["r"][0][2] = what
        if luck.random() < 0.2:
            numbers = range(luck.choice((10, 5001, 20_000)))
            document["why"] = {str(number): "1" for number in numbers}
        if luck.random() < 0.1:
            document["q"] = document["q"] * 2000
        return self._of(document, device)

    def _bomb(self) -> Message:
        """Pack megabytes into kilobytes, or send them as they are."""
        batch = dump(self._gateways.batch())
        size = self._luck.choice((LARGEST - len(batch), LARGEST - len(batch) + 1, 3 * LARGEST))
        match self._luck.randrange(9):
            case 0:
                body = bytes(size + LARGEST)
            case 1:
                body = batch + b" " * size
            case 2:
                body = zlib.compress(zlib.compress(bytes(size), 1), 1)
            case 3:
                body = zlib.compress(bytes(size), 1)
            case 4:
                body = zlib.compress(b"[" * size, 1)
            case 5:
                body = zlib.compress(batch + b" " * size, 1)
            case 6:
                body = zlib.compress(b'{"v":1,"x":"' + b"x" * size, 1)
            case 7:
                body = zlib.compress(b'{"v":1,"r":[' + b'[0,"1",1],' * 100_000 + b"0]}", 1)
            case _:
                body = _most_objects()
        return self._readings(body)

    def _lost(self) -> Message:
        """Send an honest batch to a topic that is not its own."""
        document = self._gateways.batch()
        tail = f"readings/{document['device']}"
        topic = self._luck.choice(
            (
                *(
                    "",
                    "/",
                    ROOT,
                    f"{ROOT}/",
                    f"{ROOT}/gw-1",
                    f"{ROOT}/gw-1/",
                    f"{ROOT}/gw-1/readings",
                ),
                *(f"{ROOT}/gw-1/readings/", f"{ROOT}/gw-1/{tail}/x", f"{ROOT}//{tail}"),
                *(f"{ROOT}/GW-1/{tail}", f"{ROOT}/gw-1\n/{tail}", f"{ROOT}/gw-1/{tail}\n"),
                *(
                    f"{ROOT}/{'g' * 64}/{tail}",
                    f"{ROOT}/{'g' * 63}/{tail}",
                    f"simpang/v2/gw-1/{tail}",
                ),
                *(f"x{ROOT}/gw-1/{tail}", f"{ROOT}/gw-1/receipt", f"{ROOT}/gw-1/command"),
                *(f"{ROOT}/gw-1/health", f"{ROOT}/gw-1/config/desired", "$SYS/broker/version"),
                *(f"{ROOT}/gé-1/{tail}", f"{ROOT}/\u0661/{tail}", f"{ROOT}/gw-1/readings/dev-9"),
                *(f"{ROOT}/../{tail}", f"{ROOT}/.../{tail}", f"{ROOT}/{'g' * 60_000}"),
            )
        )
        return Message(topic, dump(document), self._luck.random() < 0.5)

    def _news(self) -> Message:
        luck = self._luck
        gateway = luck.choice(GATEWAYS)
        kind, document = self._gateways.news(gateway)
        for _ in range(luck.choice((0, 0, 1, 1, 2, 3))):
            self._bender.anywhere(document)
        whole = dump(document)
        how = luck.random()
        if how < 0.05:
            body = whole[: luck.randrange(len(whole) + 1)]
        elif how < 0.06:
            body = whole + b" " * LARGEST
        elif how < 0.15:
            body = luck.choice((b"", b"[]", b"{", b"0", zlib.compress(whole)))
        else:
            body = whole
        return Message(f"{ROOT}/{gateway}/{kind}", body, luck.random() < 0.5)


def _most_objects() -> bytes:
    """Pack the document of a mebibyte that makes most objects."""
    return zlib.compress(b'{"v":1,"x":[' + b"{}," * 349_000 + b"0]}", 1)
