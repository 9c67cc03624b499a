# SPDX-License-Identifier: Apache-2.0
"""A parser of command lines whose mistakes quote their arguments escaped, and say what may have been meant."""

import argparse
import difflib
import re
import shutil
import textwrap
from itertools import groupby
from typing import NoReturn

from onrecord.terminal.text import printable

MAX_HELP_WIDTH = 100  # columns; longer lines are hard to read


class HelpFormatter(argparse.HelpFormatter):
    """Fills the paragraphs of a command's description and epilog to the width of the terminal; indented lines, such as examples, stay."""

    def __init__(self, prog: str) -> None:
        """Take the name of the command."""
        super().__init__(prog, width=min(shutil.get_terminal_size().columns - 2, MAX_HELP_WIDTH))

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        filled: list[str] = []
        for is_kept, group in groupby(text.splitlines(), key=lambda line: line.startswith(" ") or not line):
            lines = list(group)
            filled += lines if is_kept else textwrap.wrap(" ".join(lines), width, break_on_hyphens=False)
        return "\n".join(filled)


class Parser(argparse.ArgumentParser):
    """Parses a command line; the parsers of its subcommands are of this class too."""

    def error(self, message: str) -> NoReturn:
        """Print a mistake, and exit."""
        super().error(printable(message + self._meant(message)))

    def _meant(self, message: str) -> str:
        """Return the choice that is nearest to an invalid one, as a question."""
        invalid = re.search("invalid choice: '([^']*)'", message)
        if invalid is None:
            return ""
        choices = [str(choice) for action in self._actions for choice in action.choices or ()]
        near = difflib.get_close_matches(invalid[1], choices, n=1)
        return f"; did you mean {near[0]}?" if near else ""
