"""The options of a backfill, checked once, before anything starts; all mistakes are reported together."""

import argparse
import contextlib
import difflib
import glob
import io
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from apache_beam.io.filesystem import BeamIOError, CompressionTypes, FileMetadata
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from onrecord import runners
from onrecord.data import gazetteer
from onrecord.data.gazetteer import ListedName
from onrecord.data.records import EXTRACTORS, Extractor
from onrecord.runners import Runner, portable
from onrecord.sinks import output_folder as folder

LONGEST_TEXT = 1_000_000  # code points; spaCy parses none that is longer
# A shard is sorted in memory before it is written: this many bytes of articles take about fifteen times as much.
BYTES_A_SHARD = 16 * 1024 * 1024
BYTES_A_WORKER = 2 * 1024 * 1024  # a further worker loads the model again, which pays off only with enough to do
GLOB_CHARACTERS = frozenset(
    "*?[]"
)  # Beam's filesystems would take them for a pattern, and so delete from other folders
MOST_MISTAKES = 50  # of a user's list are shown
LONGEST_TIME_LIMIT = 24 * 3600  # seconds
COMPRESSION = {".gz": 3, ".zst": 3, ".avro": 3}  # how much a compressed file grows, roughly


class UsageError(ValueError):
    """The command line can't be run as it is; ``problems`` lists every mistake."""

    def __init__(self, problems: list[str]) -> None:
        """Collect the mistakes."""
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class DeadLetterLimit:
    """How many dead letters a run may have: a number, or a share of the messages."""

    number: int | None = None
    share: float | None = None

    def is_exceeded(self, dead_letters: int, messages: int) -> bool:
        """Whether a run has too many."""
        if self.share is not None:
            return dead_letters > self.share * messages
        return self.number is not None and dead_letters > self.number


@dataclass(frozen=True, slots=True)
class BackfillOptions:
    """What ``onrecord backfill`` was asked for."""

    inputs: tuple[str, ...]
    output: str
    model: str
    extract: frozenset[Extractor]
    workers: int
    shards: int
    batch_size: int
    max_text_length: int
    max_dead_letters: DeadLetterLimit
    gazetteer: tuple[ListedName, ...]
    overwrite: bool
    verbose: bool
    runner: Runner
    beam_flags: tuple[str, ...]
    time_limit: int | None = None  # seconds


def whole_number(name: str, value: str, least: int, most: int, problems: list[str]) -> int:
    """Return a whole number within bounds; what is wrong with it goes to the problems, and the least one is returned."""
    if value.isascii() and value.isdigit() and least <= int(value[:12]) <= most:
        return int(value)
    problems.append(f"{name} {value!r}: give a whole number from {least:,} to {most:,}")
    return least


def _dead_letter_limit(value: str | None, problems: list[str]) -> DeadLetterLimit:
    if value is None:
        return DeadLetterLimit()
    if re.fullmatch(r"\d{1,12}", value):
        return DeadLetterLimit(number=int(value))
    match = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)(%)|(0?\.\d+|1\.0+|0\.0)", value)
    share = (float(match[1]) / 100 if match[2] else float(match[3])) if match else None
    if share is None or share > 1:
        problems.append(f"--max-dead-letters {value!r}: give a number such as 10, or a share such as 0.01 or 1%")
    return DeadLetterLimit(share=share)


def extractors(value: str, problems: list[str]) -> frozenset[Extractor]:
    """Return the kinds of record that a comma-separated list names; unknown ones go to the problems."""
    names = [name.strip() for name in value.split(",") if name.strip()]
    unknown = [name for name in names if name not in EXTRACTORS]
    if unknown or not names:
        shown = ", ".join(map(repr, unknown)) or repr(value)
        problems.append(f"--extract {shown}: choose from {', '.join(EXTRACTORS)}, separated by commas")
    return frozenset(extractor for extractor in EXTRACTORS if extractor in names)


