# SPDX-License-Identifier: Apache-2.0
"""The tables of the package: each names its origin, and each table of learned weights has a card."""

import importlib
import importlib.util
import json
import re
from datetime import date
from pathlib import Path

import pytest

import onrecord.nlp
from onrecord.nlp.learned import OPTIONAL, cards, weights_version

NLP = Path(onrecord.nlp.__file__).parent
ROOT = NLP.parents[2]
TABLES = sorted(file for folder in ("lexicons", "knowledge", "weights") for file in NLP.joinpath(folder).glob("*.tsv"))
WEIGHTS = sorted(file.stem for file in NLP.joinpath("weights").iterdir() if file.suffix in (".tsv", ".npz"))


def head(table: Path) -> str:
    lines = table.read_text("utf-8").splitlines()
    return "\n".join(lines[: next(place for place, line in enumerate(lines) if not line.startswith("#"))])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_a_table_names_its_source_and_its_licence(table: Path) -> None:
    assert re.search(r"Source: \w+.*Licence: \w+", head(table), re.DOTALL)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.stem)
def test_a_table_points_at_files_and_modules_that_exist(table: Path) -> None:
    for file in re.findall(r"[\w/]+\.(?:py|json)\b", head(table)):
        assert any(folder.joinpath(file).is_file() for folder in (ROOT, NLP.parents[1], table.parent)), file
    for module in re.findall(r"\bonrecord\.[\w.]+\w", head(table)):
        importlib.import_module(module)


def test_every_table_of_weights_has_a_card_and_every_card_a_table() -> None:
    assert list(cards()) == WEIGHTS
    assert len(WEIGHTS) == 7


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_card_says_what_the_weights_are(name: str) -> None:
    card = cards()[name]
    assert re.fullmatch(r"[1-9]\d*", card.version)
    assert card.learned_from and all(card.learned_from)
    assert date.fromisoformat(card.date) <= date.today()
    module = card.command.split()[2]
    assert f"{card.command} ".startswith(f"python -m {module} ") and importlib.util.find_spec(module)
    table = NLP / "weights" / f"{name}.tsv"
    assert not table.is_file() or card.licence in head(table)
    assert all(card.scores[field] for field in ("measure", "method", "source", "figures"))
    assert importlib.import_module(card.features).__doc__


@pytest.mark.parametrize("name", WEIGHTS)
def test_the_figures_of_a_card_are_those_of_the_document_that_it_names(name: str) -> None:
    scores = cards()[name].scores
    file, _, heading = scores["source"].partition(", ")
    _, found, section = ROOT.joinpath(file).read_text("utf-8").partition(f"## {heading}\n")
    assert found
    assert all(re.search(rf"(?<![\d.]){figure}(?![\d.])", section) for figure in scores["figures"].values())


def test_the_version_of_the_weights_names_each_table() -> None:
    written = {file.stem: json.loads(file.read_text("utf-8"))["version"] for file in NLP.glob("weights/*.json")}
    every = " ".join(f"{name}-{written[name]}" for name in sorted(written))
    assert weights_version(*OPTIONAL) == every
    assert weights_version() == " ".join(one for one in every.split() if one.rpartition("-")[0] not in OPTIONAL)
