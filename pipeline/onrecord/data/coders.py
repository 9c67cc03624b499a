# SPDX-License-Identifier: Apache-2.0
"""Coders for the values that are sent between workers: compressed MessagePack, deterministic, never pickle."""

import struct
import zlib
from typing import Any

import apache_beam as beam
import msgspec
from apache_beam.coders import Coder
from apache_beam.io.filesystem import FileMetadata

from onrecord.data.article import Article
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


class FileMetadataCoder(Coder):  # type: ignore[misc]
    """Encodes Beam's ``FileMetadata``: size in bytes, time of the last change in seconds, path."""

    _NUMBERS = struct.Struct(">qd")

    def encode(self, value: FileMetadata) -> bytes:
        """Return a value's bytes."""
        path: str = value.path
        return self._NUMBERS.pack(value.size_in_bytes, value.last_updated_in_seconds) + path.encode()

    def decode(self, encoded: bytes) -> FileMetadata:
        """Return the value that was encoded."""
        size, changed_at = self._NUMBERS.unpack_from(encoded)
        return FileMetadata(encoded[self._NUMBERS.size :].decode(), size, changed_at)

    def is_deterministic(self) -> bool:
        """Equal values have equal bytes."""
        return True

    def to_type_hint(self) -> Any:
        """Return the type of the values."""
        return FileMetadata


def register() -> None:
    """Register the coders of messages, articles and records with Beam."""
    for value_type in (Message, Article, *(kind.record_type for kind in kinds().values())):
        beam.coders.registry.register_coder(value_type, CompressedCoder)
    beam.coders.registry.register_coder(FileMetadata, FileMetadataCoder)
