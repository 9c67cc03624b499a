# SPDX-License-Identifier: Apache-2.0
"""``onrecord stream``: records from messages as they arrive."""

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from onrecord.commands.arguments import (
    Commands,
    add_command,
    add_extraction,
    add_format,
    add_output,
    add_runner,
    add_verbose,
    exiting_on_interrupt,
    own_options,
    prepare,
    set_mode,
)
from onrecord.data.settings import InputSettings, OutputSettings, RecordTopic, StreamingSettings
from onrecord.jobs.stream_options import StreamOptions, job_name
from onrecord.runners import Runner
from onrecord.sources import MAX_SECONDS, Source, sources

if TYPE_CHECKING:
    from onrecord.commands.checks import Checks

DAY = 24 * 3600
MIN_LATE_SECONDS = 30  # unless --late-every says less: a file for each late article would be many
# A window whose watermark keeps up is written this long after its end at the latest: on Flink, after two checkpoints.
MAX_WATERMARK_SECONDS = 30
MAX_DEFAULT_WORKERS = 4  # more than one process can decode, deduplicate and write for, and each takes 400 MB
DESCRIPTION = """\
Reads article messages as they arrive, from Pub/Sub or from files as they appear, and writes files by window, until
Ctrl-C or SIGTERM: then it stops reading, finishes and writes everything it has read, and exits with code 0.
"""
EPILOG = """\
examples:
  onrecord stream --subscription projects/P/subscriptions/S --output out
  onrecord stream --watch 'incoming/*.jsonl' --output out --window 60
  onrecord stream --subscription projects/P/subscriptions/S --output out \\
    --record-topic 'projects/P/topics/news-{kind}'
  onrecord stream --subscription projects/P/subscriptions/S --output out \\
    --log-format json --status-port 9464 --start-timeout 300
  PUBSUB_EMULATOR_HOST=localhost:8085 \\
    onrecord stream --topic projects/P/topics/T --output out

exit codes: 0 stopped and everything written; 1 failed, or refused by a service; 2 wrong usage, also names that can't
  exist; 130 stopped by a second Ctrl-C
"""
EVENT_TIMES = ("published_at", "publish-time")


def add(commands: Commands) -> None:
    """Add the command."""
    read = " | ".join(f"--{source.name} {source.metavar}" for source in sources().values())
    usage = f"({read})\n{' ' * len('usage: onrecord stream ')}--output DIR"
    parser = add_command(commands, "stream", "extract records from messages as they arrive", DESCRIPTION, EPILOG, usage)
    option = parser.add_argument
    for source in sources().values():
        option(f"--{source.name}", metavar=source.metavar, help=source.help)
        for own in source.options:
            option(
                f"--{own.name}",
                default=str(own.default),
                metavar=own.metavar,
                help=f"{own.help} (default: %(default)s)",
            )
    add_format(parser)
    add_output(parser, "existing files are kept")
    option(
        "--window", default="300", metavar="SECONDS", help="length of a window, by event time (default: %(default)s)"
    )
    option(
        "--event-time",
        default="published_at",
        metavar="NAME",
        help="event time: published_at, publish-time, or the name of a message attribute (default: %(default)s)",
    )
    option(
        "--allowed-lateness",
        default=str(7 * DAY),
        metavar="SECONDS",
        help="older articles go to the window of their arrival (default: %(default)s, 7 days)",
    )
    option(
        "--early-every",
        metavar="SECONDS",
        help="write early results of an open window every SECONDS, 0 for never (default: never on this machine; on a cluster, where a"
        f" backlog holds windows open, the window's length and {MAX_WATERMARK_SECONDS} seconds)",
    )
    option(
        "--workers",
        metavar="N",
        help=f"processes that annotate, each started when it is needed (default: one per core, at most {MAX_DEFAULT_WORKERS})",
    )
    option(
        "--late-every",
        metavar="SECONDS",
        help="collect late articles for SECONDS, and write those of an hour together (default: as --window, and at least 30)",
    )
    option("--shards", default="1", metavar="N", help="output files per record kind and pane (default: %(default)s)")
    option(
        "--dedupe-for",
        default=str(DAY),
        metavar="SECONDS",
        help="how long to remember articles for duplicate detection (default: %(default)s, one day)",
    )
    option(
        "--record-topic",
        action="append",
        metavar="[KIND=]NAME",
        help="also publish records to the topic projects/P/topics/T: those of one kind, or of all, where {kind} in the name is that of the"
        " kind; may be given several times",
    )
    option(
        "--record-encoding",
        choices=("avro", "json"),
        default="avro",
        help="encoding of records in messages (default: %(default)s, binary, without the schema)",
    )
    option("--dead-letter-topic", metavar="NAME", help="also publish dead letters to the topic projects/P/topics/T")
    add_extraction(parser, "60")
    option(
        "--report-every", default="60", metavar="SECONDS", help="seconds between progress lines (default: %(default)s)"
    )
    option(
        "--log-format",
        choices=("text", "json"),
        default="text",
        help="format of the log on standard error (default: %(default)s)",
    )
    add_runner(parser)
    option(
        "--status-port",
        metavar="PORT",
        help="serve /healthz, /readyz and /metrics (Prometheus) to this machine on PORT; 0: any free one (default: don't)",
    )
    option(
        "--start-timeout",
        default="0",
        metavar="SECONDS",
        help="keep trying to start for SECONDS while Pub/Sub, the cluster or the output folder is unavailable (default: fail at once,"
        " but wait for Pub/Sub without a limit)",
    )
    option("--detach", action="store_true", help="start the job on its cluster and leave it running there")
    add_verbose(parser)
    parser.set_defaults(run=run, own_options=own_options(parser))


