# SPDX-License-Identifier: Apache-2.0
"""The message in a row of a file with columns: a JSON object of the columns that are not null.

Nothing that a column can hold costs the article. JSON has no bytes, no NaN and no year 10,000; what it can't hold becomes an object
with the name of the form, such as ``{"base64": "/w=="}``, which fits no field of an article and is kept in its attributes.
"""

import base64
import math
from typing import Any

import msgspec

from onrecord.data.message import Message
from onrecord.sources.stored_file import StoredFile

LARGE = 2  # times the limit: what is larger is not made JSON, which may take six times as much
TEXTS = ("text", "html")  # without one of them there is no article


def message_of(row: dict[str, Any], file: StoredFile, number: int) -> Message:
    """Return the message in a row; it has a ``problem`` if the article's text is not UTF-8, or it is over the limit.

    Args:
        row: the columns' values: those that ``msgspec`` can encode, ``bytes`` and floats of all kinds, in lists and dictionaries.
        file: the file that has the row.
        number: of the row.
    """
    if (size := _size(list(row.values()))) > LARGE * file.limit:
        largest = max(row.values(), key=_size)
        start = largest if isinstance(largest, bytes) else str(largest).encode("utf-8", "replace")
        return file.message(start, number, size=size)
    plain = {name: _plain(value) for name, value in row.items() if value is not None}
    problem = next(filter(None, (_not_text(name, row.get(name)) for name in TEXTS)), None)
    return file.message(msgspec.json.encode(plain, enc_hook=str), number, problem=problem)


def _size(value: object) -> int:
    """Return the bytes and characters of all texts in a value."""
    if isinstance(value, bytes | str):
        return len(value)
    if isinstance(value, list):
        return sum(map(_size, value))
    return sum(map(_size, value.values())) if isinstance(value, dict) else 0


def _not_text(name: str, value: object) -> str | None:
    if isinstance(value, bytes):
        try:
            value.decode("utf-8")
        except UnicodeDecodeError as error:
            return f"{name}: not UTF-8 ({error.reason} at byte {error.start})"
    return None


def _plain(value: Any) -> Any:
    """Return a value that JSON can hold; bytes that are UTF-8 are text, as writers of Hive, Kafka and BigQuery mean them."""
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode("ascii")}
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {_key(key): _plain(item) for key, item in value.items()}
    return value


def _key(key: object) -> str:
    return key.decode("utf-8", "backslashreplace") if isinstance(key, bytes) else str(key)
