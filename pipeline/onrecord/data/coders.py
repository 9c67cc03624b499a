# SPDX-License-Identifier: Apache-2.0
"""Coders for the values that are sent between workers: compressed MessagePack, deterministic, never pickle."""

import zlib
from typing import Any

import apache_beam as beam
import msgspec
from apache_beam.coders import Coder

from onrecord.data.article import Article
from onrecord.data.input_file import InputFile
from onrecord.data.kinds import kinds
from onrecord.data.message import Message

FASTEST = 1  # zlib's level; an article repeats most bytes of its message, which even this level detects


class CompressedCoder(Coder):  # type: ignore[misc]
    """Encodes frozen dataclasses. The type comes from the PCollection, so encoded data never chooses a class."""

    def __init__(self, value_type: Any) -> None:
        """Create the coder of a type: a dataclass, or a tuple of dataclasses."""
        self.value_type = value_type

    @classmethod
    def from_type_hint(cls, typehint: type[Any], registry: object) -> "CompressedCoder":
        """Return the coder of a dataclass."""
        return cls(typehint)

    def encode(self, value: object) -> bytes:
        """Return a value's bytes."""
        return zlib.compress(msgspec.msgpack.encode(value, order="deterministic"), FASTEST)

    def decode(self, encoded: bytes) -> Any:
        """Return the value that was encoded."""
        return msgspec.msgpack.decode(zlib.decompress(encoded), type=self.value_type)

    def is_deterministic(self) -> bool:
        """Equal values have equal bytes."""
        return True

    def to_type_hint(self) -> Any:
        """Return the type of the values."""
        return self.value_type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CompressedCoder) and other.value_type is self.value_type

    def __hash__(self) -> int:
        return hash(self.value_type)


def register() -> None:
    """Register the coders of files, messages, articles and records with Beam."""
    for value_type in (InputFile, Message, Article, *(kind.record_type for kind in kinds().values())):
        beam.coders.registry.register_coder(value_type, CompressedCoder)
