# SPDX-License-Identifier: Apache-2.0
"""Prints text with everything escaped that a terminal or a log viewer would obey instead of showing it."""

import errno
from collections.abc import Iterable
from typing import TextIO

CONTINUATION = "    "
FULL = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO))  # of an output that takes no more


def printable(text: str) -> str:
    r"""Return a text on one line, with an escape such as ``\x1b`` in place of each character that is not printable.

    Among these are C0 and C1 controls, line ends of all kinds, controls of the text direction, and the lone surrogates of file names
    that are not UTF-8.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def printable_lines(text: str) -> str:
    """Return a text of several lines, each of them printable."""
    return "\n".join(map(printable, text.split("\n")))


def indented(text: str) -> str:
    """Return a text of several lines, each of them printable, and all but the first indented.

    For traces and logs, which may quote their input: without the indent a quoted line could look like a message of its own.
    """
    first, *others = map(printable, text.rstrip("\n").split("\n"))
    return "\n".join([first, *(line if line.startswith("  ") else f"{CONTINUATION}{line}" for line in others)])


def print_line(text: str, stream: TextIO | None = None) -> None:
    """Print a text, which may quote any input, as exactly one line; on standard output if there is no other stream."""
    print(printable(text), file=stream)


def print_lines(text: str) -> None:
    """Print a text of several lines, such as a file of this package, on standard output."""
    print(printable_lines(text.removesuffix("\n")))


def print_cells(cells: Iterable[str], stream: TextIO) -> None:
    """Print cells as one line, with tabs between them."""
    print("\t".join(map(printable, cells)), file=stream)


def is_of_output(error: Exception) -> bool:
    """Whether an error is that of a full or failing standard output, and not of a file."""
    return isinstance(error, OSError) and error.filename is None and error.errno in FULL
