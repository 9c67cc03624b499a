# SPDX-License-Identifier: Apache-2.0
"""Runs a tutorial as a reader would: its ``sh`` blocks in one shell, in order; its ``python`` blocks are files that it names.

A ``text`` block is what the ``sh`` block before it prints: each of its lines, in this order, with others between them. ``…`` stands for
anything, and blanks for any number of blanks. ``bash`` blocks are not run.
"""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TUTORIALS = ROOT / "docs" / "tutorials"
BLOCK = re.compile(
    r"^```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
MAX_SECONDS = 300  # a stream on a busy machine


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, with the number of its first line."""

    language: str
    text: str
    line: int
    title: str | None = None


def blocks(page: str) -> list[Block]:
    """Return the fenced blocks of a page."""
    return [
        Block(found["language"], found["text"], page.count("\n", 0, found.start()) + 1, found["title"])
        for found in BLOCK.finditer(page)
    ]


def run(page: str, folder: Path) -> dict[int, str]:
    """Run the blocks of a page in a folder.

    Returns:
        what each ``sh`` block printed, by the number of its line.

    Raises:
        AssertionError: a command failed; the message has what was printed.
    """
    script = ["set -eu"]
    for block in blocks(page):
        if block.language == "python" and block.title:
            (folder / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            script += [f"exec > printed-{block.line}.txt", block.text]
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    process = subprocess.Popen(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _, errors = process.communicate(timeout=MAX_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what a failed page has left running
    printed = {int(path.stem.partition("-")[2]): path.read_text("utf-8") for path in folder.glob("printed-*.txt")}
    last = max(printed)
    assert process.returncode == 0, (
        f"the block at line {last} failed ({process.returncode}):\n{printed[last]}\n{errors}"
    )
    return printed


def missing_lines(expected: str, printed: str) -> list[str]:
    """Return the lines of a ``text`` block that were not printed after the ones before them."""
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    missing, position = [], 0
    for line in filter(None, (" ".join(line.split()) for line in expected.splitlines())):
        pattern = re.compile(".*".join(map(re.escape, line.split("…"))))
        found = next((number for number in range(position, len(lines)) if pattern.fullmatch(lines[number])), None)
        if found is None:
            missing.append(line)
        else:
            position = found + 1
    return missing
