"""The messages, for people who write their own end of the wire: JSON Schemas and a page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from schemas.about import About, AboutDevice
from schemas.batch import Batch
from schemas.health import DeviceHealth, Health
from schemas.quantity import QUANTITIES
from schemas.receipt import Receipt
from schemas.spool import EpochState, SpoolState
from schemas.state import State
from tests.house.docstrings import attributes, promise
from tests.house.shapes import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from schemas.base import Model
    from schemas.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Message:
    """One kind of message.

    Attributes:
        topic: Its topic below `{root}/{gateway}/`.
        way: Who sends it to whom.
        model: What it must look like.
        example: One that is.
    """

    topic: str
    way: str
    model: type[Model]
    example: Model

    @property
    def name(self) -> str:
        """The first level of the topic, which names the message."""
        return self.topic.partition("/")[0]


_EPOCH: Final = "6f1c0a94d2b35e78"

MESSAGES: Final = (
    Message(
        "readings/{device}",
        "gateway → collectors",
        Batch,
        Batch(
            epoch=_EPOCH,
            seq=4711,
            device="pm-1",
            site="alun-alun",
            model="plantower.pms5003",
            clock="synced",
            t=1_764_000_000_000,
            q=["pm1_0", "pm2_5", "pm10"],
            r=[[0, "1", 8, 12, 15], [1000, "131", 8, 97, 15]],
            why={"1": "020"},
            every=1.0,
        ),
    ),
    Message(
        "receipt",
        "collector → gateway",
        Receipt,
        Receipt(
            stored={_EPOCH: [(1, 40), (43, 47)]},
            refused={_EPOCH: [(41, 42, "version")]},
        ),
    ),
    Message(
        "state",
        "gateway → all, and the broker in its name when it vanishes",
        State,
        State(
            online=True,
            since=1_764_000_000_000,
            boot="0d3f9b5e-7a55-4d0a-9c3f-5d1f6f2b8a11",
            version="0.1.0",
            machine="b4c1d2e3f4a59687",
        ),
    ),
    Message(
        "spool",
        "gateway → collectors",
        SpoolState,
        SpoolState(
            now=_EPOCH,
            epochs=[
                EpochState(epoch="a3b1c5d7e9f10213", low=98, next=120, dropped=[(1, 97, "full")]),
                EpochState(epoch=_EPOCH, low=4700, next=4712),
            ],
        ),
    ),
    Message(
        "about",
        "gateway → all",
        About,
        About(
            gateway="gw-alun-alun",
            site="alun-alun",
            latitude=-7.3881,
            longitude=109.3636,
            devices=[
                AboutDevice(
                    id="pm-1",
                    model="plantower.pms5003",
                    quantities={"pm1_0": "µg/m³", "pm2_5": "µg/m³", "pm10": "µg/m³"},
                    every=1.0,
                )
            ],
        ),
    ),
    Message(
        "health",
        "gateway → all",
        Health,
        Health(
            uptime_seconds=86_412.0,
            clock="trusted",
            spool="disk",
            waiting=12,
            refused=0,
            dropped={"full": 97},
            counters={"sent": 8690, "resent": 3, "stored": 8678},
            devices={"pm-1": DeviceHealth(last_frame_seconds=0.4, frames=86_390, junk=31)},
        ),
    ),
)

_RETAINED: Final = (State, SpoolState, About)
"""What the broker keeps, for whoever subscribes later."""

_ROW: Final = {
    "type": "array",
    "minItems": 3,
    "prefixItems": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+$"}],
    "items": {"type": ["number", "null"]},
}
"""A row of a batch: the model checks rows by hand, and so can't say this itself."""


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """Make the JSON Schema of a message, with what each field means beside it."""
    whole = model.model_json_schema()
    parts = {name: _MODELS[name] for name in whole.get("$defs", {})}
    for table, cls in [(whole, model), *((whole["$defs"][name], parts[name]) for name in parts)]:
        table["description"] = promise(cls)
        for name, meaning in attributes(cls).items():
            table["properties"][name]["description"] = meaning
            table["properties"][name].pop("title", None)
    if model is Batch:
        whole["properties"]["r"]["items"] = _ROW
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}


_MODELS: Final[dict[str, type[BaseModel]]] = {
    cls.__name__: cls for cls in (AboutDevice, DeviceHealth, EpochState)
}


def schema_text(message: Message) -> str:
    """Write a message's JSON Schema as a file."""
    return json.dumps(schema(message.model), ensure_ascii=False, indent=2) + "\n"


def page() -> str:
    """Write the reference of all messages and quantities."""
    return "\n".join([_HEAD, *(_message(each) for each in MESSAGES), *_quantities()]) + "\n"


_HEAD: Final = """\
# Messages

<!-- Generated by `make generate` from schemas/; a test fails when it is stale. -->

All messages are JSON at QoS 1 below `{root}/{gateway}/`, where root is `simpang/v1` unless set.
A batch may be zlib-compressed: then its first byte is `0x78`, otherwise it is `{`. Readers ignore
fields that they do not know. What the deliveries promise is told in [the design](design.md).
"""


def _message(message: Message) -> str:
    whole = schema(message.model)
    retained = "retained" if message.model in _RETAINED else "not retained"
    example = json.dumps(
        {"v": 1} | message.example.model_dump(exclude_defaults=True),
        ensure_ascii=False,
    )
    return "\n".join(
        [
            f"## `{message.topic}`\n",
            f"{message.way} · {retained} · [JSON Schema](../schemas/json/{message.name}.json)\n",
            promise(message.model) + "\n",
            *_fields(whole),
            *(
                f"\n**{part}**: {inner['description']}\n\n" + "\n".join(_fields(inner))
                for part, inner in whole.get("$defs", {}).items()
            ),
            f"\n```json\n{example}\n```\n",
        ]
    )


def _fields(table: dict[str, Any]) -> Iterator[str]:
    yield "| field | | meaning |\n|---|---|---|"
    for name, field in table["properties"].items():
        optional = "" if name in table.get("required", ()) or name == "v" else "optional: "
        yield f"| `{name}` | {optional}{say(field)} | {field.get('description', '')} |"


def _quantities() -> Iterator[str]:
    yield "## Quantities\n"
    yield (
        "One table of all that can be measured. A value outside its range is kept and flagged 4, "
        "and a batch that carries one under another flag is refused (`range`); "
        "a change between neighbours beyond the largest step is flagged 3. Beside a calibrated "
        "quantity travels `<quantity>_raw`.\n"
    )
    yield "| quantity | unit | measurement | range | largest step | Indonesian | English |"
    yield "|---|---|---|---|---|---|---|"
    yield from (_quantity(each) for each in QUANTITIES.values())


def _quantity(each: Quantity) -> str:
    step = "" if each.step is None else f"{each.step:,g}"
    return (
        f"| `{each.name}` | {each.unit} | {each.measurement} | {each.low:,g} … {each.high:,g} "
        f"| {step} | {each.label_id} | {each.label_en} |"
    )
