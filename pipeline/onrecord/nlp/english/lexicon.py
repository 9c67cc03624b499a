# SPDX-License-Identifier: Apache-2.0
"""Data tables: word lists in ``lexicons/``, facts in ``knowledge/``, learned weights in ``weights/``.

All are tab-separated, with their source and licence in ``#`` lines at the top.
"""

import functools
from importlib import resources


@functools.cache
def rows(name: str, folder: str = "lexicons") -> tuple[tuple[str, ...], ...]:
    """Return the rows of ``FOLDER/NAME.tsv``, without comments and blank lines.

    Every row has as many cells as the widest one; missing cells at the end are empty.

    Raises:
        FileNotFoundError: there is no such table.
    """
    text = resources.files("onrecord.nlp").joinpath(folder).joinpath(f"{name}.tsv").read_text("utf-8")
    lines = [line for line in text.splitlines() if line and line[0] != "#" and not line.isspace()]
    is_padded = any(pad in text for pad in (" \t", "\t ", " \n", "\n "))
    cells = [tuple(map(str.strip, line.split("\t")) if is_padded else line.split("\t")) for line in lines]
    width = max(map(len, cells), default=0)
    return tuple(row if len(row) == width else row + ("",) * (width - len(row)) for row in cells)


@functools.cache
def words(name: str) -> frozenset[str]:
    """Return the first column of ``lexicons/NAME.tsv``."""
    return frozenset(row[0] for row in rows(name))
