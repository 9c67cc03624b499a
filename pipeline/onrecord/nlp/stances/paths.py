# SPDX-License-Identifier: Apache-2.0
"""The path through the tree from one token to another of its sentence."""

from dataclasses import dataclass
from itertools import islice, takewhile

from onrecord.nlp.english.labels import CLAUSES, SUBJECTS
from onrecord.nlp.english.parse import Parse

# Labels on a path; actors further apart have no stance toward each other.
MAX_CHAIN = 12
MAX_PATH = 9


@dataclass(frozen=True, slots=True)
class Path:
    """The tokens from ``start`` up to below ``top`` and from below ``top`` down to ``end``; top is above both."""

    start: int
    end: int
    up: tuple[int, ...]
    top: int
    down: tuple[int, ...]

    @property
    def inner(self) -> tuple[int, ...]:
        """The tokens between the two ends, with top unless it is one of them."""
        between = (*self.up[1:], self.top, *self.down[:-1])
        return tuple(token for token in between if token not in (self.start, self.end))


def chain(parse: Parse, token: int) -> tuple[int, ...]:
    """Return a token and its ancestors."""
    return tuple(islice(parse.upward(token), MAX_CHAIN))


def path(from_start: tuple[int, ...], from_end: tuple[int, ...]) -> Path | None:
    """Return the path between two tokens, given the chain of each; None if it is too long."""
    place = {token: index for index, token in enumerate(from_start)}
    for index, token in enumerate(from_end):
        if token in place:
            up, down = from_start[: place[token]], from_end[:index][::-1]
            return Path(from_start[0], from_end[0], up, token, down) if len(up) + len(down) <= MAX_PATH else None
    return None


def is_anothers(parse: Parse, token: int, top: int) -> bool:
    """Whether a token below ``top`` is in a clause with a subject of its own: said that Peru attacked.

    A pronoun does not count as another subject: it may be the speaker.
    """
    for below in takewhile(lambda one: one != top, parse.upward(token)):
        subject = parse.child(below, *SUBJECTS) if parse.dep[below] in CLAUSES else None
        if subject is not None and parse.tag[subject] != "PRP":
            return True
    return False
