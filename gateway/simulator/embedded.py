"""A broker inside Python, where there is no other: `python -m gateway.simulator.embedded PORT`."""

from __future__ import annotations

import asyncio
import sys

from amqtt.broker import Broker  # type: ignore[import-untyped]  # it ships no types


async def serve(port: int) -> None:
    """Be an MQTT 3.1.1 broker on 127.0.0.1 until the process is ended."""
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {
                "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
            },
        }
    )
    await broker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
