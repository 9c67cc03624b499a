# SPDX-License-Identifier: Apache-2.0
"""Names that try to control a terminal or to forge a line, and what printed text must be for them to fail."""

import random
import unicodedata

NUMBER = 200
MAX_BYTES = 200  # a file name has at most 255, and some tests add an extension
FORGED = "onrecord:all-good"  # one word, so that argparse takes "--" and a name for an option

# Without "/" and NUL, which no file name and no argument can have.
FRAGMENTS = (
    *("\x1b]0;OWNED\x07", "\x1b]52;c;cm0=\x07", "\x1b[2J", "\x1b[31m", "\x1bc", "\x1bP1$r\x1b\\", "\x07", "\x08\x08\x08"),
    *("\x9b31m", "\x9d0;OWNED\x9c", "\x90", "\x85", "\x7f", "\x01", "\x0e", "\x1c", "\t", "\x0b", "\x0c", "\r", "\r\n", "\n"),
    *("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u200e", "\u200f"),
    *("\u061c", "\u2028", "\u2029", "\ufeff", "\xad", "\U000e0041", "\udc9b", "\udcff", "\udc80"),
    *("[bold red]", "[blink]", "[link=x]", "[@click=x]", ":smile:", "%s", "%(prog)s", "%n", "{}", "{0}", "{x!r}", "%"),
    *("\\", "\\x1b", "'", '"', "$(id)", "`id`", "=1+1", "＝1", "--", "..", "~", " ", "é", "名前", "\U0001f600", "error: "),
)  # fmt: skip
# A printed character of one of these categories controls something; white space is judged line by line.
CONTROLS = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def hostile_name(number: int) -> str:
    """Return the name with a number: it begins with the number, and has a line that looks like a message."""
    chance = random.Random(number)
    # Each fragment is in some name, whatever chance chooses.
    parts = [FRAGMENTS[number % len(FRAGMENTS)], *chance.choices(FRAGMENTS, k=chance.randrange(1, 6)), f"\n{FORGED}"]
    chance.shuffle(parts)
    if number % 20 == 0:
        parts.append("x" * MAX_BYTES)
    return cut(f"n{number}_{''.join(parts)}")


def cut(name: str) -> str:
    """Return as much of a name as a file name can have."""
    while len(name.encode("utf-8", "surrogateescape")) > MAX_BYTES:
        name = name[:-1]
    return name


def hostile_names() -> list[str]:
    """Return all the names."""
    return [hostile_name(number) for number in range(NUMBER)]


def assert_harmless(printed: str, *, has_tabs: bool = False, has_cells: bool = False) -> None:
    """Check that printed text has no character that controls the terminal, and no forged line.

    Args:
        printed: what was printed.
        has_tabs: whether tabs separate cells.
        has_cells: whether the text of a cell may be wrapped to several lines.
    """
    for line in printed.split("\n"):
        shown = line.replace("\t", "") if has_tabs else line
        assert [char for char in shown if unicodedata.category(char) in CONTROLS] == [], ascii(line)
        assert has_cells or not line.startswith(FORGED), ascii(line)
