# SPDX-License-Identifier: Apache-2.0
"""The files of dead letters. Local folders are looked into without Beam, so that a command line can be checked quickly."""

from onrecord.data.records import DeadLetter
from onrecord.sinks import reader


def letter_files(output: str) -> list[str]:
    """Return the files of dead letters of a run, in order."""
    return reader.paths(output, DeadLetter.kind)
