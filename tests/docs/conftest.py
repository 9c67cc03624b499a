# SPDX-License-Identifier: Apache-2.0
"""Fixtures for the tests of the documentation: the built site, and the records of the demo."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.tutorials import ROOT
from tests.integration.backfills import backfill


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site as ``make docs`` does: a warning is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run the main job of ``make demo``, and return its output folder."""
    output = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(ROOT)  # the records name the files as the command does
        backfill("--input", "samples/articles.jsonl", "samples/broken.jsonl", "--output", output)
    return output
