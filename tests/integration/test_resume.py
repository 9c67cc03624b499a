# SPDX-License-Identifier: Apache-2.0
"""A backfill in splits that fails, is stopped or is killed continues with ``--resume``, and ends with the files of an undisturbed one."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from onrecord.jobs import splits
from onrecord.jobs.ledger import Ledger
from onrecord.sinks.manifest import MANIFEST
from tests.integration.backfills import ROOT, SAMPLES, TIMEOUT_SECONDS, Values, backfill, fingerprint, start, summary
from tests.integration.here import finished_here

SPLIT = ("--split-size", 4)
SPLITS = 5
INPUT = (*sorted(SAMPLES.glob("*.jsonl")),)


def record_files(output: Path, but: str = "dead_letters") -> dict[str, bytes]:
    """Return the files of records; those of dead letters have the times of failures."""
    return {
        str(path.relative_to(output)): path.read_bytes() for path in output.glob("*/*-of-*") if path.parent.name != but
    }


def splits_done(output: Path) -> list[int]:
    """Return the splits in the manifest, in the order in which they were done."""
    if not (output / MANIFEST).exists():
        return []
    lines = (output / MANIFEST).read_text("utf-8").splitlines()
    return [json.loads(line)["split"] for line in lines[1:]]


def counts(output: Path) -> Values:
    """Return what must be equal in the summaries of two runs."""
    return {name: value for name, value in summary(output).items() if name not in ("seconds", "words_per_second")}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("undisturbed") / "out"
    backfill("--input", *INPUT, "--output", output, *SPLIT, "--workers", 1)
    return output


@pytest.fixture(scope="module")
def one_split(tmp_path_factory: pytest.TempPathFactory) -> Path:
    output = tmp_path_factory.mktemp("one") / "out"
    backfill("--input", *INPUT, "--output", output)
    return output


def check_same(output: Path, undisturbed: Path) -> None:
    """Check that a folder has what an undisturbed run leaves, and nothing of the work of an unfinished one."""
    assert record_files(output) == record_files(undisturbed)
    assert fingerprint(output) == fingerprint(undisturbed)
    assert sorted(splits_done(output)) == list(range(SPLITS))
    assert counts(output) == counts(undisturbed)
    assert {path.name for path in output.iterdir()} == {path.name for path in undisturbed.iterdir()}
    finished_here("verify", output)


def test_the_records_do_not_depend_on_the_splits(undisturbed, one_split):
    """Among the samples are a copy, a repeated message and two versions of a text, in different splits."""
    assert fingerprint(undisturbed) == fingerprint(one_split)
    assert len(record_files(undisturbed)) > len(record_files(one_split))
    assert counts(undisturbed) == counts(one_split)


def failing(call: Callable[..., Any], times: int) -> Callable[..., Any]:
    """Return a function that fails when it was called a number of times."""
    left = iter(range(times))

    def failing_call(*arguments: Any, **named: Any) -> Any:
        if next(left, None) is None:
            raise OSError("the disk is gone")
        return call(*arguments, **named)

    return failing_call


@pytest.mark.parametrize(
    ("place", "name", "times", "left"),
    [
        (splits, "decode_split", 3, "The input was not read to the end"),
        pytest.param(Ledger, "decide", 0, "The input was not read to the end", marks=pytest.mark.long),
        pytest.param(splits, "write_split", 2, "2 of 5 splits are done", marks=pytest.mark.long),
        (splits.manifest, "add", 3, "3 of 5 splits are done"),
    ],
)
def test_a_run_that_fails_at_any_stage_goes_on(place, name, times, left, undisturbed, tmp_path, monkeypatch):
    command = ("--input", *INPUT, "--output", tmp_path / "out", *SPLIT, "--workers", 1)
    with monkeypatch.context() as patched:
        patched.setattr(place, name, failing(getattr(place, name), times))
        failed = backfill(*command, exit_code=1)
    assert "the disk is gone" in failed.stderr
    assert f"{left}; run the same command with --resume to continue." in failed.stderr
    assert len(splits_done(tmp_path / "out")) == (0 if "read" in left else times)
    finished_here("verify", tmp_path / "out", exit_code=1 if splits_done(tmp_path / "out") else 2)
    backfill(*command, "--resume")
    check_same(tmp_path / "out", undisturbed)


@pytest.fixture
def half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, Path]]:
    """Return an input and the output folder of a run that failed after a split."""
    source = tmp_path / "articles.jsonl"
    shutil.copyfile(INPUT[0], source)
    with monkeypatch.context() as patched:
        patched.setattr(splits, "decode_split", failing(splits.decode_split, 1))
        backfill("--input", source, "--output", tmp_path / "out", *SPLIT, "--workers", 1, exit_code=1)
    return source, tmp_path / "out"


def test_other_options_and_a_changed_input_are_refused(half_done):
    source, output = half_done
    command = ("--input", source, "--output", output, *SPLIT, "--workers", 1)
    again = backfill(*command, "--resume", "--extract", "quotes", exit_code=2)
    assert (
        "--resume: the backfill was begun with another --extract; give the same options, or --overwrite" in again.stderr
    )
    assert "the folder is not empty" in backfill(*command, exit_code=2).stderr
    os.utime(source, (1, 1))
    changed = backfill(*command, "--resume", exit_code=2)
    assert f"--resume: {source} was changed or removed since the backfill began" in changed.stderr
    assert "end a backfill with --resume" in finished_here("forget", output, "--article", "x", "--yes", exit_code=1)[1]


def test_a_backfill_that_is_complete_is_left_alone(undisturbed):
    before = {path: path.stat().st_mtime_ns for path in undisturbed.rglob("*")}
    again = backfill("--input", *INPUT, "--output", undisturbed, *SPLIT, "--workers", 1, "--resume")
    assert "this backfill is complete; there is nothing to resume" in again.stderr
    assert {
        path: path.stat().st_mtime_ns for path in undisturbed.rglob("*") if path.is_file()
    }.items() <= before.items()


def test_another_folder_is_not_taken_for_a_backfill(tmp_path):
    (tmp_path / "quotes").mkdir()
    (tmp_path / "quotes" / "quotes-00000-of-00001.avro").write_bytes(b"somebody's")
    refused = backfill("--input", *INPUT, "--output", tmp_path, "--resume", exit_code=2)
    assert "not of a backfill that could be resumed" in refused.stderr
    assert (tmp_path / "quotes" / "quotes-00000-of-00001.avro").read_bytes() == b"somebody's"


def killed_when(is_reached: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Kill a backfill and its children as soon as it has got somewhere."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not is_reached():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_kill_9_costs_no_split_that_was_done(undisturbed, tmp_path):
    output = tmp_path / "out"
    command = ("--input", *INPUT, "--output", output, *SPLIT, "--workers", 2)
    killed_when(lambda: len(splits_done(output)) >= 1, start(*command))
    done = splits_done(output)
    before = {path: path.stat().st_mtime_ns for path in output.glob("*/*-of-*")}
    names = {f"{number:05d}-of-{SPLITS:05d}" for number in done}
    kept = {path: time for path, time in before.items() if path.stem.partition("-")[2] in names}
    assert kept
    backfill(*command[:-1], 1, "--resume")
    assert splits_done(output)[: len(done)] == done
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    check_same(output, undisturbed)


KILLS = """
import os, signal, sys
from pathlib import Path

