# SPDX-License-Identifier: Apache-2.0
"""Cells of CSV files that a spreadsheet shows as text."""

# A cell that begins with one of these is a formula to a spreadsheet (OWASP, CSV injection), which may also skip tabs and line ends.
FORMULAS = frozenset("=+-@＝＋－＠\t\r\n")
# Control characters other than a tab and a line end: spreadsheets and readers of CSV refuse some, and obey others.
CONTROLS = dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160)), " ")


def safe_cell(text: str) -> str:
    """Return a text as a cell: with an apostrophe in front if it would be a formula, and blanks in place of control characters."""
    shown = text if text.isprintable() else text.translate(CONTROLS)
    return f"'{shown}" if text[:1] in FORMULAS or shown.lstrip()[:1] in FORMULAS else shown
