"""The proxy is the network that it is told to be."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from tests.faults.proxy import Network, Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator


class Echo:
    """A server that sends back what it gets, and remembers it."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.got = bytearray()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client = self._server.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                while data := client.recv(65536):
                    self.got += data
                    client.sendall(data)
            except OSError:
                return

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    echo = Echo()
    yield echo
    echo.close()


@pytest.fixture
def proxy(echo: Echo) -> Iterator[Proxy]:
    proxy = Proxy("test", echo.port)
    proxy.start()
    yield proxy
    proxy.stop()


def connected(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=5)


def answer(client: socket.socket, data: bytes) -> bytes:
    client.sendall(data)
    return client.recv(len(data))


def swallowed(client: socket.socket, data: bytes) -> bool:
    """Say whether nothing comes back of what is sent."""
    client.settimeout(0.3)
    try:
        return not answer(client, data)
    except TimeoutError:
        return True
    finally:
        client.settimeout(5)


def test_what_goes_in_comes_out_in_order(proxy: Proxy) -> None:
    with connected(proxy) as client:
        whole = bytes(range(256)) * 8000
        sender = threading.Thread(target=client.sendall, args=(whole,))
        sender.start()
        got = b""
        while len(got) < len(whole):
            got += client.recv(1 << 20)
        sender.join()
    assert got == whole


def test_a_cut_resets_what_is_connected_and_whoever_comes(proxy: Proxy) -> None:
    with connected(proxy) as client:
        assert answer(client, b"a") == b"a"
        proxy.become(Network.CUT)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    with pytest.raises(ConnectionResetError), connected(proxy) as client:
        client.recv(1)
    proxy.become(Network.PASS)
    with connected(proxy) as client:
        assert answer(client, b"b") == b"b"


def test_what_stalls_arrives_later(proxy: Proxy) -> None:
    with connected(proxy) as client:
        assert answer(client, b"a") == b"a"
        proxy.become(Network.STALL)
        assert swallowed(client, b"b")
        proxy.become(Network.PASS)
        assert client.recv(1) == b"b"


def test_what_a_black_hole_swallowed_never_arrives_and_its_connections_are_over(
    proxy: Proxy, echo: Echo
) -> None:
    with connected(proxy) as client:
        assert answer(client, b"a") == b"a"
        proxy.become(Network.HOLE)
        assert swallowed(client, b"b")
        proxy.become(Network.PASS)
        with pytest.raises(ConnectionResetError):
            client.recv(1)
    assert echo.got == b"a"


def test_a_target_that_is_not_there_is_a_reset_and_no_end(echo: Echo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    proxy = Proxy("test", port)
    proxy.start()
    for _ in range(2):
        with pytest.raises(ConnectionResetError), connected(proxy) as client:
            client.recv(1)
    proxy.stop()
    assert not echo.got
