# SPDX-License-Identifier: Apache-2.0
"""Programs on the other pages run too, in a folder with the records of the demo in ``out``."""

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
def test_the_programs_of_a_page_run_and_print_what_it_says(
    name: str,
    demo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").symlink_to(demo)
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    found = blocks((ROOT / "docs" / name).read_text("utf-8"))
    printed = None
    for block in found:
        if block.title:
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            exec(compile(block.text, f"{name}:{block.line}", "exec"), {"__name__": "__main__"})
            printed = capsys.readouterr().out
            assert printed or "print(" not in block.text, f"{name}:{block.line} printed nothing"
        elif block.language == "text" and printed is not None:
            assert missing_lines(block.text, printed) == [], printed
    assert printed is not None
