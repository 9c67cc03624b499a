# SPDX-License-Identifier: Apache-2.0
"""A run of a few articles, made by hand: one with everything that the page shows, one that is nothing but attacks."""

from datetime import datetime, timedelta, timezone
from pathlib import Path

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
    Segment,
    Span,
    Speaker,
    StanceRecord,
)
from onrecord.sinks import AVRO

PROVENANCE = Provenance("1", "en", "1", "w")
PUBLISHED = datetime(2026, 1, 5, 8, tzinfo=timezone.utc)
# The first emoji moves the offsets: Python counts it as one character, JavaScript as two.
HARBOUR = """🌊 The harbour vote

By Ada Finch

“The quay is a bargain,” Rosa Whitby said. “It pays for itself,” she added. Whitby praised the port fund.

An official, who feared for his job, said the quay was late. Tom Okafor did not say that it would sink. \
Tom Okafor attacked Whitby, according to Lena Marsh.
"""
BIDI = "\u202edlrow\u202c"
SCRIPT = "<script>window.hit = 1</script><img src=x onerror='window.hit = 2'>"
ATTACK = f"{SCRIPT} {BIDI} \x00\x1b[31m said </template></style> “{SCRIPT}”, the “=cmd()” said. {'W' * 1_000_000}"


class Builder:
    """Makes the records of one article; a span is found by its text."""

    def __init__(self, article_id: str, text: str, **fields: object) -> None:
        self.id, self.text, self.number = article_id, text, 0
        self.common = {"article_id": article_id, "published_at": fields.get("published_at"), "provenance": PROVENANCE}
        values = {
            "url": None, "source": None, "title": None, "authors": (), "language": "en", "language_score": None, "segments": (),
            "duplicate_of": None, "attributes": {}, **fields,
        }  # fmt: skip
        self.records: list[Record] = [
            ArticleRecord(**{**self.common, **values}, received_at=PUBLISHED, text=text, text_sha256=sha256(text))
        ]

    def span(self, text: str, start: int = 0) -> Span:
        at = self.text.index(text, start)
        return Span(at, at + len(text), text)

    def new_id(self, kind: str) -> str:
        self.number += 1
        return f"{self.id}#{kind}-{self.number}"

    def entity(self, name: str, *mentions: str, kind: str = "PERSON") -> EntityRecord:
        made = EntityRecord(
            **self.common, entity_id=self.new_id("entity"), name=name, type=kind, aliases=mentions, role=None, wikidata_id=None,
            country_code=None, refers_to=None, salience=0.5, mentions=tuple(Mention(self.span(one), "NAME") for one in (name, *mentions)),
        )  # fmt: skip
        self.records.append(made)
        return made

    def quote(self, content: str, cue: str, speaker: Speaker | None, **fields: object) -> None:
        values = {"type": "DIRECT", "parent_quote_id": None, "confidence": 0.9, **fields}
        self.records.append(
            QuoteRecord(
                **self.common,
                quote_id=self.new_id("quote"),
                content=(self.span(content),),
                cue=(self.span(cue),),
                speaker=speaker,
                **values,
            )
        )

    def stance(self, holder: Party, target: Party, words: str, evidence: str, score: float, **fields: object) -> None:
        values = {"relation": None, "quote_id": None, "asserted_by": (), "confidence": 0.8, **fields}
        self.records.append(
            StanceRecord(
                **self.common,
                stance_id=self.new_id("stance"),
                holder=holder,
                target=target,
                polarity="SUPPORT" if score > 0 else "OPPOSE",
                score=score,
                expression=(self.span(words),),
                evidence=self.span(evidence),
                **values,
            )
        )


def harbour(number: int) -> list[Record]:
    """Return the records of an article with quotes of all kinds and stances; each number is another day."""
    made = Builder(
        f"harbour-{number}", HARBOUR, title=f"The harbour vote, day {number}", source="quayside.example", authors=("Ada Finch",),
        url="https://quayside.example/vote", published_at=PUBLISHED + timedelta(days=number),
        segments=(Segment("BYLINE", HARBOUR.index("By Ada"), HARBOUR.index("By Ada") + 12),),
    )  # fmt: skip
    rosa = made.entity("Rosa Whitby", "Whitby")
    fund = made.entity("port fund", kind="ORG")
    whitby = Speaker(made.span("Rosa Whitby"), rosa.entity_id, "Rosa Whitby", "NAME", "NAMED_PERSON", "harbour master")
    made.quote("“The quay is a bargain,”", "said", whitby)
    she = Speaker(made.span("she"), rosa.entity_id, "Rosa Whitby", "PRONOUN", "NAMED_PERSON")
    made.quote("“It pays for itself,”", "added", she, confidence=0.4)
    fear = made.span("who feared for his job")
    official = Speaker(made.span("An official"), None, "An official", "NOMINAL", "UNNAMED_PERSON", None, fear)
    made.quote("the quay was late", "said", official, type="INDIRECT")
    tom = Speaker(made.span("Tom Okafor"), None, "Tom Okafor", "NAME", "NAMED_PERSON")
    made.quote("it would sink", "did not say", tom, type="INDIRECT", realis="NEGATED")
    praise = "Whitby praised the port fund."
    at = HARBOUR.index(praise)
    holder = Party(made.span("Whitby", at), rosa.entity_id, "Rosa Whitby")
    target = Party(made.span("port fund"), fund.entity_id, "port fund")
    made.stance(holder, target, "praised", praise, 0.8)
    claim = "Tom Okafor attacked Whitby, according to Lena Marsh."
    okafor = Party(made.span("Tom Okafor"), None, "Tom Okafor")
    made.stance(okafor, holder, "attacked", claim, -0.8, asserted_by=(Party(None, None, "Lena Marsh"),))
    return made.records


def attack() -> list[Record]:
    """Return the records of an article whose every field is an attack."""
    made = Builder(
        f"attack-{SCRIPT}", ATTACK, title=f"{SCRIPT}{BIDI}", source=SCRIPT, authors=(SCRIPT,), url="javascript:window.hit=3",
        language=SCRIPT,
    )  # fmt: skip
    made.quote(f"“{SCRIPT}”", "said", Speaker(made.span("“=cmd()”"), None, "=cmd()", "NAME", "NAMED_PERSON", SCRIPT))
    evil = Party(made.span(SCRIPT), None, SCRIPT)
    made.stance(evil, Party(made.span(BIDI), None, BIDI), "said", ATTACK[:200], 0.8, relation=SCRIPT)
    return made.records


def letter() -> DeadLetter:
    """Return a dead letter with an attack as its reason."""
    return DeadLetter(
        "d1", PUBLISHED, "Decode", "InvalidMessage", f"text: {SCRIPT}", "", b"{}", f"{SCRIPT}.jsonl:1", "1"
    )


def write_run(folder: Path, found: list[Record]) -> Path:
    """Write records as a run does."""
    for kind in kinds():
        (folder / kind).mkdir(parents=True)
        with (folder / kind / f"{kind}-00000-of-00001.avro").open("wb") as file:
            AVRO.write_records(file, kinds()[kind], [one for one in found if one.kind == kind], "x")
    return folder


def example_run(folder: Path) -> Path:
    """Write a run of three ordinary articles, an attack, and a dead letter."""
    return write_run(folder, [*harbour(1), *harbour(2), *harbour(3), *attack(), letter()])
