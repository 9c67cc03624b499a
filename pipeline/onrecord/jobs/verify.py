# SPDX-License-Identifier: Apache-2.0
"""``onrecord verify``: compares the files in the output folder of a backfill with its manifest."""

import posixpath
import sys
from collections.abc import Iterator

from onrecord.data.kinds import kinds
from onrecord.data.paths import is_remote
from onrecord.jobs.exit_codes import DONE, FAILED
from onrecord.sinks import manifest, reader
from onrecord.sinks.manifest import MANIFEST, Manifest, WrittenFile
from onrecord.telemetry.progress import each_shown
from onrecord.terminal.text import print_line

MAX_SHOWN = 20  # problems, printed


def run(folder: str) -> int:
    """Print what differs from the manifest, and return the exit code: 0 if nothing does, else 1.

    Raises:
        FileNotFoundError: the folder has no manifest.
        ManifestError: the manifest can't be read.
        OSError: a file can't be read.
    """
    found = manifest.read(folder)
    if found is None:
        raise FileNotFoundError(f"{folder}: there is no {MANIFEST} in it, which a backfill on this machine writes")
    problems: list[str] = []
    more = 0
    for problem in _problems(folder, found):
        if len(problems) < MAX_SHOWN:
            problems.append(problem)
        else:
            more += 1
    files = sum(len(entry.files) for entry in found.entries.values())
    if not problems:
        print_line(f"{folder}: complete; {files:,} files of {found.header.splits:,} splits are as they were written")
        return DONE
    for problem in problems:
        print_line(problem, sys.stderr)
    if more:
        print_line(f"and {more:,} more", sys.stderr)
    print_line(f"failed: {len(problems) + more:,} problems in {folder}", sys.stderr)
    return FAILED


def _problems(folder: str, found: Manifest) -> Iterator[str]:
    """Yield what differs from the manifest."""
    missing = found.header.splits - len(found.entries)
    if missing:
        yield f"{missing:,} of {found.header.splits:,} splits are not done; run the backfill again with --resume"
    elif not reader.has_summary(folder):
        yield "the backfill was not ended; run it again with --resume"
    listed = {file.name: file for entry in found.entries.values() for file in entry.files}
    for file in each_shown(list(listed.values()), "verifying"):
        if problem := _problem(folder, file):
            yield f"{file.name}: {problem}"
    start = len(folder if folder.endswith("/") else f"{folder}/")
    for kind in kinds():
        for path in reader.paths(folder, kind):
            if path[start:] not in listed:
                yield f"{path[start:]}: not in the manifest, but read with the records; of another run or an unfinished split"


def _problem(folder: str, listed: WrittenFile) -> str | None:
    """Return how a file differs from its entry, or None."""
    if posixpath.normpath(listed.name).partition("/")[0] not in kinds():
        return "the manifest lists a file outside the folders of records; was it edited?"
    path = f"{folder.rstrip('/')}/{listed.name}" if is_remote(folder) else posixpath.join(folder, listed.name)
    try:
        found = manifest.hashed(path, listed.name)
    except FileNotFoundError:
        return "missing"
    if listed.sha256 == manifest.UNKNOWN:
        return "'onrecord forget' was killed when it rewrote this file; run 'onrecord forget DIR --yes' again"
    if found.size != listed.size:
        return f"has {found.size:,} bytes, was written with {listed.size:,}"
    return None if found.sha256 == listed.sha256 else "was changed: its SHA-256 is another one"
