# SPDX-License-Identifier: Apache-2.0
"""A file to be read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class InputFile:
    """A file to be read.

    Attributes:
        path: local, or with a scheme such as ``gs://``.
        size: stored bytes; 0 for a pipe.
        changed_at: seconds since 1970, in UTC.
    """

    path: str
    size: int = 0
    changed_at: float = 0.0
