# SPDX-License-Identifier: Apache-2.0
"""The paths of the tools that check deploy/."""

import shutil
import sys
from pathlib import Path

import pytest


def command(name: str) -> str:
    """Return the path of a tool of requirements/dev.lock, installed with the Python that runs the tests; skip the test without it."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        pytest.skip(
            f"{name} is not installed next to {sys.executable}: requirements/dev.lock has it, but not for every platform"
        )
    return str(path)


def installed(name: str, hint: str) -> str:
    """Return the path of an installed tool; skip the test without it."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine: {hint}")
    return found
