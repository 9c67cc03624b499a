# SPDX-License-Identifier: Apache-2.0
"""A backfill from the command line to the records in the Avro files."""

import gzip
import json
import os
import pty
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import fastavro
import psutil
import pytest
import zstandard

from onrecord.data.kinds import extracted, kinds
from onrecord.sinks import lock
from tests import poison
from tests.integration.backfills import (
    ROOT,
    SAMPLES,
    backfill,
    backfill_process,
    command,
    files,
    fingerprint,
    records,
    start,
    summary,
    write_messages,
)

ARTICLE = {
    "id": "harbour",
    "text": "The mayor, Ilse Brandt, said on Monday that the harbour would close. “We have no choice,” she told reporters.\n"
    "The decision was condemned by the dockers' union. Union leader Tom Okafor called it a betrayal.",
    "language": "en",
}
STORM = ARTICLE | {"id": "storm", "text": "“The storm is over,” Ada Marlowe said.", "authors": ["Jo Fenn"]}
RECEIVED = 1_700_000_000


@pytest.fixture(scope="module")
def samples_output(tmp_path_factory):
    output = tmp_path_factory.mktemp("samples") / "out"
    result = backfill_process("--input", *sorted(SAMPLES.glob("*.jsonl")), "--output", output)
    return output, result


def test_the_samples_give_records_of_every_kind(samples_output):
    output, _ = samples_output
    for kind in kinds():
        assert records(output, kind), kind


def test_every_message_is_an_article_a_repetition_or_a_dead_letter(samples_output):
    output, _ = samples_output
    messages = sum(len(path.read_text("utf-8").splitlines()) for path in SAMPLES.glob("*.jsonl"))
    found = summary(output)
    assert found["messages"] == messages
    assert (
        found["messages"]
        == len(records(output, "articles")) + len(records(output, "dead_letters")) + found["duplicates"]
    )


def test_the_printed_table_says_what_the_files_hold(samples_output):
    output, result = samples_output
    for kind in ("articles", *extracted()):
        line = next(line for line in result.stdout.splitlines() if line.startswith(kind))
        assert int(line.split()[-1].replace(",", "")) == len(records(output, kind))
    assert str(output) in result.stdout


def test_every_id_is_there_once_and_starts_with_its_article(samples_output):
    output, _ = samples_output
    for kind, name in (("entities", "entity_id"), ("quotes", "quote_id"), ("stances", "stance_id")):
        found = records(output, kind)
        assert len({record[name] for record in found}) == len(found)
        assert all(record[name].startswith(record["article_id"]) for record in found)


def spans_of(value: object) -> Iterator[dict[str, object]]:
    """Yield the spans anywhere in a record."""
    if isinstance(value, dict):
        if value.keys() == {"start", "end", "text"}:
            yield value
        for inner in value.values():
            yield from spans_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from spans_of(inner)


def check_spans(output: Path) -> int:
    """Check every span against the text of its article, in the version that its record names; return the number of spans."""
    texts = {(found["article_id"], found["text_sha256"]): found["text"] for found in records(output, "articles")}
    checked = 0
    for record in (record for kind in extracted() for record in records(output, kind)):
        for span in spans_of(record):
            assert texts[record["article_id"], record["text_sha256"]][span["start"] : span["end"]] == span["text"]
            checked += 1
    return checked


def test_every_span_slices_back(samples_output):
    output, _ = samples_output
    assert check_spans(output) > 100


def test_two_versions_of_an_article_are_distinguished(tmp_path):
    versions = [ARTICLE, ARTICLE | {"text": f"OSLO — {ARTICLE['text']}"}]
    source = write_messages(tmp_path / "a.jsonl", versions)
    backfill("--input", source, "--output", tmp_path / "out")
    assert [article["article_id"] for article in records(tmp_path / "out", "articles")] == ["harbour", "harbour"]
    assert check_spans(tmp_path / "out") > 10
    for kind in extracted():
        assert len({record["text_sha256"] for record in records(tmp_path / "out", kind)}) == 2


