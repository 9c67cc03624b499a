# SPDX-License-Identifier: Apache-2.0
"""Prints the image's Python packages with versions and hashes as CycloneDX JSON: its software bill of materials.

usage: python -m deploy.image.sbom LOCK ... > FILE

A lock is for all Pythons and systems. The bill has only the packages for those that this script runs on, as pip installs them from the same
lock. It has the hashes that pip accepts: of each file of the version, for all systems.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "pyproject.toml"
VERSION = ROOT / "pipeline" / "onrecord" / "version.py"


def for_this_python(locks: Iterable[str]) -> list[str]:
    """Return the requirements of locks, with their hashes, that pip would install here, each once and sorted."""
    found = set()
    for lock in locks:
        for line in lock.replace("\\\n", " ").splitlines():
            requirement, *hashes = re.split(r"\s+(?=--hash=)", line.strip())
            if not requirement or requirement.startswith("#"):
                continue
            read = Requirement(requirement)
            if read.marker is None or read.marker.evaluate():
                found.add(" ".join([f"{read.name}{read.specifier}", *hashes]))
    return sorted(found)


def bill(requirements: Iterable[str]) -> dict[str, Any]:
    """Return the bill of these requirements, checked against CycloneDX's schema."""
    command = [
        sys.executable,
        "-m",
        "cyclonedx_py",
        "requirements",
        "--pyproject",
        str(PROJECT),
        "--mc-type",
        "application",
    ]
    done = subprocess.run(
        [*command, "--output-reproducible", "-"],
        input="\n".join(requirements),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    made: dict[str, Any] = json.loads(done.stdout)
    # The tool doesn't read a version that pyproject.toml takes from a file.
    made["metadata"]["component"]["version"] = VERSION.read_text("utf-8").split('"')[-2]
    return made


def main() -> int:
    """Print the bill of the locks that are named; return the exit code."""
    locks = [Path(name).read_text("utf-8") for name in sys.argv[1:]]
    print(json.dumps(bill(for_this_python(locks)), indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
