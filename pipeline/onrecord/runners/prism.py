"""Where the Prism binary is. Beam would download one; we look for it, and say how to get it."""

import itertools
import mmap
import os
import shutil
from pathlib import Path

from apache_beam.version import __version__ as BEAM_VERSION  # noqa: N812 - a constant

MODULE = "github.com/apache/beam/sdks/v2/go/cmd/prism"
FLAG = "--prism_location"
ALWAYS = (
    "--prism_log_level=error",  # otherwise it greets and takes its leave, whatever the level of our own log
    # Prism splits slow bundles, those with keyed state too, and counts their timers as elements when it does: some elements are
    # processed twice, and keys at two places at once (found in 2.77).
    "--experiments=prism_disable_sdf_split",
)


def cache() -> Path:
    """Return the folder in which a Prism of Beam's version is looked for."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home, "onrecord", "prism", BEAM_VERSION)


def how_to_get_it() -> str:
    """Return the command that builds it, with Go 1.25 or later and the checksums of Go's module proxy."""
    return f"build it with 'GOBIN={cache()} go install {MODULE}@v{BEAM_VERSION}', or name one with {FLAG}=FILE"


def _is_beams(path: Path) -> bool:
    """Whether a program is Beam's Prism; others go by that name."""
    if path.stat().st_size == 0:  # which can't be mapped
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(b"apache/beam") >= 0


def find() -> Path | None:
    """Return the binary in the cache, or on the path; None where there is none."""
    cached = cache() / "prism"
    if cached.is_file():
        return cached
    on_path = shutil.which("prism")
    return Path(on_path) if on_path and _is_beams(Path(on_path)) else None


def location_flags(flags: list[str], problems: list[str]) -> list[str]:
    """Return the flags of Beam's that Prism needs besides those that are given; what is wrong goes to the problems."""
    given = [flag.partition("=")[2] for flag in flags if flag.startswith(f"{FLAG}=")]
    given += [after for flag, after in itertools.pairwise(flags) if flag == FLAG]
    if given:
        if not os.path.isfile(given[-1]):
            problems.append(f"{FLAG} {given[-1]}: there is no such file, and none is downloaded; {how_to_get_it()}")
        return list(ALWAYS)
    found = find()
    if found is None:
        problems.append(f"--runner PrismRunner: there is no Prism on this machine; {how_to_get_it()}")
        return []
    return [*ALWAYS, f"{FLAG}={found}"]
