# SPDX-License-Identifier: Apache-2.0
"""Watched files: each is read once, from start to end, a few messages at a time."""

import gzip
import os
import threading
from pathlib import Path

from onrecord.sources.watched_files import MESSAGES_PER_POLL, WatchedFiles


def write(path: Path, number: int, time: int) -> Path:
    """Write a file of messages with this modification time."""
    path.write_text("".join(f'{{"text": "{line}"}}\n' for line in range(number)), "utf-8")
    os.utime(path, (time, time))
    return path


def drained() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


def polled(watched: WatchedFiles, times: int) -> list[str]:
    """Return the origins of the messages of some polls."""
    going_on = threading.Event()
    return [message.origin for _ in range(times) for message in watched(going_on)]


def test_files_are_read_in_the_order_in_which_they_were_written(tmp_path):
    late, early = write(tmp_path / "a.jsonl", 1, 2_000), write(tmp_path / "b.jsonl", 1, 1_000)
    assert polled(WatchedFiles(f"{tmp_path}/*.jsonl", 0.01), 3) == [f"{early}:1", f"{late}:1"]


def test_a_file_is_read_once_and_a_new_one_when_it_is_there(tmp_path):
    first = write(tmp_path / "a.jsonl", 2, 1_000)
    watched = WatchedFiles(f"{tmp_path}/*.jsonl", 0.01)
    assert polled(watched, 3) == [f"{first}:1", f"{first}:2"]
    second = write(tmp_path / "b.jsonl", 1, 1_000)
    assert polled(watched, 5) == [f"{second}:1"]


def test_a_folder_may_be_empty_at_first(tmp_path):
    watched = WatchedFiles(f"{tmp_path}/in/*.jsonl", 0.01)
    assert polled(watched, 2) == []
    (tmp_path / "in").mkdir()
    file = write(tmp_path / "in" / "a.jsonl", 1, 1_000)
    assert polled(watched, 3) == [f"{file}:1"]


def test_little_is_read_at_a_time(tmp_path):
    write(tmp_path / "a.jsonl", 3 * MESSAGES_PER_POLL + 1, 1_000)
    watched = WatchedFiles(f"{tmp_path}/*.jsonl", 0.01)
    sizes = [len(watched(threading.Event())) for _ in range(5)]
    assert sizes == [MESSAGES_PER_POLL] * 3 + [1, 0]


def test_a_drain_ends_with_the_file_that_was_begun(tmp_path):
    write(tmp_path / "a.jsonl", MESSAGES_PER_POLL + 1, 1_000)
    write(tmp_path / "b.jsonl", 1, 2_000)
    watched = WatchedFiles(f"{tmp_path}/*.jsonl", 0.01)
    assert len(watched(threading.Event())) == MESSAGES_PER_POLL
    assert [len(watched(drained())) for _ in range(3)] == [1, 0, 0]


def test_a_broken_archive_is_a_message_with_a_problem_and_the_next_file_is_read(tmp_path):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"cut short")[:-4])
    os.utime(tmp_path / "a.jsonl.gz", (1_000, 1_000))
    write(tmp_path / "b.jsonl.gz", 0, 2_000)
    watched = WatchedFiles(f"{tmp_path}/*.gz", 0.01)
    [message] = watched(threading.Event())
    assert message.problem is not None
