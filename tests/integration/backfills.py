# SPDX-License-Identifier: Apache-2.0
"""Runs whole backfills, and reads their records."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from onrecord.data.kinds import kinds
from onrecord.sinks.reader import paths, rows
from tests.integration.here import finished_here

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
TIMEOUT_SECONDS = 300
EXTRACTED = ("articles", "entities", "quotes", "stances")

Values = dict[str, Any]


def command(*arguments: object) -> list[str]:
    """Return the command line of a backfill."""
    return [sys.executable, "-m", "onrecord", "backfill", *map(str, arguments)]


def start(*arguments: object, **popen: Any) -> "subprocess.Popen[str]":
    """Start a backfill in a process group of its own."""
    return subprocess.Popen(
        command(*arguments),
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **popen,
    )


def backfill(*arguments: object, exit_code: int = 0) -> "subprocess.CompletedProcess[str]":
    """Run a backfill to its end in the process of the tests, and check its exit code."""
    out, err = finished_here("backfill", *arguments, exit_code=exit_code)
    return subprocess.CompletedProcess(command(*arguments), exit_code, out, err)


def backfill_process(*arguments: object, exit_code: int = 0, **popen: Any) -> "subprocess.CompletedProcess[str]":
    """Run a backfill to its end in a process of its own, and check its exit code."""
    process = start(*arguments, **popen)
    out, err = process.communicate(timeout=TIMEOUT_SECONDS)
    assert process.returncode == exit_code, f"exit code {process.returncode}\n{out}\n{err}"
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def files(output: Path, kind: str) -> list[Path]:
    """Return the files of a kind of record."""
    return [Path(path) for path in paths(str(output), kind)]


def records(output: Path, kind: str) -> list[Values]:
    """Return all records of a kind, from files of any format."""
    return list(rows(output, kind))


def fingerprint(output: Path) -> dict[str, list[str]]:
    """Return what must be equal in the records of two runs: every record, without the dead letters' time of failure."""
    return {
        kind: sorted(
            hashlib.sha256(repr(sorted((record | {"failed_at": None}).items())).encode()).hexdigest()
            for record in records(output, kind)
        )
        for kind in kinds()
    }


def write_messages(path: Path, messages: list[Values]) -> Path:
    """Write messages as a JSON-lines file."""
    path.write_text("".join(json.dumps(message, ensure_ascii=False) + "\n" for message in messages), "utf-8")
    return path


def summary(output: Path) -> Values:
    """Return the summary of a finished run."""
    found = json.loads((output / "summary.json").read_text("utf-8"))
    assert isinstance(found, dict)
    return found
