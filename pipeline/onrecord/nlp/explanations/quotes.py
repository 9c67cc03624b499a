# SPDX-License-Identifier: Apache-2.0
"""Why a quote is a quote, and why this is its speaker."""

import math
from itertools import chain

from spacy.tokens import Doc

from onrecord.data.records import QuoteRecord, Span
from onrecord.nlp.english.words import FIRST_PERSON
from onrecord.nlp.explanations.explanation import Alternative, Explanation, Step, Weighing, Words, reasons_of, shortened
from onrecord.nlp.explanations.feature_names import QUOTES, in_words
from onrecord.nlp.explanations.references import References
from onrecord.nlp.quotes.candidates import Candidate
from onrecord.nlp.quotes.extractor import Decided, decide
from onrecord.nlp.quotes.layout import QuotationLayout
from onrecord.nlp.quotes.scoring import AGREEING, MIN_SCORE_BY_FORM, MIN_VOTE, calibrated, logit, weights
from onrecord.nlp.quotes.selection import IMPLICIT_PROBABILITY

MIN_SHARE = 0.001  # a less likely reading is not listed
NEAR = 5e-4  # half of the last digit of a record's confidence
KINDS = {
    "direct": "quotes in quotation marks",
    "indirect": "quotes without quotation marks",
    "mixed": "quotes that are partly in quotation marks",
    "act": "contents that are neither a clause nor in marks",
    "implicit": "quotes without a cue",
    "nobody": "quotes without a speaker",
    "inner": "quotes inside a quote",
    "carried": "sentences that continue a quote",
}
# How the content depends on the cue, by the beginning of the construction's name; the first that fits counts.
CONSTRUCTIONS = (
    ("implicit", "A whole sentence in quotation marks without a cue belongs to whoever spoke last."),
    ("carried", "The sentence continues what the source before it says."),
    ("according", "“According to” names the source."),
    ("trail", "The words in quotation marks come before the cue."),
    ("lead", "The words in quotation marks come after the cue."),
    ("colon", "The text behind a colon is what the source before it says."),
    ("block", "The paragraphs behind the cue are quoted without marks."),
    ("turn", "A label at the beginning of the line names who speaks."),
    ("labelled", "A label at the beginning of the line names who speaks."),
    ("named", "A name next to the quotation says whose it is."),
    ("signed", "A signature below the quotation says whose it is."),
    ("worded", "The words before the quotation say whose they are."),
    ("inverted", "The attribution comes after its content."),
    ("paren", "The attribution is inside its content or after it."),
    ("around", "The attribution is inside its content."),
    ("front", "The content comes before the cue."),
    ("n-", "The cue is a noun, and the content is its complement."),
    ("a-", "The cue is an adjective, and the content is its complement."),
    ("that", "The content is a clause with “that” under the cue."),
    ("bare", "The content is a clause under the cue, without “that”."),
    ("wh", "The content is a question or a relative clause under the cue."),
)
OTHER_CONSTRUCTION = "The content is a complement of the cue"
RESOLUTIONS = {
    "NAME": "The speaker is named at the cue.",
    "NOMINAL": "A phrase stands for the speaker.",
    "PRONOUN": "A pronoun stands for the speaker.",
    "IMPLICIT": "The speaker is not named at the quote, but in the sentences around it.",
}


def explain_quote(record: QuoteRecord, place: int, doc: Doc) -> Explanation:
    """Return why a quote is in the records.

    Args:
        record: the quote.
        place: its index in ``doc._.onrecord_quotes``.
        doc: the Doc, with all annotations.
    """
    layout, table = QuotationLayout.of(doc), weights()
    decided, candidates = decide(layout, table)
    one = decided[place]
    candidate = one.candidate
    group = [other for other in candidates if other.anchor == candidate.anchor] if candidate.features else []
    readings = _Readings(layout, group)
    speaker = record.speaker
    mentions = [source.mention for source in (speaker, *record.co_speakers) if source and source.mention]
    return Explanation(
        record.record_id,
        record.kind,
        f"{_name(record)}: {shortened(' … '.join(span.text for span in record.content))}",
        (*_rule(candidate), RESOLUTIONS[speaker.resolution] if speaker else "No speaker was found."),
        (
            *(Words("content", span) for span in record.content),
            *(Words("cue", span) for span in record.cue),
            *(Words("speaker", span) for span in dict.fromkeys(mentions)),
        ),
        (*readings.steps(candidate, one.quote.confidence), *_last_steps(one, record)),
        reasons_of(chain.from_iterable(candidate.features), table, lambda name: in_words(name, QUOTES)),
        readings.alternatives(candidate),
        tuple(_weighings(References(doc), mentions)),
    )


