# SPDX-License-Identifier: Apache-2.0
"""Finds the Prism binary. Beam would download one; onrecord only looks for it, and says how to build it."""

import itertools
import mmap
import os
import shutil
from pathlib import Path

from apache_beam.version import __version__ as BEAM_VERSION  # noqa: N812 - a constant

from onrecord.runners.cache import cache_folder

MODULE = "github.com/apache/beam/sdks/v2/go/cmd/prism"
FLAG = "--prism_location"
ALWAYS = (
    "--prism_log_level=error",  # otherwise it logs its start and end, whatever the log level of this process
    # Prism splits slow bundles, even those with keyed state, and counts their timers as elements when it does. Some elements are then
    # processed twice, and some keys in two places at once (seen in 2.77).
    "--experiments=prism_disable_sdf_split",
)


def cache() -> Path:
    """Return the folder that may have a Prism of the installed version of Beam."""
    return Path(cache_folder(), "prism", BEAM_VERSION)


def how_to_get_it() -> str:
    """Return instructions for building Prism: with Go 1.25 or later, which verifies the checksums of the sources."""
    return f"build it with 'GOBIN={cache()} go install {MODULE}@v{BEAM_VERSION}', or give {FLAG}=FILE"


def _is_beams(path: Path) -> bool:
    """Whether a program is Beam's Prism; there are others of that name."""
    if path.stat().st_size == 0:  # an empty file can't be mapped
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"apache/beam") >= 0


def find() -> Path | None:
    """Return the binary in the cache, or else on the PATH; None if there is none."""
    cached = cache() / "prism"
    if cached.is_file():
        return cached
    on_path = shutil.which("prism")
    return Path(on_path) if on_path and _is_beams(Path(on_path)) else None


def location_flags(flags: list[str], problems: list[str]) -> list[str]:
    """Return the Beam flags to add to the user's for Prism; add what is wrong or missing to the problems."""
    given = [flag.partition("=")[2] for flag in flags if flag.startswith(f"{FLAG}=")]
    given += [after for flag, after in itertools.pairwise(flags) if flag == FLAG]
    if given:
        if not os.path.isfile(given[-1]):
            problems.append(f"{FLAG} {given[-1]}: no such file, and none is downloaded; {how_to_get_it()}")
        return list(ALWAYS)
    found = find()
    if found is None:
        problems.append(f"--runner PrismRunner: Prism was not found on this machine; {how_to_get_it()}")
        return []
    return [*ALWAYS, f"{FLAG}={found}"]
