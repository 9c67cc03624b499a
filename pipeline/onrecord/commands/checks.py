# SPDX-License-Identifier: Apache-2.0
"""Checks of a command line: all its mistakes are collected, and reported together.

Beam takes seconds to import, so it is only imported to check remote files, its own options, and its other runners.
"""

import argparse
import contextlib
import difflib
import importlib.util
import io
import os
import re
import stat
import sys
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from onrecord.commands.arguments import UsageError
from onrecord.data import forgotten, gazetteer
from onrecord.data.field_names import FieldName, FieldNameError
from onrecord.data.forgotten import ForgottenList, ForgottenListError
from onrecord.data.gazetteer import ListedName
from onrecord.data.input_file import InputFile
from onrecord.data.kinds import extracted
from onrecord.data.paths import is_remote
from onrecord.data.records import ArticleRecord
from onrecord.data.settings import DEFAULT_SINK, PARSES, STANCES, ExtractionSettings
from onrecord.nlp.installed_model import ModelError, resolve
from onrecord.runners import DIRECT, OFFERED, Runner, find
from onrecord.sinks import GLOB_CHARACTERS, contents, lock, sinks
from onrecord.sinks.reader import ReadingError, check_folder
from onrecord.sources import formats, patterns, topic_problem
from onrecord.sources.formats import UnknownFormat
from onrecord.sources.patterns import Matches
from onrecord.terminal.text import print_line

MAX_TEXT_LENGTH = 1_000_000  # code points; the limit of spaCy
MAX_SECONDS = 366 * 24 * 3600
MAX_TIME_LIMIT = 24 * 3600  # seconds
PROBABILITY = re.compile(r"0?\.[0-9]+|0|1(\.0+)?")
MAX_SHARDS = 99_999
MAX_WORKERS = 1_000
MAX_BATCH_SIZE = 1_000
MAX_GAZETTEER_PROBLEMS = 50  # shown at a time
MAX_FILE_PROBLEMS = 10  # shown at a time
MAX_SHOWN = 3  # paths in a message
MAX_LOOKED_INTO = 1_000  # files whose content is looked at before a job starts
EXTRAS = {"gs": "gcp", "s3": "aws"}
NOT_FILESYSTEMS = ("http", "https", "ftp", "sftp")
NO_FILESYSTEM = "there is no such filesystem; files can be local, gs:// or s3://"
PACKAGES = {"gs": "google.cloud.storage", "s3": "boto3"}  # what the extras install


