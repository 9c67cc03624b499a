# SPDX-License-Identifier: Apache-2.0
"""Output folders from which articles are forgotten, and everything that can still be read in their files."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import fastavro
from pyarrow import parquet

import onrecord
from onrecord.data.article import sha256
from onrecord.data.kinds import kinds
from onrecord.data.records import (
    ArticleRecord,
    DeadLetter,
    EntityRecord,
    Mention,
    Party,
    Provenance,
    QuoteRecord,
    Record,
    Span,
    StanceRecord,
)
from onrecord.sinks import AVRO, FileSink, output_folder
from onrecord.sinks.contents import SUMMARY
from onrecord.sinks.files import file_name, shard_of, write_file
from onrecord.telemetry.recount import Recount

TIME = datetime(2026, 3, 3, 12, tzinfo=timezone.utc)
PROVENANCE = Provenance("0.1.0", "en_core_web_sm", "3")
SHARDS = 2


def article(name: str, text: str, **fields: Any) -> ArticleRecord:
    """Return the record of an article."""
    made = ArticleRecord(
        name, TIME, PROVENANCE, f"https://news.example/{name}", "news.example", f"Title of {name}", (), TIME,
        "en", None, text, sha256(text), (), None, {},
    )  # fmt: skip
    return replace(made, **fields)


def records_of(one: ArticleRecord, *persons: str, aliases: tuple[str, ...] = ()) -> list[Record]:
    """Return an article with an entity for each person, a quote and a stance."""
    name, sha = one.article_id, one.text_sha256
    span = Span(0, 8, one.text[:8])
    common = (name, TIME, PROVENANCE)
    entities = [
        EntityRecord(
            *common, f"{name}#entity-{number}", person, "PERSON", aliases, None, None, None, None, 0.5,
            (Mention(span, "NAME"),), text_sha256=sha,
        )
        for number, person in enumerate(persons)
    ]  # fmt: skip
    party = Party(span, None, span.text)
    quote = QuoteRecord(*common, f"{name}#quote-1", "DIRECT", (span,), (), None, None, 0.5, text_sha256=sha)
    stance = StanceRecord(
        *common, f"{name}#stance-1", party, party, "SUPPORT", 0.5, None, (span,), span, None, (), 0.5, text_sha256=sha
    )
    return [one, *entities, quote, stance]


def letter(name: str, payload: bytes, stage: str = "Decode", error_type: str = "InvalidMessage") -> DeadLetter:
    """Return the dead letter of a message."""
    return DeadLetter(name, TIME, stage, error_type, "text: is wrong", "", payload, f"a.jsonl:{name}", "0.1.0")


PIER = article("pier", "The ferry pier at Brinmouth closes in May, Ines Calder wrote to the council.")
COPY = article("pier-copy", PIER.text, duplicate_of="pier", url="https://other.example/1")
MOLE = article("mole", "The harbour chief was asked about the mole, which nobody has repaired since autumn.")
DOCK = article("dock", "The dry dock takes its first ship on Monday, and the whole town will be there.")
LOCK = article("lock", "The old lock of the canal has a new gate, made of oak by a village carpenter.")
ALL = (
    *records_of(PIER, "Ines Calder"),
    COPY,
    *records_of(MOLE, "Matei Orlov", aliases=("Harbour Fox",)),
    *records_of(DOCK, "Ada Finch"),
    *records_of(LOCK, "Jon Reed"),
    letter("letter-pier", json.dumps({"id": "pier", "text": 5}).encode()),
    letter("letter-text", json.dumps({"text": PIER.text}).encode(), "Quotes", "ProcessDied"),
    letter("letter-dock", json.dumps({"id": "dock", "text": DOCK.text}).encode(), "Stances", "ProcessDied"),
    letter("letter-broken", b'{"id": "lock-2", "text": "Nothing of it'),
)


def summary_of(records: Iterable[Record]) -> dict[str, Any]:
    """Return the summary of a run that wrote these records, and read one article twice."""
    counts = Recount()
    for record in records:
        counts.add(record)
    articles = counts.records["articles"]
    return {
        "messages": articles + counts.refused + 1,
        "articles": articles,
        "duplicates": 1,
        "refused": counts.refused,
        "duplicate_texts": counts.duplicate_texts,
        "near_duplicates": counts.near_duplicates,
        "not_english": counts.not_english,
        "records": dict(sorted(counts.records.items())),
        "dead_letters": dict(sorted(counts.dead_letters.items())),
        "words": 100,
        "seconds": 1.5,
        "words_per_second": 67,
    }


def write_folder(output: Path, records: Iterable[Record] = ALL, sink: FileSink = AVRO) -> Path:
    """Write records as a backfill does."""
    records = list(records)
    output_folder.prepare(str(output))
    for kind in kinds():
        for shard in range(SHARDS):
            of_shard = [one for one in records if one.kind == kind and shard_of(one, SHARDS) == shard]
            if of_shard:
                write_file(str(output), file_name(kind, shard, SHARDS, sink.extension), kind, of_shard, sink)
    output_folder.write_json(str(output), SUMMARY, summary_of(records))
    output_folder.discard_unfinished(str(output))
    return output


def contents(output: Path) -> dict[str, bytes]:
    """Return all files below a folder, except for the list of forgotten articles, whose salt is random."""
    return {
        str(path.relative_to(output)): path.read_bytes()
        for path in sorted(output.rglob("*"))
        if path.is_file() and path.name != "forgotten.json"
    }


def read_all(output: Path) -> list[Record]:
    """Return all records of a folder."""
    return [record for kind in kinds() if (output / kind).is_dir() for record in onrecord.records(output, kind)]


def readable_bytes(output: Path) -> bytes:
    """Return the bytes of all files below a folder, and those of the blocks and pages of files of records decompressed."""
    found = []
    for path in sorted(path for path in output.rglob("*") if path.is_file()):
        found.append(path.read_bytes())
        if path.suffix == ".avro":
            with path.open("rb") as file:
                found.extend(block.bytes_.getvalue() for block in fastavro.block_reader(file))
        elif path.suffix == ".parquet":
            found.append(repr(parquet.read_table(path).to_pydict()).encode())
    return b"\n".join(found)
