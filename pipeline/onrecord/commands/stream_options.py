"""The options of a stream, checked once, before anything starts; all mistakes are reported together."""

import argparse
import glob
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from apache_beam.options.pipeline_options import PipelineOptions

from onrecord import runners
from onrecord.commands.options import (
    LONGEST_TEXT,
    UsageError,
    check_beam,
    check_inputs,
    check_output,
    extractors,
    listed_names,
    reachable,
    whole_number,
)
from onrecord.data.gazetteer import ListedName
from onrecord.data.records import Extractor
from onrecord.runners import STREAM_SOURCES, Runner, Source, portable

LONGEST_SECONDS = 366 * 24 * 3600
SUBSCRIPTION = re.compile(r"projects/[^/]+/subscriptions/[^/]+")
TOPIC = re.compile(r"projects/[^/]+/topics/[^/]+")
EVENT_TIMES = ("published_at", "publish-time")
OWN_OPTIONS = (
    "watch", "every", "subscription", "topic", "output", "model", "extract", "shards", "batch-size", "max-text-length", "gazetteer",
    "window", "allowed-lateness", "early-every", "event-time", "dedupe-for", "dead-letter-topic", "time-limit", "report-every",
    "log-format", "runner", "detach", "verbose",
)  # fmt: skip

LogFormat = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """What ``onrecord stream`` was asked for; times are seconds."""

    watch: str | None
    every: int
    subscription: str | None
    topic: str | None
    output: str
    model: str
    extract: frozenset[Extractor]
    gazetteer: tuple[ListedName, ...]
    shards: int
    batch_size: int
    max_text_length: int
    window: int
    allowed_lateness: int
    early_every: int | None
    event_time: str
    dedupe_for: int
    dead_letter_topic: str | None
    time_limit: int
    report_every: int
    log_format: LogFormat
    verbose: bool
    runner: Runner
    detach: bool
    beam_flags: tuple[str, ...]


def _check_source(arguments: argparse.Namespace, problems: list[str]) -> None:
    given = [name for name in STREAM_SOURCES if getattr(arguments, name)]
    if len(given) != 1:
        shown = " and ".join(f"--{name}" for name in given) or "nothing to read from"
        problems.append(f"{shown}: give one of --subscription, --topic and --watch")
    if arguments.watch and os.path.isdir(arguments.watch):
        problems.append(f"--watch {arguments.watch}: is a folder; give its files, such as '{arguments.watch}/*.jsonl'")
    check_name("--subscription", arguments.subscription, SUBSCRIPTION, problems)
    check_name("--topic", arguments.topic, TOPIC, problems)
    check_name("--dead-letter-topic", arguments.dead_letter_topic, TOPIC, problems)


def check_name(option: str, value: str | None, form: re.Pattern[str], problems: list[str]) -> None:
    """Hold the name of a topic or a subscription against its form."""
    if value and not form.fullmatch(value):
        kind = "topics/TOPIC" if form is TOPIC else "subscriptions/SUBSCRIPTION"
        problems.append(f"{option} {value}: give the whole name, projects/PROJECT/{kind}")


def check_files(patterns: list[str], problems: list[str]) -> tuple[str, ...]:
    """Return patterns of files; every one must match some."""
    # A file whose own name has brackets is meant as it stands.
    escaped = [glob.escape(pattern) if os.path.isfile(pattern) else pattern for pattern in patterns]
    check_inputs(escaped, problems)
    return tuple(escaped)


def check(
    arguments: argparse.Namespace, beam_flags: list[str], model_problem: Callable[[str], str | None]
) -> StreamOptions:
    """Return the options of a stream.

    Args:
        arguments: what the command line holds, as text.
        beam_flags: what is left of it: options of Beam's.
        model_problem: says what is wrong with a model's name, or None.

    Raises:
        UsageError: there is at least one mistake; it lists all of them.
    """
    problems: list[str] = []

    def seconds(option: str, least: int) -> int:
        value = getattr(arguments, option.replace("-", "_"))
        return whole_number(f"--{option}", value, least, LONGEST_SECONDS, problems)

    _check_source(arguments, problems)
    check_output(arguments.output, True, problems)
    problem = model_problem(arguments.model)
    if problem:
        problems.append(f"--model {arguments.model}: {problem}")
    if not arguments.event_time.strip():
        problems.append(f"--event-time: give one of {', '.join(EVENT_TIMES)}, or the name of an attribute")
    source: Source = next((name for name in STREAM_SOURCES if getattr(arguments, name)), "subscription")
    runner = runners.chosen(arguments.runner, source, problems)
    portable.check_places(runner, "--output", (arguments.output or "",), beam_flags, problems)
    is_file = arguments.watch is not None and os.path.isfile(arguments.watch)
    options = StreamOptions(
        # A file whose own name has brackets is meant as it stands.
        watch=glob.escape(arguments.watch) if is_file else arguments.watch,
        every=seconds("every", 1),
        subscription=arguments.subscription,
        topic=arguments.topic,
        output=reachable(arguments.output or "", runner),
        model=arguments.model,
        extract=extractors(arguments.extract, problems),
        gazetteer=listed_names(arguments.gazetteer, problems),
        shards=whole_number("--shards", arguments.shards, 1, 99_999, problems),
        batch_size=whole_number("--batch-size", arguments.batch_size, 1, 1_000, problems),
        max_text_length=whole_number("--max-text-length", arguments.max_text_length, 1, LONGEST_TEXT, problems),
        window=seconds("window", 1),
        allowed_lateness=seconds("allowed-lateness", 0),
        early_every=seconds("early-every", 1) if arguments.early_every else None,
        event_time=arguments.event_time,
        dedupe_for=seconds("dedupe-for", 1),
        dead_letter_topic=arguments.dead_letter_topic,
        time_limit=seconds("time-limit", 1),
        report_every=seconds("report-every", 1),
        log_format="json" if arguments.log_format == "json" else "text",
        verbose=arguments.verbose,
        runner=runner,
        detach=arguments.detach,
        beam_flags=(*portable.needed_flags(runner, beam_flags, problems), *beam_flags),
    )
    check_beam(beam_flags, problems, OWN_OPTIONS)
    if not problems and options.detach and portable.stop_of(runner, pipeline_options(options)) != "leave":
        problems.append(
            "--detach: only a job on a cluster of its own goes on without this process, as with --runner FlinkRunner"
        )
    if problems:
        raise UsageError(problems)
    return options


def pipeline_options(options: StreamOptions) -> PipelineOptions:
    """Return Beam's options: ours first, so that a flag of Beam's on the command line has the last word."""
    return PipelineOptions([f"--runner={options.runner.streaming}", "--streaming", *options.beam_flags])
