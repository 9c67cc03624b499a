# SPDX-License-Identifier: Apache-2.0
"""Watched files: each is read once, from start to end, a few messages at a time, or said to be unreadable."""

import errno
import gzip
import os
import random
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.message import Message
from onrecord.data.settings import BATCH_SIZE
from onrecord.sources import compression, watched_files
from onrecord.sources.watched_files import (
    MAX_NOTICES,
    RETRY_SECONDS,
    WatchedFiles,
)
from onrecord.telemetry import notices
from tests.flaky_disk import DISK, PREFIX

NOBODY = 65_534


class Clock:
    """A clock that advances while the source waits."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Drain(threading.Event):
    """A drain whose waits are over at once, and advance the clock."""

    def __init__(self, clock: Clock, is_set: bool = False) -> None:
        super().__init__()
        self._clock = clock
        if is_set:
            self.set()

    def wait(self, timeout: float | None = None) -> bool:
        self._clock.now += timeout or 0
        return self.is_set()


class Watch:
    """Watched files that a test polls."""

    def __init__(self, pattern: object, interval: float = 1.0) -> None:
        self.clock = Clock()
        self.files = WatchedFiles(str(pattern), interval, clock=self.clock)

    def poll(self, *, is_draining: bool = False) -> list[Message]:
        """Return the messages of one poll."""
        return self.files(Drain(self.clock, is_draining))

    def polls(self, times: int) -> list[Message]:
        """Return the messages of some polls."""
        return [message for _ in range(times) for message in self.poll()]

    def all(self, seconds: float = 2 * sum(RETRY_SECONDS)) -> list[Message]:
        """Return the messages of all polls in a time."""
        ends, found = self.clock.now + seconds, []
        while self.clock.now < ends:
            found += self.poll()
        return found

    def drained(self) -> list[Message]:
        """Return the messages of a drain."""
        found: list[Message] = []
        while some := self.poll(is_draining=True):
            found += some
        return found


@pytest.fixture(autouse=True)
def disk() -> Iterator[None]:
    DISK.reset()
    yield
    DISK.reset()


@pytest.fixture
def said() -> Iterator[list[str]]:
    texts: list[str] = []
    with notices.heard_by(lambda event, text: texts.append(text)):
        yield texts


def write(path: Path, number: int, time: int, size: int = 0) -> Path:
    """Write a file of messages with this modification time."""
    path.write_text("".join(f'{{"text": "{line}{" " * size}"}}\n' for line in range(number)), "utf-8")
    os.utime(path, (time, time))
    return path


def origins(messages: list[Message]) -> list[str]:
    return [message.origin for message in messages]


def problems(messages: list[Message]) -> list[Message]:
    return [message for message in messages if message.problem is not None]


def test_files_are_read_in_the_order_in_which_they_were_written(tmp_path):
    late, early = write(tmp_path / "a.jsonl", 1, 2_000), write(tmp_path / "b.jsonl", 1, 1_000)
    assert origins(Watch(f"{tmp_path}/*.jsonl").polls(3)) == [f"{early}:1", f"{late}:1"]


def test_a_file_is_read_once_and_a_new_one_when_it_is_there(tmp_path):
    first = write(tmp_path / "a.jsonl", 2, 1_000)
    watch = Watch(f"{tmp_path}/*.jsonl")
    assert origins(watch.polls(3)) == [f"{first}:1", f"{first}:2"]
    second = write(tmp_path / "b.jsonl", 1, 1_000)
    assert origins(watch.polls(9)) == [f"{second}:1"]


def test_a_folder_may_be_empty_at_first(tmp_path, said):
    watch = Watch(f"{tmp_path}/in/*.jsonl")
    assert watch.polls(2) == []
    (tmp_path / "in").mkdir()
    file = write(tmp_path / "in" / "a.jsonl", 1, 1_000)
    assert origins(watch.polls(5)) == [f"{file}:1"]
    assert said == []


def test_little_is_read_at_a_time(tmp_path):
    write(tmp_path / "a.jsonl", 3 * BATCH_SIZE - 1, 1_000)
    for number in range(4):
        write(tmp_path / f"{number}.jsonl", 1, 2_000)
    watch = Watch(f"{tmp_path}/*.jsonl")
    assert [len(watch.poll()) for _ in range(5)] == [BATCH_SIZE] * 3 + [3, 0]


def test_few_large_messages_are_read_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(watched_files, "BYTES_PER_POLL", 1_000)
    write(tmp_path / "a.jsonl", 7, 1_000, size=450)
    watch = Watch(f"{tmp_path}/*.jsonl")
    assert [len(watch.poll()) for _ in range(4)] == [3, 3, 1, 0]


def test_a_folder_is_listed_once_and_not_for_each_file(tmp_path):
    for number in range(300):
        write(tmp_path / f"{number}.jsonl", 1, 1_000)
    watch = Watch(f"{PREFIX}{tmp_path}/*.jsonl", interval=1_000)
    assert len(watch.polls(25)) == 300
    assert DISK.lists == 1


def test_a_large_folder_is_listed_less_often(tmp_path):
    watch = Watch(f"{PREFIX}{tmp_path}/*.jsonl")

    def slowly() -> None:
        watch.clock.now += 30

    DISK.before_list = slowly
    watch.all(500)
    assert DISK.lists == 4


def test_a_drain_ends_with_the_file_that_was_begun(tmp_path):
    write(tmp_path / "a.jsonl", BATCH_SIZE + 1, 1_000)
    write(tmp_path / "b.jsonl", 1, 2_000)
    watch = Watch(f"{tmp_path}/*.jsonl")
    assert len(watch.poll()) == BATCH_SIZE
    assert [len(watch.poll(is_draining=True)) for _ in range(3)] == [1, 0, 0]


def test_a_broken_archive_is_a_message_with_a_problem_and_the_next_file_is_read(tmp_path):
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b"cut short")[:-4])
    os.utime(tmp_path / "a.jsonl.gz", (1_000, 1_000))
    write(tmp_path / "b.jsonl", 1, 2_000)
    first, second = Watch(f"{tmp_path}/*").polls(3)
    assert first.problem is not None
    assert second.problem is None


@pytest.fixture
def folder_of_nobody() -> Iterator[Path]:
    """Return a folder of the current user, who is not root meanwhile: root may read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    finally:
        os.seteuid(before)