def test_ids_point_at_records_that_are_there(samples_output):
    output, _ = samples_output
    entities = {entity["entity_id"] for entity in records(output, "entities")}
    quotes = {quote["quote_id"] for quote in records(output, "quotes")}
    speakers = [quote["speaker"]["entity_id"] for quote in records(output, "quotes") if quote["speaker"]]
    parties = [stance[role]["entity_id"] for stance in records(output, "stances") for role in ("holder", "target")]
    voiced = [stance["quote_id"] for stance in records(output, "stances") if stance["quote_id"]]
    assert any(speakers)
    assert {pointer for pointer in (*speakers, *parties) if pointer} <= entities
    assert set(voiced) <= quotes


def test_nothing_is_left_under_a_temporary_name(samples_output):
    output, _ = samples_output
    assert not [path for path in output.rglob("*") if "in-progress" in str(path)]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Two articles as JSON lines, and what a run made of them."""
    folder = tmp_path_factory.mktemp("plain")
    source = write_messages(folder / "a.jsonl", [ARTICLE, STORM])
    os.utime(source, (RECEIVED, RECEIVED))
    backfill("--input", source, "--output", folder / "out")
    return source, folder / "out"


@pytest.fixture
def written(plain, tmp_path) -> Path:
    """A copy of that output, which a test may change."""
    return Path(shutil.copytree(plain[1], tmp_path / "out"))


def test_compressed_files_give_the_same_records(plain, tmp_path):
    _, output = plain
    packed = (tmp_path / "a.jsonl.gz", tmp_path / "b.jsonl.zst")
    for path, compress, article in zip(
        packed, (gzip.compress, zstandard.ZstdCompressor().compress), (ARTICLE, STORM), strict=True
    ):
        path.write_bytes(compress(json.dumps(article).encode() + b"\n"))
        os.utime(path, (RECEIVED, RECEIVED))
    backfill("--input", *packed, "--output", tmp_path / "out")
    assert fingerprint(tmp_path / "out") == fingerprint(output)
    assert {quote["article_id"] for quote in records(output, "quotes")} == {"harbour", "storm"}


def test_avro_files_give_the_same_records(plain, tmp_path):
    _, output = plain
    fields = [{"name": name, "type": ["null", "string"], "default": None} for name in ARTICLE]
    authors = {"name": "authors", "type": {"type": "array", "items": "string"}, "default": []}
    with (tmp_path / "a.avro").open("wb") as file:
        fastavro.writer(file, {"type": "record", "name": "Article", "fields": [*fields, authors]}, [ARTICLE, STORM])
    os.utime(tmp_path / "a.avro", (RECEIVED, RECEIVED))
    backfill("--input", tmp_path / "a.avro", "--output", tmp_path / "rows")
    assert fingerprint(tmp_path / "rows") == fingerprint(output)


def test_a_folder_that_is_not_empty_is_refused_and_replaced_on_request(plain, written):
    source, output = plain
    refused = backfill("--input", source, "--output", written, exit_code=2)
    assert "--overwrite" in refused.stderr
    (written / "notes.txt").write_text("mine")
    stale = written / "quotes" / "quotes-00007-of-00009.avro"
    stale.write_bytes(b"left by a run with more shards")
    backfill("--input", source, "--output", written, "--overwrite")
    assert fingerprint(written) == fingerprint(output)
    assert (written / "notes.txt").read_text() == "mine"


@pytest.fixture(scope="module")
def quotes_only(tmp_path_factory):
    """One run with an unusual file name, an option of Beam and one kind of records."""
    folder = tmp_path_factory.mktemp("quotes")
    source = write_messages(folder / "news [2026].jsonl", [ARTICLE])
    options = ("--extract", "quotes", "--job_name=harbour", "--no_auto_unique_labels")
    backfill("--input", source, "--output", folder / "out", *options)
    return folder / "out"


def test_only_the_kinds_that_are_asked_for_are_written(quotes_only):
    assert records(quotes_only, "quotes")
    assert {path.name for path in quotes_only.iterdir()} == {
        "articles",
        "dead_letters",
        "manifest.jsonl",
        "quotes",
        "summary.json",
    }


def test_a_file_whose_name_has_brackets_is_read_and_options_of_beam_are_passed_on(quotes_only):
    assert [article["article_id"] for article in records(quotes_only, "articles")] == ["harbour"]


def test_all_mistakes_are_listed_before_anything_starts(tmp_path):
    result = backfill(
        "--input", tmp_path / "none.jsonl", "--output", tmp_path / "out", "--workers", "none", "--extract", "quotes,jokes",
        "--model", "no_such_model", "--max-dead-letters", "lots", "--sharts", "3", exit_code=2,
    )  # fmt: skip
    for mistake in ("none.jsonl", "--workers", "'jokes'", "no_such_model", "'lots'", "--shards"):
        assert mistake in result.stderr
    assert "spacy download" in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("limit", "exit_code"), [("2", 0), ("50%", 1)])
def test_too_many_dead_letters_fail_the_run_after_it_wrote_all_it_could(tmp_path, limit, exit_code):
    source = tmp_path / "a.jsonl"
    source.write_text(json.dumps(ARTICLE) + "\nno json\n{}\n", "utf-8")
    result = backfill("--input", source, "--output", tmp_path / "out", "--max-dead-letters", limit, exit_code=exit_code)
    assert len(records(tmp_path / "out", "articles")) == 1
    assert len(records(tmp_path / "out", "dead_letters")) == 2
    assert ("--max-dead-letters" in result.stderr) == bool(exit_code)


def test_a_terminal_shows_progress_and_a_file_does_not(samples_output, tmp_path):
    source = write_messages(
        tmp_path / "a.jsonl", [ARTICLE | {"id": str(n), "text": f"{n}. {ARTICLE['text']}"} for n in range(50)]
    )
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("--input", source, "--output", tmp_path / "out"),
        stderr=theirs,
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 4096)
        except OSError:  # the terminal is closed when the process is gone
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    assert process.wait(60) == 0
    assert b"dead letters" in shown
    assert b"\x1b[" in shown
    _, quiet = samples_output
    assert "\x1b[" not in quiet.stderr + quiet.stdout


def has_loaded(pid: int, package: str) -> bool:
    """Whether a process has loaded a compiled module of a package."""
    return any(f"/{package}/" in loaded.path for loaded in psutil.Process(pid).memory_maps())


SPAWNED = (
    "multiprocessing.spawn"  # in the command line of a worker, and not in that of the process that cleans up after them
)


def workers_among(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if any(SPAWNED in word for word in process.cmdline())]


def running(tmp_path: Path, workers: int) -> "tuple[subprocess.Popen[str], list[psutil.Process]]":
    """Start a backfill that would take minutes, and wait until its worker processes run."""
    messages = [ARTICLE | {"id": str(n), "text": f"{n}. {ARTICLE['text'] * 30}"} for n in range(400)]
    source = write_messages(tmp_path / "a.jsonl", messages)
    process = start("--input", source, "--output", tmp_path / "out", "--workers", workers)
    deadline = time.monotonic() + 60
    children: list[psutil.Process] = []
    while not (tmp_path / "out" / "articles").exists() or (workers > 1 and len(workers_among(children)) < workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)
        children = psutil.Process(process.pid).children(recursive=True)
    return process, children


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGINT, 1), (signal.SIGINT, 2), (signal.SIGTERM, 2)])
def test_an_interrupt_stops_cleanly(tmp_path, number, workers):
    process, children = running(tmp_path, workers)
    assert not has_loaded(process.pid, "spacy")  # which takes seconds, and only the child that annotates needs it
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert ("Nothing was written to" if workers == 1 else "run the same command with --resume to continue") in err
    assert "Traceback" not in err
    assert lock.problem(str(tmp_path / "out")) is None
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive
    assert not (tmp_path / "out" / "summary.json").exists()
    assert not files(tmp_path / "out", "articles")


def test_a_worker_that_dies_fails_the_run(tmp_path):
    process, children = running(tmp_path, workers=2)
    workers_among(children)[0].kill()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "a worker process died" in err
    assert "run the same command with --resume to continue" in err
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


@pytest.mark.long
def test_a_poisonous_message_costs_its_own_time_limit(tmp_path):
    messages = [ARTICLE, {"id": "text", "text": poison.TEXT, "language": "en"}, {"id": "page", "html": poison.PAGE}]
    lines = write_messages(tmp_path / "a.jsonl", [*messages, ARTICLE | {"id": "storm", "text": "The storm is over."}])
    backfill("--input", lines, "--output", tmp_path / "out", "--workers", 2, "--time-limit", 3)
    assert {article["article_id"] for article in records(tmp_path / "out", "articles")} == {"harbour", "storm"}
    letters = records(tmp_path / "out", "dead_letters")
    assert {(letter["stage"], letter["error_type"], json.loads(letter["payload"])["id"]) for letter in letters} == {
        ("Annotate", "TimeLimitExceeded", "text"),
        ("Decode", "TimeLimitExceeded", "page"),
    }


def test_workers_do_not_outlive_a_killed_backfill(tmp_path):
    process, children = running(tmp_path, workers=2)
    process.kill()
    process.communicate(timeout=60)
    _, alive = psutil.wait_procs(children, timeout=60)
    assert not alive


def test_ctrl_c_before_the_start_stops_cleanly_too(tmp_path):
    source = write_messages(tmp_path / "a.jsonl", [ARTICLE])
    process = start("--input", source, "--output", tmp_path / "out")
    deadline = time.monotonic() + 60
    while not has_loaded(process.pid, "numpy") and time.monotonic() < deadline:  # which Beam imports
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err


@pytest.mark.parametrize("wrong", [("--direct_num_workers=many",), ("--runner=Bogus",)])
def test_a_refused_command_leaves_the_old_records(plain, written, wrong):
    source, output = plain
    result = backfill("--input", source, "--output", written, "--overwrite", *wrong, exit_code=2)
    assert "many" in result.stderr or "Bogus" in result.stderr
    assert fingerprint(written) == fingerprint(output)


@pytest.mark.long
def test_workers_import_the_installed_package_not_one_in_the_current_folder(tmp_path):
    source = write_messages(tmp_path / "a.jsonl", [ARTICLE])
    (tmp_path / "pipeline.py").write_text("raise SystemExit('not this one')")
    command_line = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from onrecord.commands import main; sys.exit(main())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", command_line, "backfill", "--input", str(source), "--output", "out", "--workers", "2"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert records(tmp_path / "out", "quotes")


def test_a_full_disk_fails_the_run_and_leaves_no_partial_file(tmp_path):
    source = write_messages(tmp_path / "a.jsonl", [ARTICLE])

    def no_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))

    result = backfill_process("--input", source, "--output", tmp_path / "out", exit_code=1, preexec_fn=no_room)
    assert "failed" in result.stderr
    assert "File too large" in result.stderr or "is the disk full?" in result.stderr
    for kind in kinds():
        for path in files(tmp_path / "out", kind):
            assert records(tmp_path / "out", kind), path
    assert not (tmp_path / "out" / "summary.json").exists()


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.long)])
def test_the_users_own_names_are_found_on_every_worker(tmp_path, workers):
    names = tmp_path / "names.csv"
    names.write_text("name,type,wikidata_id,aliases\nTidewater Nine,ORG,Q4242,T9|Nine of Tidewater\n", "utf-8")
    text = "The members of T9 met on Monday. The Nine of Tidewater rejected the offer, Ilse Brandt said."
    articles = [{"id": f"a-{number}", "text": f"{text} ({number})", "language": "en"} for number in range(8)]
    path = write_messages(tmp_path / "articles.jsonl", articles)
    backfill("--input", path, "--output", tmp_path / "out", "--gazetteer", names, "--workers", workers)
    found = [record for record in records(tmp_path / "out", "entities") if record["wikidata_id"] == "Q4242"]
    assert len(found) == len(articles)
    for record in found:
        assert (record["type"], record["name_key"]) == ("ORG", "tidewater nine")
        assert {mention["span"]["text"] for mention in record["mentions"]} == {"T9", "Nine of Tidewater"}


def test_mistakes_in_the_users_names_stop_the_run_before_it_starts(tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("name,type,wikidata_id\nTidewater Nine,CLUB,42\n", "utf-8")
    path = write_messages(tmp_path / "articles.jsonl", [ARTICLE])
    result = backfill("--input", path, "--output", tmp_path / "out", "--gazetteer", names, exit_code=2)
    assert "line 2: type 'CLUB'" in result.stderr
    assert "line 2: wikidata_id '42'" in result.stderr
    assert not (tmp_path / "out").exists()
