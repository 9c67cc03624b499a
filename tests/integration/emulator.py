"""The real Pub/Sub emulator, started on a free port of this machine and stopped again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.emulator import HOW_TO_GET_IT, program, start, stop
from deploy.processes import free_port

__all__ = ["HOW_TO_GET_IT", "free_port", "program", "running_emulator"]


@contextmanager
def running_emulator(folder: Path, port: int | None = None) -> Iterator[str]:
    """Give out the address of an emulator that runs while the block does."""
    port = port or free_port()
    process = start(folder, port)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        stop(process)
