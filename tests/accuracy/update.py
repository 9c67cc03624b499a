# SPDX-License-Identifier: Apache-2.0
"""Rewrites golden.txt with the records of the current code: ``python -m tests.accuracy.update``."""

from onrecord.nlp.model import load_model
from tests.accuracy.report import GOLDEN, report


def main() -> None:
    """Write the report of the default model."""
    GOLDEN.write_text(report(load_model()), "utf-8")
    print(f"{GOLDEN}: rewritten; review the diff before you commit it")


if __name__ == "__main__":
    main()
