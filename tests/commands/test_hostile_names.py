# SPDX-License-Identifier: Apache-2.0
"""No name in any command's output controls the terminal or forges a line, whether it is an argument, a file or a value in a file."""

import functools
import gzip
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import fastavro
import grpc
import pytest

from onrecord import commands
from onrecord.commands import main
from onrecord.data.records import Party, Provenance, Span, StanceRecord, to_avro
from onrecord.data.schemas import schema
from onrecord.positions import output
from onrecord.positions.records import STANCES, Rows, entity_names
from onrecord.positions.rollup import Wanted, add_up
from onrecord.terminal.console import Console
from onrecord.terminal.parser import Parser
from tests.hostile_names import FORGED, FRAGMENTS, NUMBER, assert_harmless, hostile_name, hostile_names

NAMES = hostile_names()
TOPIC = "projects/test-project/topics/articles"
Run = Callable[..., str]


one_parser = functools.cache(commands.parser)


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restore the number of threads that a command sets, and make the parser once, which takes longer than most runs."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(commands, "parser", one_parser)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Run a command line, check its exit code and that its output is harmless, and return the output."""

    def run_command(*argv: object, codes: tuple[int, ...] = (2,), has_tabs: bool = False) -> str:
        try:
            code = main([*map(str, argv)])
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capfd.readouterr()
        assert code in codes, (argv, out, err)
        assert_harmless(out, has_tabs=has_tabs)
        assert_harmless(err)
        return out + err

    return run_command


def test_there_are_enough_names_and_each_fragment_is_in_one() -> None:
    assert len(set(NAMES)) == NUMBER
    assert [ascii(one) for one in FRAGMENTS if not any(one in name for name in NAMES)] == []
    with pytest.raises(AssertionError):
        assert_harmless(NAMES[0])


Take = Callable[[], str]


def options(*names: str, take: Take) -> Iterator[str]:
    """Yield options, each with a name of its own as its value."""
    for name in names:
        yield f"--{name}"
        yield take()


EXTRACTION = (
    "model",
    "gazetteer",
    "extract",
    "batch-size",
    "max-text-length",
    "time-limit",
    "runner",
    "sink",
    "output",
)
# Command lines from names. A command reports every mistake, so that one command line shows many names.
COMMAND_LINES: dict[str, Callable[[Take], list[str]]] = {
    "backfill": lambda take: [
        *("backfill", "--input", take(), f"{take()}["),
        *options("workers", "shards", "max-dead-letters", *EXTRACTION, take=take),
        *(f"--no_{take()}", f"--{take()}={take()}"),
    ],
    "backfill on Flink": lambda take: [
        *("backfill", "--runner", "FlinkRunner", "--input", *(take() for _ in range(20)), "--output", take()),
        f"--flink_master={take()}",
    ],
    "stream": lambda take: [
        "stream",
        *options("watch", "subscription", "topic", "event-time", "window", "allowed-lateness", take=take),
        *options("early-every", "late-every", "dedupe-for", "shards", take=take),
        *options("dead-letter-topic", "report-every", *EXTRACTION, take=take),
        f"--{take()}",
    ],
    "stream of a subscription": lambda take: ["stream", *options("subscription", *EXTRACTION, take=take)],
    "publish": lambda take: [
        *("publish", *(take() for _ in range(5)), *options("topic", "rate", take=take)),
        *(f"--{take()}" for _ in range(5)),
    ],
    "replay": lambda take: ["replay", take(), *options("subscription", "topic", take=take), f"--{take()}"],
    "replay as backfill": lambda take: ["replay", take(), *options(*EXTRACTION, take=take)],
    "replay of repaired messages": lambda take: [
        *("replay", take(), "--output", "new"),
        *options("repaired", "subscription", take=take),
    ],
    "dead-letters": lambda take: ["dead-letters", take(), *options("show", "reason", take=take), f"--{take()}"],
    "dead letters of no folder": lambda take: ["dead-letters", take()],
    "positions": lambda take: [
        *("positions", take(), f"--{take()}", take()),
        *options("min-confidence", "min-stances", "rows", "output", "output", "output", take=take),
    ],
    "schema of a kind": lambda take: ["schema", take(), *(f"--{take()}" for _ in range(4))],
    "schema of two kinds": lambda take: ["schema", "quotes", take(), *(f"--{take()}" for _ in range(4))],
    "schema check": lambda take: ["schema", "check", "pyproject.toml", take()],
    "samples": lambda take: ["samples", "pyproject.toml", *(take() for _ in range(10)), f"--{take()}"],
}
# What the parser itself refuses: one mistake at a time.
UNPARSED: tuple[Callable[[Take], list[str]], ...] = (
    lambda take: [take()],
    lambda take: [f"--{take()}", "backfill"],
    lambda take: ["backfill", f"--overwrite={take()}"],
    lambda take: ["stream", "--log-format", take()],
)