def check_inputs(patterns: list[str], problems: list[str]) -> list[FileMetadata]:
    """Return the files that match; every pattern must match some."""
    files: dict[str, FileMetadata] = {}
    if not patterns:
        problems.append("--input: give at least one file, such as --input 'articles/*.jsonl.gz'")
    for pattern in patterns:
        try:
            found = [file for matched in FileSystems.match([pattern]) for file in matched.metadata_list]
        except (BeamIOError, ValueError) as error:
            problems.append(f"--input {pattern}: {_first_line(error)}")
            continue
        if not found:
            problems.append(f"--input {pattern}: no file matches")
        for file in found:
            if not _is_utf8(file.path):
                problems.append(f"--input {file.path!a}: the file's name is not UTF-8; rename it")
            elif os.path.isdir(file.path):
                problems.append(f"--input {file.path}: is a folder; give its files, such as {file.path}/*.jsonl")
            elif os.path.exists(file.path) and not os.access(file.path, os.R_OK):
                problems.append(f"--input {file.path}: can't be read; check its permissions")
            files[file.path] = file
    return list(files.values())


def listed_names(path: str | None, problems: list[str]) -> tuple[ListedName, ...]:
    """Return the names of the user's list."""
    if path is None:
        return ()
    try:
        # One byte more than is read tells that there are too many, however large the file.
        with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
            return gazetteer.parse(file.read(gazetteer.MAX_BYTES + 1), os.path.splitext(path)[1])
    except gazetteer.GazetteerError as error:
        more = len(error.problems) - MOST_MISTAKES
        problems.extend(f"--gazetteer {path}: {problem}" for problem in error.problems[:MOST_MISTAKES])
        if more > 0:
            problems.append(f"--gazetteer {path}: and {more:,} more mistakes")
    except (BeamIOError, OSError, ValueError) as error:
        problems.append(f"--gazetteer {path}: {_first_line(error)}")
    return ()


def reachable(path: str, runner: Runner) -> str:
    """Return a path as a runner's workers need it: those of a cluster do not stand in the folder that the user stands in."""
    return path if runner.is_local or not path or "://" in path else os.path.abspath(path)


