# SPDX-License-Identifier: Apache-2.0
"""The metrics are defined in one module and documented in one table."""

import re
from pathlib import Path

from onrecord.telemetry import metrics

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "metrics.md"
NOT_METRICS = {"NAMESPACE", "SOURCE_NAMESPACE"}


def test_every_metric_is_in_the_table_and_nothing_else_is():
    named = {value.rstrip(".") for name, value in vars(metrics).items() if name.isupper() and name not in NOT_METRICS}
    told = {name.partition(".")[0] for name in re.findall(r"^\| `([^`]+)`", DOCUMENT.read_text("utf-8"), re.MULTILINE)}
    assert told == named