def _name(record: QuoteRecord) -> str:
    names = [
        one.name or (one.mention.text if one.mention else "") for one in (record.speaker, *record.co_speakers) if one
    ]
    return shortened(", ".join(names)) or "nobody known"


def _rule(candidate: Candidate) -> tuple[str, ...]:
    name = candidate.construction
    told = next((text for start, text in CONSTRUCTIONS if name.startswith(start)), f"{OTHER_CONSTRUCTION} ({name}).")
    found = [told]
    if candidate.lexical is not None and candidate.lexical.lemma:
        cue = candidate.lexical
        found.append(f"Cue: “{cue.lemma}”, of the class {cue.classes[0]} (lexicons/quote_cues.tsv).")
    return tuple(found)


def _last_steps(one: Decided, record: QuoteRecord) -> list[Step]:
    right = calibrated(one.quote.confidence, one.kind, weights())
    meaning = f"calibrated: how often {KINDS[one.kind]} with this score are right"
    if one.traced == 1:
        return [Step(record.confidence, meaning)]
    phrase = record.speaker.mention.text if record.speaker and record.speaker.mention else "the speaker phrase"
    return [
        Step(right, meaning),
        Step(record.confidence, f"times {one.traced:.2f}, how likely “{phrase}” means this speaker"),
    ]


def _weighings(references: References, mentions: list[Span]) -> "list[Weighing]":
    found = []
    for mention in mentions:
        if mention.text.lower() in FIRST_PERSON:
            found.append(Weighing(mention, None, "whoever speaks in the quote around it"))
            continue
        weighing = references.of(mention)
        if weighing is not None:
            found.append(weighing)
    return found


class _Readings:
    """The readings of one cue, which exclude one another."""

    def __init__(self, layout: QuotationLayout, group: list[Candidate]) -> None:
        self.layout, self.group = layout, group
        self.logits = {id(one): logit(one, weights()) for one in group}
        self.total = 1 + sum(map(math.exp, self.logits.values()))

    def share(self, candidate: Candidate) -> float:
        return math.exp(self.logits[id(candidate)]) / self.total

    def agree(self, one: Candidate, other: Candidate) -> bool:
        """Whether the probability of ``other`` counts for ``one``."""
        if self.share(other) < MIN_VOTE:
            return False
        is_same_source = one.source_head == other.source_head
        return is_same_source and self.layout.shared(one.content, other.content) >= AGREEING

    def steps(self, chosen: Candidate, score: float) -> list[Step]:
        """Return the numbers up to the uncalibrated score of the chosen reading."""
        if not self.group:
            what = "fixed, as no cue is weighed"
            if score == IMPLICIT_PROBABILITY:
                what += ": the share of such sentences that readers gave to the last speaker"
            return [Step(score, what)]
        weighed = sum(bool(weights().get(name)) for name in chain.from_iterable(chosen.features))
        own = self.share(chosen)
        together = sum(self.share(one) for one in self.group if one is chosen or self.agree(chosen, one))
        found = [
            Step(self.logits[id(chosen)], f"sum of the weights of {weighed} features"),
            Step(own, f"its share among {len(self.group)} readings of the cue and “no quote”"),
        ]
        if together - own > NEAR:
            found.append(Step(together, "with the readings that share half of its words and its source"))
        if abs(score - found[-1].value) > NEAR:
            found.append(Step(score, self._raised(chosen, score)))
        return found

    def _raised(self, chosen: Candidate, score: float) -> str:
        if score in [
            MIN_SCORE_BY_FORM[form] for form in (chosen.construction, *chosen.links) if form in MIN_SCORE_BY_FORM
        ]:
            return "at least, as its form is rare but clear"
        return "after the choice: a likelier reading had words of another quote, or marks made up for a doubtful cue"

    def alternatives(self, chosen: Candidate) -> tuple[Alternative, ...]:
        """Return the other readings with their shares, equal ones added up, and that there is no quote."""
        if not self.group:
            return ()
        shares: dict[str, float] = {}
        same: dict[str, bool] = {}
        for one in self.group:
            told = self._told(one)
            shares[told] = shares.get(told, 0.0) + self.share(one)
            same[told] = same.get(told, False) or one is chosen or self.agree(chosen, one)
        own = self._told(chosen)
        found = [
            Alternative(round(share, 4), told, same[told])
            for told, share in shares.items()
            if told != own and share >= MIN_SHARE
        ]
        found.append(Alternative(round(1 / self.total, 4), "no quote"))
        return tuple(sorted(found, key=lambda one: -one.value))

    def _told(self, one: Candidate) -> str:
        source = self.layout.parse.source
        content = " … ".join(source[start:end] for start, end in one.content)
        if one.source is None:
            return f"nobody: {shortened(content)}"
        first, end = one.source
        parse = self.layout.parse
        return f"{shortened(source[parse.start[first] : parse.end[end - 1]])}: {shortened(content)}"
