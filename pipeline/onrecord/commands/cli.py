"""The command ``onrecord``: reads the command line and hands over to what it asks for."""

import argparse
import os
import sys
from pathlib import Path

from onrecord import __version__
from onrecord.commands import positions
from onrecord.commands.arguments import (
    DONE,
    FAILED,
    INTERRUPTED,
    add_extraction,
    add_runner,
    model_problem,
    prepare,
    wrong_usage,
)
from onrecord.commands.stream_cli import add_publish, add_replay, add_stream

DESCRIPTION = "Turns news articles into records of who is in them, who said what, and who stands where."
BACKFILL = """\
Reads article messages from JSON-lines files (.jsonl, also .gz and .zst), one JSON object a line:

  {"id": "a-1", "text": "...", "title": "...", "url": "https://...", "published_at": "2026-01-31T08:00:00Z"}

Only "text" (or "html") is required. Avro files (.avro) with such columns are read too, a row an article, and WARC
files (.warc, also .gz and .zst), an HTML page an article. Writes Avro files below the output folder: articles, entities, quotes,
stances, and dead_letters for messages that could not be read. Options of Beam's are handed through.
"""
BACKFILL_EXAMPLES = """\
examples:
  onrecord backfill --input samples/*.jsonl --output out
  onrecord backfill --input 'articles/2026-*.jsonl.gz' --output out --extract quotes --overwrite
  onrecord backfill --input articles.jsonl --output out --max-dead-letters 1%

exit codes: 0 done, 1 failed or too many dead letters, 2 wrong usage, 130 stopped by Ctrl-C
"""
SCHEMA_EXAMPLES = """\
examples:
  onrecord schema                                 the Avro schemas of all kinds
  onrecord schema quotes                          the Avro schema of one kind
  onrecord schema check old.avsc new.avsc         can NEW read what OLD wrote?
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(prog="onrecord", description=DESCRIPTION, allow_abbrev=False)
    made.add_argument("--version", action="version", version=f"onrecord {__version__}")
    commands = made.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_backfill(commands)
    add_stream(commands)
    add_publish(commands)
    add_replay(commands)
    positions.add(commands)
    _add_schema(commands)
    return made


def _add_backfill(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    backfill = commands.add_parser(
        "backfill",
        help="extract records from files of articles",
        description=BACKFILL,
        epilog=BACKFILL_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = backfill.add_argument
    add(
        "--input",
        nargs="+",
        action="extend",
        metavar="GLOB",
        help="files to read, here or wherever Beam's filesystems reach (gs://, s3://)",
    )
    add("--output", metavar="DIR", help="folder for the records; must be empty, or see --overwrite")
    add("--overwrite", action="store_true", help="replace the records that lie in the output folder")
    add("--workers", metavar="N", help="processes that annotate (default: one a core, fewer for little input)")
    add("--shards", metavar="N", help="files a kind of record (default: by the size of the input)")
    add(
        "--max-dead-letters",
        metavar="N|SHARE",
        help="exit with 1 when there are more, such as 10, 0.01 or 1%% (default: any number will do)",
    )
    add_extraction(backfill, "300")
    add_runner(backfill)
    add("--verbose", action="store_true", help="show what Beam logs")
    backfill.set_defaults(run=_backfill)


def _add_schema(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    schema = commands.add_parser(
        "schema",
        help="print the Avro schemas, or check one against another",
        description="Prints the Avro schemas of the records, or says whether a new schema can read what an old one wrote.",
        epilog=SCHEMA_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    schema.add_argument("what", nargs="?", metavar="KIND|check", help="a kind of record, or check")
    schema.add_argument("files", nargs="*", metavar="OLD NEW", help="with check: two files that hold a schema each")
    schema.set_defaults(run=_schema)


def _backfill(arguments: argparse.Namespace, others: list[str]) -> int:
    prepare(arguments.verbose)
    # Beam takes seconds to import: after the command line is known to be for it.
    from onrecord.commands import options
    from onrecord.jobs import backfill

    try:
        checked = options.check(arguments, others, model_problem)
    except options.UsageError as error:
        return wrong_usage(error.problems, "backfill")
    return backfill.run(checked)


def _schema(arguments: argparse.Namespace, others: list[str]) -> int:
    from onrecord.data import schemas

    problems = [f"{other!r}: is no option" for other in others]
    kinds = ", ".join(schemas.FILE_OF)
    if arguments.what == "check":
        if len(arguments.files) != 2:
            problems.append("check: give two files, OLD and NEW")
    elif arguments.what not in (None, *schemas.FILE_OF):
        problems.append(f"{arguments.what!r}: is no kind of record; choose from {kinds}")
    elif arguments.files:
        problems.append(f"{arguments.files[0]!r}: is one too many; give one kind of record")
    if problems:
        return wrong_usage(problems, "schema")
    if arguments.what == "check":
        return _check_schemas(*map(Path, arguments.files))
    for kind in [arguments.what] if arguments.what else schemas.FILE_OF:
        print(schemas.text_of(kind), end="")
    return DONE


def _check_schemas(old: Path, new: Path) -> int:
    from onrecord.data import schemas

    try:
        reasons = schemas.incompatibilities(old, new)
        unread = schemas.unread_fields(old, new)
    except schemas.SchemaError as error:
        return wrong_usage([f"check: {error}"], "schema")
    print(f"{new} can't read what {old} wrote:" if reasons else f"{new} can read what {old} wrote")
    for reason in reasons:
        print(f"  {reason}")
    for field in unread:
        print(f"note: {field} is in {old} and not in {new}; what it holds is passed over")
    return FAILED if reasons else DONE


def _mend_streams() -> None:
    """Make sure that there are streams to write to, and that they take every character."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open till the end
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def main(argv: list[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    _mend_streams()
    code = DONE
    try:
        arguments, others = parser().parse_known_args(argv)
        code = arguments.run(arguments, others)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("stopped before anything was written", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Nobody reads on, as behind "| head": what is left to be printed goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code
