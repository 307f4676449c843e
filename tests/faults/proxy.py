"""A network that can be cut: a TCP proxy that passes, cuts, stalls or swallows."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.wire import Wire

_CHUNK: Final = 65536
_FULL: Final = 1 << 20
"""Bytes under way in one direction beyond which nothing more is read."""

_GLANCE: Final = 0.05


class Network(StrEnum):
    """What becomes of bytes on their way.

    Attributes:
        PASS: They arrive.
        CUT: Connections are reset, and so is each new one.
        STALL: They wait, in both directions; later they arrive.
        HOLE: They vanish, in both directions, and nobody is told; who hears of it later is reset.
    """

    PASS = "pass"  # noqa: S105 - no password
    CUT = "cut"
    STALL = "stall"
    HOLE = "hole"


@dataclass(eq=False, slots=True)
class _End:
    """One socket of a pair.

    Attributes:
        socket: The socket.
        pending: Bytes that are to be written to it.
        peer: The other socket; none where the target refused.
        hear: Is told what came from it, whatever becomes of that.
    """

    socket: socket.socket
    hear: Callable[[bytes], None] = lambda _: None
    pending: bytearray = field(default_factory=bytearray)
    peer: _End | None = None


class Proxy:
    """Stands between a client and 127.0.0.1:`target`, in a thread of its own.

    Attributes:
        port: Where the client is to connect.
    """

    def __init__(self, name: str, target: int, wire: Wire | None = None) -> None:
        """Listen at once; `start` begins to pass, and tells `wire` what clients say."""
        self._target = target
        self._wire = wire
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0)
        self.port: int = self._listener.getsockname()[1]
        self._network = Network.PASS
        self._wanted = Network.PASS
        self._ends: set[_End] = set()
        self._selector = selectors.DefaultSelector()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"proxy {name}", daemon=True)

    def start(self) -> None:
        """Begin to pass."""
        self._thread.start()

    def become(self, network: Network) -> None:
        """Change what becomes of bytes, and return once it has changed."""
        self._wanted = network
        while self._network != network and self._thread.is_alive():
            self._thread.join(_GLANCE / 10)

    def stop(self) -> None:
        """End all connections, and itself."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._reset_all()
        self._listener.close()
        self._selector.close()

    def _run(self) -> None:
        self._selector.register(self._listener, selectors.EVENT_READ)
        while not self._stopping.is_set():
            if self._wanted != self._network:
                self._change(self._wanted)
            for key, events in self._selector.select(_GLANCE):
                if key.data is None:
                    self._accept()
                elif key.data in self._ends:
                    self._serve(key.data, events)

    def _change(self, network: Network) -> None:
        if network is Network.CUT or self._network is Network.HOLE:
            self._reset_all()
        self._network = network
        for end in self._ends:
            self._listen_for(end)

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError, ConnectionError):
            end = _End(self._listener.accept()[0])
            if self._network is Network.CUT:
                _reset(end.socket)
                return
            peer = self._reach()
            if peer is None:
                _reset(end.socket)
                return
            end.peer, peer.peer = peer, end
            if self._wire is not None:
                end.hear = self._wire.connection().hear
            for one in (end, peer):
                one.socket.settimeout(0)
                self._ends.add(one)
                self._selector.register(one.socket, selectors.EVENT_READ, one)
                self._listen_for(one)

    def _reach(self) -> _End | None:
        """Connect to the target; its backlog answers even where the process stands still."""
        try:
            return _End(socket.create_connection(("127.0.0.1", self._target), timeout=1))
        except OSError:
            return None

    def _serve(self, end: _End, events: int) -> None:
        peer = end.peer
        assert peer is not None
        try:
            if events & selectors.EVENT_READ:
                data = end.socket.recv(_CHUNK)
                if not data:
                    self._close(end)
                    return
                end.hear(data)
                if self._network is not Network.HOLE:
                    peer.pending += data
            if events & selectors.EVENT_WRITE and end.pending:
                del end.pending[: end.socket.send(end.pending)]
        except BlockingIOError:
            pass
        except OSError:
            self._close(end)
            return
        self._listen_for(end)
        self._listen_for(peer)

    def _listen_for(self, end: _End) -> None:
        """Wait for what may be done with a socket now; for nothing at all while it stalls."""
        peer = end.peer
        events = 0
        if self._network is not Network.STALL and peer is not None:
            events |= selectors.EVENT_READ if len(peer.pending) < _FULL else 0
            events |= selectors.EVENT_WRITE if end.pending else 0
        registered = end.socket in self._selector.get_map()
        if events and registered:
            self._selector.modify(end.socket, events, end)
        elif events:
            self._selector.register(end.socket, events, end)
        elif registered:
            self._selector.unregister(end.socket)

    def _close(self, end: _End) -> None:
        """One end has gone: the other one hears of it, after what was on its way to it."""
        peer = end.peer
        self._drop(end)
        if peer is not None:
            with contextlib.suppress(OSError):
                peer.socket.send(peer.pending)
            self._drop(peer)

    def _drop(self, end: _End, *, reset: bool = False) -> None:
        self._ends.discard(end)
        if end.socket in self._selector.get_map():
            self._selector.unregister(end.socket)
        if reset:
            _reset(end.socket)
        else:
            end.socket.close()

    def _reset_all(self) -> None:
        for end in list(self._ends):
            self._drop(end, reset=True)


def _reset(end: socket.socket) -> None:
    """Close without a goodbye: the other side gets an RST."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()
