# SPDX-License-Identifier: Apache-2.0
"""What the reader of a format gets: a file, and how its messages are made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from onrecord.data.message import MAX_MESSAGE_BYTES, Message
from onrecord.sources.compression import Damage
from onrecord.sources.floods import no_limit


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file whose messages are read.

    Attributes:
        stored: its bytes as stored, at their beginning; only those of a pipe can't be read again.
        path: its name, which goes into the messages' origin.
        changed_at: when it was last changed, in UTC: the messages' ``received_at``.
        limit: maximum size of a message in bytes.
        count: called for every line, row or record, whether it is a message or not; it may raise an error, which ends the reading.
    """

    stored: BinaryIO
    path: str
    changed_at: datetime
    limit: int = MAX_MESSAGE_BYTES
    count: Callable[[], None] = no_limit

    def message(
        self,
        payload: bytes,
        number: int | None = None,
        attributes: Mapping[str, str] | None = None,
        problem: str | None = None,
        size: int | None = None,
    ) -> Message:
        """Return a message of the file; one over the limit has a ``problem``, and one with a ``problem`` is cut.

        Args:
            payload: its bytes.
            number: of its line, row or record; None if the file is one message.
            attributes: of the message.
            problem: why it can't be read.
            size: bytes of it that the file has, which the limit is for; by default that of ``payload``.
        """
        size = len(payload) if size is None else size
        if problem is None and size > self.limit:
            problem = f"message: {size:,} bytes are over the limit of {self.limit:,}"
        kept = payload if problem is None else payload[: self.limit]
        return Message(kept, self._origin(number), self.changed_at, dict(attributes or {}), problem)

    def skipped(self, reason: str, number: int) -> Message:
        """Return what stands for a part of the file that is not an article message; see ``Message.skipped``."""
        return Message(b"", self._origin(number), self.changed_at, {}, skipped=reason)

    def broken(self, problem: str, stored: bytes, offset: int, number: int | None = None) -> Message:
        """Return the message that reports a part of the file that can't be read.

        Args:
            problem: what is wrong with it.
            stored: its bytes.
            offset: of the first of them in the file.
            number: of the line, row or record where it is.
        """
        problem = f"file: {problem}; repair the file and rerun"
        return self.message(stored, number, {"offset": str(offset)}, problem)

    def damaged(self, damage: Damage, number: int | None = None) -> Message:
        """Return the message that reports what can't be decompressed."""
        return self.broken(f"the archive is damaged: {damage.problem}", damage.stored, damage.start, number)

    def _origin(self, number: int | None) -> str:
        return self.path if number is None else f"{self.path}:{number}"
