# SPDX-License-Identifier: Apache-2.0
"""Files in which the messages of dead letters are repaired by hand: JSON lines, one letter each."""

import base64
import binascii
from codecs import BOM_UTF8
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from onrecord.data.records import DeadLetter

MAX_PROBLEMS = 20  # reported at a time


class RepairedFileError(ValueError):
    """A file of repaired messages is wrong; ``problems`` lists the mistakes."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Line(msgspec.Struct, omit_defaults=True):
    """A letter in the file: exactly one of ``message``, ``text`` and ``base64`` is set."""

    dead_letter_id: str
    origin: str = ""
    reason: str = ""
    attributes: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    message: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET  # a JSON value, kept as it is written
    text: str | msgspec.UnsetType = msgspec.UNSET
    base64: str | msgspec.UnsetType = msgspec.UNSET

    def payload(self) -> bytes:
        """Return the message's bytes.

        Raises:
            ValueError: the message is missing or ambiguous, or its base64 is invalid.
        """
        given = [name for name in ("message", "text", "base64") if getattr(self, name) is not msgspec.UNSET]
        if len(given) != 1:
            raise ValueError(f"give one of message, text and base64, not {' and '.join(given) or 'none'}")
        if not isinstance(self.message, msgspec.UnsetType):
            return bytes(self.message)
        if not isinstance(self.text, msgspec.UnsetType):
            return self.text.encode("utf-8")
        try:
            return base64.b64decode(str(self.base64), validate=True)
        except binascii.Error as error:
            raise ValueError(f"base64: {error}") from None


def to_line(letter: DeadLetter) -> bytes:
    """Return a letter as a line of a file: the message as JSON if it is a JSON value, or else as text or in base64."""
    line = _Line(letter.dead_letter_id, letter.origin, letter.error_message, letter.attributes)
    payload = letter.payload
    if _is_json(payload):
        # A JSON value has line ends only between its tokens, where any white space means the same.
        line.message = msgspec.Raw(payload.translate(bytes.maketrans(b"\r\n", b"  ")).strip())
    else:
        try:
            line.text = payload.decode("utf-8")
        except UnicodeDecodeError:
            line.base64 = base64.b64encode(payload).decode("ascii")
    return msgspec.json.encode(line) + b"\n"


def _is_json(payload: bytes) -> bool:
    try:
        msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


@dataclass
class Repaired:
    """The repaired messages in a file; only their places are held in memory.

    Attributes:
        path: the file, on this machine.
        places: by the ids of the letters, where in the file their lines begin.
    """

    path: Path
    places: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of_file(cls, path: Path) -> "Repaired":
        """Return the messages of a file.

        Raises:
            RepairedFileError: a line is wrong, or there is none.
            OSError: the file can't be read.
        """
        found = cls(path)
        problems: list[str] = []
        place = 0
        with path.open("rb") as file:
            for number, stored in enumerate(file, start=1):
                try:
                    found._add(stored, place)
                except (ValueError, msgspec.MsgspecError, RecursionError) as error:
                    problems.append(f"{path}:{number}: {_shown(error)}")
                    if len(problems) >= MAX_PROBLEMS:
                        break
                place += len(stored)
        if not problems and not found.places:
            problems.append(f"{path}: there are no messages in this file")
        if problems:
            raise RepairedFileError(problems)
        return found

    def _add(self, stored: bytes, place: int) -> None:
        text = stored if place else stored.removeprefix(BOM_UTF8)
        if not text.strip():
            return
        line = msgspec.json.decode(text, type=_Line)
        line.payload()
        if line.dead_letter_id in self.places:
            raise ValueError(f"dead_letter_id {line.dead_letter_id!r} is there twice")
        self.places[line.dead_letter_id] = place

    def message_of(self, letter: DeadLetter) -> DeadLetter:
        """Return a letter with its message of the file, and the attributes if they are given there, too."""
        with self.path.open("rb") as file:
            file.seek(self.places[letter.dead_letter_id])
            line = msgspec.json.decode(file.readline().removeprefix(BOM_UTF8), type=_Line)
        attributes = letter.attributes if isinstance(line.attributes, msgspec.UnsetType) else line.attributes
        return replace(letter, payload=line.payload(), attributes=attributes)


def _shown(error: Exception) -> str:
    if isinstance(error, msgspec.ValidationError):
        return f"{error}; each line is a JSON object as 'onrecord dead-letters DIR --payload FILE' writes it"
    if isinstance(error, msgspec.DecodeError):
        return f"not JSON ({error}); each line is one JSON object, without line ends in it"
    return str(error)
