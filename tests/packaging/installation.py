# SPDX-License-Identifier: Apache-2.0
"""Builds the wheel and installs it where nothing else of the repository can be imported."""

import os
import shutil
import site
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 300
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
_LEFT_BEHIND = shutil.ignore_patterns(
    ".git", ".venv", "out", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis"
)


def build_wheel(folder: Path) -> Path:
    """Build the wheel from a copy of the repository, so that nothing of an earlier build gets into it."""
    source = Path(shutil.copytree(ROOT, folder / "source", ignore=_LEFT_BEHIND))
    subprocess.run(
        [*_PIP, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder), str(source)],
        check=True,
        timeout=TIMEOUT_SECONDS,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Installation:
    """A virtual environment with the wheel in it, and the dependencies of the environment that runs the tests.

    The dependencies are found through a .pth file. Python does not process the .pth files of a folder that it finds this way, so the
    editable installation of the repository stays invisible.
    """

    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "bin" / "python"

    def run(
        self, *command: object, cwd: Path, python_path: Path | None = None, exit_code: int = 0
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command of the environment to its end and check its exit code.

        Args:
            command: its first word is a program in the environment's ``bin``.
            cwd: the directory in which it runs.
            python_path: the only folder in PYTHONPATH.
            exit_code: the expected one.
        """
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        if python_path:
            environment["PYTHONPATH"] = str(python_path)
        program, *arguments = map(str, command)
        ended = subprocess.run(
            [str(self.folder / "bin" / program), *arguments],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
        assert ended.returncode == exit_code, f"exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return ended


def install(wheel: Path, folder: Path) -> Installation:
    """Install a wheel in a new virtual environment."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=TIMEOUT_SECONDS)
    installation = Installation(folder)
    subprocess.run(
        [*_PIP, "--python", str(installation.python), "install", "--no-deps", "--no-index", str(wheel)],
        check=True,
        timeout=TIMEOUT_SECONDS,
    )
    paths = sysconfig.get_paths()
    dependencies = dict.fromkeys([paths["purelib"], paths["platlib"], *site.getsitepackages()])
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text("".join(f"{path}\n" for path in dependencies), "utf-8")
    return installation