def _source(arguments: argparse.Namespace, checks: "Checks") -> tuple[Source, str]:
    """Return the selected source, and the value of its option."""
    given = [source for source in sources().values() if getattr(arguments, source.name)]
    if len(given) != 1:
        shown = " and ".join(f"--{source.name}" for source in given) or "no source"
        *others, last = (f"--{name}" for name in sources())
        checks.problems.append(f"{shown}: give one of {', '.join(others)} and {last}")
    from onrecord.commands.checks import remote_problem

    for source in given:
        value = getattr(arguments, source.name)
        checks.add(f"--{source.name} {value}", source.problem(value) or remote_problem(value))
    source = given[0] if given else next(iter(sources().values()))
    return source, getattr(arguments, source.name) or ""


def _workers(given: str | None, runner: Runner, checks: "Checks") -> int:
    from onrecord.commands.checks import MAX_WORKERS, cores

    if not runner.is_local:
        if given is not None:
            checks.add("--workers", f"this option is for DirectRunner only; {runner.name} has its own options for that")
        return 1
    return checks.whole_number("--workers", given or str(min(cores(), MAX_DEFAULT_WORKERS)), 1, MAX_WORKERS)


def check(arguments: argparse.Namespace, beam_flags: list[str]) -> StreamOptions:
    """Return the options of a stream.

    Args:
        arguments: the parsed command line.
        beam_flags: the rest of the command line: Beam's own options.

    Raises:
        UsageError: there is at least one mistake; it lists all of them.
    """
    from onrecord.commands.checks import MAX_TIME_LIMIT, Checks, reachable

    checks = Checks()

    def seconds(option: str, minimum: int, maximum: int = MAX_SECONDS) -> int:
        value = getattr(arguments, option.replace("-", "_"))
        return checks.whole_number(f"--{option}", value, minimum, maximum)

    source, value = _source(arguments, checks)
    output = checks.output(arguments.output)
    checks.topic("--dead-letter-topic", arguments.dead_letter_topic)
    runner = checks.runner(arguments.runner)
    extraction = replace(checks.extraction(arguments), annotators=_workers(arguments.workers, runner, checks))
    record_topics = checks.record_topics(arguments.record_topic or (), extraction.extract)
    if not arguments.event_time.strip():
        checks.add("--event-time", f"give {', '.join(EVENT_TIMES)}, or the name of a message attribute")
    checks.mode(arguments.mode)
    checks.add(f"--runner {runner.name}", runner.no_streaming or source.refusals.get(runner.name))
    checks.places(runner, "--output", (output,), beam_flags)
    window = seconds("window", 1)
    early_every = window + MAX_WATERMARK_SECONDS if runner.waits_for_backlog else None
    if arguments.early_every is not None:
        early_every = seconds("early-every", 0) or None
    options = StreamOptions(
        source=source,
        source_value=value,
        reading=InputSettings(format=checks.format(arguments.format)),
        source_options={
            own.name.replace("-", "_"): seconds(own.name, own.minimum, own.maximum) for own in source.options
        },
        extraction=extraction,
        output=OutputSettings(
            folder=reachable(output, runner),
            sink=checks.sink(arguments.sink, runner),
            shards=checks.shards(arguments.shards),
            job=job_name(),
            asks_for_stable_input=runner.asks_for_stable_input,
        ),
        streaming=StreamingSettings(
            window=window,
            allowed_lateness=seconds("allowed-lateness", 0),
            early_every=early_every,
            late_every=seconds("late-every", 1) if arguments.late_every else max(window, MIN_LATE_SECONDS),
            watermark_delay=MAX_WATERMARK_SECONDS if runner.waits_for_backlog else 0,
            dedupe_for=seconds("dedupe-for", 1),
            event_time=None if arguments.event_time == "published_at" else arguments.event_time,
        ),
        dead_letter_topic=arguments.dead_letter_topic,
        record_topics={
            kind: RecordTopic(name, "json" if arguments.record_encoding == "json" else "avro")
            for kind, name in record_topics.items()
        },
        report_every=seconds("report-every", 1, MAX_TIME_LIMIT),
        status_port=checks.whole_number("--status-port", arguments.status_port, 0, 65_535)
        if arguments.status_port
        else None,
        start_timeout=seconds("start-timeout", 0),
        log_format="json" if arguments.log_format == "json" else "text",
        verbose=arguments.verbose,
        runner=runner,
        detach=arguments.detach,
        beam_flags=checks.flags(runner, beam_flags),
    )
    checks.beam(beam_flags, arguments.own_options, "--watch")
    if options.detach and not checks.problems and not _leaves_job_running(options):
        checks.add(
            "--detach", "only a job on a cluster can run without this process, for example with --runner FlinkRunner"
        )
    checks.ports(runner, options.beam_flags, arguments.allow_open_ports)
    checks.finish()
    return options


def _leaves_job_running(options: StreamOptions) -> bool:
    from onrecord.jobs.stream import leaves_job_running

    return leaves_job_running(options)


def run(arguments: argparse.Namespace, beam_flags: list[str]) -> int:
    """Run the command and return its exit code."""
    prepare(arguments.verbose)
    options = check(arguments, beam_flags)
    # Beam takes seconds to import, so mistakes are reported first.
    with exiting_on_interrupt():
        from onrecord.jobs import stream

    set_mode(arguments.mode)
    return stream.run(options)