@dataclass
class Checks:
    """Collects the mistakes of a command line.

    A method that returns a value returns a valid one for a wrong input too, and adds to ``problems``: its caller builds the settings,
    and then calls ``finish``, which raises when there is a problem.
    """

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, option: str, problem: str | None) -> None:
        """Add a problem of an option, if there is one."""
        if problem is not None:
            self.problems.append(f"{option}: {problem}")

    def finish(self) -> None:
        """Print what is worth knowing, and raise a ``UsageError`` with all problems, if there are any."""
        for note in self.notes:
            print_line(f"note: {note}", sys.stderr)
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
        is_known = arguments.parse in PARSES
        self.add(f"--parse {arguments.parse!r}", None if is_known else f"choose from {', '.join(PARSES)}")
        self.add(f"--stances {arguments.stances!r}", stances_problem(arguments.stances))
        return ExtractionSettings(
            model=arguments.model,
            extract=self.extract(arguments.extract),
            batch_size=self.whole_number("--batch-size", arguments.batch_size, 1, MAX_BATCH_SIZE),
            max_text_length=self.whole_number("--max-text-length", arguments.max_text_length, 1, MAX_TEXT_LENGTH),
            gazetteer=self.gazetteer(arguments.gazetteer),
            time_limit=self.whole_number("--time-limit", arguments.time_limit, 1, MAX_TIME_LIMIT),
            forgotten=self._forgotten(arguments.forgotten),
            fields=self._fields(arguments.field or ()),
            parse=arguments.parse,
            stances=arguments.stances,
            least_confidence=self._probability("--least-confidence", arguments.least_confidence),
            near_duplicates=arguments.near_duplicates == "on",
        )

    def _probability(self, option: str, value: str | None) -> float | None:
        if value is None:
            return None
        is_number = PROBABILITY.fullmatch(value) is not None
        self.add(f"{option} {value!r}", None if is_number else "give a number from 0 to 1, such as 0.1")
        return float(value) if is_number else None

    def _fields(self, values: Iterable[str]) -> tuple[FieldName, ...]:
        names: dict[str, FieldName] = {}
        for value in values:
            try:
                name = FieldName.parse(value)
            except FieldNameError as error:
                self.add(f"--field {value}", str(error))
                continue
            self.add(f"--field {value}", f"{name.field} was given before" if name.field in names else None)
            names[name.field] = name
        return tuple(names.values())

    def extract(self, value: str) -> frozenset[str]:
        """Return the record kinds that the value of ``--extract`` names."""
        names = [name.strip() for name in value.split(",") if name.strip()]
        unknown = [name for name in names if name not in extracted()]
        if unknown or not names:
            shown = ", ".join(map(repr, unknown)) or repr(value)
            self.add(f"--extract {shown}", f"choose from {', '.join(extracted())}, separated by commas")
        return frozenset(names) & frozenset(extracted())

    def gazetteer(self, path: str | None) -> tuple[ListedName, ...]:
        """Return the names of the file that ``--gazetteer`` gives."""
        if path is None:
            return ()
        option = f"--gazetteer {path}"
        try:
            # One byte more than allowed is enough to detect a file that is too large.
            with _opened(path) as file:
                return gazetteer.parse(file.read(gazetteer.MAX_BYTES + 1), os.path.splitext(path)[1])
        except gazetteer.GazetteerError as error:
            for problem in error.problems[:MAX_GAZETTEER_PROBLEMS]:
                self.add(option, problem)
            more = len(error.problems) - MAX_GAZETTEER_PROBLEMS
            self.add(option, f"and {more:,} more mistakes" if more > 0 else None)
        except (OSError, ValueError) as error:
            self.add(option, _first_line(error))
        return ()

    def _forgotten(self, path: str | None) -> tuple[ForgottenList, ...]:
        """Return the list of forgotten articles that ``--forgotten`` names; a job adds that of its output folder."""
        if path is None:
            return ()
        from onrecord.sinks import output_folder

        try:
            return (output_folder.read_forgotten(path),)
        except (ForgottenListError, OSError, ValueError) as error:
            self.add("--forgotten", _first_line(error))
            return ()

    def changed_folder(self, folder: str) -> bool:
        """Check the output folder of a run whose files a command changes, and return whether it may be one."""
        problem = None
        if set(folder) & GLOB_CHARACTERS:
            problem = "give a folder whose name has none of * ? [ ]"
        elif not is_remote(folder) and not os.path.isdir(folder):
            problem = "there is no such folder"
        self.add(folder, problem)
        return problem is None

    def forget(self, arguments: argparse.Namespace) -> None:
        """Check the folder and the selection of ``forget``."""
        folder: str = arguments.folder
        if not self.changed_folder(folder):
            return
        for option in ("article", "url", "person"):
            if not all(map(forgotten.words_of, getattr(arguments, option))):
                self.add(f"--{option}", "give a value with at least one letter or digit")
        if not (arguments.article or arguments.url or arguments.person):
            from apache_beam.io.filesystems import FileSystems

            try:
                is_listed = FileSystems.exists(FileSystems.join(folder, forgotten.FILE_NAME))
            except (OSError, ValueError) as error:
                self.add(folder, _first_line(error))
            else:
                problem = f"give --article, --url or --person; there is no {forgotten.FILE_NAME} to finish"
                self.add(folder, None if is_listed else problem)

    def format(self, name: str | None) -> str | None:
        """Return the value of ``--format``."""
        if name is not None and name not in formats.BY_NAME:
            self.add(f"--format {name}", f"choose from {', '.join(formats.BY_NAME)}")
        return name

    def files(self, option: str, inputs: Iterable[str], format_name: str | None = None) -> list[InputFile]:
        """Return the files that inputs mean; each must mean some, and the format of each file must be known.

        Args:
            option: its name in messages.
            inputs: files, folders and patterns.
            format_name: value of ``--format``.
        """
        self.format(format_name)
        files: dict[str, InputFile] = {}
        for given in inputs:
            try:
                _require_filesystem(given)
                found = patterns.matched(given)
            except (OSError, ValueError) as error:
                self.add(f"{option} {given}", unreachable(given, error))
                continue
            self._note(found)
            if not found.files:
                self.add(f"{option} {given}", _nothing_found(given, found))
            files.update((file.path, file) for file in found.files)
        before = len(self.problems)
        for path in files:
            self._readable(option, path)
        more = len(self.problems) - before - MAX_FILE_PROBLEMS
        if more > 0:
            del self.problems[before + MAX_FILE_PROBLEMS :]
            self.add(option, f"{more:,} more files have such problems")
        if format_name is None:
            self._known(option, list(files.values()))
        return list(files.values())

    def _note(self, found: Matches) -> None:
        """Say what was found other than files."""
        if not found.files:
            return
        for paths, what in (
            (found.broken_links, "not read, since they are links to nothing"),
            (found.folders, "not read, since they are folders; give a folder itself, or a pattern with /**"),
            (found.unknown, "not read, since the ending of the name is unknown"),
        ):
            if paths:
                self.notes.append(f"{len(paths):,} {what}: {_shown(paths)}")

    def _readable(self, option: str, path: str) -> None:
        if not _is_utf8(path):
            self.add(f"{option} {path!a}", "the file's name is not UTF-8; rename it")
        elif not is_remote(path) and os.path.exists(path) and not os.access(path, os.R_OK):
            self.add(f"{option} {path}", "the file can't be read; check its permissions")

    def _known(self, option: str, files: Iterable[InputFile]) -> None:
        """Check that the format of files is known; those whose names say it are not opened, except for a few."""
        unnamed = [file.path for file in files if formats.of_name(file.path) is None]
        named = [file.path for file in files if formats.of_name(file.path) is not None]
        for path in [*unnamed[:MAX_LOOKED_INTO], *named[:MAX_SHOWN]]:
            try:
                if _is_looked_into(path):
                    with _opened(path) as file:
                        formats.of_beginning(path, file.read(formats.STORED_HEAD_BYTES))
            except UnknownFormat as error:
                self.add(f"{option} {path}", str(error))
            except (OSError, ValueError):
                continue  # why it can't be read is said elsewhere

    def output(self, folder: str | None, *, must_be_empty: bool = False, is_cleared: bool = False) -> str:
        """Return the output folder, which a run may need to be empty, or may delete files in."""
        if not folder:
            self.problems.append("--output: give the folder for the records")
        elif set(folder) & GLOB_CHARACTERS:
            self.add(f"--output {folder}", "give a folder whose name has none of * ? [ ]")
        elif os.path.lexists(folder) and not os.path.isdir(folder):
            self.add(f"--output {folder}", "this is a file; give a folder")
        elif not is_remote(folder) and not os.path.isdir(folder):
            self.add(f"--output {folder}", _not_creatable(folder))
        else:
            try:
                _require_filesystem(folder)
                if is_cleared:
                    self._no_links(folder)
                # A run that is writing to it is named when this one starts, and is refused.
                if must_be_empty and not contents.is_empty(folder) and not lock.problem(folder):
                    self.add(
                        f"--output {folder}",
                        "the folder is not empty; give another one, or --overwrite to replace its records",
                    )
                self.add(f"--output {folder}", _not_writable(folder))
            except (OSError, ValueError) as error:
                self.add(f"--output {folder}", unreachable(folder, error))
        return folder or ""

    def _no_links(self, folder: str) -> None:
        for link in contents.links(folder):
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
        if runner.is_local:
            return
        from onrecord.runners import portable

        portable.check_places(runner, option, places, beam_flags, self.problems)

    def flags(self, runner: Runner, beam_flags: list[str]) -> tuple[str, ...]:
        """Return Beam's options: those that the runner needs, then those that were given."""
        if runner.is_local:
            return tuple(beam_flags)
        from onrecord.runners import portable

        return (*portable.needed_flags(runner, beam_flags, self.problems), *beam_flags)

    def ports(self, runner: Runner, flags: Sequence[str], are_allowed: bool) -> None:
        """Check that a job opens no ports on this machine, unless that is allowed."""
        if are_allowed or (runner.is_local and not flags) or _beam_problem(flags):
            return
        from apache_beam.options.pipeline_options import PipelineOptions

        from onrecord.runners import portable

        opened = portable.open_ports(runner, PipelineOptions(flags))
        if opened:
            self.problems.append(
                f"{opened}; anybody who reaches them can read this user's files and run code. Add --allow-open-ports if a firewall"
                " closes them, and no other user has an account on this machine"
            )

    def beam(self, flags: list[str], own_options: Iterable[str], input_option: str = "--input") -> None:
        """Check the options that are not onrecord's against Beam's.

        Args:
            flags: the options.
            own_options: the names of the command's options.
            input_option: the option that files are given with.
        """
        if not flags:
            return
        from apache_beam.options.pipeline_options import PipelineOptions

        if problem := _beam_problem(flags):
            self.problems.append(problem)
        if not flags[0].startswith("--"):  # elsewhere it may be the value of one of Beam's options
            self.problems.append(f"unexpected argument: {flags[0]}; files are given with {input_option}")
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

    def record_topics(self, values: Iterable[str], extract: Collection[str]) -> dict[str, str]:
        """Return the topics of ``--record-topic`` by record kind.

        Args:
            values: ``TOPIC`` or ``KIND=TOPIC``; ``{kind}`` in a topic is the name of each kind.
            extract: the kinds that are extracted.
        """
        kinds = [ArticleRecord.kind, *(kind for kind in extracted() if kind in extract)]
        found: dict[str, str] = {}
        for value in values:
            one, equals, name = value.rpartition("=")
            problem = topic_problem(name.replace("{kind}", kinds[0]))
            if equals and one not in kinds:
                problem = f"unknown record kind {one!r}; choose from {', '.join(kinds)}"
            elif repeated := [kind for kind in ((one,) if equals else kinds) if kind in found]:
                problem = problem or f"another topic was given for {', '.join(repeated)}"
            else:
                found |= {kind: name.replace("{kind}", kind) for kind in ((one,) if equals else kinds)}
            self.add(f"--record-topic {value}", problem)
        return {kind: found[kind] for kind in kinds if kind in found}

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
    from apache_beam.options.pipeline_options import PipelineOptions

    printed = io.StringIO()
    try:
        with contextlib.redirect_stderr(printed):
            PipelineOptions(flags).get_all_options()
    except SystemExit:
        *_, last = printed.getvalue().strip().splitlines()
        return last.rpartition("error: ")[2]
    return None


