# SPDX-License-Identifier: Apache-2.0
"""The path through the tree from one token to another of its sentence."""

from itertools import islice
from typing import NamedTuple

from onrecord.nlp.english.parse import Parse

# Labels on a path; actors further apart have no stance toward each other.
MAX_CHAIN = 12
MAX_PATH = 9


class Path(NamedTuple):
    """The tokens from ``start`` up to below ``top`` and from below ``top`` down to ``end``; top is above both."""

    start: int
    end: int
    up: tuple[int, ...]
    top: int
    down: tuple[int, ...]


def chain(parse: Parse, token: int) -> tuple[int, ...]:
    """Return a token and its ancestors."""
    return tuple(islice(parse.upward(token), MAX_CHAIN))


def path(from_start: tuple[int, ...], from_end: tuple[int, ...]) -> Path | None:
    """Return the path between two tokens, given the chain of each; None if it is too long."""
    for index, token in enumerate(from_end):
        if token in from_start:
            up, down = from_start[: from_start.index(token)], from_end[:index][::-1]
            return Path(from_start[0], from_end[0], up, token, down) if len(up) + len(down) <= MAX_PATH else None
    return None
