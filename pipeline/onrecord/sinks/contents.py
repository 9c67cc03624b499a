# SPDX-License-Identifier: Apache-2.0
"""What is in an output folder. Local folders are looked into without Beam, so that a command line can be checked quickly."""

import os

from onrecord.data.forgotten import FILE_NAME
from onrecord.data.kinds import kinds
from onrecord.data.paths import is_remote
from onrecord.sinks.lock import CLAIMS, LOCK
from onrecord.sinks.manifest import MANIFEST

SUMMARY = "summary.json"
TEMPORARY = ".in-progress"  # folder of files that are not complete
WORK = "backfill"  # folder in it, of what a backfill needs to go on after a kill


def below(folder: str) -> set[str]:
    """Return the paths of all files in a folder and its subfolders, relative to it, with slashes; links to folders are not followed."""
    if is_remote(folder):
        from apache_beam.io.filesystems import FileSystems

        start = len(folder.rstrip("/")) + 1
        (matched,) = FileSystems.match([FileSystems.join(folder, "**")])
        return {file.path[start:] for file in matched.metadata_list}
    return {
        os.path.relpath(os.path.join(parent, name), folder).replace(os.sep, "/")
        for parent, _, names in os.walk(folder)
        for name in names
    }


def is_empty(output: str) -> bool:
    """Whether a folder contains no files but a list of forgotten articles, what locks it, and a manifest of nothing, or does not exist.

    The folders of records and of unfinished files are looked into even if they are links, as the records would go there.
    """
    if any(below(os.path.join(output, name)) for name in (*kinds(), TEMPORARY)):
        return False
    return all(path in (FILE_NAME, LOCK, MANIFEST) or path.startswith(f"{CLAIMS}/") for path in below(output))


def is_of_backfill(output: str) -> bool:
    """Whether a folder has what a backfill on this machine leaves that was not done, or was; it can be resumed, then."""
    found = below(output)
    return MANIFEST in found or any(path.startswith(f"{TEMPORARY}/{WORK}/") for path in found)


def links(output: str) -> list[str]:
    """Return the folders in an output folder that are links, through which other folders would be written or emptied."""
    return [path for name in (*kinds(), TEMPORARY) if os.path.islink(path := os.path.join(output, name))]
