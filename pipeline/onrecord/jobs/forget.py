# SPDX-License-Identifier: Apache-2.0
"""``onrecord forget``: removes articles from an output folder, and lists them so that later runs refuse them.

The list is written first, and names every article that is removed. Whatever is on it is then removed from the files, one after the
other: a run that was killed is finished by the next one, from the list alone.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from apache_beam.io.filesystem import BeamIOError

from onrecord.data.article import Article
from onrecord.data.forgotten import (
    FILE_NAME,
    ForgottenList,
    ForgottenListError,
    Traces,
    traces_of,
    traces_of_payload,
)
from onrecord.data.message import MAX_MESSAGE_BYTES, InvalidMessage
from onrecord.data.records import ArticleRecord, DeadLetter, EntityRecord, Record
from onrecord.dead_letters.read import message_of
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.sandbox.pages import SandboxedPageReader
from onrecord.sandbox.process import ProcessLost
from onrecord.sinks import compact, lock, manifest
from onrecord.sinks.manifest import ManifestError
from onrecord.sinks.rewrite import Folder, RewriteError, check_version, records_in, summary_of
from onrecord.telemetry.progress import each_shown
from onrecord.telemetry.recount import Recount, recounted
from onrecord.terminal.text import print_line
from onrecord.transforms.decode import decode_article

PAGE_SECONDS = 60.0  # limit for reading the page of a dead letter
MAX_TITLE_LENGTH = 80  # code points, printed
MAX_UNSEARCHED = 10  # paths, printed
OUT_OF_REACH = (
    "the files and messages that the articles came from: a later run without the list reads them again",
    "Pub/Sub: messages that a topic or a subscription retains, the dead-letter topic, snapshots",
    "a stream that is running: restart it, so that it reads the list; and its checkpoints, savepoints and Dataflow snapshots",
    "object versions and soft-deleted objects of a bucket, snapshots and backups of a disk",
    "files that 'onrecord positions' wrote, other output folders, tables and copies made from the records",
    "logs, and the hashes of dead letters in the folder 'replayed'",
)


@dataclass(frozen=True, slots=True)
class ForgetOptions:
    """The options of the command.

    Attributes:
        folder: the output folder of a backfill or a stream.
        articles: ids of articles.
        urls: web addresses of articles.
        persons: names of persons.
        is_confirmed: whether anything is changed.
    """

    folder: str
    articles: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    is_confirmed: bool = False


@dataclass
class Plan:
    """The records that are removed from a folder, and those that are left.

    Attributes:
        removed: the number of records that are removed from a file, by the name of each file that is rewritten.
        kept: the number of records that are left in each of these files.
        kinds: the number of records that are removed, by kind.
        lines: a description of each article and dead letter that is removed.
        summaries: the records that are left of each run, by the name of its summary.
    """

    removed: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)
    summaries: dict[str, Recount] = field(default_factory=dict)


class Matcher:
    """Decides which records a list of forgotten articles removes."""

    def __init__(self, listed: ForgottenList) -> None:
        """Use a list, to which articles may be added."""
        self.listed = listed
        self._read_page = SandboxedPageReader(PAGE_SECONDS)
        self._pages: dict[str, Traces] = {}
        self._last: tuple[str, str, bool] = ("", "", False)

    def __call__(self, record: Record) -> bool:
        """Whether a record is removed."""
        if isinstance(record, ArticleRecord):  # select has listed the ids of those with a listed name or address
            return self.listed.has_id(record.article_id) or self.listed.has_text(record.text_sha256)
        if isinstance(record, DeadLetter):
            return self.listed.reason(self.traces(record)) is not None
        # The records of a file are sorted, so those of an article follow each other.
        article_id, text = getattr(record, "article_id", ""), getattr(record, "text_sha256", "")
        if (article_id, text) != self._last[:2]:
            is_listed = self.listed.has_id(article_id) or (bool(text) and self.listed.has_text(text))
            self._last = (article_id, text, is_listed)
        return self._last[2]

    def traces(self, record: ArticleRecord | DeadLetter) -> Traces:
        """Return the traces of an article or of the message in a dead letter."""
        if isinstance(record, ArticleRecord):
            return traces_of(record)
        found = traces_of_payload(record.payload, record.attributes)
        prose = (*found.prose, record.error_message, record.stack_trace)
        return Traces(found.ids, found.urls, found.texts, prose) + self.decoded(record)

    def decoded(self, letter: DeadLetter) -> Traces:
        """Return what the article of a letter is recognized by, if there is one; each page is read once."""
        if letter.dead_letter_id in self._pages:
            return self._pages[letter.dead_letter_id]
        try:
            article: Article = decode_article(message_of(letter), MAX_MESSAGE_BYTES, self._read_page)
        except (InvalidMessage, ProcessLost):
            traces = Traces()
        else:
            found = traces_of(article)
            # The payload has everything else already, and texts are not kept in memory.
            traces = Traces(found.ids, (), found.texts, ())
        if b'"html"' in letter.payload:
            self._pages[letter.dead_letter_id] = traces
        return traces


def select(folder: Folder, listed: ForgottenList) -> ForgottenList:
    """Add to a list the ids and texts of all articles that it means, and of the copies of their texts.

    Args:
        folder: the output folder.
        listed: ids, addresses and names that were asked for, and what was listed before; it is added to.

    Returns:
        The list before copies were added.
    """
    matcher = Matcher(listed)
    if listed.names:
        for entity in _records(folder, EntityRecord.kind, "looking for names"):
            if entity.type == "PERSON" and any(map(listed.has_name_in, _names_of(entity))):
                listed.add_id(entity.article_id)
    asked = listed.copy()
    size = -1
    is_first = True
    while size != len(listed):  # an article may be the copy of one that comes later
        size = len(listed)
        for kind in (ArticleRecord.kind, DeadLetter.kind):
            for record in _records(folder, kind, "looking for articles"):
                original = getattr(record, "duplicate_of", None)
                is_meant = matcher(record) or (is_first and listed.reason(matcher.traces(record)) is not None)
                if is_meant or (original and listed.has_id(original)):
                    _add(record, matcher)
        is_first = False
    return asked


def _add(record: ArticleRecord | DeadLetter, matcher: Matcher) -> None:
    """Add an article, or that of a dead letter, to the matcher's list."""
    listed, traces = matcher.listed, matcher.traces(record)
    original = record.duplicate_of if isinstance(record, ArticleRecord) else None
    # What looks like an id in a message that can't be decoded may be that of something else.
    ids = traces.ids if isinstance(record, ArticleRecord) else matcher.decoded(record).ids
    for article_id in (*ids, *filter(None, [original])):
        listed.add_id(article_id)
    for text in traces.texts:
        listed.add_text(text)


