# SPDX-License-Identifier: Apache-2.0
"""``onrecord replay``: processes dead letters again, as a backfill or through a topic; each of them once.

Replayed letters are recorded next to the letters, in ``DIR/replayed/``, or acknowledged. A letter that fails again is a dead letter of
the new run, and can be replayed again. A letter without a message, such as a part of a broken file, is left alone: it would only
fail again, for a reason that hides the first one.
"""

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError

from onrecord.data.forgotten import Forgotten
from onrecord.data.message import InvalidMessage, decode
from onrecord.data.records import DeadLetter
from onrecord.data.stages import WHOLE_MESSAGE_STAGES
from onrecord.dead_letters.files import letter_files
from onrecord.dead_letters.hold import HeldLetters
from onrecord.dead_letters.read import ReadDeadLetters, read_letters
from onrecord.dead_letters.reasons import Reasons, reason_lines
from onrecord.dead_letters.repaired import Repaired
from onrecord.dead_letters.replayed import note, replayed_before
from onrecord.jobs import backfill
from onrecord.jobs.backfill_options import BackfillOptions
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.jobs.scratch import scratch_folder
from onrecord.sinks import output_folder as folder
from onrecord.sinks.files import write_file
from onrecord.sinks.publisher import Outgoing, publish
from onrecord.terminal.text import print_line

LETTERS_PER_NOTE = 100  # letters published before they are noted; this many may be sent twice if the replay is killed
BYTES_PER_FILE = 32_000_000  # of repaired letters, which are in memory together
MAX_REASONS_SHOWN = 20
OF_FILES = "file: "  # how the reasons begin of letters that are about the rest of a file
OF_MESSAGES = "message: "  # and those about a payload that is not one JSON object; all others name a field
UNDELIVERABLE = (GoogleAPIError, GoogleAuthError, TimeoutError)


@dataclass
class Aside:
    """Letters that are not replayed because of what they hold: they stay where they are.

    Attributes:
        what: what is wrong with them, after their number.
        way_out: what to do about them.
    """

    what: str
    way_out: str
    number: int = 0
    reasons: Reasons = field(default_factory=Reasons)

    def add(self, error_type: str, message: str, origin: str) -> None:
        """Add a letter."""
        self.number += 1
        self.reasons.add(error_type, "", message, origin)

    def print(self) -> None:
        """Print how many they are, and why."""
        if self.number:
            print_line(f"{self.number:,} {self.what}; {self.way_out}")
            for line in reason_lines(self.reasons.most_common(MAX_REASONS_SHOWN)):
                print_line(line)


def _without_message() -> Aside:
    return Aside(
        "left alone, without an article message",
        "repair their files and rerun, or write them to a file with 'onrecord dead-letters DIR --payload FILE' and repair them there",
    )


def _not_sendable() -> Aside:
    return Aside("can't be sent", "replay them with --output")


@dataclass(frozen=True, slots=True)
class Letters:
    """The dead letters of a folder: which are to be replayed, and how many are skipped."""

    files: tuple[str, ...]
    ids: frozenset[str]
    replayed_before: int
    partial: int
    forgotten: int = 0
    without_message: Aside = field(default_factory=_without_message)
    unknown: tuple[str, ...] = ()


def _is_message(letter: DeadLetter, is_repaired: bool, aside: Aside) -> bool:
    """Whether a letter holds a message; if not, it is put aside.

    One that fails again for the same reason is a message. A payload that fails for another reason is something else, such as a part of a
    file or a page as it was stored.
    """
    reason = letter.error_message
    if not is_repaired and reason.startswith(OF_FILES):
        aside.add(letter.error_type, reason, letter.origin)
        return False
    try:
        decode(letter.payload)
    except InvalidMessage as error:
        problem = str(error)
        if problem.startswith(OF_MESSAGES) and (is_repaired or problem != reason):
            aside.add(letter.error_type, problem if is_repaired or not reason else reason, letter.origin)
            return False
    return True


def find(output: str, repaired: Repaired | None = None) -> Letters:
    """Return the dead letters of a run's output folder.

    Args:
        output: the folder.
        repaired: repaired messages; only the letters with these are replayed. ``Letters.unknown`` has the ids of those that can't be.
    """
    files = letter_files(output)
    before = replayed_before(output)
    kinds: dict[str, set[str]] = {"whole": set(), "partial": set(), "forgotten": set()}
    ids: set[str] = set()
    aside = _without_message()
    for letter in _all(files):
        name = letter.dead_letter_id
        if letter.error_type == Forgotten.__name__:
            kinds["forgotten"].add(name)
        elif letter.stage not in WHOLE_MESSAGE_STAGES:
            kinds["partial"].add(name)
        elif name not in kinds["whole"] and (repaired is None or name in repaired.places):
            kinds["whole"].add(name)
            message = letter if repaired is None else repaired.message_of(letter)
            if name not in before and _is_message(message, repaired is not None, aside):
                ids.add(name)
    unknown = () if repaired is None else tuple(name for name in repaired.places if name not in kinds["whole"])
    skipped = {name: len(found) if repaired is None else 0 for name, found in kinds.items()}
    return Letters(
        tuple(files),
        frozenset(ids),
        len(kinds["whole"] & before),
        skipped["partial"],
        skipped["forgotten"],
        aside,
        unknown,
    )


