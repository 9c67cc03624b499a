# SPDX-License-Identifier: Apache-2.0
"""``onrecord replay``: processes dead letters again, as a backfill or through a topic; each of them once.

Replayed letters are recorded next to the letters, in ``DIR/replayed/``, or acknowledged. A letter that fails again is a dead letter of
the new run.
"""

import json
import shutil
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from apache_beam.io.filesystems import FileSystems
from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError
from google.cloud import pubsub

from onrecord.data.forgotten import Forgotten
from onrecord.data.records import DeadLetter
from onrecord.data.stages import WHOLE_MESSAGE_STAGES
from onrecord.dead_letters.hold import HeldLetters, pull
from onrecord.dead_letters.read import ReadDeadLetters, letter_files, read_letters
from onrecord.jobs import backfill
from onrecord.jobs.backfill_options import BackfillOptions
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.jobs.scratch import scratch_folder
from onrecord.sinks import output_folder as folder
from onrecord.sinks.files import write_file
from onrecord.sinks.publisher import Outgoing, original_attributes, publish
from onrecord.terminal.text import print_line

LETTERS_PER_NOTE = 100  # letters published before they are noted; this many may be sent twice if the replay is killed


@dataclass(frozen=True, slots=True)
class Letters:
    """The dead letters of a folder: which are to be replayed, and how many are skipped."""

    files: tuple[str, ...]
    ids: frozenset[str]
    replayed_before: int
    partial: int
    forgotten: int = 0


def _ledger(output: str) -> str:
    return str(FileSystems.join(output, "replayed"))


def _noted(output: str) -> set[str]:
    pattern = FileSystems.join(_ledger(output), "*.json")
    ids: set[str] = set()
    for file in (file for matched in FileSystems.match([pattern]) for file in matched.metadata_list):
        with FileSystems.open(file.path) as stored:
            ids.update(json.loads(stored.read()))
    return ids


def _note(output: str, ids: list[str]) -> None:
    """Record which letters were replayed; the file of a note is complete or absent."""
    name = uuid.uuid4().hex
    unfinished = FileSystems.join(_ledger(output), f"{name}.unfinished")
    with FileSystems.create(unfinished, "application/json") as file:
        file.write(json.dumps(sorted(ids)).encode())
    FileSystems.rename([unfinished], [FileSystems.join(_ledger(output), f"{name}.json")])


def find(output: str) -> Letters:
    """Return the dead letters of a run's output folder."""
    files = letter_files(output)
    noted = _noted(output)
    whole: set[str] = set()
    partial: set[str] = set()
    forgotten: set[str] = set()
    for letter in (letter for path in files for letter in read_letters(path)):
        if letter.error_type == Forgotten.__name__:
            forgotten.add(letter.dead_letter_id)
        else:
            (whole if letter.stage in WHOLE_MESSAGE_STAGES else partial).add(letter.dead_letter_id)
    return Letters(tuple(files), frozenset(whole - noted), len(whole & noted), len(partial), len(forgotten))


def _print_outcome(letters: Letters, replayed: int) -> None:
    print_line(f"{replayed:,} dead letters replayed")
    if letters.replayed_before:
        print_line(f"{letters.replayed_before:,} skipped: replayed before")
    if letters.partial:
        print_line(f"{letters.partial:,} skipped: one extractor failed, the article's other records were written")
    if letters.forgotten:
        print_line(f"{letters.forgotten:,} skipped: forgotten articles, of which nothing was kept")


def as_backfill(output: str, letters: Letters, options: BackfillOptions) -> int:
    """Run a folder's dead letters through a backfill, and return its exit code."""
    code = DONE
    if letters.ids:
        code = backfill.run(options, ReadDeadLetters(letters.files, letters.ids))
        if code != DONE:
            return code
        _note(output, list(letters.ids))
    _print_outcome(letters, len(letters.ids))
    return code


def to_topic(output: str, letters: Letters, topic: str) -> int:
    """Publish a folder's dead letters, and return the exit code."""
    waiting = set(letters.ids)
    replayed = 0

    def wanted() -> Iterator[tuple[str, Outgoing]]:
        for letter in (letter for path in letters.files for letter in read_letters(path)):
            if letter.dead_letter_id in waiting:
                waiting.discard(letter.dead_letter_id)
                yield letter.dead_letter_id, Outgoing(letter.payload, letter.attributes)

    batch: list[tuple[str, Outgoing]] = []

    def send() -> int:
        sent = len(list(publish(topic, (message for _, message in batch))))
        _note(output, [name for name, _ in batch])
        batch.clear()
        return sent

    try:
        for item in wanted():
            batch.append(item)
            if len(batch) >= LETTERS_PER_NOTE:
                replayed += send()
        replayed += send() if batch else 0
    except (GoogleAPICallError, GoogleAuthError, TimeoutError, ValueError) as error:
        print_line(f"failed after {replayed:,} dead letters: {error or type(error).__name__}", sys.stderr)
        return FAILED
    _print_outcome(letters, replayed)
    return DONE


def _spooled(batches: Iterable[list[DeadLetter]], output: str) -> frozenset[str]:
    """Write letters to Avro files, laid out as in the output folder of a run, and return their ids."""
    folder.prepare(output)
    ids: set[str] = set()
    for number, letters in enumerate(batches):
        write_file(output, f"dead_letters/{number:06}.avro", "dead_letters", letters)
        ids.update(letter.dead_letter_id for letter in letters)
    return frozenset(ids)


def subscription_as_backfill(subscription: str, options_of: Callable[[list[str]], BackfillOptions]) -> int:
    """Run the dead letters of a subscription through a backfill, and return its exit code.

    They are acknowledged when their records are written; if the backfill fails, they are redelivered.

    Args:
        subscription: ``projects/P/subscriptions/S``.
        options_of: returns the options of a backfill of some files of letters.
    """
    try:
        with scratch_folder() as spool, HeldLetters(subscription) as held:

            def release() -> None:
                held.give_back()
                shutil.rmtree(spool, ignore_errors=True)

            ids = _spooled(held, str(spool))
            if ids:
                files = letter_files(str(spool))
                code = backfill.run(options_of(files), ReadDeadLetters(tuple(files), ids), before_leaving=release)
                if code != DONE:
                    return code
                held.acknowledge()
    except (GoogleAPICallError, GoogleAuthError) as error:
        print_line(f"failed: {error}", sys.stderr)
        return FAILED
    print_line(f"{len(ids):,} dead letters replayed")
    return DONE


def subscription_to_topic(subscription: str, topic: str) -> int:
    """Publish the dead letters of a subscription, and return the exit code; each is acknowledged once it is published."""
    subscriber = pubsub.SubscriberClient()
    replayed = 0
    try:
        while received := pull(subscriber, subscription):
            outgoing = (
                Outgoing(got.message.data, original_attributes(dict(got.message.attributes))) for got in received
            )
            replayed += len(list(publish(topic, outgoing)))
            subscriber.acknowledge(subscription=subscription, ack_ids=[got.ack_id for got in received])
    except (GoogleAPICallError, GoogleAuthError, TimeoutError) as error:
        print_line(f"failed after {replayed:,} dead letters: {error or type(error).__name__}", sys.stderr)
        return FAILED
    print_line(f"{replayed:,} dead letters replayed")
    return DONE
