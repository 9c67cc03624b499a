"""The commands of streaming, as the command line takes them."""

import argparse

from onrecord.commands.arguments import add_extraction, add_runner, model_problem, prepare, wrong_usage

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
    add(
        "--watch",
        metavar="GLOB",
        help="files (.jsonl, .avro, .warc) to read as they appear, each once, when it has this name",
    )
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
    add_extraction(parser, "60")
    add("--report-every", default="60", metavar="SECONDS", help="between two lines of progress (default: %(default)s)")
    add("--log-format", choices=("text", "json"), default="text", help="of what is said on standard error")
    add_runner(parser)
    add("--detach", action="store_true", help="start the job on its cluster, and leave it running there")
    add("--verbose", action="store_true", help="show what Beam logs")
    parser.set_defaults(run=_stream)


PUBLISH_EXAMPLES = """\
examples:
  onrecord publish samples/*.jsonl --topic projects/my-project/topics/articles
  onrecord publish articles.jsonl.gz --topic projects/my-project/topics/articles --rate 20
"""
REPLAY_EXAMPLES = """\
examples:
  onrecord replay out --output out-mended
  onrecord replay out --topic projects/my-project/topics/articles
  onrecord replay --subscription projects/my-project/subscriptions/dead --output out-mended
  onrecord replay --subscription projects/my-project/subscriptions/dead --topic projects/my-project/topics/articles
"""


def add_publish(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``onrecord publish``."""
    parser = commands.add_parser(
        "publish",
        help="send files of messages to a Pub/Sub topic",
        description="Publishes each line of JSON-lines files (.jsonl, also .gz and .zst), and each row of Avro and page of WARC files\n"
        "as a JSON object, for trying and load tests.",
        epilog=PUBLISH_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="files or patterns")
    parser.add_argument("--topic", metavar="NAME", help="projects/P/topics/T")
    parser.add_argument("--rate", metavar="N", help="messages a second (default: as fast as they are taken)")
    parser.set_defaults(run=_publish)


def add_replay(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``onrecord replay``."""
    parser = commands.add_parser(
        "replay",
        help="send dead letters through the pipeline again",
        description="Replays the dead letters of an output folder, or of a subscription to a dead-letter topic, as a\n"
        "backfill or to a topic. What was replayed before is left alone.",
        epilog=REPLAY_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("folder", nargs="?", metavar="DIR", help="an output folder of backfill or stream")
    add("--subscription", metavar="NAME", help="projects/P/subscriptions/S of a dead-letter topic")
    add("--output", metavar="DIR", help="run them as a backfill with this output folder")
    add("--topic", metavar="NAME", help="publish them to projects/P/topics/T")
    add("--overwrite", action="store_true", help="replace the records that lie in the output folder")
    add_extraction(parser, "300")
    add_runner(parser)
    add("--verbose", action="store_true", help="show what Beam logs")
    parser.set_defaults(run=_replay)


def _stream(arguments: argparse.Namespace, others: list[str]) -> int:
    prepare(arguments.verbose)
    # Beam takes seconds to import: after the command line is known to be for it.
    from onrecord.commands import stream_options
    from onrecord.commands.options import UsageError
    from onrecord.jobs import stream

    try:
        checked = stream_options.check(arguments, others, model_problem)
    except UsageError as error:
        return wrong_usage(error.problems, "stream")
    return stream.run(checked)


def _publish(arguments: argparse.Namespace, others: list[str]) -> int:
    prepare(False)
    from onrecord.commands.stream_options import TOPIC, check_files, check_name
    from onrecord.jobs import publish

    problems = [f"{other!r}: is no option" for other in others]
    if not arguments.topic:
        problems.append("--topic: give the topic to publish to")
    check_name("--topic", arguments.topic, TOPIC, problems)
    rate = _rate(arguments.rate, problems)
    files = check_files(arguments.files, problems)
    return wrong_usage(problems, "publish") if problems else publish.run(files, arguments.topic, rate)


def _rate(value: str | None, problems: list[str]) -> float | None:
    if value is None:
        return None
    try:
        rate = float(value)
    except ValueError:
        rate = 0.0
    if not 0.001 <= rate <= 1_000_000:
        problems.append(f"--rate {value!r}: give messages a second, such as 20 or 0.5")
    return rate


def _replay(arguments: argparse.Namespace, others: list[str]) -> int:
    prepare(arguments.verbose)
    from onrecord.commands import options
    from onrecord.commands.stream_options import SUBSCRIPTION, TOPIC, check_name
    from onrecord.dead_letters.read import letter_files
    from onrecord.jobs import replay

    problems: list[str] = []
    if bool(arguments.folder) == bool(arguments.subscription):
        problems.append("give either the output folder with the dead letters or --subscription")
    if bool(arguments.output) == bool(arguments.topic):
        problems.append("give either --output or --topic")
    check_name("--subscription", arguments.subscription, SUBSCRIPTION, problems)
    check_name("--topic", arguments.topic, TOPIC, problems)
    files = letter_files(arguments.folder) if arguments.folder else []
    if arguments.folder and not files:
        problems.append(f"{arguments.folder}: there are no dead letters in it")
    if arguments.topic:
        problems.extend(f"{other!r}: is no option" for other in others)
    if problems:
        return wrong_usage(problems, "replay")
    if arguments.topic and arguments.subscription:
        return replay.subscription_to_topic(arguments.subscription, arguments.topic)
    if arguments.topic:
        return replay.to_topic(arguments.folder, replay.find(arguments.folder), arguments.topic)
    arguments.workers = arguments.shards = arguments.max_dead_letters = None

    def checked(files: list[str]) -> options.BackfillOptions:
        arguments.input = files
        return options.check(arguments, others, model_problem, has_other_source=not files)

    try:
        of_files = checked(files)
    except options.UsageError as error:
        return wrong_usage(error.problems, "replay")
    if arguments.subscription:
        return replay.subscription_as_backfill(arguments.subscription, checked)
    return replay.as_backfill(arguments.folder, replay.find(arguments.folder), of_files)
