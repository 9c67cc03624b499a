"""From an annotated ``Doc`` to records: adds the ids and the header that the components don't know."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from spacy.tokens import Doc

from onrecord.data.records import EntityRecord, Mention, Party, Provenance, QuoteRecord, Span, Speaker, StanceRecord
from onrecord.nlp.annotations import Attribution, StanceParty, entities_of, quotes_of, stances_of

ID_DIGITS = 12  # 48 bits: two of the few hundred records of one article never meet


@dataclass(frozen=True, slots=True)
class Header:
    """What every record of an article carries; ``text_sha256`` keeps the ids of two versions of an article apart."""

    article_id: str
    published_at: datetime | None
    provenance: Provenance
    text_sha256: str

    def record_id(self, kind: str, *parts: object) -> str:
        """Return the id of the record that ``parts`` tell apart from the others of its kind in this text."""
        digest = hashlib.sha256(repr((self.text_sha256, kind, parts)).encode("utf-8"))
        return f"{self.article_id}#{kind}-{digest.hexdigest()[:ID_DIGITS]}"


def _offsets(spans: tuple[Span, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((span.start, span.end) for span in spans)


def _entity_ids(doc: Doc, header: Header) -> tuple[str, ...]:
    return tuple(
        header.record_id("entity", _offsets(tuple(mention.span for mention in entity.mentions)))
        for entity in entities_of(doc)
    )


def _quote_ids(doc: Doc, header: Header) -> tuple[str, ...]:
    return tuple(header.record_id("quote", _offsets(quote.content)) for quote in quotes_of(doc))


def _mentions(doc: Doc) -> list[tuple[Mention, ...]]:
    """Return where each of the Doc's entities is spoken of: its names, and the other words for it as a speaker.

    The ids are made of the names alone, so that they are the same where no quotes are extracted.
    """
    mentions = [{mention.span: mention for mention in entity.mentions} for entity in entities_of(doc)]
    for quote in quotes_of(doc):
        speaker = quote.speaker
        if speaker is None or speaker.mention is None or speaker.entity is None:
            continue
        if speaker.resolution == "NOMINAL" or speaker.resolution == "PRONOUN":
            mentions[speaker.entity].setdefault(speaker.mention, Mention(speaker.mention, speaker.resolution))
    return [tuple(sorted(of_one.values(), key=lambda m: (m.span.start, m.span.end))) for of_one in mentions]


def entity_records(doc: Doc, header: Header) -> tuple[EntityRecord, ...]:
    """Return a record for each of the Doc's entities."""
    ids, mentions = _entity_ids(doc, header), _mentions(doc)
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
            mentions=mentions[index],
            name_key=entity.name_key,
            text_sha256=header.text_sha256,
        )
        for index, entity in enumerate(entities_of(doc))
    )


def _speaker(attribution: Attribution | None, entity_ids: tuple[str, ...]) -> Speaker | None:
    if attribution is None:
        return None
    return Speaker(
        mention=attribution.mention,
        entity_id=None if attribution.entity is None else entity_ids[attribution.entity],
        name=attribution.name,
        resolution=attribution.resolution,
    )


def quote_records(doc: Doc, header: Header) -> tuple[QuoteRecord, ...]:
    """Return a record for each of the Doc's quotes."""
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
            speaker=_speaker(quote.speaker, entity_ids),
            parent_quote_id=None if quote.parent is None else ids[quote.parent],
            confidence=quote.confidence,
            text_sha256=header.text_sha256,
        )
        for index, quote in enumerate(quotes_of(doc))
    )


def _party(party: StanceParty, entity_ids: tuple[str, ...]) -> Party:
    return Party(party.mention, None if party.entity is None else entity_ids[party.entity], party.name)


def stance_records(doc: Doc, header: Header) -> tuple[StanceRecord, ...]:
    """Return a record for each of the Doc's stances."""
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
