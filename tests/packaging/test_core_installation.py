# SPDX-License-Identifier: Apache-2.0
"""What works after ``pip install onrecord``, without any of the extras."""

import json
from pathlib import Path

import pytest

from tests.integration.backfills import ROOT, backfill, records
from tests.packaging.installation import Installation

EXTRAS = (
    "apache_beam", "google.cloud.pubsub", "google.cloud.pubsub_v1", "trafilatura", "lxml", "webencodings", "pyarrow",
    "zstandard", "brotli", "psutil",
    "lxml_html_clean", "grpc",
)  # fmt: skip

# Python imports sitecustomize before anything else, in every process.
BLOCKER = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name in {EXTRAS!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""

TEXT = "The mayor, Ilse Brandt, said on Monday that the harbour would close. “We have no choice,” she told reporters."


@pytest.fixture(scope="module")
def without_extras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for PYTHONPATH that makes imports of all extras' packages fail."""
    folder = tmp_path_factory.mktemp("without-extras")
    (folder / "sitecustomize.py").write_text(BLOCKER, "utf-8")
    return folder


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of a run, made with Beam installed."""
    folder = tmp_path_factory.mktemp("output") / "out"
    backfill("--input", ROOT / "samples" / "articles.jsonl", "--output", folder)
    return folder


def test_the_extras_are_really_missing(installation: Installation, without_extras: Path, tmp_path: Path) -> None:
    for name in EXTRAS:
        failed = installation.run(
            "python", "-c", f"import {name}", cwd=tmp_path, python_path=without_extras, exit_code=1
        )
        assert "ModuleNotFoundError" in failed.stderr


def test_the_python_interface_works(
    installation: Installation, without_extras: Path, output: Path, tmp_path: Path
) -> None:
    code = f"""
import json
import onrecord
import spacy
nlp = onrecord.load()
nlp.to_disk("saved")
doc = spacy.load("saved")({TEXT!r})
result = onrecord.read({TEXT!r}, title="Harbour closes")
print(json.dumps({{
    "components": [name for name in nlp.pipe_names if name.startswith("onrecord_")],
    "quotes of a Doc": len(doc._.onrecord_quotes),
    "speakers": [quote.speaker.name for quote in result.quotes],
    "article": result.article.text,
    "ids": [record.quote_id for record in onrecord.records({str(output)!r}, "quotes")],
}}))
"""
    shown = json.loads(installation.run("python", "-c", code, cwd=tmp_path, python_path=without_extras).stdout)
    assert shown["components"] == [
        *("onrecord_segments", "onrecord_entities", "onrecord_coreference", "onrecord_quotes", "onrecord_stances"),
    ]
    assert shown["quotes of a Doc"] == len(shown["speakers"]) == 2
    assert set(shown["speakers"]) == {"Ilse Brandt"}
    assert shown["article"] == TEXT
    assert sorted(shown["ids"]) == sorted(record["quote_id"] for record in records(output, "quotes")) != []


def test_importing_the_package_imports_neither_spacy_nor_beam(installation: Installation, tmp_path: Path) -> None:
    code = "import sys, onrecord; print(*(name for name in ('spacy', 'apache_beam', 'numpy') if name in sys.modules))"
    assert installation.run("python", "-c", code, cwd=tmp_path).stdout.strip() == ""


def test_commands_that_read_records_work(
    installation: Installation, without_extras: Path, output: Path, tmp_path: Path
) -> None:
    def shown(*arguments: object) -> str:
        return installation.run("onrecord", *arguments, cwd=tmp_path, python_path=without_extras).stdout

    assert "backfill" in shown("--help")
    assert json.loads(shown("schema", "quotes"))["type"] == "record"
    assert shown("positions", output).strip()
    assert "dead letter" in shown("dead-letters", output)
    shown("samples", "written")
    assert (tmp_path / "written" / "articles.jsonl").read_bytes() == (ROOT / "samples" / "articles.jsonl").read_bytes()


def test_a_job_says_which_extra_it_needs(installation: Installation, without_extras: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "a", "text": TEXT}) + "\n", "utf-8")
    refused = installation.run(
        "onrecord", "backfill", "--input", "a.jsonl", "--output", "out",
        cwd=tmp_path, python_path=without_extras, exit_code=2,
    )  # fmt: skip
    assert "pip install 'onrecord[beam]'" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "out").exists()
