# SPDX-License-Identifier: Apache-2.0
"""The same messages give the same records, byte for byte, however they were processed, and in each format."""

import os
import sys
from pathlib import Path

import pytest

import onrecord
from tests.integration.backfills import EXTRACTED, SAMPLES, backfill, backfill_process, files, fingerprint

ARTICLES = SAMPLES / "articles.jsonl"


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    output = tmp_path_factory.mktemp("once") / "out"
    backfill("--input", ARTICLES, "--output", output, "--workers", 1, "--shards", 2)
    return output


def contents(output: Path) -> dict[str, bytes]:
    """Return the bytes of every Avro file by its name; in dead letters only the time of failure may differ."""
    return {str(path.relative_to(output)): path.read_bytes() for kind in EXTRACTED for path in files(output, kind)}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(("--batch-size", 1), marks=pytest.mark.long),
        pytest.param(("--workers", 2, "--batch-size", 3), marks=pytest.mark.long),
        (),
    ],
    ids=["batches of 1", "2 workers, batches of 3", "again"],
)
def test_files_are_equal(once, tmp_path, options):
    output = tmp_path / "out"
    backfill("--input", ARTICLES, "--output", output, "--shards", 2, *options)
    assert contents(output) == contents(once)
    assert fingerprint(output) == fingerprint(once)


def test_parquet_has_the_same_records_in_the_same_order(once, tmp_path):
    output = tmp_path / "out"
    backfill("--input", ARTICLES, "--output", output, "--workers", 1, "--shards", 2, "--sink", "parquet")
    assert not list(output.rglob("*.avro"))
    for kind in EXTRACTED:
        assert [path.stem for path in files(output, kind)] == [path.stem for path in files(once, kind)]
        assert list(onrecord.records(output, kind)) == list(onrecord.records(once, kind))
    assert fingerprint(output) == fingerprint(once)


@pytest.mark.prism
def test_parquet_has_the_same_records_on_prism(once, tmp_path):
    output = tmp_path / "out"
    given = ("--shards", 2, "--sink", "parquet", "--runner", "PrismRunner", "--allow-open-ports")
    backfill_process("--input", ARTICLES, "--output", output, *given)  # Beam starts one Prism in a process
    assert fingerprint(output) == fingerprint(once)


@pytest.mark.prism
@pytest.mark.parametrize(
    "options",
    [(), ("--batch-size", 3, "--job_server_timeout=1"), ("--experiments=use_loopback_process_worker",)],
    ids=["one batch", "batches of 3, longer than Beam waits", "a worker process"],
)
def test_files_are_equal_on_prism(once, tmp_path, monkeypatch, options):
    """The worker process is started for the job: it has nothing of the launcher's memory."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")  # Beam starts it as "python"
    output = tmp_path / "out"
    backfill_process(
        "--input",
        ARTICLES,
        "--output",
        output,
        "--shards",
        2,
        "--runner",
        "PrismRunner",
        "--allow-open-ports",
        *options,
    )
    assert contents(output) == contents(once)
    assert fingerprint(output) == fingerprint(once)


@pytest.mark.long
def test_the_number_of_shards_changes_files_only(once, tmp_path):
    backfill("--input", ARTICLES, "--output", tmp_path / "out", "--shards", 5)
    assert fingerprint(tmp_path / "out") == fingerprint(once)
    assert len(files(tmp_path / "out", "articles")) > 2
