# SPDX-License-Identifier: Apache-2.0
"""Which dead letters of an output folder were replayed: notes next to the letters, in ``DIR/replayed/``."""

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from onrecord.data.paths import is_remote

FOLDER = "replayed"


def replayed_before(output: str) -> set[str]:
    """Return the ids of the letters that were replayed; of a folder on this machine without Beam."""
    return {name for note in _notes(output) for name in json.loads(note)}


def _notes(output: str) -> Iterator[bytes]:
    if not is_remote(output):
        for path in sorted(Path(output, FOLDER).glob("*.json")):
            yield path.read_bytes()
        return
    from apache_beam.io.filesystems import FileSystems

    pattern = FileSystems.join(output, FOLDER, "*.json")
    for path in (file.path for matched in FileSystems.match([pattern]) for file in matched.metadata_list):
        with FileSystems.open(path) as stored:
            yield stored.read()


def note(output: str, ids: list[str]) -> None:
    """Record that letters were replayed; the file of a note is complete or absent."""
    from apache_beam.io.filesystems import FileSystems

    folder, name = os.path.join(output, FOLDER), uuid.uuid4().hex
    unfinished = FileSystems.join(folder, f"{name}.unfinished")
    with FileSystems.create(unfinished, "application/json") as file:
        file.write(json.dumps(sorted(ids)).encode())
    FileSystems.rename([unfinished], [FileSystems.join(folder, f"{name}.json")])
