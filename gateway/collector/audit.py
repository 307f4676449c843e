"""The audit: what an arrived message is worth, before anything is written.

Whatever the bytes are, one of four things comes out: a sound batch, news of a gateway, a flaw with
its reason, or nothing at all.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError
from pydantic_core import from_json

from schemas.about import About
from schemas.base import Model
from schemas.batch import LARGEST_PAYLOAD, Batch, BatchError, check, unpack
from schemas.spool import SpoolState
from schemas.state import State
from schemas.topics import Kind, Topic, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

_USUAL_TOPIC: Final = 300
"""Characters of a topic; no topic of ours is longer."""

_parse = lru_cache(4096)(parse)
"""A city has some hundreds of topics, and each is read again and again."""

_FIELDS: Final = frozenset(Batch.model_fields)

FUTURE_SECONDS: Final = 300.0
"""How far ahead of a trusted clock a reading may lie: more is no drift, but a wrong clock."""

News = State | SpoolState | About

_NEWS: Final[Mapping[Kind, type[State | SpoolState | About]]] = {
    Kind.STATE: State,
    Kind.SPOOL: SpoolState,
    Kind.ABOUT: About,
}


@dataclass(frozen=True, slots=True)
class Sound:
    """A batch that may be stored.

    Attributes:
        gateway: Who sent it.
        batch: What it holds.
        digest: What tells its bytes from other bytes of the same name.
        unknown: How many of its fields we do not know.
    """

    gateway: str
    batch: Batch
    digest: bytes
    unknown: int

    @property
    def last(self) -> int:
        """The time of the last row, ms since 1970."""
        return self.batch.t + int(self.batch.r[-1][0])


@dataclass(frozen=True, slots=True)
class Heard:
    """What a gateway says of itself, and how many fields of it we do not know."""

    gateway: str
    news: News
    unknown: int


@dataclass(frozen=True, slots=True)
class Flawed:
    """A message that can't be stored; it has a name where `epoch` and `seq` could be read."""

    reason: str
    detail: str
    gateway: str | None = None
    epoch: str | None = None
    seq: int | None = None


Verdict = Sound | Heard | Flawed


def judge(root: str, topic: str, payload: bytes, now: float | None) -> Verdict | None:
    """Judge a message.

    Args:
        root: What our topics begin with.
        topic: The topic it came on, which alone says who sent it.
        payload: Its bytes.
        now: Seconds since 1970 by a trusted clock; None judges no time.

    Returns:
        None for what needs neither store nor dead letter: a retained message that was cleared.
    """
    parsed = _parse(root, topic) if len(topic) <= _USUAL_TOPIC else None
    if parsed is None:
        return Flawed("topic", f"{topic[:100]!r} is no topic of ours")
    if parsed.kind is Kind.READINGS:
        return _judge_batch(parsed, payload, now)
    return _judge_news(parsed, payload)


def _judge_batch(topic: Topic, payload: bytes, now: float | None) -> Verdict:
    try:
        document = unpack(payload)
        batch = check(document)
    except BatchError as error:
        return Flawed(error.reason, error.detail, topic.gateway, error.epoch, error.seq)
    if batch.device != topic.device:
        detail = f"a batch of {batch.device} on the topic of {topic.device}"
        return Flawed("topic", detail, topic.gateway, batch.epoch, batch.seq)
    digest = hashlib.blake2b(payload, digest_size=16).digest()
    unknown = 0 if _FIELDS.issuperset(document) else len(document.keys() - _FIELDS)
    sound = Sound(topic.gateway, batch, digest, unknown)
    ahead = 0.0 if now is None or batch.undated else sound.last / 1000 - now
    if ahead > FUTURE_SECONDS:
        detail = f"the last reading lies {ahead:.0f} s in the future"
        return Flawed("time", detail, topic.gateway, batch.epoch, batch.seq)
    return sound


def _judge_news(topic: Topic, payload: bytes) -> Verdict | None:
    model = _NEWS.get(topic.kind)
    if model is None or not payload:
        return None
    if len(payload) > LARGEST_PAYLOAD:
        return Flawed("size", f"{len(payload)} bytes, at most {LARGEST_PAYLOAD}", topic.gateway)
    try:
        document = from_json(payload)
    except ValueError as error:
        return Flawed("json", str(error)[:200], topic.gateway)
    try:
        news = model.model_validate_json(payload)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        return Flawed("schema", f"{where}: {first['msg']}"[:200], topic.gateway)
    if isinstance(news, About) and news.gateway != topic.gateway:
        return Flawed("topic", f"{news.gateway} on the topic of {topic.gateway}", topic.gateway)
    return Heard(topic.gateway, news, _count_unknown(document, news))


def _count_unknown(document: object, known: object) -> int:
    """Count the fields of a document that were left out when it was read, also inside others."""
    if isinstance(document, dict) and isinstance(known, Model):
        fields = type(known).model_fields
        return sum(
            _count_unknown(value, getattr(known, name)) if name in fields else 1
            for name, value in document.items()
        )
    if isinstance(document, list) and isinstance(known, list):
        pairs = zip(document, known, strict=True)
        return sum(
            _count_unknown(inner, model) for inner, model in pairs if isinstance(model, Model)
        )
    return 0
