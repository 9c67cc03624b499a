# SPDX-License-Identifier: Apache-2.0
"""Sides: several collections grouped by one key, without pickle.

Beam's ``CoGroupByKey`` makes a collection of a union of types, which has no coder of its own. Here each value is encoded by that of its
type before the collections become one.
"""

from collections.abc import Iterable
from typing import Any

import apache_beam as beam
from apache_beam.coders import registry

Tagged = tuple[int, bytes]


class Sides:
    """Names of collections that are grouped together, with the types of their values."""

    def __init__(self, **types: Any) -> None:
        self.names = tuple(types)
        self._coders = [registry.get_coder(value) for value in types.values()]

    def grouped(self, **collections: beam.PCollection[tuple[str, Any]]) -> beam.PCollection[tuple[str, Tagged]]:
        """Return all values by their key; give them to ``of``. A collection may be left out."""
        tagged = [
            collections[name]
            | f"Tag{name.title()}" >> beam.Map(self._tagged, place).with_output_types(tuple[str, Tagged])
            for place, name in enumerate(self.names)
            if name in collections
        ]
        return tagged | "Together" >> beam.Flatten() | "SameKey" >> beam.GroupByKey()

    def _tagged(self, item: tuple[str, Any], place: int) -> tuple[str, Tagged]:
        key, value = item
        return key, (place, self._coders[place].encode(value))

    def of(self, values: Iterable[Tagged]) -> dict[str, list[Any]]:
        """Return the values of a key by the name of their collection."""
        found: dict[str, list[Any]] = {name: [] for name in self.names}
        for place, encoded in values:
            found[self.names[place]].append(self._coders[place].decode(encoded))
        return found
