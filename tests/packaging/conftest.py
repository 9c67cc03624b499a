# SPDX-License-Identifier: Apache-2.0
"""One wheel and one installation of it for all tests of the distribution."""

from pathlib import Path

import pytest

from tests.packaging.installation import Installation, build_wheel, install


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the repository as it is."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installation(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An environment in which onrecord comes from the wheel."""
    return install(wheel, tmp_path_factory.mktemp("installation") / "venv")
