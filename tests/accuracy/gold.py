# SPDX-License-Identifier: Apache-2.0
"""Loads the gold set: one text file per article, with its annotations below the text.

A file has three parts with a line ``---`` between them: a header (``style:`` and ``title:``), the article's text, and the
annotations, one per line. Indented lines add fields to the annotation above them; lines starting with ``#`` are comments::

    segment DATELINE: TROMSO, Oct. 14 -
    entity PERSON: Amund Lysgard | Lysgard
      role: fisheries minister
    quote DIRECT: "We were handed a number," | "We have put it down."
      cue: number," <said> Lysgard
      speaker: Amund Lysgard
      mention: said <Lysgard>
    unsaid INDIRECT: the dam was safe
    stance OPPOSE: Iceland | the quota
      by: Amund Lysgard

A span is written as its exact words, which must occur once in the text. Where they occur more often, words around them single
one out, with the span in angle brackets (``said <Lysgard>``). ``first words [...] last words`` abbreviates a long span.

An entity's forms are its names in the text. A form without brackets stands for each of its occurrences that is neither part of
a longer form, of this entity or another, nor in a byline, a credit or a promo.

``a / b`` lists alternatives that are equally right, in names, types and values; ``-`` is null, and so is every field that is
not given, except ``country``, which is then not scored. A ``?`` after the kind
(``quote? INDIRECT: …``) marks a record that careful readers may include or leave out: it never counts. ``unsaid`` is a quote
of something the text does not report as said ("did not say that …"), so no record may claim that it was.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ARTICLES = Path(__file__).parent / "articles"

TYPES = {
    "segment": {"PROMO", "CREDIT", "BYLINE", "DATELINE", "CAPTION"},
    "entity": {"PERSON", "ORG", "GPE", "LOC", "NORP", "FAC", "EVENT", "LAW", "PRODUCT", "WORK_OF_ART"},
    "quote": {"DIRECT", "INDIRECT", "MIXED"},
    "unsaid": {"DIRECT", "INDIRECT", "MIXED"},
    "stance": {"SUPPORT", "OPPOSE", "NEUTRAL"},
}
FIELDS = {
    "segment": set(),
    "entity": {"role", "wikidata", "country", "refers to"},
    "quote": {"cue", "speaker", "mention"},
    "unsaid": {"cue", "speaker", "mention"},
    "stance": {"by"},
}
ANNOTATION = re.compile(r"(segment|entity|quote|unsaid|stance)(\??) ([A-Z_/]+): (.+)")
FIELD = re.compile(r"  ([a-z ]+): (.+)")
# Segments whose names are not mentions of the article.
NAMELESS = {"BYLINE", "CREDIT", "PROMO"}
ELLIPSIS = " [...] "
NULL = "-"

Place = tuple[int, int]
"""Start and end of a span in the text: code points, end exclusive."""

Names = tuple[str | None, ...]
"""Values that are equally right; None where null is."""


class GoldError(ValueError):
    """An annotation that can't be resolved; the message names the file and the annotation."""


@dataclass(frozen=True)
class Segment:
    """A part of the text that is not body."""

    kinds: tuple[str, ...]
    place: Place
    optional: bool = False


@dataclass(frozen=True)
class Entity:
    """A named entity with its mentions by name. ``country`` is None where it is not annotated."""

    names: Names
    types: tuple[str, ...]
    mentions: tuple[Place, ...]
    role: Names = (None,)
    wikidata: Names = (None,)
    country: Names | None = None
    refers_to: Names = (None,)
    optional: bool = False


@dataclass(frozen=True)
class Quote:
    """An utterance; ``said`` is False where the text does not report it as said."""

    types: tuple[str, ...]
    content: tuple[Place, ...]
    cue: tuple[Place, ...] = ()
    speaker: Names = (None,)
    mention: Place | None = None
    said: bool = True
    optional: bool = False