def _names_of(entity: EntityRecord) -> Iterator[str]:
    yield entity.name
    yield from entity.aliases
    yield from (mention.span.text for mention in entity.mentions if mention.kind == "NAME")


def _records(folder: Folder, kind: str, task: str) -> Iterator[Any]:
    for file in each_shown([file for file in folder.files if file.kind == kind], task):
        yield from records_in(file)


def plan(folder: Folder, listed: ForgottenList, asked: ForgottenList) -> Plan:
    """Return what a list removes from a folder.

    Args:
        folder: the output folder.
        listed: the list.
        asked: the list without copies, to say which articles are copies.

    Raises:
        RewriteError: a file can't be read, or was written by a later version.
    """
    made, matcher = Plan(), Matcher(listed)
    for file in each_shown(list(folder.files), "searching"):
        counts = made.summaries.setdefault(summary_of(file), Recount())
        removed = kept = 0
        for record in records_in(file):
            if matcher(record):
                removed += 1
                made.kinds[file.kind] += 1
                made.lines.extend(_described(record, matcher, asked))
            else:
                kept += 1
                counts.add(record)
            check_version(record, file)
        if removed:
            made.removed[file.name], made.kept[file.name] = removed, kept
    return made


def _described(record: Record, matcher: Matcher, asked: ForgottenList) -> Iterator[str]:
    """Yield a line about an article or a dead letter."""
    if not isinstance(record, ArticleRecord | DeadLetter):
        return
    is_copy = asked.reason(matcher.traces(record)) is None
    note = "  (a copy: same text, or marked as one)" if is_copy else ""
    if isinstance(record, ArticleRecord):
        title = " ".join((record.title or record.text)[:MAX_TITLE_LENGTH].split())
        yield f"article {record.article_id}  {title}  {record.url or 'no URL'}{note}"
    else:
        yield f"dead letter of {record.origin}  {record.error_type}{note}"


def _print_plan(made: Plan, options: ForgetOptions) -> None:
    """Print what is removed; with --yes only counts, so that nothing of the articles gets into a log."""
    if not made.removed:
        print_line(f"nothing in {options.folder} matches")
        return
    for line in () if options.is_confirmed else made.lines:
        print_line(line)
    counted = ", ".join(f"{number:,} of {kind}" for kind, number in sorted(made.kinds.items()))
    print_line(f"records: {counted}")
    print_line(f"files: {len(made.removed):,}")
    for name, number in made.removed.items():
        kept = made.kept[name]
        print_line(f"  {name}: {number:,} of {number + kept:,} records" + ("" if kept else ", so it is deleted"))


