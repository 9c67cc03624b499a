# SPDX-License-Identifier: Apache-2.0
"""onrecord: from a stream of news articles to records of who is in them, who said what, and who stands where.

Without Beam, ``load`` returns a spaCy pipeline, ``read`` the records of one text, ``records`` those that a run wrote, and
``canonical_names`` the full names that short names of people in them are joined with. The transforms, sources and sinks are for your own
Beam graphs; they need ``pip install 'onrecord[beam]'``, and Pub/Sub ``'onrecord[pubsub]'``.

Everything listed in ``__all__`` is public: it changes only with a new version and an entry in the changelog. A name is imported when it
is first used, so ``import onrecord`` is fast.
"""

import pkgutil
from typing import TYPE_CHECKING, Any

from onrecord.version import __version__

if TYPE_CHECKING:
    from onrecord.data.article import Article as Article
    from onrecord.data.gazetteer import ListedName as ListedName
    from onrecord.data.kinds import RecordKind as RecordKind
    from onrecord.data.message import Message as Message
    from onrecord.data.records import ArticleRecord as ArticleRecord
    from onrecord.data.records import DeadLetter as DeadLetter
    from onrecord.data.records import EntityRecord as EntityRecord
    from onrecord.data.records import Provenance as Provenance
    from onrecord.data.records import QuoteRecord as QuoteRecord
    from onrecord.data.records import Record as Record
    from onrecord.data.records import Span as Span
    from onrecord.data.records import StanceRecord as StanceRecord
    from onrecord.data.settings import ExtractionSettings as ExtractionSettings
    from onrecord.data.settings import OutputSettings as OutputSettings
    from onrecord.data.settings import StreamingSettings as StreamingSettings
    from onrecord.graph import GraphSettings as GraphSettings
    from onrecord.graph import build as build
    from onrecord.nlp.annotations import Entity as Entity
    from onrecord.nlp.annotations import Quote as Quote
    from onrecord.nlp.annotations import Stance as Stance
    from onrecord.nlp.annotations import entities_of as entities_of
    from onrecord.nlp.annotations import quotes_of as quotes_of
    from onrecord.nlp.annotations import segments_of as segments_of
    from onrecord.nlp.annotations import stances_of as stances_of
    from onrecord.nlp.reader import TextRecords as TextRecords
    from onrecord.nlp.reader import load as load
    from onrecord.nlp.reader import read as read
    from onrecord.positions.canonical_names import JoinedName as JoinedName
    from onrecord.positions.canonical_names import canonical_names as canonical_names
    from onrecord.sinks import FileSink as FileSink
    from onrecord.sinks import Sink as Sink
    from onrecord.sinks.files import WriteFiles as WriteFiles
    from onrecord.sinks.reader import newest_only as newest_only
    from onrecord.sinks.reader import records as records
    from onrecord.sources import Source as Source
    from onrecord.sources import SourceContext as SourceContext
    from onrecord.sources.files import ReadFiles as ReadFiles
    from onrecord.sources.portable_pubsub import ReadFromPubSubPortably as ReadFromPubSubPortably
    from onrecord.sources.pubsub import ReadPubSub as ReadPubSub
    from onrecord.transforms.annotate import Annotate as Annotate
    from onrecord.transforms.decode import Decode as Decode
    from onrecord.transforms.deduplicate import Deduplicate as Deduplicate
    from onrecord.transforms.deduplicate_stream import DeduplicateStream as DeduplicateStream
    from onrecord.transforms.validate import Validate as Validate
    from onrecord.transforms.windows import InWindows as InWindows

_MODULE_OF = {
    # without Beam
    "load": "onrecord.nlp.reader",
    "read": "onrecord.nlp.reader",
    "TextRecords": "onrecord.nlp.reader",
    "records": "onrecord.sinks.reader",
    "newest_only": "onrecord.sinks.reader",
    "canonical_names": "onrecord.positions.canonical_names",
    "JoinedName": "onrecord.positions.canonical_names",
    "ListedName": "onrecord.data.gazetteer",
    # annotations of a Doc
    "entities_of": "onrecord.nlp.annotations",
    "quotes_of": "onrecord.nlp.annotations",
    "segments_of": "onrecord.nlp.annotations",
    "stances_of": "onrecord.nlp.annotations",
    "Entity": "onrecord.nlp.annotations",
    "Quote": "onrecord.nlp.annotations",
    "Stance": "onrecord.nlp.annotations",
    # data
    "Message": "onrecord.data.message",
    "Article": "onrecord.data.article",
    "ArticleRecord": "onrecord.data.records",
    "EntityRecord": "onrecord.data.records",
    "QuoteRecord": "onrecord.data.records",
    "StanceRecord": "onrecord.data.records",
    "DeadLetter": "onrecord.data.records",
    "Span": "onrecord.data.records",
    "Provenance": "onrecord.data.records",
    # a whole graph, and its settings
    "build": "onrecord.graph",
    "GraphSettings": "onrecord.graph",
    "ExtractionSettings": "onrecord.data.settings",
    "OutputSettings": "onrecord.data.settings",
    "StreamingSettings": "onrecord.data.settings",
    # steps of a graph
    "ReadFiles": "onrecord.sources.files",
    "ReadPubSub": "onrecord.sources.pubsub",
    "ReadFromPubSubPortably": "onrecord.sources.portable_pubsub",
    "Decode": "onrecord.transforms.decode",
    "Deduplicate": "onrecord.transforms.deduplicate",
    "DeduplicateStream": "onrecord.transforms.deduplicate_stream",
    "InWindows": "onrecord.transforms.windows",
    "Annotate": "onrecord.transforms.annotate",
    "Validate": "onrecord.transforms.validate",
    "WriteFiles": "onrecord.sinks.files",
    # for packages that register record kinds, sinks or sources
    "RecordKind": "onrecord.data.kinds",
    "Record": "onrecord.data.records",
    "Sink": "onrecord.sinks",
    "FileSink": "onrecord.sinks",
    "Source": "onrecord.sources",
    "SourceContext": "onrecord.sources",
}
__all__ = ["__version__", *_MODULE_OF]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = pkgutil.resolve_name(f"{module}:{name}")
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
