# SPDX-License-Identifier: Apache-2.0
"""Scripts that learn the weights and build the tables of the package; they are not part of the distribution."""

from pathlib import Path

import onrecord.nlp

WEIGHTS = Path(onrecord.nlp.__file__).parent / "weights"
