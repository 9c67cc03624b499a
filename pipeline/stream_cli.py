"""The commands of streaming, as the command line takes them."""

import argparse
import logging
import os
import sys
import warnings
from collections.abc import Callable

from pipeline.article import MAX_TEXT_LENGTH
from pipeline.nlp import DEFAULT_MODEL
from pipeline.records import EXTRACTORS

Commands = "argparse._SubParsersAction[argparse.ArgumentParser]"
DAY = 24 * 3600

STREAM = """\
Reads article messages as they come, from Pub/Sub or from files as they appear, and writes Avro files by window, until Ctrl-C or
SIGTERM: then it stops reading, finishes and writes what was read, and exits with 0.
"""
STREAM_EXAMPLES = """\
examples:
  onrecord stream --subscription projects/my-project/subscriptions/articles --output out
  onrecord stream --watch 'incoming/*.jsonl' --output out --window 60
  PUBSUB_EMULATOR_HOST=localhost:8085 onrecord stream --topic projects/test-project/topics/articles --output out

exit codes: 0 stopped and everything written, 1 failed, 2 wrong usage, 130 stopped by a second Ctrl-C
"""


def add_stream(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``onrecord stream``."""
    parser = commands.add_parser(
        "stream",
        help="extract records from messages as they come",
        description=STREAM,
        epilog=STREAM_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--subscription", metavar="NAME", help="projects/P/subscriptions/S to read from")
    add("--topic", metavar="NAME", help="projects/P/topics/T to read from, from now on")
    add("--watch", metavar="GLOB", help="JSON-lines files to read as they appear, each once, when it has this name")
    add("--every", default="10", metavar="SECONDS", help="between two looks for files (default: %(default)s)")
    add("--output", metavar="DIR", help="folder for the records; what lies there is left alone")
    add("--window", default="300", metavar="SECONDS", help="length of a window, by event time (default: %(default)s)")
    add(
        "--event-time",
        default="published_at",
        metavar="NAME",
        help="what the window goes by: published_at, publish-time, or the name of an attribute (default: %(default)s)",
    )
    add(
        "--allowed-lateness",
        default=str(7 * DAY),
        metavar="SECONDS",
        help="an older article stands in the window in which it came (default: %(default)s, 7 days)",
    )
    add("--early-every", metavar="SECONDS", help="write a window so far, before it has passed (default: never)")
    add("--shards", default="1", metavar="N", help="files a kind of record and pane (default: %(default)s)")
    add(
        "--dedupe-for",
        default=str(DAY),
        metavar="SECONDS",
        help="remember an article so long, to know it when it is sent again (default: %(default)s, a day)",
    )
    add("--dead-letter-topic", metavar="NAME", help="projects/P/topics/T that dead letters go to as well")
    add(
        "--time-limit",
        default="60",
        metavar="SECONDS",
        help="for the parse of one article and all extraction from it; more is a dead letter (default: %(default)s)",
    )
    add("--extract", default=",".join(EXTRACTORS), metavar="KINDS", help="kinds of record (default: %(default)s)")
    add("--model", default=DEFAULT_MODEL, metavar="NAME", help="an English spaCy model (default: %(default)s)")
    add("--batch-size", default="16", metavar="N", help="articles parsed together (default: %(default)s)")
    add(
        "--max-text-length",
        default=str(MAX_TEXT_LENGTH),
        metavar="N",
        help="characters; a longer article is a dead letter (default: %(default)s)",
    )
    add("--report-every", default="60", metavar="SECONDS", help="between two lines of progress (default: %(default)s)")
    add("--log-format", choices=("text", "json"), default="text", help="of what is said on standard error")
    add("--verbose", action="store_true", help="show what Beam logs")
    parser.set_defaults(run=_stream)


def _prepare(is_verbose: bool) -> None:
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    logging.basicConfig(level=logging.DEBUG if is_verbose else logging.CRITICAL)
    warnings.simplefilter("default" if is_verbose else "ignore")


def wrong_usage(problems: list[str], command: str) -> int:
    """Say what is wrong with a command line, and return its exit code."""
    for problem in problems:
        print(f"onrecord {command}: {problem}", file=sys.stderr)
    print(f"(onrecord {command} --help explains the options)", file=sys.stderr)
    return 2


def _model_problem() -> Callable[[str], str | None]:
    from pipeline.nlp.model import ModelError, resolve

    def problem(name: str) -> str | None:
        try:
            resolve(name)
        except ModelError as error:
            return str(error)
        return None

    return problem


def _stream(arguments: argparse.Namespace, others: list[str]) -> int:
    _prepare(arguments.verbose)
    # Beam takes seconds to import: after the command line is known to be for it.
    from pipeline import stream, stream_options
    from pipeline.options import UsageError

    try:
        checked = stream_options.check(arguments, others, _model_problem())
    except UsageError as error:
        return wrong_usage(error.problems, "stream")
    return stream.run(checked)
