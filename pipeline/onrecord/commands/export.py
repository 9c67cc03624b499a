# SPDX-License-Identifier: Apache-2.0
"""``onrecord export``: flat tables of a run's records for DuckDB, pandas, Polars, SQLite and spreadsheets."""

import argparse
import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from onrecord.commands.arguments import (
    Commands,
    add_command,
    add_mode,
    add_selection,
    checked_selection,
    prepare,
    set_mode,
    unknown_options,
)

if TYPE_CHECKING:
    from onrecord.jobs.export import ExportOptions

FORMATS = ("parquet", "csv", "jsonl", "sqlite", "duckdb")
DESCRIPTION = """\
Writes the records in an output folder of backfill or stream as flat tables, which need no joins: a quote has its
speaker's name and key, and the title, source and date of its article. The tables are articles, entities, mentions,
quotes, stances, duplicates and dead_letters.

  parquet, csv, jsonl   a folder with a file for each table
  sqlite, duckdb        one file with all tables

Names are joined as by "onrecord positions": where an article says only "Okafor", and that nearly always means Ruth
Okafor in this run, the speaker is Ruth Okafor. Group by speaker_key, holder_key, target_key and entity_key.

CSV begins with a byte order mark, so that Excel reads it as UTF-8. A cell that a spreadsheet would take for a formula,
since it begins with = + - @ or a control character, has an apostrophe in front.
"""
EPILOG = """\
examples:
  onrecord export out --to parquet              to the folder out-parquet
  onrecord export out --to csv --since 2026-03-02 --until 2026-03-08
  onrecord export out --to duckdb --output news.duckdb --kind quotes,stances
  onrecord export gs://my-records/records --to sqlite --source example.com

  duckdb out.duckdb "SELECT speaker, count(*) FROM quotes GROUP BY ALL"

exit codes: 0 done, 1 a file can't be read or written, 2 wrong usage
"""


def add(commands: Commands) -> None:
    """Add the command."""
    parser = add_command(
        commands, "export", "write flat tables: Parquet, CSV, JSON, SQLite, DuckDB", DESCRIPTION, EPILOG
    )
    option = parser.add_argument
    option("folder", metavar="DIR", help="an output folder of backfill or stream: a local path, gs:// or s3://")
    option("--to", metavar="FORMAT", help=f"format of the tables: {', '.join(FORMATS)}")
    option(
        "--output",
        metavar="PATH",
        help="the folder or the file to write, on this machine (default: named after DIR and the format, in this folder)",
    )
    option(
        "--overwrite",
        action="store_true",
        help="replace an earlier export; a folder only if all of its files are tables",
    )
    option("--kind", action="append", metavar="TABLES", help="only these tables, separated by commas; may be repeated")
    add_selection(parser)
    option("--all-versions", action="store_true", help="also older versions of articles that came with several texts")
    option("--separate-names", action="store_true", help="don't join short names of people with full names")
    add_mode(parser)
    parser.set_defaults(run=run)


def check(arguments: argparse.Namespace, others: list[str]) -> "ExportOptions":
    """Return the options of a command line.

    Raises:
        UsageError: some are wrong; it lists every mistake.
    """
    from onrecord.commands.checks import Checks, run_folder_problem
    from onrecord.export.tables import BY_NAME, TABLES
    from onrecord.export.writers import WRITERS
    from onrecord.jobs.export import ExportOptions

    checks = Checks(unknown_options(others))
    checks.mode(arguments.mode)
    format_ = arguments.to or ""
    if format_ not in FORMATS:
        checks.add(f"--to {format_}".strip(), f"give one of {', '.join(FORMATS)}")
    else:
        missing = [name for name in WRITERS[format_].needs if importlib.util.find_spec(name) is None]
        if missing:
            checks.add(f"--to {format_}", f"needs {' and '.join(missing)}: pip install 'onrecord[export]'")
    kinds = [name.strip() for value in arguments.kind or () for name in value.split(",") if name.strip()]
    unknown = [name for name in kinds if name not in BY_NAME]
    if unknown:
        checks.add(f"--kind {','.join(unknown)}", f"choose from {', '.join(BY_NAME)}")
    selection = checked_selection(arguments, checks.problems)
    checks.problems.extend(filter(None, (run_folder_problem(arguments.folder),)))
    output = Path(arguments.output or _default_output(arguments.folder, format_ or FORMATS[0]))
    if format_ in FORMATS:
        checks.problems.extend(
            f"--output {arguments.output or output}: {problem}"
            for problem in _problems_of(arguments.output or "", output, format_, arguments.overwrite)
        )
    checks.finish()
    return ExportOptions(
        folder=arguments.folder,
        format=format_,
        output=output,
        tables=tuple(table for table in TABLES if not kinds or table.name in kinds),
        selection=selection,
        all_versions=arguments.all_versions,
        separate_names=arguments.separate_names,
    )


def _default_output(folder: str, format_: str) -> str:
    """Return a path in the working folder: ``out-csv`` or ``out.sqlite`` for the records in ``out``."""
    from onrecord.export.writers import WRITERS

    name = os.path.basename(os.path.abspath(folder) if "://" not in folder else folder.rstrip("/")) or "records"
    writer = WRITERS.get(format_)
    return f"{name}-{format_}" if writer is None or writer.is_folder else f"{name}{writer.extension}"


def _problems_of(given: str, output: Path, format_: str, may_replace: bool) -> Iterator[str]:
    """Yield the reasons why an export can't be written to a place."""
    from onrecord.export.writers import WRITERS

    parent = output.absolute().parent
    if "://" in given:
        yield "an export is written to this machine; copy it from there"
    elif not parent.is_dir():
        yield f"there is no folder {parent}"
    elif not os.access(parent, os.W_OK | os.X_OK):
        yield f"{parent} can't be written to"
    elif output.is_symlink():
        yield "this is a link; give another place"
    elif not output.exists():
        return
    elif output.is_dir() != WRITERS[format_].is_folder:
        yield "this is a folder; give a file" if output.is_dir() else "this is a file; give a folder"
    elif output.is_dir() and (others := sorted({path.name for path in output.iterdir()} - _file_names())):
        yield f"the folder has other files in it, such as {others[0]}; give another one"
    elif not may_replace:
        yield "the export exists; give another place, or --overwrite to replace it"


def _file_names() -> set[str]:
    """Return the names that the files of tables can have."""
    from onrecord.export.tables import BY_NAME
    from onrecord.export.writers import WRITERS

    return {f"{name}{writer.extension}" for name in BY_NAME for writer in WRITERS.values()}


def run(arguments: argparse.Namespace, others: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(is_verbose=False)
    options = check(arguments, others)
    set_mode(arguments.mode)
    from onrecord.jobs import export

    return export.run(options)
