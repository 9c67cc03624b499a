# SPDX-License-Identifier: Apache-2.0
"""The commands of the tutorials give the output that they show."""

from pathlib import Path

import pytest

from tests.docs.tutorials import TUTORIALS, blocks, missing_lines, run

PAGES = sorted(path for path in TUTORIALS.glob("*.md") if path.name != "index.md")


@pytest.mark.process
@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_tutorial_runs_as_written_and_prints_what_it_says(path: Path, tmp_path: Path):
    page = path.read_text("utf-8")
    printed = run(page, tmp_path)
    command = None
    for block in blocks(page):
        if block.language == "sh":
            command = block
        elif block.language == "text":
            assert command is not None, f"line {block.line}: no command before this output"
            missing = missing_lines(block.text, printed[command.line])
            assert not missing, (
                f"{path.name}:{block.line}: not printed: {missing}; printed was:\n{printed[command.line]}"
            )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_tutorial_shows_what_is_printed_and_uses_the_files_that_it_names(path: Path):
    found = blocks(path.read_text("utf-8"))
    assert {"sh", "text", "python"} <= {block.language for block in found}
    commands = "\n".join(block.text for block in found if block.language == "sh")
    for block in found:
        if block.language == "python":
            assert block.title is not None, f"line {block.line}: a program without a file name is not run"
            assert f"python {block.title}" in commands, f"line {block.line}: {block.title} is not run"


def test_a_command_that_fails_fails_the_tutorial(tmp_path: Path):
    with pytest.raises(AssertionError, match="block at line 4 failed"):
        run("```sh\ntrue\n```\n```sh\necho said && false\necho not reached\n```\n", tmp_path)


@pytest.mark.parametrize(
    ("expected", "printed", "missing"),
    [
        ("articles 15\n", "articles       15  \n", []),
        ("seconds …\n", "seconds 8.5\n", []),
        ("articles 15\n", "articles 16\n", ["articles 15"]),
        ("b\na\n", "a\nb\n", ["a"]),
        ("records\n", "records: out\n", ["records"]),
    ],
)
def test_output_is_compared_line_by_line_in_order(expected: str, printed: str, missing: list[str]):
    assert missing_lines(expected, printed) == missing
