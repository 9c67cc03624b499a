# SPDX-License-Identifier: Apache-2.0
"""Reads the text of a record again, finds the record in it, and explains it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace

from spacy.tokens import Doc

from onrecord.data.records import ArticleRecord, EntityRecord, QuoteRecord, StanceRecord, spans_of
from onrecord.nlp.annotations import annotate
from onrecord.nlp.entities.extractor import NO_LIST
from onrecord.nlp.entities.gazetteer_matcher import ListedNames
from onrecord.nlp.explanations.entities import explain_entity
from onrecord.nlp.explanations.explanation import Explanation
from onrecord.nlp.explanations.quotes import explain_quote
from onrecord.nlp.explanations.stances import explain_stance
from onrecord.nlp.extract import entity_records, quote_records, stance_records
from onrecord.nlp.model import Model
from onrecord.nlp.texts import Header
from onrecord.version import __version__

Explained = EntityRecord | QuoteRecord | StanceRecord
RECORDS_OF: dict[str, Callable[[Doc, Header], Sequence[Explained]]] = {
    "entities": entity_records,
    "quotes": quote_records,
    "stances": stance_records,
}


class NotMadeAgain(ValueError):
    """The text, as it is read now, does not give the record; ``nearest`` is the id of the one that shares most of its words, if any."""

    def __init__(self, record_id: str, nearest: str | None, versions: tuple[str, ...]) -> None:
        super().__init__(f"{record_id} is not among the records that this version makes of the article's text")
        self.nearest = nearest
        self.versions = versions


def explain(
    record: Explained, article: ArticleRecord, model: Model, listed: ListedNames = NO_LIST
) -> tuple[Explanation, tuple[str, ...]]:
    """Return the explanation of a record, and the differences when its article is read again, a line each.

    Args:
        record: the record.
        article: its article, with the text that the record is of.
        model: the model that reads it again, with the extractors of all three kinds.
        listed: the user's own names, with which the model was loaded.

    Raises:
        NotMadeAgain: the text does not give the record any more.
    """
    (doc,) = model.parse.pipe([article.text])
    annotate(doc, title=article.title, entities=(), references=(), quotes=(), stances=())
    for extractor in model.extractors.values():
        extractor(doc)
    header = Header(article.article_id, article.published_at, record.provenance, article.text_sha256)
    again = RECORDS_OF[record.kind](doc, header)
    versions = tuple(_versions(record, model))
    place = next((place for place, one in enumerate(again) if one.record_id == record.record_id), None)
    if place is None:
        raise NotMadeAgain(record.record_id, _nearest(record, again), versions)
    now = again[place]
    if isinstance(now, QuoteRecord):
        found = explain_quote(now, place, doc)
    elif isinstance(now, StanceRecord):
        found = explain_stance(now, place, doc, is_accurate=bool(model.weights))
    else:
        found = explain_entity(now, place, doc, listed)
    return found, (*versions, *_differences(record, now))


def _versions(record: Explained, model: Model) -> Iterator[str]:
    """Yield in which versions the record was made and is read again, where they differ."""
    made, now = record.provenance, model.provenance(__version__)
    for name in ("pipeline_version", "model_name", "model_version", "weights_version"):
        if getattr(made, name) != getattr(now, name):
            yield f"{name}: the record has {getattr(made, name) or 'none'}, here it is {getattr(now, name)}"


def _differences(record: Explained, now: Explained) -> Iterator[str]:
    """Yield the fields of the record that are different when it is made again."""
    as_made = replace(now, text_sha256=record.text_sha256)
    for field in fields(record):
        before, after = getattr(record, field.name), getattr(as_made, field.name)
        if before != after:
            shown = f" ({before} before, {after} now)" if isinstance(after, (float, int, str)) else ""
            yield f"{field.name} is different now{shown}"


def _nearest(record: Explained, others: Iterable[Explained]) -> str | None:
    """Return the id of the record that shares the most characters with another; None if there is none."""
    own = {place for span in spans_of(record) for place in range(span.start, span.end)}
    shared = [
        (sum(len(own.intersection(range(one.start, one.end))) for one in spans_of(each)), each.record_id)
        for each in others
    ]
    most, found = max(shared, default=(0, None))
    return found if most else None
