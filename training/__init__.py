"""Learns the weights and derives the tables that ship in the package; not part of the distribution."""

from pathlib import Path

import onrecord.nlp

WEIGHTS = Path(onrecord.nlp.__file__).parent / "weights"
