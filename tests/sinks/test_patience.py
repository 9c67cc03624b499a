# SPDX-License-Identifier: Apache-2.0
"""A stream waits for a disk that is full or away, and a write that fails leaves nothing behind."""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from onrecord.sinks import output_folder
from onrecord.sinks.contents import TEMPORARY
from onrecord.sinks.files import RETRY_SECONDS, write_file, write_patiently
from onrecord.telemetry import notices
from tests.streams import QUOTE


@pytest.fixture
def write(tmp_path) -> Callable[[], None]:
    output_folder.prepare(str(tmp_path))
    return lambda: write_file(str(tmp_path), "quotes/date=2026-03-03/a.avro", "quotes", [QUOTE])


@pytest.fixture
def said() -> Iterator[list[str]]:
    texts: list[str] = []
    with notices.heard_by(lambda event, text: texts.append(text)):
        yield texts


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file of this process grow, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def unfinished(output: Path) -> list[Path]:
    return list((output / TEMPORARY).iterdir())


def test_a_write_that_fails_leaves_no_unfinished_file(tmp_path, write):
    with full_disk(), pytest.raises(OSError, match="File too large"):
        write()
    assert unfinished(tmp_path) == []
    assert not list(tmp_path.rglob("*.avro"))


def test_the_file_is_written_when_there_is_room_again(tmp_path, write, said):
    disk = full_disk()
    disk.__enter__()
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            disk.__exit__(None, None, None)

    write_patiently(write, "a.avro", sleep)
    assert [path.name for path in tmp_path.rglob("*.avro")] == ["a.avro"]
    assert waited == list(RETRY_SECONDS[:3])
    assert [text.partition(":")[0] for text in said] == [
        f"a.avro can't be written, trying again in {seconds} s" for seconds in (1, 2, 4)
    ]


def test_a_disk_that_stays_full_fails_the_write_in_the_end(tmp_path, write):
    waited: list[float] = []
    with full_disk(), pytest.raises(OSError, match="File too large"):
        write_patiently(write, "a.avro", waited.append)
    assert waited == list(RETRY_SECONDS)
    assert unfinished(tmp_path) == []
