# SPDX-License-Identifier: Apache-2.0
"""``onrecord show``: an article of a run, or the quotes of a speaker, in the terminal."""

import argparse
import sys
from collections import Counter
from typing import TYPE_CHECKING

from onrecord.commands.arguments import Commands, UsageError, add_command, prepare, unknown_options
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.terminal.text import print_line

if TYPE_CHECKING:
    from onrecord.data.records import ArticleRecord, QuoteRecord

DESCRIPTION = """\
Shows what a run wrote: the article with an id, or that of a quote, stance or entity with an id, or the quotes of a
speaker in all articles. Without either, the records of the article with the most quotes.
"""
EPILOG = """\
examples:
  onrecord show out                          the article with the most quotes
  onrecord show out meridian-20260303-0417   an article, with its text
  onrecord show out --speaker Okafor         what a speaker says
  onrecord report out                        all of it, as a page

exit codes: 0 done, 1 nothing found or a file can't be read, 2 wrong usage
"""
ALL = sys.maxsize


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "show", "show an article of a run, or the quotes of a speaker", DESCRIPTION, EPILOG)
    option = parser.add_argument
    option("folder", metavar="DIR", help="an output folder of backfill or stream: a local path, gs:// or s3://")
    option("id", metavar="ID", nargs="?", help="the id of an article, quote, stance or entity")
    option("--speaker", metavar="NAME", help="quotes of speakers with these words in their name")
    option("--rows", metavar="N", help="number of records of each kind, 0 for all (default: 15, with ID all)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(is_verbose=False)
    problems = unknown_options(others)
    if arguments.id is not None and arguments.speaker is not None:
        problems.append("give an ID or --speaker, not both")
    if arguments.speaker is not None and not arguments.speaker.strip():
        problems.append("--speaker: give a name")
    rows = arguments.rows
    if rows is not None and not (rows.isascii() and rows.isdigit() and len(rows) <= 9):
        problems.append(f"--rows {rows!r}: give a whole number")
    if problems:
        raise UsageError(problems)
    limit = None if rows is None else int(rows) or ALL
    try:
        if arguments.speaker is not None:
            return _speaker(arguments.folder, arguments.speaker, limit)
        return _article(arguments.folder, arguments.id, limit)
    except FileNotFoundError as error:
        raise UsageError([str(error)]) from None
    except (OSError, EOFError, ValueError) as error:
        print_line(f"failed: {arguments.folder}: {str(error) or type(error).__name__}", sys.stderr)
        return FAILED


def _article(folder: str, wanted: str | None, limit: int | None) -> int:
    from onrecord.report.terminal import MAX_ROWS, console_for_articles, print_article
    from onrecord.sinks.reader import paths, records

    article = _by_id(folder, wanted) if wanted is not None else _with_most_quotes(folder)
    if article is None:
        missing = f"no article or record has the id {wanted!r}" if wanted is not None else "the run has no articles"
        print_line(f"{folder}: {missing}", sys.stderr)
        return FAILED
    found = {
        kind: [one for one in records(folder, kind) if one.article_id == article.article_id]
        if paths(folder, kind)
        else []
        for kind in ("entities", "quotes", "stances")
    }
    print_article(
        console_for_articles(),
        article,
        found["entities"],
        found["quotes"],
        found["stances"],
        with_text=wanted is not None,
        limit=limit or (MAX_ROWS if wanted is None else ALL),
    )
    return DONE


def _by_id(folder: str, wanted: str) -> "ArticleRecord | None":
    """Return the article with the longest id that the wanted one begins with, the last received of its versions."""
    from onrecord.sinks.reader import records

    found = (
        one
        for one in records(folder, "articles")
        if wanted == one.article_id or wanted.startswith(f"{one.article_id}#")
    )
    return max(found, key=lambda one: (len(one.article_id), one.received_at), default=None)


def _with_most_quotes(folder: str) -> "ArticleRecord | None":
    from onrecord.sinks.reader import paths, records

    counts: Counter[str] = Counter()
    if paths(folder, "quotes"):
        counts.update(quote.article_id for quote in records(folder, "quotes"))
    found = records(folder, "articles")
    return min(found, key=lambda one: (-counts[one.article_id], one.article_id), default=None)


def _speaker(folder: str, name: str, limit: int | None) -> int:
    from onrecord.data.names import comparable, has_words
    from onrecord.report.terminal import MAX_ROWS, console_for_articles, print_quotes
    from onrecord.sinks.reader import records

    words = comparable(name)

    def is_by(quote: "QuoteRecord") -> bool:
        sources = (quote.speaker, *quote.co_speakers)
        return any(has_words(comparable(one.name), words) for one in sources if one is not None and one.name)

    quotes = [quote for quote in records(folder, "quotes") if is_by(quote)]
    if not quotes:
        print_line(f"{folder}: no quote of a speaker with {name!r} in the name", sys.stderr)
        return FAILED
    wanted = {quote.article_id for quote in quotes}
    titles = {one.article_id: one.title or "" for one in records(folder, "articles") if one.article_id in wanted}
    print_quotes(console_for_articles(), quotes, titles, limit or MAX_ROWS)
    return DONE
