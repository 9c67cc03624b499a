# SPDX-License-Identifier: Apache-2.0
"""Corrects the summary of a run after records were removed from its files."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from onrecord.data.records import ArticleRecord, DeadLetter, Record
from onrecord.data.stages import WHOLE_MESSAGE_STAGES
from onrecord.nlp.language import is_english


@dataclass
class Recount:
    """What the files of a run contain, in the terms of its summary."""

    records: Counter[str] = field(default_factory=Counter)
    dead_letters: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    duplicate_texts: int = 0
    near_duplicates: int = 0
    not_english: int = 0

    def add(self, record: Record) -> None:
        """Count a record."""
        self.records[record.kind] += 1
        if isinstance(record, DeadLetter):
            self.dead_letters[record.error_type] += record.count
            self.refused += record.count if record.stage in WHOLE_MESSAGE_STAGES else 0
        elif isinstance(record, ArticleRecord):
            is_near = record.similarity is not None and record.similarity < 1
            self.near_duplicates += is_near
            self.duplicate_texts += record.duplicate_of is not None and not is_near
            self.not_english += not is_english(record.language)


def recounted(values: Mapping[str, Any], counts: Recount) -> dict[str, Any]:
    """Return the contents of ``summary.json`` for the records that are left.

    ``messages`` is the number of messages that the remaining records account for, and ``forgotten`` that of all others. Words and
    seconds are those of the run.

    Args:
        values: the contents before.
        counts: the records that are left.
    """
    articles = counts.records[ArticleRecord.kind]
    messages = articles + values["duplicates"] + counts.refused
    forgotten = values.get("forgotten", 0) + values["messages"] - messages
    return {
        **values,
        "messages": messages,
        "articles": articles,
        "refused": counts.refused,
        "duplicate_texts": counts.duplicate_texts,
        "near_duplicates": counts.near_duplicates,
        "not_english": counts.not_english,
        "records": dict(sorted(counts.records.items())),
        **({"written": dict(sorted(counts.records.items()))} if "written" in values else {}),
        "dead_letters": dict(sorted(counts.dead_letters.items())),
        **({"forgotten": forgotten} if forgotten else {}),
    }
