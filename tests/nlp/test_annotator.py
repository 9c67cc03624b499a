# SPDX-License-Identifier: Apache-2.0
"""From texts to records: which texts are parsed, and the effects of failures."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from onrecord.data.article import sha256
from onrecord.data.kinds import extracted
from onrecord.data.records import Provenance, QuoteRecord, Span, spans_of
from onrecord.nlp.annotations import Quote, text_span
from onrecord.nlp.annotator import Annotator, check_spans
from onrecord.nlp.model import Model
from onrecord.nlp.texts import Annotation, Header, Text

ARTICLES = [
    "“We will not sell the pier,” said Ada Marlowe, mayor of Brinmouth. She condemned the Tarn Group on Monday.",
    "The storm was the worst for years, Jonas Felt told a court in Oslo. Norway praised the coast guard.",
    "Old pier closes\n\nBy Jo Fenn\n\nNobody spoke against the plan.\n\nSign up for our daily newsletter",
    "Sweden and Japan back the port, according to the Tarn Group, which denied that it had paid for the survey.",
]
FRENCH = "Le conseil municipal a voté mardi la fermeture du vieux quai des ferries."


def text_of(text: str, article_id: str = "a", language: str | None = "en", is_duplicate: bool = False) -> Text:
    """Return a text to annotate."""
    return Text(text, Header(article_id, None, Provenance("1", "m", "2"), sha256(text)), language, is_duplicate)


@pytest.fixture(scope="module")
def annotator(model: Model) -> Annotator:
    """Return an annotator with the real model."""
    return Annotator(model)


def annotator_with(component: Callable[[Doc], Doc]) -> Annotator:
    """Return an annotator that parses nothing and whose quotes come from a component."""
    parse = spacy.blank("en")
    parse.add_pipe("onrecord_segments")
    return Annotator(Model(parse, {"quotes": component}, "en_blank", "0"))


def test_every_span_holds_its_text_and_every_id_begins_with_the_articles(annotator):
    for text in ARTICLES:
        [annotation] = annotator.annotate([text_of(text, "pier-1")])
        assert annotation.failures == ()
        for record in annotation.records:
            assert (record.article_id, record.provenance) == ("pier-1", Provenance("1", "m", "2"))
            assert record.record_id.startswith("pier-1#")
            assert all(text[span.start : span.end] == span.text for span in spans_of(record))


def test_the_records_of_an_article_point_at_one_another(annotator):
    [annotation] = annotator.annotate([text_of(ARTICLES[0])])
    assert {record.kind for record in annotation.records} == set(extracted())
    entity_ids = {record.record_id for record in annotation.records if record.kind == "entities"}
    speakers = [record.speaker.entity_id for record in annotation.records if record.kind == "quotes"]
    holders = [record.holder.entity_id for record in annotation.records if record.kind == "stances"]
    assert {*speakers, *holders} - {None} <= entity_ids
    assert any(speakers)
    assert any(holders)


def test_records_do_not_depend_on_which_texts_come_together(annotator):
    texts = [text_of(text, f"article {number}") for number, text in enumerate(ARTICLES)]
    alone = [annotation for text in texts for annotation in annotator.annotate([text])]
    assert annotator.annotate(texts) == alone
    assert annotator.annotate(texts[::-1]) == alone[::-1]


def test_two_versions_of_an_article_share_no_record_id(annotator):
    first, second = annotator.annotate([text_of(ARTICLES[0]), text_of(ARTICLES[0] + " It rained.")])
    assert first.records
    assert not {record.record_id for record in first.records} & {record.record_id for record in second.records}


def test_nothing_is_extracted_from_what_is_not_body(annotator):
    [annotation] = annotator.annotate([text_of(ARTICLES[2])])
    assert [segment.kind for segment in annotation.segments] == ["BODY", "BYLINE", "BODY", "PROMO"]
    body = [segment for segment in annotation.segments if segment.kind == "BODY"]
    for record in annotation.records:
        for span in spans_of(record):
            assert any(segment.start <= span.start and span.end <= segment.end for segment in body)


def test_no_texts_give_no_annotations(annotator):
    assert annotator.annotate([]) == []


def test_a_text_in_another_language_is_identified_and_not_analysed(annotator):
    [annotation] = annotator.annotate([text_of(FRENCH, language=None)])
    assert (annotation.language, annotation.is_english, annotation.words) == ("fr", False, 0)
    assert annotation.language_score > 0.5
    assert (annotation.segments, annotation.records, annotation.failures) == ((), (), ())


def test_a_language_that_was_stated_is_believed(annotator):
    french, english = annotator.annotate([text_of(ARTICLES[0], language="fr-CA"), text_of(FRENCH, language="en-GB")])
    assert french == Annotation("fr-CA", None, is_english=False)
    assert (english.language, english.language_score, english.is_english) == ("en-GB", None, True)
    assert english.words > 0


def test_a_language_that_was_not_stated_is_detected(annotator):
    [annotation] = annotator.annotate([text_of(ARTICLES[0], language=None)])
    assert annotation.language == "en"
    assert annotation.language_score > 0.5


def test_a_duplicate_is_not_parsed_but_has_its_segments(annotator):
    original, duplicate = annotator.annotate([text_of(ARTICLES[2]), text_of(ARTICLES[2], "b", is_duplicate=True)])
    assert duplicate.segments == original.segments
    assert (duplicate.words, duplicate.records, duplicate.failures) == (0, (), ())


def test_only_the_kinds_that_are_asked_for_are_given(model):
    [annotation] = Annotator(model, frozenset({"stances"})).annotate([text_of(ARTICLES[0])])
    assert {record.kind for record in annotation.records} == {"stances"}


@dataclass
class FailsOnStorms:
    """Fails on a text that mentions a storm."""

    error: type[Exception]

    def __call__(self, doc: Doc) -> Doc:
        if "storm" in doc.text:
            raise self.error("storms are not foreseen")
        return doc


@Language.component("test_refuses_storms")
def refuse_storms(doc: Doc) -> Doc:
    return FailsOnStorms(ValueError)(doc)


@pytest.mark.parametrize(
    "error", [ValueError, IndexError, KeyError, ZeroDivisionError, OverflowError, RecursionError, UnicodeError]
)
def test_what_a_text_makes_an_extractor_raise_is_a_failure_of_that_text_alone(error):
    pier, storm = annotator_with(FailsOnStorms(error)).annotate([text_of(ARTICLES[0]), text_of(ARTICLES[1])])
    assert pier.failures == ()
    [failure] = storm.failures
    assert (failure.stage, failure.error_type) == ("Quotes", error.__name__)
    assert "storms are not foreseen" in failure.error_message
    assert failure.stack_trace.startswith("Traceback")
    assert storm.segments
    assert storm.words > 0


@pytest.mark.parametrize("error", [TypeError, AttributeError, MemoryError, RuntimeError, AssertionError, OSError])
def test_a_bug_is_not_a_failure_of_the_text(error):
    with pytest.raises(error, match="storms are not foreseen"):
        annotator_with(FailsOnStorms(error)).annotate([text_of(ARTICLES[1])])


def test_a_failing_extractor_costs_the_other_kinds_nothing(model):
    failing = replace(model, extractors={**model.extractors, "entities": FailsOnStorms(ValueError)})
    [annotation] = Annotator(failing).annotate([text_of(ARTICLES[1])])
    assert [failure.stage for failure in annotation.failures] == ["Entities"]
    assert "quotes" in {record.kind for record in annotation.records}


def test_a_text_that_can_not_be_parsed_costs_the_rest_of_its_batch_nothing():
    annotator = annotator_with(lambda doc: doc)
    annotator.model.parse.add_pipe("test_refuses_storms")
    pier, storm, last = annotator.annotate([text_of(ARTICLES[0]), text_of(ARTICLES[1]), text_of(ARTICLES[2])])
    assert [failure.stage for failure in storm.failures] == ["Annotate"]
    assert (storm.words, storm.segments) == (0, ())
    assert pier.failures == last.failures == ()
    assert last.words > 0


@dataclass
class Misquotes:
    """Finds one quote whose span does not match its text."""

    content: Span

    def __call__(self, doc: Doc) -> Doc:
        doc._.onrecord_quotes = (Quote("DIRECT", (self.content,), (), None, 1.0),)
        return doc


@pytest.mark.parametrize("span", [Span(0, 3, "pier"), Span(3, 3, ""), Span(900, 904, "pier"), Span(4, 0, "")])
def test_a_span_that_does_not_hold_its_text_is_a_failure(span):
    [annotation] = annotator_with(Misquotes(span)).annotate([text_of("The pier is closed.")])
    [failure] = annotation.failures
    assert (failure.stage, failure.error_type) == ("Quotes", "ValueError")
    assert "does not match its text" in failure.error_message
    assert annotation.records == ()


def test_a_span_that_holds_its_text_passes():
    text = "The pier is closed."
    annotator = annotator_with(Misquotes(text_span(text, 4, 8)))
    [annotation] = annotator.annotate([text_of(text)])
    [record] = annotation.records
    assert isinstance(record, QuoteRecord)
    assert record.content == (Span(4, 8, "pier"),)
    check_spans([record], text)


@pytest.mark.scale
def test_threads_share_one_model(annotator):
    alone = annotator.annotate([text_of(text) for text in ARTICLES])

    def read(_: int) -> list[Annotation]:
        return [annotation for text in ARTICLES for annotation in annotator.annotate([text_of(text)])]

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(read, range(3))) == [alone] * 3


def test_only_the_words_of_the_first_texts_stay_in_the_vocabulary(monkeypatch):
    monkeypatch.setattr("onrecord.nlp.annotator.LEARNED_TEXTS", 2)
    annotator = annotator_with(lambda doc: doc)
    words = ["Brinmouth", "Ostwick", "Kettleworth"]
    for word in words:
        annotator.annotate([text_of(word)])
    assert [word in annotator.model.parse.vocab.strings for word in words] == [True, True, False]
