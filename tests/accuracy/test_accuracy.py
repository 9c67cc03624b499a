# SPDX-License-Identifier: Apache-2.0
"""The records of the gold set are exactly those of golden.txt, right and wrong."""

import difflib

import pytest

from onrecord.nlp.model import Model
from tests.accuracy.report import GOLDEN, report


def test_accuracy_is_that_of_the_golden_file(model: Model) -> None:
    expected = GOLDEN.read_text("utf-8")
    found = report(model)
    if found != expected:
        diff = difflib.unified_diff(
            expected.splitlines(), found.splitlines(), "golden.txt", "this code", n=1, lineterm=""
        )
        pytest.fail(
            "The accuracy on tests/accuracy/articles has changed:\n"
            + "\n".join(diff)
            + "\nIf each change is right, or worth it, accept them with: python -m tests.accuracy.update",
            pytrace=False,
        )