def run_folder_problem(folder: str) -> str | None:
    """Return why a folder can't be read as the output of a run, or None."""
    try:
        check_folder(folder)
    except ReadingError as error:
        return str(error)
    except (OSError, ValueError) as error:
        return f"{folder}: {unreachable(folder, error)}"
    return None


def model_problem(name: str) -> str | None:
    """Return why a model can't be used, or None."""
    try:
        resolve(name)
    except ModelError as error:
        return str(error)
    return None


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def stances_problem(value: str) -> str | None:
    """Return why stances can't be found as the value of ``--stances`` says, or None."""
    if value not in STANCES:
        return f"choose from {', '.join(STANCES)}"
    is_missing = value == STANCES[1] and _is_missing("onnxruntime")
    return "run pip install 'onrecord[accurate]' first" if is_missing else None


def reachable(path: str, runner: Runner) -> str:
    """Return a path as a runner's workers need it: those of a cluster have another working directory."""
    return path if runner.is_local or not path or is_remote(path) else os.path.abspath(path)


def _opened(path: str) -> BinaryIO:
    """Return an open file, local or remote.

    Raises:
        OSError, ValueError: it can't be opened.
    """
    if not is_remote(path):
        return Path(path).open("rb")
    from onrecord.sources.files import opened

    return opened(path)


