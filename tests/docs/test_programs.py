# SPDX-License-Identifier: Apache-2.0
"""Programs on the other pages run too, in a folder with the records of the demo in ``out``."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.tutorials import ROOT, blocks, missing_lines

PAGES = (
    "start.md",
    "how-to/replay.md",
    "how-to/gazetteer.md",
    "how-to/own-graph.md",
    "concepts/entities.md",
    "concepts/ids.md",
)


@pytest.mark.process
@pytest.mark.parametrize("name", PAGES)
def test_the_programs_of_a_page_run_and_print_what_it_says(name: str, demo: Path, tmp_path: Path):
    (tmp_path / "out").symlink_to(demo)
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    found = blocks((ROOT / "docs" / name).read_text("utf-8"))
    printed = None
    for block in found:
        if block.title:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            command = [sys.executable, "-c", block.text]
            done = subprocess.run(command, cwd=tmp_path, env=dict(os.environ), capture_output=True, text=True)
            assert done.returncode == 0, f"{name}:{block.line}: {done.stderr}"
            printed = done.stdout
            assert printed or "print(" not in block.text, f"{name}:{block.line} printed nothing"
        elif block.language == "text" and printed is not None:
            assert missing_lines(block.text, printed) == [], printed
    assert printed is not None
