# SPDX-License-Identifier: Apache-2.0
"""The scripts write the tables of the package: header lines, order and format."""

from pathlib import Path

import onrecord.nlp
from onrecord.nlp.quotes.scoring import weights
from onrecord.nlp.stances.judge import judge_weights
from training import WEIGHTS, quotes, stance_judge, territories


def test_the_weights_of_quotes_are_written_as_they_ship(tmp_path: Path) -> None:
    quotes.write(weights(), tmp_path / "quotes.tsv")
    assert (tmp_path / "quotes.tsv").read_bytes() == (WEIGHTS / "quotes.tsv").read_bytes()


def test_the_weights_of_the_judge_are_written_as_they_ship(tmp_path: Path) -> None:
    stance_judge.write(judge_weights(), tmp_path / "stance_judge.tsv")
    assert (tmp_path / "stance_judge.tsv").read_bytes() == (WEIGHTS / "stance_judge.tsv").read_bytes()


def test_the_territories_have_the_head_lines_that_their_script_writes() -> None:
    assert Path(onrecord.nlp.__file__).parent / "knowledge" / "territories.tsv" == territories.TABLE
    assert territories.TABLE.read_text("utf-8").startswith(territories.HEADER)