@pytest.mark.parametrize("command", COMMAND_LINES)
def test_arguments(command: str, run: Run) -> None:
    waiting = [*NAMES]
    while waiting:
        names = cycle(waiting)
        printed = run(*COMMAND_LINES[command](lambda names=names: next(names)))
        shown = {name for name in waiting if name.partition("_")[0] in printed}
        assert shown
        # Not every argument is quoted, so the others get another place.
        others = [name for name in waiting if name not in shown]
        waiting = [*others[1:], *others[:1]]


def test_arguments_that_can_not_be_parsed(run: Run) -> None:
    for number, name in enumerate(NAMES):
        run(*UNPARSED[number % len(UNPARSED)](lambda name=name: name))


def test_all_parsers_escape_what_they_quote() -> None:
    [action] = [action for action in commands.parser()._actions if action.dest == "command"]
    assert isinstance(action.choices, dict)
    assert {type(one) for one in (commands.parser(), *action.choices.values())} == {Parser}


def test_folders_in_place_of_files(run: Run, tmp_path: Path) -> None:
    folders = [tmp_path / f"{name}.jsonl" for name in NAMES]
    for folder in folders:
        folder.mkdir()
    for command in (("backfill", "--input"), ("publish", "--topic", TOPIC)):
        printed = run(*command, *folders)
        assert "the folder is empty" in printed
        assert [number for number in range(NUMBER) if f"/n{number}_" not in printed] == []


def test_values_of_options_that_are_wrong_files(run: Run, tmp_path: Path) -> None:
    """A model of another language or without components, a gazetteer with mistakes, a file in place of a folder."""
    for number, name in enumerate(NAMES):
        cell = name.encode("utf-8", "backslashreplace").decode().replace('"', "")
        model, gazetteer, output_folder = (tmp_path / f"{name}{suffix}" for suffix in ("", ".tsv", ".out"))
        model.mkdir()
        meta = json.dumps({"lang": name if number % 2 else "en", "pipeline": [name]})
        (model / "meta.json").write_text(meta if number % 5 else "{")
        header = f'"{cell}"\tname\ttype' if number % 3 else "name\ttype\twikidata_id\tcountry_code"
        gazetteer.write_text(f'{header}\n"{cell}"\t"{cell}"\t"{cell}"\t"{cell}"\n', "utf-8")
        output_folder.write_text("")
        source = ("backfill", "--input", "pyproject.toml") if number % 2 else ("stream", "--watch", "*")
        printed = run(*source, "--model", model, "--gazetteer", gazetteer, "--output", output_folder)
        assert all(part in printed for part in ("language model", "line", "give a folder"))


def record(name: str, *fields: object) -> str:
    return json.dumps({"type": "record", "name": name, "fields": fields})


def test_schemas_that_differ(run: Run, tmp_path: Path) -> None:
    for name in NAMES:
        old, new = tmp_path / f"{name}.old", tmp_path / f"{name}.new"
        old.write_text(record("R", {"name": name, "type": "string"}, {"name": f"unread {name}", "type": "int"}))
        new.write_text(record("R", {"name": name, "type": "int", "doc": name}, {"name": f"new {name}", "type": "int"}))
        printed = run("schema", "check", old, new, codes=(1,))
        assert all(part in printed for part in ("can't read", "note: unread", "new field without a default"))


NO_SCHEMAS: tuple[Callable[[str], str], ...] = (
    lambda name: record(name),
    lambda name: record("R", {"name": "a", "type": name}),
    lambda name: json.dumps({"type": "enum", "name": "E", "symbols": [name]}),
    lambda name: json.dumps({"type": name}),
    lambda name: name,
)


