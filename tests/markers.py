# SPDX-License-Identifier: Apache-2.0
"""Marks the tests that take longer or need more than Python: CONTRIBUTING.md lists the commands that run them."""

import os
import shutil
from collections import Counter
from collections.abc import Callable
from itertools import chain, groupby, islice
from pathlib import Path

import pytest

from tests import profiles  # noqa: F401 - hypothesis takes its settings before the first test is imported

TESTS = Path(__file__).parent
MARK_OF_FOLDER = {
    "deploy": "deploy",
    "gold": "gold",
    "integration": "process",
    "packaging": "process",
    "plugins": "process",
    "sandbox": "process",
}


def gold_folder() -> Path:
    """Return the folder with the gold sets and their scorers: ONRECORD_GOLD, or ``shared`` next to the checkout."""
    return Path(os.environ.get("ONRECORD_GOLD", TESTS.parents[1] / "shared"))


def _missing_prism() -> str | None:
    from onrecord.runners import prism

    return None if prism.find() else f"no Prism: `make prism` builds it, which needs Go; or {prism.how_to_get_it()}"


def _missing_flink() -> str | None:
    from deploy.flink import cluster

    return None if cluster.is_here() else cluster.HOW_TO_GET_IT


def _missing_go() -> str | None:
    return None if shutil.which("go") else "no Go: https://go.dev/dl, or the package golang of most distributions"


def _missing_emulator() -> str | None:
    from deploy import emulator

    return None if emulator.program() else emulator.HOW_TO_GET_IT


def _missing_gold() -> str | None:
    folder = gold_folder() / "gold"
    return None if folder.is_dir() else f"no gold sets in {folder} (ONRECORD_GOLD names another place)"


def _missing_terraform() -> str | None:
    return None if shutil.which("terraform") else "no Terraform: https://developer.hashicorp.com/terraform/install"


MISSING: dict[str, Callable[[], str | None]] = {
    "emulator": _missing_emulator,
    "flink": _missing_flink,
    "go": _missing_go,
    "gold": _missing_gold,
    "prism": _missing_prism,
    "terraform": _missing_terraform,
}


# Folders of whole jobs come first: a long test that starts last is waited for by all processes.
LONGEST_FOLDERS = ("integration", "docs", "packaging", "plugins", "deploy", "sandbox")


def _longest_first(items: list[pytest.Item]) -> None:
    """Sort the tests by folder and, within a folder of whole jobs, the files by their number of tests."""
    tests_of = Counter(item.path for item in items)

    def order(item: pytest.Item) -> tuple[int, int]:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder not in LONGEST_FOLDERS:
            return len(LONGEST_FOLDERS), 0
        return LONGEST_FOLDERS.index(folder), -tests_of[item.path]

    items.sort(key=order)
    _deal(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def _deal(items: list[pytest.Item], processes: int) -> None:
    """Let each process, which begins with an equal stretch of the tests, have its share of the long files first."""
    hands: list[list[pytest.Item]] = [[] for _ in range(processes)]
    rest: list[pytest.Item] = []
    for _, of_file in groupby(items, key=lambda item: item.path):
        tests = list(of_file)
        is_long = tests[0].path.relative_to(TESTS).parts[0] in LONGEST_FOLDERS
        (min(hands, key=len) if is_long else rest).extend(tests)
    others, size = iter(rest), -(-len(items) // processes)
    for hand in hands:
        hand.extend(islice(others, max(0, size - len(hand))))
    items[:] = [*chain.from_iterable(hands), *others]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of a folder, and skip those whose requirements this machine lacks."""
    _longest_first(items)
    missing: dict[str, str | None] = {}
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if mark := MARK_OF_FOLDER.get(folder):
            item.add_marker(mark)
        for name in {mark.name for mark in item.iter_markers()} & MISSING.keys():
            if name not in missing:
                missing[name] = MISSING[name]()
            if reason := missing[name]:
                item.add_marker(pytest.mark.skip(reason=reason))
