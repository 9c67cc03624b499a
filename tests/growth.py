# SPDX-License-Identifier: Apache-2.0
"""How the work of all rules grows with the length of a text: counted operations, without the parse, which is spaCy's."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

from spacy.tokens import Doc

from onrecord.data.records import Provenance, spans_of
from onrecord.nlp.annotator import check_spans
from onrecord.nlp.extract import entity_records, quote_records, stance_records
from onrecord.nlp.model import Model
from onrecord.nlp.segments import find_segments
from onrecord.nlp.texts import Header

HEADER = Header("article", datetime(2026, 1, 31, tzinfo=timezone.utc), Provenance("0", "model", "0"), "0" * 64)


@dataclass(frozen=True, eq=False)
class Rules:
    """Everything that is done with a text besides parsing it: segments, annotations, records."""

    model: Model

    @functools.lru_cache(maxsize=4)  # noqa: B019 - as long as the model
    def parsed(self, text: str) -> Doc:
        """Return the parse of a text."""
        return self.model.parse(text)

    def annotated(self, text: str) -> Doc:
        """Return the parse of a text with all annotations."""
        doc = self.parsed(text)
        for extractor in self.model.extractors.values():
            extractor(doc)
        return doc

    def only(self, extractor: str) -> Callable[[Doc], Doc]:
        """Return one extractor, by the record kind that it finds; it uses the annotations of those before it."""
        return self.model.extractors[extractor]

    def __call__(self, doc: Doc) -> int:
        """Annotate a Doc and convert the annotations; return the characters of all spans of the records."""
        find_segments(doc.text)
        for extractor in self.model.extractors.values():
            extractor(doc)
        records = (*entity_records(doc, HEADER), *quote_records(doc, HEADER), *stance_records(doc, HEADER))
        check_spans(records, doc.text)
        return sum(len(span.text) for record in records for span in spans_of(record))
