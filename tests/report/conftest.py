# SPDX-License-Identifier: Apache-2.0
"""One browser and one report for all tests of the page."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from onrecord.report.collect import collect
from onrecord.report.page import write
from tests.report.browser import Browser, chromium
from tests.report.example_run import example_run


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a run."""
    return example_run(tmp_path_factory.mktemp("run") / "out")


@pytest.fixture(scope="session")
def report_page(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the run."""
    return write(collect(str(run_folder), title="out/demo"), tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture(scope="session")
def downloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the browser saves files."""
    return tmp_path_factory.mktemp("downloads")


@pytest.fixture(scope="session")
def browser(downloads: Path) -> Iterator[Browser]:
    """A browser, started once."""
    with chromium(downloads) as made:
        yield made