from onrecord.commands import main
from onrecord.data.settings import DEFAULT_MODEL
from onrecord.data.kinds import extracted
from onrecord.sandbox.annotator import load_annotator
from onrecord.transforms.annotate import AnnotateFn
import onrecord.jobs.backfill
from tests.integration.test_resume import MANIFEST, splits_done, splits_with_files

output, command = Path(sys.argv[1]), sys.argv[2:]
annotator = load_annotator(DEFAULT_MODEL, frozenset(extracted()))
AnnotateFn._load = lambda step: annotator
MOMENTS = (
    lambda: (output / ".in-progress" / "backfill").exists(),  # when it reads
    lambda: (output / MANIFEST).exists(),  # before the first split is done
    *(lambda number=number: len(splits_done(output)) > number for number in (0, 2, 4, 6, 8, 10, 12)),
    lambda: len(splits_done(output)) >= 17,  # near the end
)
for moment in MOMENTS:
    before = splits_done(output)
    child = os.fork()
    if not child:
        os._exit(main(command))
    while not moment():
        assert os.waitpid(child, os.WNOHANG) == (0, 0), "it ended before it was killed"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    done = splits_done(output)
    assert done[:len(before)] == before
    assert len(done) == len(set(done)), "a split was done twice"
    again = splits_with_files(output) - {*done}
    assert len(again) <= 1, again
    print(len(done), again, file=sys.stderr)
sys.exit(main(command))
"""


def splits_with_files(output: Path) -> set[int]:
    """Return the splits of which there is a file of records."""
    return {int(path.stem.split("-")[1]) for path in output.glob("*/*-of-*")}


@pytest.mark.long
def test_ten_kills_in_one_backfill_cost_one_split_each_at_the_most(tmp_path):
    """The killed processes are copies of one that has loaded the model."""
    command = ("--input", *INPUT, "--split-size", 1, "--workers", 1)
    undisturbed, output = tmp_path / "undisturbed", tmp_path / "out"
    backfill(*command, "--output", undisturbed)
    killed = ("backfill", *command, "--output", output, "--resume")
    subprocess.run([sys.executable, "-c", KILLS, str(output), *map(str, killed)], cwd=ROOT, check=True)
    assert record_files(output) == record_files(undisturbed)
    assert fingerprint(output) == fingerprint(undisturbed)
    assert counts(output) == counts(undisturbed)
