# SPDX-License-Identifier: Apache-2.0
"""Two runs into one folder at once: one is refused, and the records of the other are whole."""

import os
import random
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.integration.backfills import TIMEOUT_SECONDS, records, start, summary, write_messages

ROUNDS = int(os.environ.get("ONRECORD_RUNS_AT_ONCE", "1"))
MAX_OFFSET_SECONDS = 6.0  # about as long as one run takes
TEXT = "“The storm is over,” Ada Marlowe said. Marlowe praised the pilots of Brinmouth."


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_one_is_refused_and_the_records_of_the_other_are_whole(round_, tmp_path):
    chance = random.Random(round_)
    output = tmp_path / "out"
    runs = []
    for name in ("first", "second"):
        messages = [{"id": f"{name}-{n}", "text": f"{TEXT} ({n})", "language": "en"} for n in range(5)]
        runs.append((name, "--input", write_messages(tmp_path / f"{name}.jsonl", messages), "--output", output))
    name, *arguments = runs[0]
    processes = {name: start(*arguments, "--extract", "quotes")}
    offset = chance.uniform(0, MAX_OFFSET_SECONDS) if round_ else 0.0
    with suppress(subprocess.TimeoutExpired):
        processes[name].wait(offset)
    name, *arguments = runs[1]
    processes[name] = start(*arguments, "--extract", "quotes")
    errors = {name: process.communicate(timeout=TIMEOUT_SECONDS)[1] for name, process in processes.items()}
    (done,) = (name for name, process in processes.items() if process.returncode == 0)
    (refused,) = processes.keys() - {done}
    check(output, done)
    assert processes[refused].returncode in (1, 2)
    assert str(output) in errors[refused]
    assert "another run" in errors[refused] or "--overwrite" in errors[refused]
    print(f"round {round_}: offset {offset:.2f} s, {done} done, {refused}: {errors[refused].strip()}")


def check(output: Path, name: str) -> None:
    """Check that a folder has all records of one run, and no others."""
    articles = {f"{name}-{n}" for n in range(5)}
    assert {record["article_id"] for record in records(output, "articles")} == articles
    assert {record["article_id"] for record in records(output, "quotes")} == articles
    assert len(records(output, "quotes")) == summary(output)["records"]["quotes"]
    assert not [path for path in output.iterdir() if path.name.startswith(".")]
