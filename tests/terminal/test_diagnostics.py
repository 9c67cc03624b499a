# SPDX-License-Identifier: Apache-2.0
"""Tracebacks and logs quote their input escaped."""

import logging
import subprocess
import sys

import pytest

from onrecord.terminal.diagnostics import guard_log
from tests.hostile_names import assert_harmless, hostile_name

HOSTILE = ascii(hostile_name(4))
GUARDED = "import threading; from onrecord.terminal import diagnostics; diagnostics.guard_tracebacks()"


@pytest.mark.process
@pytest.mark.parametrize(
    ("program", "code"),
    [
        (f"raise ValueError({HOSTILE})", 1),
        (f"1 / 0 if not int('0') else {HOSTILE}", 1),
        (f"def fail(): raise ValueError({HOSTILE})\nthreading.Thread(target=fail, name={HOSTILE}).start()", 0),
        (f"try: raise OSError({HOSTILE})\nexcept OSError as e: raise ValueError({HOSTILE}) from e", 1),
        (f"import warnings; diagnostics.guard_log(10); warnings.warn({HOSTILE})", 0),
        (f"import logging; diagnostics.guard_log(10); logging.getLogger().error({HOSTILE})", 0),
        (
            f"from onrecord import commands\ndef parser(): raise ValueError({HOSTILE})\n"
            "import sys; sys.excepthook = sys.__excepthook__\ncommands.parser = parser; commands.main()",
            1,
        ),
        (f"import logging; diagnostics.guard_log(10)\ntry: [][0]\nexcept IndexError: logging.exception({HOSTILE})", 0),
    ],
)
def test_what_a_bug_prints(program: str, code: int) -> None:
    run = subprocess.run(
        [sys.executable, "-c", f"{GUARDED}\n{program}"], capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert run.returncode == code
    assert run.stdout == ""
    assert run.stderr
    assert_harmless(run.stderr)
    first, *others = run.stderr.splitlines()
    assert first.startswith(("Traceback", "in the thread", "WARNING:", "ERROR:"))
    assert all(line.startswith("  ") for line in others)


def test_hooks_and_handlers_that_are_set_are_kept() -> None:
    before = [*logging.getLogger().handlers]
    assert before  # pytest's own
    guard_log(logging.CRITICAL)
    assert logging.getLogger().handlers == before
