# SPDX-License-Identifier: Apache-2.0
"""Checks of a command line: all its mistakes are collected, and reported together."""

import argparse
import contextlib
import difflib
import glob
import io
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from apache_beam.io.filesystem import BeamIOError, CompressionTypes, FileMetadata
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from onrecord.commands.arguments import UsageError
from onrecord.data import forgotten, gazetteer
from onrecord.data.forgotten import ForgottenList, ForgottenListError
from onrecord.data.gazetteer import ListedName
from onrecord.data.kinds import extracted
from onrecord.data.settings import DEFAULT_SINK, ExtractionSettings
from onrecord.runners import DIRECT, OFFERED, Runner, find, portable
from onrecord.sinks import lock, output_folder, sinks
from onrecord.sinks.output_folder import GLOB_CHARACTERS
from onrecord.sources import topic_problem

MAX_TEXT_LENGTH = 1_000_000  # code points; the limit of spaCy
MAX_SECONDS = 366 * 24 * 3600
MAX_TIME_LIMIT = 24 * 3600  # seconds
MAX_SHARDS = 99_999
MAX_BATCH_SIZE = 1_000
MAX_GAZETTEER_PROBLEMS = 50  # shown at a time


@dataclass
class Checks:
    """Collects the mistakes of a command line.

    A method that returns a value returns a valid one for a wrong input too, and adds to ``problems``: its caller builds the settings,
    and then calls ``finish``, which raises when there is a problem.
    """

    problems: list[str] = field(default_factory=list)

    def add(self, option: str, problem: str | None) -> None:
        """Add a problem of an option, if there is one."""
        if problem is not None:
            self.problems.append(f"{option}: {problem}")

    def finish(self) -> None:
        """Raise a ``UsageError`` with all problems, if there are any."""
        if self.problems:
            raise UsageError(self.problems)

    def whole_number(self, option: str, value: str, minimum: int, maximum: int) -> int:
        """Return a whole number within bounds; the minimum if the value is invalid."""
        if value.isascii() and value.isdigit() and minimum <= int(value[:12]) <= maximum:
            return int(value)
        self.add(f"{option} {value!r}", f"give a whole number from {minimum:,} to {maximum:,}")
        return minimum

    def mode(self, value: str) -> None:
        """Check the permissions of new files."""
        if not re.fullmatch(r"0?6[046][046]", value, re.ASCII):
            self.add(f"--mode {value!r}", "give permissions such as 600, 640, 644 or 664")

    def shards(self, value: str) -> int:
        """Return the value of ``--shards``."""
        return self.whole_number("--shards", value, 1, MAX_SHARDS)

    def extraction(self, arguments: argparse.Namespace) -> ExtractionSettings:
        """Return the settings of the options that ``arguments.add_extraction`` adds."""
        self.add(f"--model {arguments.model}", model_problem(arguments.model))
        return ExtractionSettings(
            model=arguments.model,
            extract=self.extract(arguments.extract),
            batch_size=self.whole_number("--batch-size", arguments.batch_size, 1, MAX_BATCH_SIZE),
            max_text_length=self.whole_number("--max-text-length", arguments.max_text_length, 1, MAX_TEXT_LENGTH),
            gazetteer=self._gazetteer(arguments.gazetteer),
            time_limit=self.whole_number("--time-limit", arguments.time_limit, 1, MAX_TIME_LIMIT),
            forgotten=self._forgotten(arguments.forgotten),
        )

    def extract(self, value: str) -> frozenset[str]:
        """Return the record kinds that the value of ``--extract`` names."""
        names = [name.strip() for name in value.split(",") if name.strip()]
        unknown = [name for name in names if name not in extracted()]
        if unknown or not names:
            shown = ", ".join(map(repr, unknown)) or repr(value)
            self.add(f"--extract {shown}", f"choose from {', '.join(extracted())}, separated by commas")
        return frozenset(names) & frozenset(extracted())

    def _gazetteer(self, path: str | None) -> tuple[ListedName, ...]:
        if path is None:
            return ()
        option = f"--gazetteer {path}"
        try:
            # One byte more than allowed is enough to detect a file that is too large.
            with FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
                return gazetteer.parse(file.read(gazetteer.MAX_BYTES + 1), os.path.splitext(path)[1])
        except gazetteer.GazetteerError as error:
            for problem in error.problems[:MAX_GAZETTEER_PROBLEMS]:
                self.add(option, problem)
            more = len(error.problems) - MAX_GAZETTEER_PROBLEMS
            self.add(option, f"and {more:,} more mistakes" if more > 0 else None)
        except (BeamIOError, OSError, ValueError) as error:
            self.add(option, _first_line(error))
        return ()

    def _forgotten(self, path: str | None) -> tuple[ForgottenList, ...]:
        """Return the list of forgotten articles that ``--forgotten`` names; a job adds that of its output folder."""
        try:
            return () if path is None else (output_folder.read_forgotten(path),)
        except (ForgottenListError, BeamIOError, OSError, ValueError) as error:
            self.add("--forgotten", _first_line(error))
            return ()

    def forget(self, arguments: argparse.Namespace) -> None:
        """Check the folder and the selection of ``forget``."""
        folder: str = arguments.folder
        if set(folder) & GLOB_CHARACTERS:
            self.add(folder, "give a folder whose name has none of * ? [ ]")
            return
        if "://" not in folder and not os.path.isdir(folder):
            self.add(folder, "there is no such folder")
            return
        for option in ("article", "url", "person"):
            if not all(map(forgotten.words_of, getattr(arguments, option))):
                self.add(f"--{option}", "give a value with at least one letter or digit")
        if not (arguments.article or arguments.url or arguments.person):
            try:
                is_listed = FileSystems.exists(FileSystems.join(folder, forgotten.FILE_NAME))
            except (BeamIOError, ValueError) as error:
                self.add(folder, _first_line(error))
            else:
                problem = f"give --article, --url or --person; there is no {forgotten.FILE_NAME} to finish"
                self.add(folder, None if is_listed else problem)

    def files(self, option: str, patterns: Iterable[str]) -> list[FileMetadata]:
        """Return the files that patterns match; every pattern must match some."""
        files: dict[str, FileMetadata] = {}
        for pattern in patterns:
            try:
                found = [file for matched in FileSystems.match([pattern]) for file in matched.metadata_list]
            except (BeamIOError, ValueError) as error:
                self.add(f"{option} {pattern}", _first_line(error))
                continue
            if not found:
                self.add(f"{option} {pattern}", "no file matches")
            for file in found:
                files[file.path] = file
                self._readable(option, file.path)
        return list(files.values())

    def _readable(self, option: str, path: str) -> None:
        if not _is_utf8(path):
            self.add(f"{option} {path!a}", "the file's name is not UTF-8; rename it")
        elif os.path.isdir(path):
            self.add(f"{option} {path}", f"this is a folder; give its files, such as {path}/*.jsonl")
        elif os.path.exists(path) and not os.access(path, os.R_OK):
            self.add(f"{option} {path}", "the file can't be read; check its permissions")

    def output(self, folder: str | None, *, must_be_empty: bool = False, is_cleared: bool = False) -> str:
        """Return the output folder, which a run may need to be empty, or may delete files in."""
        if not folder:
            self.problems.append("--output: give the folder for the records")
        elif set(folder) & GLOB_CHARACTERS:
            self.add(f"--output {folder}", "give a folder whose name has none of * ? [ ]")
        elif os.path.lexists(folder) and not os.path.isdir(folder):
            self.add(f"--output {folder}", "this is a file; give a folder")
        else:
            try:
                if is_cleared:
                    self._no_links(folder)
                # A run that is writing to it is named when this one starts, and is refused.
                if must_be_empty and not output_folder.is_empty(folder) and not lock.problem(folder):
                    self.add(
                        f"--output {folder}",
                        "the folder is not empty; give another one, or --overwrite to replace its records",
                    )
            except (BeamIOError, ValueError) as error:
                self.add(f"--output {folder}", _first_line(error))
        return folder or ""

    def _no_links(self, folder: str) -> None:
        for link in output_folder.links(folder):
            self.add(
                f"--output {folder}",
                f"{link} is a link to another folder, in which --overwrite would delete files; empty that folder first, or"
                " remove the link",
            )

    def runner(self, name: str) -> Runner:
        """Return the runner with a name, in upper or lower case; the default runner if the name is unknown."""
        runner = find(name)
        if runner is None:
            self.add(
                f"--runner {name}",
                f"choose from {', '.join(OFFERED)}; PortableRunner with --job_endpoint reaches any runner with a Beam job server",
            )
            return DIRECT
        return runner

    def sink(self, name: str, runner: Runner) -> str:
        """Return the name of a sink that a runner can write to."""
        if name not in sinks():
            self.add(f"--sink {name}", f"choose from {', '.join(sinks())}")
            return DEFAULT_SINK
        self.add(f"--sink {name} with --runner {runner.name}", sinks()[name].refusals.get(runner.name))
        return name

    def places(self, runner: Runner, option: str, places: Iterable[str], beam_flags: list[str]) -> None:
        """Check that a runner's workers can reach files."""
        portable.check_places(runner, option, places, beam_flags, self.problems)

    def flags(self, runner: Runner, beam_flags: list[str]) -> tuple[str, ...]:
        """Return Beam's options: those that the runner needs, then those that were given."""
        return (*portable.needed_flags(runner, beam_flags, self.problems), *beam_flags)

    def ports(self, runner: Runner, flags: Sequence[str], are_allowed: bool) -> None:
        """Check that a job opens no ports on this machine, unless that is allowed."""
        if are_allowed or _beam_problem(flags):
            return
        opened = portable.open_ports(runner, PipelineOptions(flags))
        if opened:
            self.problems.append(
                f"{opened}; anybody who reaches them can read this user's files and run code. Add --allow-open-ports if a firewall"
                " closes them, and no other user has an account on this machine"
            )

    def beam(self, flags: list[str], own_options: Iterable[str]) -> None:
        """Check the options that are not onrecord's against Beam's."""
        if problem := _beam_problem(flags):
            self.problems.append(problem)
        if flags and not flags[0].startswith("--"):  # elsewhere it may be the value of one of Beam's options
            self.problems.append(f"unexpected argument: {flags[0]}; files are given with --input")
        known = set(PipelineOptions([]).get_all_options())
        for flag in flags:
            name = flag.removeprefix("--").partition("=")[0]
            if not flag.startswith("--") or name.replace("-", "_") in known or name.removeprefix("no_") in known:
                continue
            near = _nearest(name.replace("_", "-"), own_options) or _nearest(name.replace("-", "_"), known)
            hint = f"; did you mean --{near}?" if near else ""
            self.problems.append(f"unknown option: --{name} (neither onrecord nor Beam has it){hint}")

    def topic(self, option: str, name: str | None) -> None:
        """Check the name of a Pub/Sub topic, if there is one."""
        self.add(f"{option} {name}", topic_problem(name) if name else None)

    def rate(self, value: str | None) -> float | None:
        """Return the number of messages per second; None for no limit."""
        if value is None:
            return None
        if not re.fullmatch(r"\d{1,7}(\.\d{1,6})?", value) or not 0.001 <= float(value) <= 1_000_000:
            self.add(f"--rate {value!r}", "give messages per second, such as 20 or 0.5")
            return None
        return float(value)


def _beam_problem(flags: Sequence[str]) -> str | None:
    """Return what Beam finds wrong with the values of its own options; it prints that to standard error, and exits."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stderr(printed):
            PipelineOptions(flags).get_all_options()
    except SystemExit:
        *_, last = printed.getvalue().strip().splitlines()
        return last.rpartition("error: ")[2]
    return None


def model_problem(name: str) -> str | None:
    """Return why a model can't be used, or None."""
    # spaCy takes a second to import.
    from onrecord.nlp.model import ModelError, resolve

    try:
        resolve(name)
    except ModelError as error:
        return str(error)
    return None


def literal(patterns: Iterable[str]) -> list[str]:
    """Return file patterns; the name of an existing file is matched literally, including brackets."""
    return [glob.escape(pattern) if os.path.isfile(pattern) else pattern for pattern in patterns]


def reachable(path: str, runner: Runner) -> str:
    """Return a path as a runner's workers need it: those of a cluster have another working directory."""
    return path if runner.is_local or not path or "://" in path else os.path.abspath(path)


def _nearest(name: str, names: Iterable[str]) -> str | None:
    return next(iter(difflib.get_close_matches(name, sorted(names), n=1)), None)


def _is_utf8(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