def test_a_file_that_gets_its_mode_after_its_name_is_read(folder_of_nobody, said):
    locked = write(folder_of_nobody / "a.jsonl", 2, 1_000)
    other = write(folder_of_nobody / "b.jsonl", 1, 2_000)
    locked.chmod(0)
    watch = Watch(f"{folder_of_nobody}/*.jsonl")
    assert origins(watch.polls(9)) == [f"{other}:1"]
    locked.chmod(0o600)
    assert origins(watch.polls(30)) == [f"{locked}:1", f"{locked}:2"]
    assert [f"{locked} can't be read, trying again: PermissionError" in said[0], *said[1:]] == [
        True,
        f"{locked} was read after all",
    ]


def test_a_file_that_stays_unreadable_is_a_dead_letter_with_its_name(folder_of_nobody, said):
    locked = write(folder_of_nobody / "a.jsonl", 2, 1_000)
    locked.chmod(0)
    [letter] = Watch(f"{folder_of_nobody}/*.jsonl").all()
    assert letter.origin == str(locked)
    assert "PermissionError: [Errno 13] Permission denied" in (letter.problem or "")
    assert [text.partition(": ")[0] for text in said] == [
        f"{locked} can't be read, trying again",
        f"{locked} can't be read and is a dead letter",
    ]


def test_a_folder_that_can_not_be_listed_is_said_once(folder_of_nobody, said):
    folder = folder_of_nobody / "in"
    folder.mkdir()
    folder.chmod(0)
    watch = Watch(f"{folder}/*.jsonl")
    assert watch.all() == []
    assert said == [f"{folder}/ can't be looked into: Permission denied"]
    folder.chmod(0o700)
    file = write(folder / "a.jsonl", 1, 1_000)
    assert origins(watch.all()) == [f"{file}:1"]


def fail_from(path: Path, offset: int, error: Exception) -> None:
    """Let reads of a file fail from an offset on."""

    def before_read(read: str, position: int) -> None:
        if read == str(path) and position >= offset:
            raise error

    DISK.before_read = before_read


EIO = OSError(errno.EIO, "Input/output error")


