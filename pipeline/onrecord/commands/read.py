# SPDX-License-Identifier: Apache-2.0
"""``onrecord read``: the records of one article in a file."""

import argparse
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from onrecord.commands.arguments import Commands, UsageError, add_command, prepare, unknown_options
from onrecord.data.message import Contract
from onrecord.data.settings import DEFAULT_MODEL
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.terminal.text import print_line, print_lines

DESCRIPTION = """\
Reads one article, a text or a saved web page, and shows what is in it: the text with names, quotes and speakers marked,
who said what, and who stands where toward what. Nothing is written, unless --html is given, and nothing is fetched.
"""
EPILOG = """\
examples:
  onrecord read article.txt
  onrecord read page.html --html page-read.html     as a page for the browser
  pbpaste | onrecord read -                         from another program
  curl -sSL https://news.example/story | onrecord read -
  onrecord read article.txt --json | jq '.quotes[].content[].text'

exit codes: 0 done, 1 the article can't be read, 2 wrong usage
"""
MAX_BYTES = 20_000_000  # of a file; a page of an article is rarely over one
PAGE = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*|<\?xml[^>]{0,200}>\s*)*<(?:!doctype html|html|head|body)\b", re.I | re.S
)


@dataclass(frozen=True, slots=True)
class _Given:
    """The fields of an article that a file has."""

    text: str
    title: str | None = None
    url: str | None = None
    published_at: str | int | None = None
    authors: tuple[str, ...] = ()


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "read", "show what is in one article", DESCRIPTION, EPILOG)
    option = parser.add_argument
    option("file", metavar="FILE", help="a text (UTF-8) or a saved web page; - for standard input")
    option("--title", help="the title, unless it is in the text")
    option("--json", action="store_true", help="print the records as JSON")
    option("--html", metavar="FILE", help="also write a page for the browser; an earlier one is replaced")
    option("--model", default=DEFAULT_MODEL, metavar="NAME", help="English spaCy model (default: %(default)s)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(is_verbose=False)
    problems = [*unknown_options(others), *_problems(arguments)]
    if problems:
        raise UsageError(problems)
    from onrecord.nlp.installed_model import ModelError
    from onrecord.nlp.reader import ExtractionError, read

    try:
        given = _given(arguments.file)
        found = read(
            given.text,
            title=arguments.title or given.title,
            url=given.url,
            published_at=given.published_at,
            model=arguments.model,
        )
    except ModelError as error:
        raise UsageError([str(error)]) from None
    except (OSError, ValueError, ExtractionError) as error:
        print_line(f"failed: {arguments.file}: {error}", sys.stderr)
        return FAILED
    article = replace(found.article, authors=given.authors)
    if arguments.json:
        import msgspec

        shown = {"article": article, "entities": found.entities, "quotes": found.quotes, "stances": found.stances}
        print_lines(msgspec.json.format(msgspec.json.encode(shown), indent=2).decode("utf-8"))
    else:
        from onrecord.report.terminal import console_for_articles, print_article

        print_article(
            console_for_articles(),
            article,
            found.entities,
            found.quotes,
            found.stances,
            with_text=True,
            limit=sys.maxsize,
        )
    if not article.language.startswith("en"):
        print_line(
            f"the language is {article.language}: nothing is extracted from texts that are not English", sys.stderr
        )
    if arguments.html is None:
        return DONE
    from onrecord.report.collect import of_records
    from onrecord.report.page import write

    try:
        page = write(
            of_records([article, *found.entities, *found.quotes, *found.stances], arguments.file), Path(arguments.html)
        )
    except OSError as error:
        print_line(f"failed: {error}", sys.stderr)
        return FAILED
    print_line(f"open it in a browser: {page.absolute().as_uri()}", sys.stderr)
    return DONE


def _problems(arguments: argparse.Namespace) -> Iterator[str]:
    """Yield what is wrong with the names of files."""
    if arguments.html is not None and Path(arguments.html).suffix.lower() not in (".html", ".htm"):
        yield f"--html {arguments.html}: the name must end in .html"
    if arguments.file.lower().startswith(("https://", "http://")):
        fetched = shlex.join(["curl", "-sSL", arguments.file])
        yield f"{arguments.file}: onrecord fetches nothing from the web; try: {fetched} | onrecord read -"
    elif arguments.file != "-" and not Path(arguments.file).is_file():
        what = "this is a folder; give a file" if Path(arguments.file).is_dir() else "no such file"
        yield f"{arguments.file}: {what}"


def _given(name: str) -> _Given:
    """Return the article in a file.

    Raises:
        ValueError: it is too large, is not a text, or has no article.
        OSError: the file can't be read.
    """
    if name == "-":
        content = sys.stdin.buffer.read(MAX_BYTES + 1)
    else:
        with Path(name).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"it is over the limit of {MAX_BYTES:,} bytes")
    if not (name.lower().endswith((".html", ".htm")) or PAGE.match(content[:10_000])):
        try:
            return _Given(content.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise ValueError(f"not UTF-8 ({error.reason} at byte {error.start})") from None
    return _page(content)


def _page(content: bytes) -> _Given:
    from onrecord.sources.encodings import page_text
    from onrecord.sources.html import read_page

    page = read_page(Contract(html=page_text(content)))
    published = page.published_at if isinstance(page.published_at, (str, int)) else None
    authors = page.authors if isinstance(page.authors, (list, tuple)) else ()
    return _Given(page.text or "", page.title, page.url, published, tuple(authors))
