# SPDX-License-Identifier: Apache-2.0
"""Which files an input means: a file, a folder, or a pattern with ``*``, ``?``, ``[...]`` and ``**``, as a shell understands it.

Local files are found without Beam, so that a command can check its input quickly.
"""

import glob
import os
import stat
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from onrecord.data.input_file import InputFile
from onrecord.data.paths import is_remote
from onrecord.sources import formats

STANDARD_INPUT = "-"
STDIN_FILE = "/dev/stdin"


@dataclass(slots=True)
class Matches:
    """The files that an input means, and what else was found.

    Attributes:
        files: sorted by path.
        broken_links: links to nothing.
        folders: folders that a pattern matched; their files are not read.
        unknown: files in a folder whose names have no ending of a format.
    """

    files: list[InputFile] = field(default_factory=list)
    broken_links: list[str] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def literal(pattern: str) -> str:
    """Return a local pattern in which each part that is the name of an existing file or folder stands for itself, brackets included."""
    head, tail = os.path.split(pattern)
    while head and not tail:  # a slash at the end
        head, tail = os.path.split(head)
    if not glob.has_magic(pattern) or not tail:
        return pattern
    folder = literal(head)
    is_there = glob.has_magic(tail) and any(
        os.path.lexists(os.path.join(place, tail)) for place in glob.iglob(folder or os.curdir)
    )
    return os.path.join(folder, glob.escape(tail) if is_there else tail)


def matched(pattern: str, known: Set[str] = frozenset()) -> Matches:
    """Return the files that an input means.

    As in a shell, a wildcard matches no name that begins with a dot unless the pattern has the dot. A folder means the files of known
    formats in it and in its subfolders.

    Args:
        pattern: the input.
        known: paths that are left out, and not even looked at.

    Raises:
        OSError, ValueError: a remote filesystem can't be reached, or is unknown.
    """
    if pattern == STANDARD_INPUT:
        pattern = STDIN_FILE
    if is_remote(pattern):
        return _remote(pattern, known)
    if os.path.isdir(pattern):
        return _in_folder(pattern, known)
    found = Matches()
    for path in sorted(set(glob.iglob(literal(pattern), recursive=True)) - known):
        _add(path, found)
    return found


def _add(path: str, found: Matches) -> None:
    """Add a path to what was found."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        found.broken_links.append(path)  # or removed just now
        return
    except OSError:  # it can't be looked at: whoever opens it gets the reason
        found.files.append(InputFile(path, 0, 0.0))
        return
    if stat.S_ISDIR(status.st_mode):
        found.folders.append(path)
    else:
        found.files.append(InputFile(path, status.st_size, status.st_mtime))


def _in_folder(folder: str, known: Set[str]) -> Matches:
    found = Matches()
    for path in sorted(set(_walked(folder)) - known):
        if formats.of_name(path) is None:
            found.unknown.append(path)
        else:
            _add(path, found)
    return found


def _walked(folder: str) -> Iterator[str]:
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (os.path.join(parent, name) for name in names if not name.startswith("."))


def _remote(pattern: str, known: Set[str]) -> Matches:
    from apache_beam.io.filesystems import FileSystems

    [found] = FileSystems.match([pattern])
    files = [
        InputFile(file.path, file.size_in_bytes, file.last_updated_in_seconds or 0.0)
        for file in found.metadata_list
        if file.path not in known
    ]
    return Matches(files)