OFFSET = 1_500_000  # behind the first read


def test_a_file_goes_on_after_an_error_without_repeating_a_message_and_others_are_read_meanwhile(tmp_path, said):
    file = write(tmp_path / "a.jsonl", 2_000, 1_000, size=1_000)
    other = write(tmp_path / "b.jsonl", 1, 2_000)
    fail_from(file, OFFSET, EIO)
    watch = Watch(f"{PREFIX}{tmp_path}/*.jsonl")
    before = origins(watch.all(10))
    assert f"{PREFIX}{other}:1" in before
    assert 1_000 < len(before) < 2_000
    DISK.reset()
    after = origins(watch.all(30))
    assert sorted(before + after) == sorted(
        [f"{PREFIX}{file}:{line}" for line in range(1, 2_001)] + [f"{PREFIX}{other}:1"]
    )
    assert len(said) == 2


def test_what_was_read_before_a_lasting_error_is_kept_and_the_rest_is_a_dead_letter(tmp_path):
    file = write(tmp_path / "a.jsonl", 2_000, 1_000, size=1_000)
    fail_from(file, OFFSET, EIO)
    *messages, letter = Watch(f"{PREFIX}{tmp_path}/*.jsonl").all()
    assert 1_000 < len(messages) < 2_000
    assert origins(messages) == [f"{PREFIX}{file}:{line}" for line in range(1, len(messages) + 1)]
    assert letter.origin == f"{PREFIX}{file}"
    assert f"Input/output error); {len(messages):,} messages of it were read before that" in (letter.problem or "")


def test_a_bug_in_a_reader_is_a_dead_letter_that_names_it_and_quotes_nothing(tmp_path, said):
    file = write(tmp_path / "a.jsonl", 1, 1_000)
    other = write(tmp_path / "b.jsonl", 1, 2_000)
    fail_from(file, 0, RuntimeError("a secret of the article"))
    message, letter = Watch(f"{PREFIX}{tmp_path}/*.jsonl").all()
    assert message.origin == f"{PREFIX}{other}:1"
    assert "RuntimeError at " in (letter.problem or "")
    assert not [text for text in [*said, letter.problem or ""] if "secret" in text]


def test_a_file_that_was_changed_after_a_part_was_read_is_not_read_on(tmp_path):
    file = write(tmp_path / "a.jsonl", 2_000, 1_000, size=1_000)
    fail_from(file, OFFSET, EIO)
    watch = Watch(f"{PREFIX}{tmp_path}/*.jsonl")
    before = watch.all(10)
    write(file, 2_000, 2_000, size=1_000)
    DISK.reset()
    [letter] = watch.all()
    assert "the file was changed after a part of it had been read" in (letter.problem or "")
    assert f"{len(before):,} messages of it were read" in (letter.problem or "")


def test_a_file_that_is_removed_before_it_is_read_is_a_dead_letter(tmp_path):
    file = write(tmp_path / "a.jsonl", 1, 1_000)

    def remove(path: str) -> None:
        file.unlink(missing_ok=True)

    DISK.before_open = remove
    [letter] = Watch(f"{PREFIX}{tmp_path}/*.jsonl").all()
    assert (letter.origin, "No such file" in (letter.problem or "")) == (f"{PREFIX}{file}", True)


def test_a_drain_tries_once_more_to_read_what_was_begun(tmp_path):
    first, second = write(tmp_path / "a.jsonl", 100, 1_000), write(tmp_path / "b.jsonl", 1, 2_000)
    broken = [EIO, EIO]

    def before_open(path: str) -> None:
        if path == str(first) and broken:
            raise broken.pop()
        if path == str(second):
            raise EIO

    DISK.before_open = before_open
    watch = Watch(f"{PREFIX}{tmp_path}/*.jsonl")
    assert watch.poll() == []
    broken.clear()
    found = watch.drained()
    assert len(found) == 101
    assert origins(problems(found)) == [f"{PREFIX}{second}"]


