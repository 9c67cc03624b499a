"""How values travel between workers: MessagePack, compressed, the same bytes for the same value."""

import zlib
from typing import Any

import apache_beam as beam
import msgspec

from onrecord.data.article import Article
from onrecord.data.kinds import kinds
from onrecord.data.message import Message

FASTEST = 1  # an article and the message that it came as share most of their bytes; even the fastest level finds that


class CompressedCoder(beam.coders.Coder):  # type: ignore[misc]
    """Codes a frozen dataclass; its type is known from the PCollection, so nothing that arrives is trusted to name one."""

    def __init__(self, value_type: Any) -> None:
        """Code values of one type: a dataclass, or a tuple of them."""
        self.value_type = value_type

    @classmethod
    def from_type_hint(cls, typehint: type[Any], registry: object) -> "CompressedCoder":
        """Return the coder of a dataclass."""
        return cls(typehint)

    def encode(self, value: object) -> bytes:
        """Return a value's bytes."""
        return zlib.compress(msgspec.msgpack.encode(value, order="deterministic"), FASTEST)

    def decode(self, encoded: bytes) -> Any:
        """Return the value that was coded."""
        return msgspec.msgpack.decode(zlib.decompress(encoded), type=self.value_type)

    def is_deterministic(self) -> bool:
        """Equal values have equal bytes."""
        return True

    def to_type_hint(self) -> Any:
        """Return the type."""
        return self.value_type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CompressedCoder) and other.value_type is self.value_type

    def __hash__(self) -> int:
        return hash(self.value_type)


def register() -> None:
    """Tell Beam how messages, articles and records are coded."""
    for value_type in (Message, Article, *(kind.record_type for kind in kinds().values())):
        beam.coders.registry.register_coder(value_type, CompressedCoder)
