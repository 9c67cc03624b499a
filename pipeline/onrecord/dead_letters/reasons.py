# SPDX-License-Identifier: Apache-2.0
"""Counts the reasons of dead letters: reasons that differ only in the values that they quote are one reason."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from onrecord.data.message import InvalidMessage

MAX_REASONS = 1_000  # distinct ones; hostile input can make each message different
MAX_REASON_LENGTH = 500  # code points that are compared and shown
VARYING = "…"  # shown for a value that is not the same in all letters of a reason
OTHERS = "other reasons"
# What a message quotes from its input: a quoted text (also one that is cut), a path or web address, a number or a word with digits.
# No alternative fails far behind its beginning, so the time is linear in the length of the message.
VALUE = re.compile(
    r"""( (?<!\w)'(?:[^'\\]|\\.?)*(?:'|\Z) | "(?:[^"\\]|\\.?)*(?:"|\Z) | “[^”]*(?:”|\Z)
        | (?<!\S)[^\s/\\'"“]*[/\\]\S*
        | (?<!\w)\w*?\d\w*(?:[.,:-]\d\w*)* )""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why letters are dead.

    Attributes:
        count: the number of messages.
        error_type: class of the error; empty for ``OTHERS``.
        stage: the step that refused the messages; empty for ``OTHERS``.
        message: the error message; ``VARYING`` is in place of each value that differs between the letters. It may quote any input.
        origin: where the first of the messages came from.
    """

    count: int
    error_type: str
    stage: str
    message: str
    origin: str

    @property
    def text(self) -> str:
        """The message, behind the class of the error unless that only says that the input is wrong."""
        is_clear = self.error_type in ("", InvalidMessage.__name__)
        return self.message if is_clear else f"{self.error_type}: {self.message}"


def reason_lines(reasons: Sequence[Reason]) -> list[str]:
    """Return a line to show for each reason, with its count and the origin of one message."""
    width = max((len(f"{reason.count:,}") for reason in reasons), default=0)
    return [f"  {reason.count:>{width},} × {reason.text} ({reason.origin})" for reason in reasons]


@dataclass(slots=True)
class _Group:
    """The letters with one reason: the first letter's values, None for each that is different in another letter."""

    origin: str
    values: list[str | None]
    count: int = 0

    def add(self, values: list[str], count: int) -> None:
        self.count += count
        self.values = [mine if mine == other else None for mine, other in zip(self.values, values, strict=True)]

    def message(self, words: tuple[str, ...]) -> str:
        """Return the words of a reason, which are around its values, with the values."""
        shown = [VARYING if value is None else value for value in self.values]
        return "".join(word + value for word, value in zip(words, [*shown, ""], strict=True))


@dataclass
class Reasons:
    """Counts letters by reason, in memory that is bounded by ``MAX_REASONS``."""

    _groups: dict[tuple[str, str, tuple[str, ...]], _Group] = field(default_factory=dict)
    _others: _Group | None = None

    def add(self, error_type: str, stage: str, message: str, origin: str, count: int = 1) -> None:
        """Add a letter, or ``count`` equal ones."""
        pieces = VALUE.split(message[:MAX_REASON_LENGTH])
        words, values = tuple(pieces[::2]), pieces[1::2]
        key = error_type, stage, words
        group = self._groups.get(key)
        if group is None and len(self._groups) < MAX_REASONS:
            group = self._groups[key] = _Group(origin, list(values))
        if group is not None:
            group.add(values, count)
        else:
            self._others = self._others or _Group(origin, [])
            self._others.add([], count)

    def most_common(self, number: int) -> list[Reason]:
        """Return the commonest reasons, the commonest first; reasons past ``MAX_REASONS`` are the last, as one."""
        reasons = [
            Reason(group.count, error_type, stage, group.message(words), group.origin)
            for (error_type, stage, words), group in self._groups.items()
        ]
        reasons.sort(key=lambda reason: (-reason.count, reason.error_type, reason.message, reason.stage))
        if self._others is not None:
            reasons.append(Reason(self._others.count, "", "", OTHERS, self._others.origin))
        return reasons[:number]
