"""Where the tools are that check what lies in deploy/."""

import shutil
import sys
from pathlib import Path

import pytest


def command(name: str) -> str:
    """Return the path of a tool of requirements/dev.lock, which lies beside the Python that runs the tests; skipped without."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        pytest.skip(
            f"{name} is not beside {sys.executable}: requirements/dev.lock has it, but not for every kind of machine"
        )
    return str(path)


def installed(name: str, hint: str) -> str:
    """Return the path of a tool of the machine; the test is skipped where it is missing."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not on this machine: {hint}")
    return found