def _is_looked_into(path: str) -> bool:
    """Whether a file can be read before the job reads it, which a pipe can't."""
    return is_remote(path) or stat.S_ISREG(os.stat(path).st_mode)


def _nothing_found(given: str, found: Matches) -> str:
    """Return why an input means no files, and the way out."""
    if found.broken_links:
        return f"only links to nothing: {_shown(found.broken_links)}"
    if found.folders:
        return f"only folders: {_shown(found.folders)}; give a folder itself, or a pattern with /**"
    if found.unknown:
        endings = ", ".join(ending for form in formats.FORMATS for ending in form.endings)
        return (
            f"the folder has no files with a known ending ({endings}), compressed or not; give --format and {given}/*"
        )
    if not is_remote(given) and os.path.isdir(given):
        return "the folder is empty"
    return "no file matches"


def _shown(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - MAX_SHOWN:,} more" if len(paths) > MAX_SHOWN else ""
    return ", ".join(paths[:MAX_SHOWN]) + more


def _is_missing(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is None
    except ModuleNotFoundError:  # so is the package around it
        return True


def remote_problem(place: str) -> str | None:
    """Return why a place on a remote filesystem is out of reach, as far as its address tells, and the way out; None otherwise."""
    scheme, separator, _ = place.partition("://")
    if not separator:
        return None
    if scheme in NOT_FILESYSTEMS:
        return NO_FILESYSTEM
    if scheme in EXTRAS and _is_missing(PACKAGES[scheme]):
        return f"{scheme}:// needs: pip install 'onrecord[{EXTRAS[scheme]}]'"
    return None


def _require_filesystem(place: str) -> None:
    """Check that a place can be reached, without the seconds that Beam takes to import.

    Raises:
        ValueError: it can't; the text says why, and the way out.
    """
    problem = remote_problem(place)
    if problem:
        raise ValueError(problem)


def unreachable(place: str, error: Exception) -> str:
    """Return why a place can't be read, and how to install what its filesystem needs."""
    scheme, separator, _ = place.partition("://")
    if separator and scheme not in EXTRAS and "filesystem" in str(error).casefold():
        return NO_FILESYSTEM
    return remote_problem(place) or _first_line(error)


def _not_creatable(folder: str) -> str | None:
    """Return why a local folder can't be made, or None; nothing is changed."""
    parent = os.path.abspath(folder)
    while not os.path.lexists(parent):
        parent = os.path.dirname(parent)
    if not os.path.isdir(parent):
        return f"{parent} is not a folder; give another place"
    return _not_writable(parent)


def _not_writable(folder: str) -> str | None:
    """Return why nothing can be written to a folder, or None."""
    if is_remote(folder) or os.access(folder, os.W_OK | os.X_OK):
        return None
    return f"{folder} can't be written to; check its permissions, or give another place"


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