def test_files_that_are_no_schemas(run: Run, tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        file = tmp_path / f"{name}.avsc"
        file.write_text(NO_SCHEMAS[number % len(NO_SCHEMAS)](name), "utf-8", "surrogateescape")
        assert "check: " in run("schema", "check", "schemas/quote.avsc", file)


def test_samples(run: Run, tmp_path: Path) -> None:
    for name in NAMES:
        assert "articles.jsonl" in run("samples", tmp_path / name, codes=(0,))
        assert "the file exists" in run("samples", tmp_path / name)
    (tmp_path / "file").write_text("")
    for name in NAMES:
        assert "failed" in run("samples", tmp_path / "file" / name, codes=(1,))


def test_files_of_records(run: Run, tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        folder = tmp_path / str(number) / "stances"
        folder.mkdir(parents=True)
        (folder / f"{name}.avro").write_bytes(b"Obj\x01 not Avro")
        assert "failed" in run("positions", folder.parent, codes=(1,))
        assert "no such folder" in run("positions", tmp_path / name)


def stance(name: str, number: int) -> StanceRecord:
    return StanceRecord(
        article_id=name,
        published_at=None,
        provenance=Provenance("0", "en", "1"),
        stance_id=f"{number}",
        holder=Party(None, None, f"H{name}"),
        target=Party(Span(0, len(name), name), None, name),
        polarity="OPPOSE",
        score=-0.25,
        relation=None,
        expression=(Span(0, len(name), name),),
        evidence=Span(0, len(name), name),
        quote_id=None,
        asserted_by=(),
        confidence=0.6,
    )


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """Write one stance for each name, as a run does."""
    folder = tmp_path / "out" / "stances"
    folder.mkdir(parents=True)
    names = [name.encode("utf-8", "replace").decode() for name in NAMES]
    with (folder / "stances.avro").open("wb") as file:
        fastavro.writer(
            file, schema("stances"), [to_avro(stance(name, n)) for n, name in enumerate(names)], strict=True
        )
    return folder.parent


def test_positions_as_lines_and_as_csv(run: Run, run_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / f"{hostile_name(7)}.csv"
    printed = run("positions", run_folder, "--rows", "0", "--output", file, codes=(0,), has_tabs=True)
    lines = printed.splitlines()
    assert len(lines) == NUMBER + 2
    assert {line.split("\t")[4] for line in lines[1:-1]} == {"-0.25"}
    assert_harmless(file.read_text("utf-8"))


@pytest.mark.parametrize("width", [20, 80, 200])
def test_positions_in_a_terminal(width: int, run_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    positions = add_up(Rows(run_folder, STANCES), Wanted(), entity_names(run_folder, with_aliases=False)).positions
    console = Console(force_terminal=True, color_system=None, width=width, highlight=False)
    output.print_table(positions, console, by_day=False)
    assert_harmless(capsys.readouterr().out, has_cells=True)


@contextmanager
def refusing_server(name: str) -> Iterator[str]:
    """Serve Pub/Sub's publisher on loopback, which refuses every message with a name as its reason; yield the address."""

    def refuse(request: bytes, context: grpc.ServicerContext) -> None:
        context.abort(grpc.StatusCode.NOT_FOUND, name)

    server = grpc.server(ThreadPoolExecutor(1))
    method = grpc.unary_unary_rpc_method_handler(refuse)
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("google.pubsub.v1.Publisher", {"Publish": method})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


def test_files_that_can_not_be_published(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress(b"cut short")[:-4])
    assert "is not UTF-8" in run("publish", f"{tmp_path}/*.gz", "--topic", TOPIC)
    for path in tmp_path.iterdir():
        if not path.name.isascii():
            path.rename(tmp_path / path.name.encode("utf-8", "replace").decode())
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")  # nothing is sent
    assert run("publish", f"{tmp_path}/*.gz", "--topic", TOPIC, codes=(1,)).count("not published") == len(NAMES)


def test_a_server_that_refuses_messages(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "good.jsonl").write_text('{"text": "The mayor said no."}\n', "utf-8")
    with refusing_server("".join(NAMES).encode("utf-8", "replace").decode()[:2_000]) as address:
        monkeypatch.setenv("PUBSUB_EMULATOR_HOST", address)
        assert "n0_" in run("publish", tmp_path / "good.jsonl", "--topic", TOPIC, codes=(1,))


@pytest.mark.parametrize(
    "command", ["backfill --input", "stream --log-format text --watch", "stream --log-format json --watch"]
)
def test_a_job_that_fails(command: str, run: Run, tmp_path: Path) -> None:
    """Its output folder would be below a file."""
    (tmp_path / "file").write_text("")
    (tmp_path / "articles.jsonl").write_text("x\n")
    folder = tmp_path / "file" / hostile_name(3)
    printed = run(*command.split(), tmp_path / "articles.jsonl", "--output", folder, codes=(1, 2))
    assert FORGED in printed or "json" in command
