"""Somebody else's Modbus: pymodbus answers what we ask, and reads what our simulator says."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus import FramerType
from pymodbus.framer import FramerRTU
from pymodbus.pdu import DecodePDU
from pymodbus.pdu.register_message import ReadHoldingRegistersResponse
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from devices import modbus
from devices.cutters import Whole
from devices.modbus import Question
from gateway.clock import SystemClock
from gateway.config.gateway import PortConfig
from gateway.config.sensor import sensor
from gateway.edge.reader import PortReader
from gateway.edge.watch import Silence
from gateway.simulator.modbus import alone
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gateway.edge.measured import Measured


class Server:
    """A server of pymodbus that speaks RTU over TCP, in a thread of its own."""

    def __init__(self, *devices: SimDevice) -> None:
        self.port = 0
        self._devices = list(devices)
        self._loop = asyncio.new_event_loop()
        self._server: ModbusTcpServer | None = None
        self._thread = threading.Thread(target=self._run, name="pymodbus", daemon=True)
        self._thread.start()
        until(lambda: self.port > 0, 10, "the server of pymodbus")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._server = ModbusTcpServer(
            self._devices,
            framer=FramerType.RTU,
            address=("127.0.0.1", 0),
        )
        await self._server.listen()
        sockets: Any = self._server.transport
        self.port = sockets.sockets[0].getsockname()[1]
        await self._server.serving

    def close(self) -> None:
        server = self._server
        assert server is not None
        shutdown: Any = server.shutdown
        asyncio.run_coroutine_threadsafe(shutdown(), self._loop)
        self._thread.join(10)


def registers(address: int, *blocks: tuple[int, list[int]]) -> SimDevice:
    data = [
        SimData(register, values=values, datatype=DataType.REGISTERS) for register, values in blocks
    ]
    return SimDevice(address, simdata=data)


@pytest.fixture
def server() -> Iterator[Server]:
    station = [342, 3, 5, 225, 655, 65483, 586, 17, 26, 1013, 0, 45210, 452, 12, 0, 0]
    made = Server(
        registers(1, (0, [658, 65435])),
        registers(2, (500, station)),
        registers(3, (0, [560])),
        registers(4, (77, [1, 2])),
    )
    yield made
    made.close()


def test_a_bus_of_somebody_else_s_making_is_read(server: Server) -> None:
    maps = {1: "renke.th", 2: "renke.sn3002", 3: "renke.noise", 4: "renke.th", 5: "renke.th"}
    devices = [
        {"id": f"d-{address}", "driver": "modbus.map", "map": name, "address": address}
        for address, name in maps.items()
    ]
    delivered: list[Measured] = []
    port = {"url": f"socket://127.0.0.1:{server.port}", "devices": devices}
    reader = PortReader(
        PortConfig.model_validate(port), SystemClock(), delivered.append, turn=lambda: 0
    )
    reader.start()
    try:
        until(
            lambda: {one.reading.device for one in delivered} >= {"d-1", "d-2", "d-3"},
            30,
            "readings of three devices",
        )
        until(lambda: reader.watches["d-4"].cause is Silence.FAULT, 30, "a fault")
        until(lambda: reader.watches["d-5"].cause is Silence.FAULT, 30, "another fault")
    finally:
        reader.stop()
    values = {
        one.reading.device: {name: each.value for name, each in one.reading.values.items()}
        for one in delivered
    }
    assert values["d-1"] == {"humidity": 65.8, "temperature": -10.1}
    assert values["d-2"]["illuminance"] == 45210
    assert values["d-2"]["pressure"] == 1013
    assert values["d-3"] == {"sound_level": 56.0}
    assert reader.watches["d-5"].fault == "says that it has failed (exception 4)"
    assert reader.watches["d-4"].fault == ("has no registers 0 to 1 (function 3) (exception 2)")


@given(st.integers(1, 247), st.sampled_from([3, 4]), st.integers(0, 0xFFFF), st.integers(1, 125))
def test_what_we_ask_is_what_somebody_else_hears(
    address: int, function: int, register: int, count: int
) -> None:
    framer = FramerRTU(DecodePDU(is_server=True))
    used, heard = framer.handleFrame(Question(function, register, count).write(address), 0, 0)
    assert heard is not None
    assert used == 8
    assert (heard.dev_id, heard.function_code) == (address, function)
    assert (heard.address, heard.count) == (register, count)


@given(st.integers(1, 247), st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=125))
def test_what_somebody_else_answers_is_what_we_read(address: int, words: list[int]) -> None:
    said = ReadHoldingRegistersResponse(registers=words, dev_id=address)
    frame = FramerRTU(DecodePDU(is_server=False)).buildFrame(said)
    assert modbus.cut(frame) == Whole(len(frame))
    assert modbus.decode(frame)["registers"] == words
    assert modbus.encode(modbus.decode(frame)) == frame


def test_what_our_simulator_answers_is_what_somebody_else_reads() -> None:
    driver = sensor("modbus.map", {"map": "renke.sn3002"}).driver
    (spoken,) = alone(driver).hear(driver.commands["read_all"].data, 0.0)
    _, heard = FramerRTU(DecodePDU(is_server=False)).handleFrame(spoken.data, 0, 0)
    assert heard is not None
    assert heard.registers == driver.decode(spoken.data, {})["registers"]
