# SPDX-License-Identifier: Apache-2.0
"""The scripts write the tables of the package: header lines, order and format."""

from pathlib import Path

import onrecord.nlp
from onrecord.nlp.quotes.scoring import weights
from onrecord.nlp.stances.scoring import pair_weights
from training import WEIGHTS, quotes, stances, territories


def test_the_weights_of_quotes_are_written_as_they_ship(tmp_path: Path) -> None:
    quotes.write(weights(), tmp_path / "quotes.tsv")
    assert (tmp_path / "quotes.tsv").read_bytes() == (WEIGHTS / "quotes.tsv").read_bytes()


def test_the_weights_of_pairs_are_written_as_they_ship(tmp_path: Path) -> None:
    stances.write(pair_weights().items(), tmp_path / "stance_pairs.tsv")
    shipped = (WEIGHTS / "stance_pairs.tsv").read_text("utf-8").splitlines()
    # Weights that round to zero are written too, since they are not zero before rounding.
    expected = [line for line in shipped if not line.endswith("\t0.00\t0.00")]
    assert (tmp_path / "stance_pairs.tsv").read_text("utf-8").splitlines() == expected


def test_the_territories_have_the_head_lines_that_their_script_writes() -> None:
    assert Path(onrecord.nlp.__file__).parent / "knowledge" / "territories.tsv" == territories.TABLE
    assert territories.TABLE.read_text("utf-8").startswith(territories.HEADER)
