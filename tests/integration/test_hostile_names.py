# SPDX-License-Identifier: Apache-2.0
"""Whole runs whose files, folders and records have hostile names."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile_names import assert_harmless, hostile_name, hostile_names
from tests.integration.backfills import ROOT, TIMEOUT_SECONDS, backfill
from tests.integration.streams import finished, onrecord

# Beam takes a backslash in a pattern for an escape, and refuses file names that are not UTF-8.
NAMES = [name for name in hostile_names() if "\\" not in name and not any("\ud800" <= c <= "\udfff" for c in name)]


def write_articles(folder: Path) -> None:
    """Write an article with hostile values, a malformed line, and a broken archive."""
    folder.mkdir()
    text = f"The mayor said the bridge was safe. {NAMES[0]} Norway condemned the pact."
    article = {"text": text, **dict.fromkeys(("id", "title", "url", "source"), NAMES[1]), "authors": [NAMES[2]]}
    (folder / f"{NAMES[3]}.jsonl").write_text(f"{json.dumps(article | {'language': 'en'})}\n{NAMES[4]}\n", "utf-8")
    (folder / f"{NAMES[5]}.jsonl.gz").write_bytes(b"not gzip")


def test_a_backfill_and_what_shows_its_records(tmp_path: Path) -> None:
    articles, output = tmp_path / "articles", tmp_path / NAMES[6].translate(dict.fromkeys(map(ord, "*?[]")))
    write_articles(articles)
    result = backfill("--input", f"{articles}/*", "--output", output, "--extract", "stances", "--workers", 1)
    assert_harmless(result.stdout)
    assert_harmless(result.stderr)
    for program in (
        ["show", output],
        ["show", tmp_path / NAMES[7]],
        ["show", output, NAMES[8]],
        ["report", output, "--html", tmp_path / "report.html"],
    ):
        run = subprocess.run(
            [sys.executable, "-m", "onrecord", *map(str, program)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        assert run.stdout or run.stderr
        assert_harmless(run.stdout, has_cells=True)
        assert_harmless(run.stderr)


def test_a_stream(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    for name in NAMES[:20]:
        (articles / f"{name}.jsonl").write_text(f"{name}\n", "utf-8")
    output = tmp_path / NAMES[6].translate(dict.fromkeys(map(ord, "*?[]")))
    process = onrecord(
        *("stream", "--watch", f"{articles}/*", "--output", output, "--report-every", 1, "--log-format", "text")
    )
    assert process.stderr is not None
    said = [process.stderr.readline()]
    while " 0 dead letters" in said[-1] or "messages" not in said[-1]:
        said.append(process.stderr.readline())
        assert said[-1], said
    process.send_signal(signal.SIGTERM)
    out, err = finished(process)
    assert f"records: {tmp_path}" in out
    assert_harmless(out)
    assert_harmless("".join([*said, err]))


@pytest.mark.parametrize("name", [hostile_name(number) for number in range(2)])
def test_a_package_that_can_not_be_loaded(name: str, tmp_path: Path) -> None:
    broken = f"raise ValueError({name!a})"
    (tmp_path / "broken_plugin.py").write_text(broken, "utf-8")
    registered = tmp_path / "broken-1.dist-info"
    registered.mkdir()
    (registered / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (registered / "entry_points.txt").write_text(
        "[onrecord.kinds]\nfirst\x1b[31m\x9b\u202e = broken_plugin:kind\n", "utf-8"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-m", "onrecord", "schema"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 2
    assert "broken_plugin" in run.stderr
    assert_harmless(run.stderr)
    assert run.stdout == ""
