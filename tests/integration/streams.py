# SPDX-License-Identifier: Apache-2.0
"""Runs whole streams as a user does, and makes messages for them."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from onrecord.data.kinds import kinds
from tests.integration.backfills import ROOT, TIMEOUT_SECONDS, Values, records

REACHED_SECONDS = float(os.environ.get("ONRECORD_STREAM_SECONDS", "120"))  # deadline for a stream to reach a state
MAX_PUBLISHED_BYTES = 9_900_000
NAMES = ("Ada Marlowe", "Jonas Felt", "Marta Quill", "Piet Sandoval", "Ines Okoro")
PLACES = ("Oslo", "Lisbon", "Nairobi", "Lima", "Hanoi")
THINGS = ("the ferry pier", "the night train", "the tax on salt", "the new bridge", "the harbour plan")


def onrecord(
    *arguments: object, emulator: str | None = None, program: tuple[str, ...] = ("-m", "onrecord")
) -> "subprocess.Popen[str]":
    """Start a command in a process group of its own; ``program`` is what Python runs in its place."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    if emulator is not None:
        environment["PUBSUB_EMULATOR_HOST"] = emulator
    return subprocess.Popen(
        [sys.executable, *program, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finished(process: "subprocess.Popen[str]", exit_code: int = 0) -> tuple[str, str]:
    """Wait for a command, check its exit code, and return its output."""
    out, err = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == exit_code, f"exit code {process.returncode}\n{out}\n{err}"
    return out, err


class Stream:
    """A running ``onrecord stream`` that reports every second in JSON."""

    def __init__(self, *arguments: object, **options: Any) -> None:
        """Start it, with the options of ``onrecord``."""
        self.lines: list[Values] = []
        self.process = onrecord("stream", *arguments, "--report-every", 1, "--log-format", "json", **options)

    def read_until(self, **reached: int) -> Values:
        """Return the first report in which every one of these counts is reached."""
        return self._read(
            lambda line: all(line.get(name, -1) >= number for name, number in reached.items()), str(reached)
        )

    def read_event(self, event: str) -> Values:
        """Return the first log line of an event."""
        return self._read(lambda line: line["event"] == event, event)

    def _read(self, is_wanted: Callable[[Values], bool], wanted: str) -> Values:
        assert self.process.stderr is not None
        deadline = time.monotonic() + REACHED_SECONDS
        while time.monotonic() < deadline:
            line = self.process.stderr.readline()
            assert line, self.process.communicate()
            self.lines.append(json.loads(line))
            if is_wanted(self.lines[-1]):
                return self.lines[-1]
        os.killpg(self.process.pid, signal.SIGKILL)
        raise AssertionError(f"{wanted} was not reached: {self.lines[-1]}")

    def drain(self, number: int = signal.SIGTERM) -> Values:
        """Stop it, and return the last report."""
        self.process.send_signal(number)
        _, err = finished(self.process)
        self.lines.extend(json.loads(line) for line in err.splitlines())
        return self.lines[-1]


def article_text(chance: random.Random, number: int) -> str:
    """Return a text of some sentences that is unique to its number."""
    speaker, rival = chance.sample(NAMES, 2)
    place, thing = chance.choice(PLACES), chance.choice(THINGS)
    return (
        f"{place.upper()} — “We will not give up {thing},” said {speaker}, who chairs council number {number}."
        f"\n\n{rival} condemned the decision on Monday. “Nobody asked us,” {rival.split()[1]} said."
        f" The council of {place} said that {thing} would cost {number} million."
    )


def make_messages(number: int, now: datetime, seed: int = 7, first: int = 0) -> list[bytes]:
    """Return messages as they are sent: 5 % are malformed, 5 % are sent twice, and 10 % were published minutes to days ago.

    Each has a number, from ``first`` on, and a text that is unique to it.
    """
    chance = random.Random(seed)
    sent: list[bytes] = []
    whole: list[bytes] = []
    for index in range(first, first + number):
        if index % 20 == 7:
            sent.append(f'{{"id": "broken-{index}", "text": {index}}}'.encode())
            continue
        if index % 20 == 13 and whole:
            sent.append(chance.choice(whole))
            continue
        published = now - timedelta(seconds=chance.uniform(60, 6 * 24 * 3600) if index % 10 == 4 else 1)
        message = {
            "id": f"article-{index}",
            "text": article_text(chance, index),
            "language": "en",
            "published_at": published.isoformat(timespec="seconds"),
        }
        whole.append(json.dumps(message, ensure_ascii=False).encode())
        sent.append(whole[-1])
    return sent


def resized(messages: list[bytes], seed: int = 7) -> list[bytes]:
    """Return messages of 1 byte to 9.9 MB: every fiftieth is padded with blanks behind its JSON, and so are its repetitions.

    In place of some of the malformed ones comes a single byte.
    """
    chance = random.Random(seed)
    padding: dict[bytes, int] = {}
    for index in range(0, len(messages), 50):
        padding[messages[index]] = round(10 ** chance.uniform(3, 6))
    largest = list(padding)[len(padding) // 2]
    padding[largest] = MAX_PUBLISHED_BYTES - len(largest)
    broken = [message for message in messages if b'"broken-' in message]
    single = dict.fromkeys(broken[::3], b"7")
    return [single.get(message, message + b" " * padding.get(message, 0)) for message in messages]


def write_lines(path: Path, messages: list[bytes]) -> Path:
    """Write messages as a JSON-lines file that appears under its name only when it is complete."""
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(b"".join(message + b"\n" for message in messages))
    return unfinished.rename(path)


def comparable(output: Path, *names: str) -> dict[str, list[str]]:
    """Return what must be equal in a stream and a backfill: every record, without when and where a message was received."""
    leave_out = {"received_at": None, "failed_at": None, "origin": None, "dead_letter_id": None}
    return {
        kind: sorted(
            hashlib.sha256(
                repr(sorted((record | {k: v for k, v in leave_out.items() if k in record}).items())).encode()
            ).hexdigest()
            for record in records(output, kind)
        )
        for kind in names or kinds()
    }


def ids(output: Path) -> list[str]:
    """Return the ids of all article records, with repetitions."""
    return sorted(record["article_id"] for record in records(output, "articles"))


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(timezone.utc)