def test_a_folder_that_is_away_for_a_time_is_said_once(tmp_path, said):
    file = write(tmp_path / "a.jsonl", 1, 1_000)
    errors = [EIO] * 3

    def before_list() -> None:
        if errors:
            raise errors.pop()

    DISK.before_list = before_list
    assert origins(Watch(f"{PREFIX}{tmp_path}/*.jsonl").all()) == [f"{PREFIX}{file}:1"]
    [text] = said
    assert text.startswith(f"can't look for files that match {PREFIX}{tmp_path}/*.jsonl, trying again")


def test_many_unreadable_files_are_said_in_few_lines(tmp_path, said):
    for number in range(3 * MAX_NOTICES):
        write(tmp_path / f"{number}.jsonl", 1, 1_000)

    def before_open(path: str) -> None:
        raise EIO

    DISK.before_open = before_open
    assert len(Watch(f"{PREFIX}{tmp_path}/*.jsonl").all()) == 3 * MAX_NOTICES
    assert said[MAX_NOTICES] == f"{2 * MAX_NOTICES} more such lines are left out"
    assert len(said) <= 2 * MAX_NOTICES + 2


def test_what_is_not_read_is_said_when_it_is_there_for_two_scans(tmp_path, said):
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    file = write(folder / "a.jsonl", 1, 1_000)
    (folder / "b.jsonl").symlink_to("nothing")
    (folder / "c.jsonl").symlink_to("soon.json")
    (folder / "d.part").write_text("")
    watch = Watch(folder)
    assert origins(watch.poll()) == [f"{file}:1"]
    assert said == []
    late = write(folder / "soon.json", 1, 1_000)
    assert sorted(origins(watch.all())) == [f"{folder}/c.jsonl:1", f"{late}:1"]
    assert said == [
        f"{folder}/b.jsonl is not read, since it is a link to nothing",
        f"{folder}/d.part is not read, since it is of an unknown kind, by its ending; give --format and a pattern",
    ]


def test_not_all_files_become_dead_letters_when_the_whole_disk_is_away(tmp_path, monkeypatch):
    monkeypatch.setattr(watched_files, "MAX_WAITING", 3)
    for number in range(20):
        write(tmp_path / f"{number:02}.jsonl", 1, 1_000)
    is_away = True

    def before_open(path: str) -> None:
        if is_away:
            raise EIO

    DISK.before_open = before_open
    watch = Watch(f"{PREFIX}{tmp_path}/*.jsonl")
    letters = watch.all(100)
    is_away = False
    assert len(problems(letters)) == len(letters) == 3
    assert len(watch.all(100)) == 17


@pytest.mark.property
@given(st.randoms(use_true_random=False))
def test_every_message_of_every_file_comes_once_or_its_file_is_a_dead_letter(chance: random.Random):
    """Any mixture of files, of which any read may fail, for a time or for good, while the stream runs or is drained."""
    DISK.reset()
    failures: dict[str, list[int]] = {}

    def before_read(path: str, offset: int) -> None:
        bad, times = failures[path]
        if offset >= bad and times:
            failures[path][1] -= 1
            raise EIO

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(compression, "CHUNK_BYTES", 1 << 12)  # so that a file is not read at once
        contents: dict[str, list[bytes]] = {}
        for number in range(chance.randrange(1, 5)):
            # More than a hundred equal ones in a row become one message.
            ids = [chance.randrange(3) for _ in range(chance.choice((0, 1, 50, 200)))] + [9] * chance.choice((0, 150))
            lines = [b'{"id": "%d%1000d"}' % (name, 0) for name in ids]
            path = Path(folder, f"{number}.jsonl")
            path.write_bytes(b"".join(line + b"\n" for line in lines))
            contents[f"{PREFIX}{path}"] = lines
            failures[str(path)] = [chance.randrange(1 + path.stat().st_size), chance.choice((0, 2, 5, 1_000))]
        DISK.before_read = before_read
        watch = Watch(f"{PREFIX}{folder}/*.jsonl", interval=1_000)
        found = watch.all(chance.choice((5, 150)))
        found += watch.drained()
    for path, lines in contents.items():
        messages = [message for message in found if message.origin.startswith(f"{path}:")]
        letters = [message for message in found if message.origin == path]
        read = [message.payload for message in messages for _ in range(message.repeats)]
        assert read == lines[: len(read)]
        assert letters or read == lines
        for letter in letters:
            assert len(letters) == 1
            assert f"; {len(messages)} messages of it were read" in (letter.problem or "")