def _all(files: Iterable[str]) -> Iterator[DeadLetter]:
    return (letter for path in files for letter in read_letters(path))


def _wanted(letters: Letters, repaired: Repaired | None) -> Iterator[DeadLetter]:
    """Yield each letter that is to be replayed once, with its repaired message if there is one."""
    waiting = set(letters.ids)
    for letter in _all(letters.files):
        if letter.dead_letter_id in waiting:
            waiting.discard(letter.dead_letter_id)
            yield letter if repaired is None else repaired.message_of(letter)


def _print_outcome(letters: Letters, replayed: int, failed_again: int = 0) -> None:
    print_line(f"{replayed:,} dead letters replayed")
    if failed_again:
        print_line(f"{failed_again:,} failed again, and can be replayed again")
    if letters.replayed_before:
        print_line(f"{letters.replayed_before:,} skipped: replayed before")
    if letters.partial:
        print_line(f"{letters.partial:,} skipped: one extractor failed, the article's other records were written")
    if letters.forgotten:
        print_line(f"{letters.forgotten:,} skipped: forgotten articles, of which nothing was kept")
    letters.without_message.print()


def _digest(letter: DeadLetter) -> bytes:
    return hashlib.sha256(repr((letter.origin, letter.payload)).encode("utf-8", "backslashreplace")).digest()


def _failed_again(files: Iterable[str], ids: frozenset[str], output: str) -> frozenset[str]:
    """Return which letters of some files are dead letters of a new run, too.

    Args:
        files: the letters that were replayed.
        ids: their ids.
        output: output folder of the new run.
    """
    failed = {
        _digest(letter)
        for letter in _all(letter_files(output))
        if letter.stage in WHOLE_MESSAGE_STAGES and letter.error_type != Forgotten.__name__
    }
    if not failed:
        return frozenset()
    return frozenset(
        letter.dead_letter_id for letter in _all(files) if letter.dead_letter_id in ids and _digest(letter) in failed
    )


def _code(*asides: Aside) -> int:
    return FAILED if any(aside.number for aside in asides) else DONE


def as_backfill(output: str, letters: Letters, options: BackfillOptions) -> int:
    """Run a folder's dead letters through a backfill, and return its exit code; 1 if all failed again, or letters were left alone."""
    return _through_backfill(output, letters, letters.files, options, lambda: None)


def _through_backfill(
    output: str,
    letters: Letters,
    files: tuple[str, ...],
    options: BackfillOptions,
    before_leaving: Callable[[], None],
) -> int:
    failed: frozenset[str] = frozenset()
    if letters.ids:
        code = backfill.run(options, ReadDeadLetters(files, letters.ids), before_leaving=before_leaving)
        if code != DONE:
            print_line("no dead letters were marked as replayed", sys.stderr)
            return code
        failed = _failed_again(files, letters.ids, options.output.folder)
        if letters.ids - failed:
            note(output, list(letters.ids - failed))
    _print_outcome(letters, len(letters.ids) - len(failed), len(failed))
    return FAILED if failed and failed == letters.ids else _code(letters.without_message)


def repaired_as_backfill(
    output: str, letters: Letters, repaired: Repaired, options_of: Callable[[list[str]], BackfillOptions]
) -> int:
    """Run the repaired messages of a folder's dead letters through a backfill, and return its exit code.

    Args:
        output: the folder.
        letters: those of its letters that are to be replayed.
        repaired: their messages.
        options_of: returns the options of a backfill of some files of letters.
    """
    with scratch_folder() as spool:

        def clean_up() -> None:
            shutil.rmtree(spool, ignore_errors=True)

        _spooled(_batches(_wanted(letters, repaired)), str(spool))
        files = tuple(letter_files(str(spool)))
        options = options_of(list(files))
        return _through_backfill(output, letters, files, options, clean_up)


