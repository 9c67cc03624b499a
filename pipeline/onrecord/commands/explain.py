# SPDX-License-Identifier: Apache-2.0
"""``onrecord explain``: why a record is as it is."""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from onrecord.commands.arguments import Commands, UsageError, add_command, prepare, unknown_options
from onrecord.data.paths import is_remote
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.terminal.text import print_line, print_lines

if TYPE_CHECKING:
    from onrecord.data.gazetteer import ListedName
    from onrecord.data.records import ArticleRecord
    from onrecord.nlp.explanations.reader import Explained

DESCRIPTION = """\
Says why an entity, a quote or a stance is in the records of a run: which words and which rule found it, which features
counted with which weights, how its confidence was computed, what else it could have been, and to whom each of its
pronouns could refer.

The text of the article is read again, with the code that is installed. If the record was made by another version, or
with another model, the differences are listed; if the text does not give the record any more, that is said.
"""
EPILOG = """\
examples:
  onrecord show out --speaker Okafor     lists quotes with their ids
  onrecord explain 'meridian-0417#quote-1a2b3c4d5e6f' out
  onrecord explain 'meridian-0417#stance-9f8e7d6c5b4a' out --rows 0
  onrecord explain 'meridian-0417#quote-1a2b3c4d5e6f' out --json

exit codes: 0 done, 1 there is no such record, or it can't be made again, 2 wrong usage
"""
KIND_OF = {"entity": "entities", "quote": "quotes", "stance": "stances"}
RECORD_ID = re.compile(rf".*#(?P<kind>{'|'.join(KIND_OF)})-[0-9a-f]+", re.DOTALL)
ALL = sys.maxsize


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(commands, "explain", "say why a record is as it is", DESCRIPTION, EPILOG)
    option = parser.add_argument
    option("id", metavar="RECORD_ID", help="the id of an entity, a quote or a stance")
    option("folder", metavar="DIR", help="the output folder with the record: a local path, gs:// or s3://")
    option("--model", metavar="NAME", help="English spaCy model (default: the one that the record names)")
    option("--gazetteer", metavar="FILE", help="your own names, if the run was given them")
    option(
        "--rows",
        metavar="N",
        default="12",
        help="number of features and alternatives, 0 for all (default: %(default)s)",
    )
    option("--json", action="store_true", help="print the explanation as JSON, with all features")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(is_verbose=False)
    from onrecord.commands.checks import Checks

    wanted, folder = arguments.id, arguments.folder
    if (Path(wanted).is_dir() or is_remote(wanted)) and RECORD_ID.fullmatch(folder):
        wanted, folder = folder, wanted  # as in "onrecord show DIR ID"
    checks = Checks()
    checks.problems += unknown_options(others)
    kind = RECORD_ID.fullmatch(wanted)
    if kind is None:
        checks.add(
            wanted,
            "give the id of an entity, a quote or a stance, such as 'a1#quote-1a2b3c4d5e6f'; 'onrecord show' lists them",
        )
    limit = checks.whole_number("--rows", arguments.rows, 0, 10**9) or ALL
    names = checks.gazetteer(arguments.gazetteer)
    checks.finish()
    assert kind is not None
    try:
        found = _found(folder, KIND_OF[kind["kind"]], wanted)
    except FileNotFoundError as error:
        raise UsageError([str(error)]) from None
    except (OSError, EOFError, ValueError) as error:
        print_line(f"failed: {folder}: {str(error) or type(error).__name__}", sys.stderr)
        return FAILED
    if isinstance(found, str):
        print_line(f"{folder}: {found}", sys.stderr)
        return FAILED
    return _explained(*found, arguments, names, limit)


def _found(folder: str, kind: str, wanted: str) -> "tuple[Explained, ArticleRecord] | str":
    """Return a record and its article, or why there are none."""
    from onrecord.sinks.reader import records

    record = next((one for one in records(folder, kind) if one.record_id == wanted), None)
    if record is None:
        return f"no record of {kind} has the id {wanted!r}"

    def texts() -> "Iterator[ArticleRecord]":
        for one in records(folder, "articles"):
            if one.article_id == record.article_id and record.text_sha256 in ("", one.text_sha256):
                yield one

    article = max(texts(), key=lambda one: one.received_at, default=None)
    if article is None:
        return f"the text of {wanted} is not in the folder, and without it the record can't be explained"
    return record, article


def _explained(
    record: "Explained",
    article: "ArticleRecord",
    arguments: argparse.Namespace,
    names: "tuple[ListedName, ...]",
    limit: int,
) -> int:
    from onrecord.commands.checks import stances_problem
    from onrecord.data.settings import STANCES
    from onrecord.nlp.entities.gazetteer_matcher import ListedNames
    from onrecord.nlp.explanations.reader import NotMadeAgain, explain
    from onrecord.nlp.installed_model import ModelError
    from onrecord.nlp.model import load_model
    from onrecord.nlp.stances.neural.network import ACCURATE

    model = arguments.model or record.provenance.model_name
    how = STANCES[1] if f"{ACCURATE}-" in record.provenance.weights_version else STANCES[0]
    if (problem := stances_problem(how)) is not None:
        raise UsageError([f"the record was made with --stances {how}: {problem}"])
    try:
        loaded = load_model(model, extract=("stances",), gazetteer=names, stances=how, least_confidence=0.0)
        explanation, notes = explain(record, article, loaded, ListedNames(names))
    except ModelError as error:
        raise UsageError(
            [f"{error} (the record was made with {record.provenance.model_name}; --model gives another)"]
        ) from None
    except NotMadeAgain as error:
        print_line(f"failed: {error}", sys.stderr)
        for line in error.versions or ("versions and model are the same: was the run given --gazetteer?",):
            print_line(f"  {line}", sys.stderr)
        if error.nearest is not None:
            print_line(f"  nearest record that it makes: {error.nearest}", sys.stderr)
        return FAILED
    if arguments.json:
        import msgspec

        print_lines(
            msgspec.json.format(msgspec.json.encode({"explanation": explanation, "notes": notes}), indent=2).decode()
        )
        return DONE
    from onrecord.report.explained import print_explanation
    from onrecord.report.terminal import console_for_articles

    print_explanation(console_for_articles(), explanation, article, limit)
    for note in notes:
        print_line(f"note: {note}", sys.stderr)
    return DONE
