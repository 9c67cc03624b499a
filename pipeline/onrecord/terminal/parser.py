# SPDX-License-Identifier: Apache-2.0
"""A parser of command lines whose mistakes quote their arguments escaped, and say what may have been meant."""

import argparse
import difflib
import re
from typing import NoReturn

from onrecord.terminal.text import printable


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