@dataclass(frozen=True)
class Stance:
    """A stance of a holder toward a target, claimed by ``by`` (empty: stated by the article or the holder)."""

    holder: Names
    target: Place
    polarity: str
    by: tuple[Names, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Article:
    """An annotated article."""

    name: str
    style: str
    title: str
    text: str
    segments: tuple[Segment, ...] = ()
    entities: tuple[Entity, ...] = ()
    quotes: tuple[Quote, ...] = ()
    stances: tuple[Stance, ...] = ()


@dataclass(frozen=True)
class _Annotation:
    """An annotation before its spans are resolved."""

    line: str
    kind: str
    optional: bool
    types: tuple[str, ...]
    values: tuple[str, ...]
    fields: dict[str, str]

    def names(self, field: str) -> Names:
        return alternatives(self.fields.get(field, NULL))


def load() -> tuple[Article, ...]:
    """Return every article of the gold set, in the order of the file names."""
    return tuple(parse(file.stem, file.read_text("utf-8")) for file in sorted(ARTICLES.glob("*.txt")))


def parse(name: str, content: str) -> Article:
    """Return the article that a file describes.

    Raises:
        GoldError: a line is malformed, or a span occurs not at all or more than once.
    """
    parts = content.split("\n---\n")
    if len(parts) != 3:
        raise GoldError(f"{name}: expected a header, a text and annotations with '---' lines between them")
    header = dict(line.split(": ", 1) for line in parts[0].splitlines())
    text = parts[1]
    try:
        annotations = tuple(_annotations(parts[2]))
        segments = tuple(
            Segment(one.types, find(text, one.values[0]), one.optional) for one in _of(annotations, "segment")
        )
        aside = [segment.place for segment in segments if NAMELESS.issuperset(segment.kinds)]
        mentions = _mentions(text, aside, _of(annotations, "entity"))
        return Article(
            name=name,
            style=header["style"],
            title=header["title"],
            text=text,
            segments=segments,
            entities=tuple(
                Entity(
                    names=alternatives(one.values[0]),
                    types=one.types,
                    mentions=places,
                    role=one.names("role"),
                    wikidata=one.names("wikidata"),
                    country=one.names("country") if "country" in one.fields else None,
                    refers_to=one.names("refers to"),
                    optional=one.optional,
                )
                for one, places in zip(_of(annotations, "entity"), mentions, strict=True)
            ),
            quotes=tuple(_quote(text, one) for one in _of(annotations, "quote", "unsaid")),
            stances=tuple(_stance(text, one) for one in _of(annotations, "stance")),
        )
    except GoldError as error:
        raise GoldError(f"{name}: {error}") from None


def alternatives(value: str) -> Names:
    """Return the values that ``a / b`` lists, with None for ``-``."""
    return tuple(None if one == NULL else one for one in value.split(" / "))


def find(text: str, span: str) -> Place:
    """Return the position of the only occurrence of a span.

    Args:
        text: the article's text.
        span: the span's words; or words around it and the span in angle brackets; either abbreviated with `` [...] ``.

    Raises:
        GoldError: it occurs not at all or more than once.
    """
    before, opening, rest = span.partition("<")
    words, closing, after = rest.partition(">")
    if not opening:
        before, words, after = "", span, ""
    elif not closing or not words:
        raise GoldError(f"unbalanced angle brackets in {span!r}")
    pattern = f"{re.escape(before)}({_pattern(words)}){re.escape(after)}"
    found = list(re.finditer(pattern, text, re.DOTALL))
    if len(found) != 1:
        advice = "add words around it, with the span in <angle brackets>" if found else "copy it from the text"
        raise GoldError(f"{span!r} occurs {len(found)} times; {advice}")
    return found[0].span(1)


def _pattern(words: str) -> str:
    """Return the regular expression of a span, which starts and ends with whole words; ``[...]`` is as short as it can be."""
    starts = r"(?<!\w)" if words[0].isalnum() else ""
    ends = r"(?!\w)" if words[-1].isalnum() else ""
    return starts + ".+?".join(map(re.escape, words.split(ELLIPSIS))) + ends


def _annotations(lines: str) -> Iterator[_Annotation]:
    current: _Annotation | None = None
    for line in lines.splitlines():
        if not line or line.startswith("#"):
            continue
        if field := FIELD.fullmatch(line):
            if current is None or field[1] not in FIELDS[current.kind] or field[1] in current.fields:
                raise GoldError(f"unexpected or repeated field: {line!r}")
            current.fields[field[1]] = field[2]
            continue
        if current is not None:
            yield current
        annotation = ANNOTATION.fullmatch(line)
        if annotation is None:
            raise GoldError(f"malformed line: {line!r}")
        kind, optional, types, values = annotation.groups()
        unknown = set(types.split("/")) - TYPES[kind]
        if unknown:
            raise GoldError(f"unknown type {', '.join(sorted(unknown))}: {line!r}")
        current = _Annotation(line, kind, bool(optional), tuple(types.split("/")), tuple(values.split(" | ")), {})
    if current is not None:
        yield current


def _of(annotations: tuple[_Annotation, ...], *kinds: str) -> list[_Annotation]:
    return [one for one in annotations if one.kind in kinds]


def _quote(text: str, annotation: _Annotation) -> Quote:
    mention = annotation.fields.get("mention", NULL)
    cue = annotation.fields.get("cue", NULL)
    return Quote(
        types=annotation.types,
        content=tuple(find(text, span) for span in annotation.values),
        cue=() if cue == NULL else tuple(find(text, span) for span in cue.split(" | ")),
        speaker=annotation.names("speaker"),
        mention=None if mention == NULL else find(text, mention),
        said=annotation.kind == "quote",
        optional=annotation.optional,
    )


def _stance(text: str, annotation: _Annotation) -> Stance:
    if len(annotation.values) != 2 or len(annotation.types) != 1:
        raise GoldError(f"expected 'stance POLARITY: holder | target': {annotation.line!r}")
    by = annotation.fields.get("by", NULL)
    return Stance(
        holder=alternatives(annotation.values[0]),
        target=find(text, annotation.values[1]),
        polarity=annotation.types[0],
        by=() if by == NULL else tuple(alternatives(name) for name in by.split(" | ")),
        optional=annotation.optional,
    )


def _mentions(text: str, aside: list[Place], annotations: list[_Annotation]) -> list[tuple[Place, ...]]:
    """Return the positions where each entity is mentioned by name.

    No form is searched for in the positions ``aside``. The exact positions (with brackets) are taken first, then the forms from
    the longest to the shortest, so that a surname is not found inside a full name.
    """
    taken: dict[Place, int] = {}
    plain: list[tuple[str, int]] = []
    for index, annotation in enumerate(annotations):
        names = [name for name in alternatives(annotation.values[0]) if name]
        for form in (*names, *annotation.values[1:]):
            if "<" in form:
                _take(taken, find(text, form), index, form)
            else:
                plain.append((form, index))
    for form, index in sorted(plain, key=lambda one: -len(one[0])):
        for match in re.finditer(rf"(?<!\w){re.escape(form)}(?!\w)", text):
            longer = [place for place in taken if place != match.span()]
            if not any(start < match.end() and match.start() < end for start, end in (*aside, *longer)):
                _take(taken, match.span(), index, form)
    places = [tuple(sorted(place for place, owner in taken.items() if owner == i)) for i in range(len(annotations))]
    for annotation, found in zip(annotations, places, strict=True):
        if not found:
            raise GoldError(f"no mention in the text: {annotation.line!r}")
    return places


def _take(taken: dict[Place, int], place: Place, index: int, form: str) -> None:
    if taken.setdefault(place, index) != index:
        raise GoldError(f"{form!r} is claimed by two entities; give the occurrences of each, in <angle brackets>")
