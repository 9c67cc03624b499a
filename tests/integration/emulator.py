# SPDX-License-Identifier: Apache-2.0
"""The real Pub/Sub emulator, started on a free port of this machine and stopped again."""

import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from deploy.emulator import start, stop
from deploy.processes import free_port

__all__ = ["Gate", "free_port", "running_emulator"]


@contextmanager
def running_emulator(folder: Path, port: int | None = None) -> Iterator[str]:
    """Yield the address of an emulator that runs while the block does."""
    port = port or free_port()
    process = start(folder, port)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        stop(process)


class Gate:
    """A proxy that forwards connections to an address while it is open, and refuses them while it is closed."""

    def __init__(self, host: str, bytes_per_second: float = math.inf) -> None:
        """Start closed.

        Args:
            host: the address.
            bytes_per_second: how fast the line is, in each direction of each connection.
        """
        self._bytes_per_second = bytes_per_second
        name, _, port = host.partition(":")
        self._behind = name, int(port)
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self._sockets: list[socket.socket] = []

    def open(self) -> None:
        """Let connections through."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self._sockets = [listener]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def shut(self) -> None:
        """Close every connection and refuse new ones."""
        for one in self._sockets:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # it was closed
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(self._behind)
                self._sockets += [here, there]
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=self._carry, args=pair, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                time.sleep(len(data) / self._bytes_per_second)
                target.sendall(data)