def _batches(letters: Iterable[DeadLetter]) -> Iterator[list[DeadLetter]]:
    batch: list[DeadLetter] = []
    size = 0
    for letter in letters:
        batch.append(letter)
        size += len(letter.payload)
        if size >= BYTES_PER_FILE or len(batch) >= LETTERS_PER_NOTE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def to_topic(output: str, letters: Letters, topic: str, repaired: Repaired | None = None) -> int:
    """Publish a folder's dead letters, and return the exit code; 1 if some could not be sent, or were left alone."""
    refused = _not_sendable()
    replayed, error = _published(topic, _wanted(letters, repaired), lambda sent: note(output, sent), refused)
    if error is not None:
        return _failed(replayed, error)
    _print_outcome(letters, replayed)
    refused.print()
    return _code(letters.without_message, refused)


def _published(
    topic: str, letters: Iterable[DeadLetter], done: Callable[[list[str]], None], refused: Aside
) -> tuple[int, Exception | None]:
    """Publish letters, and return how many were sent, and the error that ended it, if there was one.

    Args:
        topic: ``projects/P/topics/T``.
        letters: the letters.
        done: called with the ids of those that were sent.
        refused: gets those that can't be sent.
    """
    outgoing = (Outgoing(letter.payload, letter.attributes, letter.origin, letter.dead_letter_id) for letter in letters)
    sent: list[str] = []
    number, ended_by = 0, None
    try:
        for delivery in publish(topic, outgoing):
            if delivery.problem is not None:
                refused.add("", delivery.problem, delivery.message.origin)
                continue
            number += 1
            sent.append(delivery.message.key)
            if len(sent) >= LETTERS_PER_NOTE:
                done(sent)
                sent = []
    except UNDELIVERABLE as error:
        ended_by = error
    if sent:
        done(sent)
    return number, ended_by


def _failed(replayed: int, error: Exception) -> int:
    print_line(f"failed after {replayed:,} dead letters: {error or type(error).__name__}", sys.stderr)
    return FAILED


def _spooled(batches: Iterable[list[DeadLetter]], output: str) -> frozenset[str]:
    """Write letters to Avro files, laid out as in the output folder of a run, and return their ids."""
    folder.prepare(output)
    ids: set[str] = set()
    for number, letters in enumerate(batches):
        write_file(output, f"dead_letters/{number:06}.avro", "dead_letters", letters)
        ids.update(letter.dead_letter_id for letter in letters)
    return frozenset(ids)


def _messages(held: HeldLetters, aside: Aside) -> Iterator[DeadLetter]:
    """Yield the letters that hold a message, and put the others aside."""
    return (letter for letters in held for letter in letters if _is_message(letter, False, aside))


def subscription_as_backfill(subscription: str, options_of: Callable[[list[str]], BackfillOptions]) -> int:
    """Run the dead letters of a subscription through a backfill, and return its exit code; 1 if all failed again, or some were left alone.

    They are acknowledged when their records are written; if the backfill fails, they are redelivered, and so are those that fail again
    or are without a message.

    Args:
        subscription: ``projects/P/subscriptions/S``.
        options_of: returns the options of a backfill of some files of letters.
    """
    aside = _without_message()
    failed: frozenset[str] = frozenset()
    try:
        with scratch_folder() as spool, HeldLetters(subscription) as held:

            def release() -> None:
                held.give_back()
                shutil.rmtree(spool, ignore_errors=True)

            ids = _spooled(_batches(_messages(held, aside)), str(spool))
            if ids:
                files = letter_files(str(spool))
                options = options_of(files)
                code = backfill.run(options, ReadDeadLetters(tuple(files), ids), before_leaving=release)
                if code != DONE:
                    return code
                failed = _failed_again(files, ids, options.output.folder)
                held.acknowledge(ids - failed)
    except (GoogleAPIError, GoogleAuthError) as error:
        print_line(f"failed: {error}", sys.stderr)
        return FAILED
    print_line(f"{len(ids) - len(failed):,} dead letters replayed")
    if failed:
        print_line(f"{len(failed):,} failed again, and stay in the subscription")
    aside.print()
    return FAILED if failed and failed == ids else _code(aside)


def subscription_to_topic(subscription: str, topic: str) -> int:
    """Publish the dead letters of a subscription, and return the exit code; 1 if some stay in the subscription.

    Each is acknowledged once it is published.
    """
    aside, refused = _without_message(), _not_sendable()
    replayed = 0
    try:
        with HeldLetters(subscription) as held:
            replayed, error = _published(topic, _messages(held, aside), held.acknowledge, refused)
    except UNDELIVERABLE as raised:
        error = raised
    if error is not None:
        return _failed(replayed, error)
    print_line(f"{replayed:,} dead letters replayed")
    aside.print()
    refused.print()
    return _code(aside, refused)
