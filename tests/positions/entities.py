# SPDX-License-Identifier: Apache-2.0
"""Entity records for the tests of positions, with only what these read."""

from datetime import datetime

from onrecord.data.records import EntityRecord, Mention, Provenance


def entity_record(
    article_id: str,
    name: str,
    kind: str,
    name_key: str,
    *aliases: str,
    published_at: datetime | None = None,
    mentions: tuple[Mention, ...] = (),
) -> EntityRecord:
    """Return the record of an entity of an article."""
    return EntityRecord(
        article_id=article_id,
        published_at=published_at,
        provenance=Provenance("0", "en", "1"),
        entity_id=f"{article_id}#{name}",
        name=name,
        type=kind,  # type: ignore[arg-type]
        aliases=aliases,
        role=None,
        wikidata_id=None,
        country_code=None,
        refers_to=None,
        salience=0.5,
        mentions=mentions,
        name_key=name_key,
    )
