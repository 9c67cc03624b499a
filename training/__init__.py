"""Learns the weights and builds the tables of the package; not part of the distribution."""

from pathlib import Path

import onrecord.nlp

WEIGHTS = Path(onrecord.nlp.__file__).parent / "weights"
