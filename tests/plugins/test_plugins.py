# SPDX-License-Identifier: Apache-2.0
"""Another package adds a record kind and a sink through entry points only: its files are written and can be read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.backfills import write_messages

PACKAGE = Path(__file__).with_name("onrecord_topics")
ARTICLE = {
    "id": "pier",
    "text": "The ferry stays at the pier. “A judge will decide,” Anna Berg said. The court meets on Monday.",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Return a folder in which the example package is installed."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    source = tmp_path_factory.mktemp("source") / "onrecord_topics"
    subprocess.run(["cp", "-r", str(PACKAGE), str(source)], check=True)  # setuptools builds in the folder of the source
    subprocess.run([*pip, "--no-build-isolation", "--target", str(folder), str(source)], check=True)
    return folder


def run(site: Path, *arguments: object, code: int = 0) -> str:
    """Run Python with the installed plugin and return its output."""
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


READ_BACK = """
import dataclasses, json, sys, onrecord
records = {kind: [dataclasses.asdict(r) for r in onrecord.records(sys.argv[1], kind)] for kind in ("topics", "quotes", "articles")}
print(json.dumps(records, default=str))
"""


@pytest.mark.long
def test_a_kind_and_a_sink_of_another_package_are_written_and_read_back_and_replaced(site, tmp_path):
    source, output = write_messages(tmp_path / "articles.jsonl", [ARTICLE]), tmp_path / "out"
    command = ("-m", "onrecord", "backfill", "--input", source, "--output", output)
    printed = run(site, *command, "--sink", "jsonl", "--workers", 2)
    assert "topics" in printed  # the summary counts them
    assert {path.suffix for path in output.glob("*/*")} == {".jsonl"}
    found = json.loads(run(site, "-c", READ_BACK, output))
    text = found["articles"][0]["text"]
    topics = {(one["topic"], one["mention"]["text"]) for one in found["topics"]}
    assert topics == {("transport", "ferry"), ("justice", "judge"), ("justice", "court")}
    for one in found["topics"]:
        mention = one["mention"]
        assert text[mention["start"] : mention["end"]] == mention["text"]
        assert one["article_id"] == "pier"
    assert [quote["speaker"]["name"] for quote in found["quotes"]] == ["Anna Berg"]

    run(site, *command, "--overwrite", "--extract", "topics")
    assert {path.suffix for path in output.glob("*/*")} == {".avro"}
    assert {path.parent.name for path in output.glob("*/*")} == {"articles", "topics"}


def test_the_schema_of_another_packages_kind_is_printed(site):
    assert json.loads(run(site, "-m", "onrecord", "schema", "topics"))["name"] == "Topic"
    assert "topics" in run(site, "-m", "onrecord", "backfill", "--help")


@pytest.mark.parametrize(
    ("definition", "problem"),
    [
        ("import no_such_module", "can't be loaded"),
        ("KIND = 3", "is a int, not a RecordKind"),
        (
            "from onrecord_topics import TOPICS; from dataclasses import replace; KIND = replace(TOPICS, name='quotes')",
            "another package registers the same name",
        ),
    ],
)
def test_a_registration_that_can_not_be_used_is_named(site, tmp_path, definition, problem):
    broken = tmp_path / "site"
    (broken / "broken-1.dist-info").mkdir(parents=True)
    (broken / "broken.py").write_text(definition, "utf-8")
    (broken / "broken-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: broken\nVersion: 1\n", "utf-8"
    )
    (broken / "broken-1.dist-info" / "entry_points.txt").write_text("[onrecord.kinds]\nodd = broken:KIND\n", "utf-8")
    path = Path(os.pathsep.join([str(broken), str(site)]))
    assert problem in run(path, "-m", "onrecord", "schema", code=2)