def _print_limits(folder: Folder) -> None:
    print_line("out of reach of this command:")
    for line in OUT_OF_REACH:
        print_line(f"  {line}")
    unsearched = folder.unsearched
    if unsearched:
        print_line(f"not searched, because no installed record kind and sink has such files: {len(unsearched):,}")
        for path in unsearched[:MAX_UNSEARCHED]:
            print_line(f"  {path}")


def _apply(folder: Folder, made: Plan, listed: ForgottenList) -> None:
    """Write the list, correct the summaries and rewrite the files, in this order."""
    contents = listed.to_json()
    if folder.read(FILE_NAME) != contents:
        folder.replace(FILE_NAME, contents)
    for name, counts in made.summaries.items():
        _correct(folder, name, counts)
    is_removed = Matcher(listed)
    manifest.invalidate(folder.output, made.removed)
    for file in each_shown([file for file in folder.files if file.name in made.removed], "rewriting"):
        folder.without(file, is_removed, is_emptied=not made.kept[file.name])
    manifest.renew(folder.output)


def _correct(folder: Folder, name: str, counts: Recount) -> None:
    stored = folder.read(name)
    if stored is None:  # the run was killed or is a stream that has not ended
        return
    before = msgspec.json.decode(stored, type=dict[str, Any])
    after = recounted(before, counts)
    if after != before:
        folder.replace(name, msgspec.json.format(msgspec.json.encode(after), indent=2) + b"\n")


def _listed(folder: Folder, options: ForgetOptions) -> ForgottenList:
    """Return the folder's list, or a new one, with everything that was asked for."""
    stored = folder.read(FILE_NAME)
    listed = ForgottenList() if stored is None else ForgottenList.from_json(stored)
    additions: tuple[tuple[Callable[[str], None], Iterable[str]], ...] = (
        (listed.add_id, options.articles),
        (listed.add_url, options.urls),
        (listed.add_name, options.persons),
    )
    for add, values in additions:
        for value in values:
            add(value)
    return listed


def _check_no_writer(folder: Folder, is_confirmed: bool) -> None:
    """Check that no run is writing to a folder, or was killed when it was; a dry run only warns.

    Raises:
        RewriteError: one was killed, or is writing from a machine whose lock this one can't see.
    """
    if not is_confirmed and (used := lock.problem(folder.output)):
        print_line(f"warning: {used}", sys.stderr)
        return
    unfinished = folder.unfinished()
    if not unfinished:
        return
    problem = (
        f"{unfinished[0]}: a run is writing to this folder, or was killed; wait for its end or stop it, or, if none is running,"
        f" end a backfill with --resume, or delete the folder .in-progress, which may contain such articles too"
    )
    if is_confirmed:
        raise RewriteError(problem)
    print_line(f"warning: {problem}", sys.stderr)


def _forget(folder: Folder, options: ForgetOptions) -> None:
    _check_no_writer(folder, options.is_confirmed)
    listed = _listed(folder, options)
    asked = select(folder, listed)
    made = plan(folder, listed, asked)
    _print_plan(made, options)
    if options.is_confirmed:
        folder.discard_leftovers()
        _apply(folder, made, listed)
        folder.discard_leftovers()


@contextmanager
def _alone(options: ForgetOptions) -> Iterator[None]:
    """Keep other runs and ``compact`` out of the folder, if it is changed, and delete the files that merged ones have replaced."""
    if not options.is_confirmed:
        yield
        return
    with lock.one_run(options.folder, "forget"), compact.alone(options.folder, "forget"):
        compact.tidy(options.folder, forget_replaced=True)
        yield


def run(options: ForgetOptions) -> int:
    """Remove articles from a folder, or say which would be removed, and return the exit code: 0 done, 1 failed."""
    folder = Folder(options.folder)
    try:
        with _alone(options):
            _forget(folder, options)
    except (RewriteError, ForgottenListError, ManifestError, BeamIOError, OSError) as error:
        print_line(f"failed: {error}", sys.stderr)
        return FAILED
    _print_limits(folder)
    if options.is_confirmed:
        print_line(
            f"done; {options.folder}/{FILE_NAME} lists the articles, and later runs into this folder refuse them"
        )
    else:
        print_line(
            f"nothing was changed; with --yes, the records are removed and {FILE_NAME} lists what later runs refuse"
        )
    return DONE
