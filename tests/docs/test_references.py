# SPDX-License-Identifier: Apache-2.0
"""Files, modules and lexicons that the documentation names exist, also after pages are moved or modules renamed."""

import importlib
import importlib.util
import json
import re
from pathlib import Path

import pytest

from tests.docs.tutorials import ROOT

PAGES = sorted(
    [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "deploy" / "README.md"]
)
FOLDERS = ("pipeline", "tests", "deploy", "schemas", "docs", "samples", "training", "requirements")
PATH = re.compile(rf"(?<![\w./-])(?:{'|'.join(FOLDERS)})/[\w./*-]*[\w*]")
MODULE = re.compile(r"python -m ([\w.]+)|`(onrecord(?:\.\w+)+)`")
LEXICON = re.compile(r"`(?:\w+/)?([a-z_]+)(?:_\*)?\.tsv`")
STEP = re.compile(r"^\| [^|]+\| (`\w+`[^|]*)\|", re.MULTILINE)  # a row of a table of steps: its modules
HEADING = re.compile(r"^## .*", re.MULTILINE)
MADE = {"deploy/terraform/terraform.tfvars"}  # by the reader
EXAMPLES = {"names.tsv", "names.csv"}


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def missing_paths(text: str) -> list[str]:
    """Return the paths in a text that do not exist; a word in capitals is a placeholder for any name."""
    found = {path: re.sub(r"[A-Z]{3,}", "*", path) for path in PATH.findall(text)}
    return sorted(path for path, pattern in found.items() if path not in MADE and not any(ROOT.glob(pattern)))


def is_module_or_name(name: str) -> bool:
    """Whether a dotted name is a module of this project, or something in one."""
    module, _, attribute = name.rpartition(".")
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        return False
    try:
        if importlib.util.find_spec(name) is not None:
            return True
    except ModuleNotFoundError:
        pass
    return hasattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_paths_that_a_page_names_exist(path: Path):
    assert missing_paths(path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_modules_that_a_page_names_exist(path: Path):
    names = {found[0] or found[1] for found in MODULE.findall(path.read_text("utf-8"))} - {"venv"}
    groups = {"onrecord.kinds", "onrecord.sinks", "onrecord.sources"}  # of entry points
    assert sorted(name for name in names - groups if not is_module_or_name(name)) == []


@pytest.mark.parametrize("name", ["entities", "quotes", "stances"])
def test_modules_and_word_lists_of_an_extractor_exist(name: str):
    page = (ROOT / "docs" / "concepts" / f"{name}.md").read_text("utf-8")
    nlp = ROOT / "pipeline" / "onrecord" / "nlp"
    steps = {module for cell in STEP.findall(page) for module in re.findall(r"`(\w+)`", cell)}
    assert len(steps) > 5
    known = {path.stem for path in nlp.rglob("*.py")}
    assert steps - known == set()
    lists = {path.stem for path in nlp.rglob("*.tsv")}
    named = set(LEXICON.findall(page)) - {Path(example).stem for example in EXAMPLES} - {"stance"}
    assert named - lists == set()


@pytest.mark.parametrize("path", PAGES, ids=ids)
def test_a_page_has_no_section_twice(path: Path):
    headings = HEADING.findall(re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL))
    assert len(headings) == len(set(headings))


def test_a_path_that_does_not_exist_is_found():
    assert missing_paths("see `docs/nowhere.md` and docs/index.md") == ["docs/nowhere.md"]


def test_every_decision_is_in_the_index():
    folder = ROOT / "docs" / "decisions"
    listed = set(re.findall(r"\((\d{4}[\w-]+\.md)\)", (folder / "index.md").read_text("utf-8")))
    assert listed == {path.name for path in folder.glob("0*.md")}


@pytest.mark.parametrize("name", ["quotes", "stance_pairs"])
def test_the_accuracy_page_has_the_scores_of_the_weights(name: str):
    card = json.loads((ROOT / "pipeline" / "onrecord" / "nlp" / "weights" / f"{name}.json").read_text("utf-8"))
    figures = [str(figure) for figure in card["scores"]["figures"].values()]
    rows = re.findall(r"^\| [^|]* \| (.*) \|$", (ROOT / "docs" / "accuracy.md").read_text("utf-8"), re.MULTILINE)
    assert any(sorted(row.split(" | ")) == sorted(figures) for row in rows), figures
