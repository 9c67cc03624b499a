# SPDX-License-Identifier: Apache-2.0
"""A gold check, if the data is available: the scores of a backfill do not fall below their floors.

``ONRECORD_GOLD`` names the folder that holds the sets (``gold/``) and the programs that score a run's records against them
(``eval/``); by default it is ``shared`` next to the checkout. A floor is the score of the last change that moved it, less
SLACK for what a rounding may cost. A change that raises a score raises its floor.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.backfills import backfill
from tests.markers import gold_folder

SLACK = 0.1  # in points of 100; the scores have one decimal
TIMEOUT_SECONDS = 600

# The set, the program, its options, and the minimum score for each path of its report.
FLOORS = [
    ("polnear_dev", "quotes.py", (), {"quoted.AR.F": 85.6, "speech.AR.F": 84.3, "speech.token.F": 93.9, "all.AR.F": 67.6}),
    ("gum_news", "quotes.py", ("--loose",), {"all.AR.F": 69.6, "all.entity.ER.F": 65.4}),
    ("gum_mentions", "mentions.py", (), {"NOMINAL.F": 34.6, "PRONOUN.F": 72.2}),
    ("sourcing_dev", "sourcing.py", (), {"F": 86.3, "sourced_F": 77.2}),
    ("cleanconll_dev", "entities.py", (), {"mention.micro.F": 87.1, "entity.F": 91.3}),
    ("mpqa_dev", "stances.py", (), {"tuples.overlap.F": 25.0}),
    ("stances_dev", "positions.py", (), {"all.F": 43.4}),
]  # fmt: skip


def score(report: Any, path: str) -> float:
    """Return the score at a path of a report."""
    for key in path.split("."):
        report = report[key]
    return float(report)


def report_of(scorer: str, gold: Path, output: Path, options: tuple[str, ...]) -> Any:
    """Score the records of a run, and return the report."""
    file = output.with_suffix(".json")
    to_file = ("--json", str(file)) if scorer == "quotes.py" else ()  # which prints a table
    ended = subprocess.run(
        [sys.executable, str(gold_folder() / "eval" / scorer), str(gold), str(output), *options, *to_file],
        capture_output=True,
        text=True,
        check=True,
        timeout=TIMEOUT_SECONDS,
    )
    return json.loads(file.read_text("utf-8") if to_file else ended.stdout)


@pytest.mark.parametrize(("name", "scorer", "options", "floors"), FLOORS, ids=[name for name, *_ in FLOORS])
def test_scores_do_not_fall(tmp_path: Path, name: str, scorer: str, options: tuple[str, ...], floors: dict[str, float]):
    gold = gold_folder() / "gold" / f"{name}.jsonl"
    messages, output = tmp_path / "messages.jsonl", tmp_path / "out"
    with messages.open("wb") as file:
        subprocess.run(
            [sys.executable, str(gold_folder() / "eval" / "messages.py"), str(gold)], stdout=file, check=True
        )
    backfill("--input", messages, "--output", output, "--max-dead-letters", 0)
    report = report_of(scorer, gold, output, options)
    reached = {path: score(report, path) for path in floors}
    assert {path: reached[path] for path, floor in floors.items() if reached[path] < floor - SLACK} == {}
