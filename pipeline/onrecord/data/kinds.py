# SPDX-License-Identifier: Apache-2.0
"""The registry of record kinds.

The annotator, the graph, the sinks, ``onrecord schema``, ``--extract``, the summary and the metadata of the Flex Templates derive from
it. Another package adds a kind with an entry point in the group ``onrecord.kinds`` whose value is a ``RecordKind``.
"""

import functools
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from onrecord.data.plugins import PluginError, registered
from onrecord.data.records import ArticleRecord, DeadLetter, EntityRecord, QuoteRecord, Record, StanceRecord

ENTRY_POINTS = "onrecord.kinds"
PACKAGE = Path(__file__).parents[1]


def schema_folder() -> Path:
    """Return the folder of the schemas: inside the installed package, or at the top of a checkout."""
    installed = PACKAGE / "schema_files"
    return installed if installed.is_dir() else PACKAGE.parents[1] / "schemas"


class WrongKind(ValueError):
    """A file has other records than those of a kind."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"this is not a file of {kind}")


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A kind of record.

    Attributes:
        name: plural, lower case with underscores; also the name of its folder, and its name in ``--extract`` and ``onrecord schema``.
        record_type: the frozen dataclass of its records, whose ``kind`` is this name.
        schema: the file with its Avro schema.
        component: the spaCy factory that finds its records in a ``Doc``; None for kinds that are not extracted (articles, dead letters).
        convert: ``package.module:function`` from ``(doc, header)`` to the records of a ``Doc``; None if there is no component. It is
            imported only where articles are annotated, so that the rest of the package needs no spaCy.
        needs: the kinds whose components must run first.
    """

    name: str
    record_type: type[Record]
    schema: Path
    component: str | None = None
    convert: str | None = None
    needs: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name in the form that the steps of the graph use: ``DeadLetters``."""
        return self.name.title().replace("_", "")

    def converter(self) -> Callable[[Any, Any], Iterable[Record]]:
        """Return the function that ``convert`` names.

        Raises:
            PluginError: there is no such function.
        """
        try:
            found: Callable[[Any, Any], Iterable[Record]] = pkgutil.resolve_name(self.convert or "")
        except (ValueError, ImportError, AttributeError) as error:
            raise PluginError(f"record kind {self.name}: there is no function {self.convert!r} ({error})") from error
        return found


def _built_in() -> tuple[RecordKind, ...]:
    """Return the package's own kinds; those with a component are in the order in which the components run."""
    schemas = schema_folder()
    return (
        RecordKind("articles", ArticleRecord, schemas / "article.avsc"),
        RecordKind(
            "entities",
            EntityRecord,
            schemas / "entity.avsc",
            "onrecord_entities",
            "onrecord.nlp.extract:entity_records",
        ),
        RecordKind(
            "quotes",
            QuoteRecord,
            schemas / "quote.avsc",
            "onrecord_quotes",
            "onrecord.nlp.extract:quote_records",
            needs=("entities",),
        ),
        RecordKind(
            "stances",
            StanceRecord,
            schemas / "stance.avsc",
            "onrecord_stances",
            "onrecord.nlp.extract:stance_records",
            needs=("entities", "quotes"),
        ),
        RecordKind("dead_letters", DeadLetter, schemas / "dead_letter.avsc"),
    )


def _check(kind: RecordKind, known: Mapping[str, RecordKind]) -> None:
    problem = None
    if kind.name in known:
        problem = "another package registers the same name"
    elif not kind.name.isidentifier() or kind.name != kind.name.lower():
        problem = "its name must be lower-case letters, digits and underscores"
    elif not issubclass(kind.record_type, Record):
        problem = f"{kind.record_type.__name__} must be derived from onrecord.Record"
    elif kind.record_type.kind != kind.name:
        problem = f"{kind.record_type.__name__}.kind must be {kind.name!r}"
    elif (kind.component is None) != (kind.convert is None):
        problem = "it needs both a component and a converter, or neither"
    elif unknown := [name for name in kind.needs if name not in known]:
        problem = f"it needs {', '.join(unknown)}, which is not registered"
    if problem:
        raise PluginError(f"record kind {kind.name!r}: {problem}")


@functools.cache
def kinds() -> Mapping[str, RecordKind]:
    """Return all kinds by name: the package's own, then those of other packages.

    Raises:
        PluginError: another package registers a kind that can't be used.
    """
    found: dict[str, RecordKind] = {}
    for kind in (*_built_in(), *registered(ENTRY_POINTS, RecordKind)):
        _check(kind, found)
        found[kind.name] = kind
    return MappingProxyType(found)


def extracted() -> tuple[str, ...]:
    """Return the names of the kinds that are extracted from articles, in the order in which their components run."""
    return tuple(kind.name for kind in kinds().values() if kind.component is not None)


def with_needed(names: Iterable[str]) -> tuple[RecordKind, ...]:
    """Return the kinds of these names and all that they need, in the order in which their components run."""
    wanted: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting.extend(kinds()[name].needs)
    return tuple(kind for kind in kinds().values() if kind.name in wanted)