def _is_utf8(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def check_output(output: str | None, overwrite: bool, problems: list[str]) -> None:
    """Add what is wrong with an output folder to the problems."""
    if not output:
        problems.append("--output: give the folder that the records go to")
    elif set(output) & GLOB_CHARACTERS:
        problems.append(f"--output {output}: give a folder whose name has none of * ? [ ]")
    elif os.path.lexists(output) and not os.path.isdir(output):
        problems.append(f"--output {output}: is a file; give a folder")
    else:
        try:
            if not overwrite and not folder.is_empty(output):
                problems.append(
                    f"--output {output}: is not empty; give another folder, or --overwrite to replace its records"
                )
        except (BeamIOError, ValueError) as error:
            problems.append(f"--output {output}: {_first_line(error)}")


def _check_beam_values(flags: list[str], problems: list[str]) -> None:
    """Let Beam parse its options; it says what is wrong on standard error, and leaves."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            PipelineOptions(flags).get_all_options()
    except SystemExit:
        *_, last = said.getvalue().strip().splitlines()
        problems.append(last.rpartition("error: ")[2])


def check_beam(flags: list[str], problems: list[str], own_options: Iterable[str]) -> None:
    """Hold what is not ours against Beam's own options."""
    _check_beam_values(flags, problems)
    values = [flag for flag in flags if flag.startswith("--")]
    if flags and not flags[0].startswith("--"):  # elsewhere it may be the value of an option of Beam's
        problems.append(f"{flags[0]!r}: is no option; files are given with --input")
    known = set(PipelineOptions([]).get_all_options())
    for flag in values:
        name = flag.removeprefix("--").partition("=")[0]
        if name.replace("-", "_") in known or name.removeprefix("no_") in known:
            continue
        close = difflib.get_close_matches(name.replace("_", "-"), own_options, n=1)
        near = [f"--{option}" for option in close] or [
            f"--{option}" for option in difflib.get_close_matches(name.replace("-", "_"), sorted(known), n=1)
        ]
        problems.append(
            f"--{name}: is an option neither of onrecord nor of Beam" + (f"; did you mean {near[0]}?" if near else "")
        )


OWN_OPTIONS = (
    "input", "output", "model", "extract", "workers", "shards", "batch-size", "max-text-length", "max-dead-letters", "gazetteer",
    "overwrite", "time-limit", "runner", "verbose",
)  # fmt: skip


def check(
    arguments: argparse.Namespace,
    beam_flags: list[str],
    model_problem: Callable[[str], str | None],
    has_other_source: bool = False,
) -> BackfillOptions:
    """Return the options of a backfill.

    Args:
        arguments: what the command line holds, as text.
        beam_flags: what is left of it: options of Beam's.
        model_problem: says what is wrong with a model's name, or None.
        has_other_source: the messages are not those of files.

    Raises:
        UsageError: there is at least one mistake; it lists all of them.
    """
    problems: list[str] = []
    # A file whose own name has brackets is meant as it stands.
    patterns = [glob.escape(pattern) if os.path.isfile(pattern) else pattern for pattern in arguments.input or ()]
    files = [] if has_other_source else check_inputs(patterns, problems)
    size = sum(file.size_in_bytes * COMPRESSION.get(os.path.splitext(file.path)[1], 1) for file in files)
    check_output(arguments.output, arguments.overwrite, problems)
    problem = model_problem(arguments.model)
    if problem:
        problems.append(f"--model {arguments.model}: {problem}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    runner = runners.chosen(arguments.runner, "files", problems)
    portable.check_places(runner, "--input", arguments.input or (), beam_flags, problems)
    portable.check_places(runner, "--output", (arguments.output or "",), beam_flags, problems)
    if arguments.workers and not runner.is_local:
        problems.append(f"--workers: is for DirectRunner; docs/runners.md says what {runner.name} takes instead")
    workers = str(max(1, min(cores, size // BYTES_A_WORKER))) if runner.is_local else "1"
    shards = str(-(-size // BYTES_A_SHARD) or 1)
    options = BackfillOptions(
        inputs=tuple(reachable(pattern, runner) for pattern in patterns),
        output=reachable(arguments.output or "", runner),
        model=arguments.model,
        extract=extractors(arguments.extract, problems),
        workers=whole_number("--workers", arguments.workers or workers, 1, 1_000, problems),
        shards=whole_number("--shards", arguments.shards or shards, 1, 99_999, problems),
        batch_size=whole_number("--batch-size", arguments.batch_size, 1, 1_000, problems),
        max_text_length=whole_number("--max-text-length", arguments.max_text_length, 1, LONGEST_TEXT, problems),
        max_dead_letters=_dead_letter_limit(arguments.max_dead_letters, problems),
        gazetteer=listed_names(arguments.gazetteer, problems),
        overwrite=arguments.overwrite,
        verbose=arguments.verbose,
        runner=runner,
        beam_flags=(*portable.needed_flags(runner, beam_flags, problems), *beam_flags),
        time_limit=whole_number("--time-limit", arguments.time_limit, 1, LONGEST_TIME_LIMIT, problems),
    )
    check_beam(beam_flags, problems, OWN_OPTIONS)
    if problems:
        raise UsageError(problems)
    return options


def pipeline_options(options: BackfillOptions) -> PipelineOptions:
    """Return Beam's options: ours first, so that a flag of Beam's on the command line has the last word."""
    flags = [f"--runner={options.runner.batch}"]
    if options.workers > 1:
        flags.append(f"--direct_num_workers={options.workers}")
    return PipelineOptions([*flags, *options.beam_flags])
