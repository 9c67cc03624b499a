"""What the command lines of several commands share: options, and what is said of mistakes."""

import argparse
import logging
import os
import sys
import warnings

from onrecord.data.article import MAX_TEXT_LENGTH
from onrecord.data.records import EXTRACTORS
from onrecord.nlp import BATCH_SIZE, DEFAULT_MODEL
from onrecord.runners import DIRECT, OFFERED

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130


def add_extraction(parser: argparse.ArgumentParser, time_limit: str) -> None:
    """Add the options that say what is extracted, and how.

    Args:
        parser: of a command.
        time_limit: the default of ``--time-limit``, in seconds.
    """
    add = parser.add_argument
    add(
        "--extract",
        default=",".join(EXTRACTORS),
        metavar="KINDS",
        help="kinds of record to extract (default: %(default)s)",
    )
    add(
        "--model",
        default=DEFAULT_MODEL,
        metavar="NAME",
        help="an English spaCy model, by package or folder (default: %(default)s)",
    )
    add(
        "--batch-size",
        default=str(BATCH_SIZE),
        metavar="N",
        help="articles parsed together; no record depends on it (default: %(default)s)",
    )
    add(
        "--max-text-length",
        default=str(MAX_TEXT_LENGTH),
        metavar="N",
        help="characters; a longer article is a dead letter (default: %(default)s)",
    )
    add(
        "--gazetteer",
        metavar="FILE",
        help="names of your own to find, a .csv or .tsv with the columns name, type, wikidata_id, country_code, aliases",
    )
    add(
        "--time-limit",
        default=time_limit,
        metavar="SECONDS",
        help="for the reading of one page, and for the parse of one article and all extraction from it; what takes more is a dead"
        " letter (default: %(default)s)",
    )


def add_runner(parser: argparse.ArgumentParser) -> None:
    """Add ``--runner``."""
    parser.add_argument(
        "--runner",
        default=DIRECT.name,
        metavar="NAME",
        help=f"{', '.join(OFFERED[:-1])} or {OFFERED[-1]}; docs/runners.md says what each can do (default: %(default)s, this machine)",
    )


def prepare(is_verbose: bool) -> None:
    """Make this process, and those that it starts, use one thread each, and log what was asked for.

    The worker processes share the cores out among themselves.
    """
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    logging.basicConfig(level=logging.DEBUG if is_verbose else logging.CRITICAL)
    warnings.simplefilter("default" if is_verbose else "ignore")


def wrong_usage(problems: list[str], command: str) -> int:
    """Say what is wrong with a command line, and return its exit code."""
    for problem in problems:
        print(f"onrecord {command}: {problem}", file=sys.stderr)
    print(f"(onrecord {command} --help explains the options)", file=sys.stderr)
    return WRONG_USAGE


def model_problem(name: str) -> str | None:
    """Return what is wrong with a model's name, or None."""
    # spaCy takes a second to import: after the command line is known to be for it.
    from onrecord.nlp.model import ModelError, resolve

    try:
        resolve(name)
    except ModelError as error:
        return str(error)
    return None
