# SPDX-License-Identifier: Apache-2.0
"""Converts the annotations of a ``Doc`` to records: adds the ids and the article's header."""

from spacy.tokens import Doc

from onrecord.data.records import EntityRecord, Party, QuoteRecord, Span, Speaker, StanceRecord
from onrecord.nlp.annotations import Attribution, StanceParty, entities_of, quotes_of, stances_of
from onrecord.nlp.texts import Header


def _offsets(spans: tuple[Span, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((span.start, span.end) for span in spans)


def _entity_ids(doc: Doc, header: Header) -> tuple[str, ...]:
    # The ids depend on the names only: they stay when coreference gets better.
    return tuple(
        header.record_id(
            "entity", _offsets(tuple(mention.span for mention in entity.mentions if mention.kind == "NAME"))
        )
        for entity in entities_of(doc)
    )


def _quote_ids(doc: Doc, header: Header) -> tuple[str, ...]:
    return tuple(header.record_id("quote", _offsets(quote.content)) for quote in quotes_of(doc))


def entity_records(doc: Doc, header: Header) -> tuple[EntityRecord, ...]:
    """Return the records of the Doc's entities, in the order of ``entities_of``."""
    ids = _entity_ids(doc, header)
    return tuple(
        EntityRecord(
            article_id=header.article_id,
            published_at=header.published_at,
            provenance=header.provenance,
            entity_id=ids[index],
            name=entity.name,
            type=entity.type,
            aliases=entity.aliases,
            role=entity.role,
            wikidata_id=entity.wikidata_id,
            country_code=entity.country_code,
            refers_to=ids[entity.refers_to] if isinstance(entity.refers_to, int) else entity.refers_to,
            salience=entity.salience,
            mentions=entity.mentions,
            name_key=entity.name_key,
            text_sha256=header.text_sha256,
        )
        for index, entity in enumerate(entities_of(doc))
    )


def _speaker(attribution: Attribution, entity_ids: tuple[str, ...]) -> Speaker:
    return Speaker(
        mention=attribution.mention,
        entity_id=None if attribution.entity is None else entity_ids[attribution.entity],
        name=attribution.name,
        resolution=attribution.resolution,
        kind=attribution.kind,
        title=attribution.title,
        anonymity=attribution.anonymity,
    )


def quote_records(doc: Doc, header: Header) -> tuple[QuoteRecord, ...]:
    """Return the records of the Doc's quotes, in text order."""
    ids, entity_ids = _quote_ids(doc, header), _entity_ids(doc, header)
    return tuple(
        QuoteRecord(
            article_id=header.article_id,
            published_at=header.published_at,
            provenance=header.provenance,
            quote_id=ids[index],
            type=quote.type,
            content=quote.content,
            cue=quote.cue,
            speaker=None if quote.speaker is None else _speaker(quote.speaker, entity_ids),
            co_speakers=tuple(_speaker(speaker, entity_ids) for speaker in quote.co_speakers),
            realis=quote.realis,
            parent_quote_id=None if quote.parent is None else ids[quote.parent],
            confidence=quote.confidence,
            text_sha256=header.text_sha256,
        )
        for index, quote in enumerate(quotes_of(doc))
    )


def _party(party: StanceParty, entity_ids: tuple[str, ...]) -> Party:
    return Party(party.mention, None if party.entity is None else entity_ids[party.entity], party.name)


def stance_records(doc: Doc, header: Header) -> tuple[StanceRecord, ...]:
    """Return the records of the Doc's stances, in text order."""
    quote_ids, entity_ids = _quote_ids(doc, header), _entity_ids(doc, header)

    def offsets(party: StanceParty) -> object:
        return (party.mention.start, party.mention.end) if party.mention else party.name

    return tuple(
        StanceRecord(
            article_id=header.article_id,
            published_at=header.published_at,
            provenance=header.provenance,
            stance_id=header.record_id(
                "stance",
                offsets(stance.holder),
                offsets(stance.target),
                stance.polarity,
                _offsets(stance.expression),
                tuple(map(offsets, stance.asserted_by)),
            ),
            holder=_party(stance.holder, entity_ids),
            target=_party(stance.target, entity_ids),
            polarity=stance.polarity,
            score=stance.score,
            relation=stance.relation,
            expression=stance.expression,
            evidence=stance.evidence,
            quote_id=None if stance.quote is None else quote_ids[stance.quote],
            asserted_by=tuple(_party(party, entity_ids) for party in stance.asserted_by),
            confidence=stance.confidence,
            text_sha256=header.text_sha256,
        )
        for stance in stances_of(doc)
    )
