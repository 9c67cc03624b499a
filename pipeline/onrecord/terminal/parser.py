# SPDX-License-Identifier: Apache-2.0
"""A parser of command lines whose mistakes quote their arguments escaped."""

import argparse
from typing import NoReturn

from onrecord.terminal.text import printable


class Parser(argparse.ArgumentParser):
    """Parses a command line; the parsers of its subcommands are of this class too."""

    def error(self, message: str) -> NoReturn:
        """Print a mistake, and exit."""
        super().error(printable(message))
