# SPDX-License-Identifier: Apache-2.0
"""Annotate: articles in, records of every kind out; a failure of one text does not affect the others."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import apache_beam as beam
import pytest
import spacy
from apache_beam.testing.test_pipeline import TestPipeline
from apache_beam.testing.util import assert_that, equal_to, is_empty
from apache_beam.transforms.window import BoundedWindow, FixedWindows, GlobalWindow, GlobalWindows, TimestampedValue
from apache_beam.utils.shared import Shared
from apache_beam.utils.timestamp import MIN_TIMESTAMP, Timestamp
from spacy.language import Language
from spacy.tokens import Doc

from onrecord import __version__
from onrecord.data.article import Article
from onrecord.data.kinds import extracted
from onrecord.data.settings import ExtractionSettings
from onrecord.nlp.annotator import Annotator
from onrecord.nlp.model import Model
from onrecord.telemetry import metrics
from onrecord.transforms import annotate
from onrecord.transforms.annotate import BATCH_WORDS, CODE_POINTS_PER_WORD, Annotate, AnnotateFn
from tests.conftest import article_of

pytestmark = pytest.mark.usefixtures("value_coders")

PIER = "“We will not sell the pier,” said Ada Marlowe. She condemned the Tarn Group in Oslo on Monday."
STORM = "“The storm was the worst of all,” said Jonas Felt. He praised the coast guard of Norway."
FRENCH = "Le conseil municipal a voté mardi la fermeture du vieux quai, selon un communiqué de la mairie."

Use = Callable[[Model], None]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Return a function that makes the transform use a model that is already loaded."""
    monkeypatch.setattr(annotate, "_MODEL", Shared())
    return lambda model: monkeypatch.setattr(
        annotate, "load_annotator", lambda name, extract, *_: Annotator(model, extract)
    )


class FailsOnStorms:
    """Annotates nothing, and fails on a text that mentions a storm."""

    def __init__(self, error: type[Exception]) -> None:
        self.error = error

    def __call__(self, doc: Doc) -> Doc:
        if "storm" in doc.text:
            raise self.error("storms are not foreseen")
        return doc


@Language.factory("test_fails_on_storms", default_config={"error": "ValueError"})
def make_fails_on_storms(nlp: Language, name: str, error: str) -> FailsOnStorms:
    return FailsOnStorms({"ValueError": ValueError, "TypeError": TypeError}[error])


def with_failing(model: Model, extractor: str, error: str) -> Model:
    """Return a model one of whose extractors fails on storms."""
    component = model.parse.create_pipe("test_fails_on_storms", config={"error": error})
    return replace(model, extractors={**model.extractors, extractor: component})


@pytest.fixture(scope="session")
def reader() -> Model:
    """Return a model that parses and extracts nothing, for tests of the article records."""
    parse = spacy.blank("en")
    parse.add_pipe("onrecord_segments")
    return Model(parse, {}, "en_blank", "0")


def ids(records: beam.PCollection) -> beam.PCollection:
    """Return the ids of the articles that records belong to."""
    name = records.element_type.__name__
    return records | f"{name}Ids" >> beam.Map(lambda record: record.article_id) | f"{name}Each" >> beam.Distinct()


def test_an_article_gives_records_of_every_kind(model, use):
    use(model)
    article = article_of(id="pier", text=PIER, title="Pier stays", url="https://post.example/pier", section="local")
    provenance = model.provenance(__version__)
    with TestPipeline(runner="FnApiRunner") as pipeline:
        annotated = pipeline | beam.Create([article]) | "Annotate" >> Annotate()

        def check_article(records: list) -> None:
            [record] = records
            assert (record.article_id, record.text, record.title) == ("pier", PIER, "Pier stays")
            assert (record.language, record.source, record.duplicate_of) == ("en", "post.example", None)
            assert record.attributes == {"section": "local"}
            assert record.received_at == article.message.received_at
            assert record.provenance == provenance
            assert [(segment.kind, segment.start, segment.end) for segment in record.segments] == [
                ("BODY", 0, len(PIER))
            ]

        def check_kind(records: list) -> None:
            assert records
            assert {record.article_id for record in records} == {"pier"}
            assert {record.provenance for record in records} == {provenance}
            assert all(record.record_id.startswith("pier#") for record in records)
            assert len({record.record_id for record in records}) == len(records)

        assert_that(annotated["articles"], check_article, "article")
        assert_that(annotated["entities"], check_kind, "entities")
        assert_that(annotated["quotes"], check_kind, "quotes")
        assert_that(annotated["stances"], check_kind, "stances")
        assert_that(annotated["dead_letters"], is_empty(), "dead letters")


def test_an_extractor_that_fails_on_one_article_is_a_dead_letter_and_all_else_goes_out(model, use):
    use(with_failing(model, "quotes", "ValueError"))
    pier, storm = article_of(id="pier", text=PIER), article_of(id="storm", text=STORM, origin="articles.jsonl:2")
    pipeline = TestPipeline(runner="FnApiRunner")
    annotated = pipeline | beam.Create([pier, storm]) | "Annotate" >> Annotate()

    def check(letters: list) -> None:
        [letter] = letters
        assert (letter.stage, letter.error_type) == ("Quotes", "ValueError")
        assert letter.error_message == "storms are not foreseen"
        assert letter.stack_trace.startswith("Traceback")
        assert letter.stack_trace.endswith("ValueError: storms are not foreseen\n")
        assert (letter.payload, letter.origin) == (storm.message.payload, "articles.jsonl:2")

    assert_that(annotated["dead_letters"], check, "dead letter")
    assert_that(ids(annotated["articles"]), equal_to(["pier", "storm"]), "articles")
    assert_that(annotated["quotes"], is_empty(), "quotes")
    assert_that(ids(annotated["entities"]), equal_to(["pier", "storm"]), "entities")
    result = pipeline.run()
    result.wait_until_finish()
    counts = metrics.counts(result)
    assert counts[metrics.ARTICLES] == 2
    assert counts.get(metrics.REFUSED, 0) == 0
    assert metrics.with_prefix(counts, metrics.DEAD_LETTERS) == {"ValueError": 1}


def test_a_text_that_can_not_be_parsed_is_a_dead_letter_alone(use, reader):
    parse = spacy.blank("en")
    parse.add_pipe("test_fails_on_storms")
    use(replace(reader, parse=parse))
    pipeline = TestPipeline(runner="FnApiRunner")
    articles = [article_of(id=name, text=text) for name, text in (("pier", PIER), ("storm", STORM))]
    annotated = pipeline | beam.Create(articles) | "Annotate" >> Annotate()
    assert_that(ids(annotated["articles"]), equal_to(["pier"]), "articles")
    assert_that(
        annotated["dead_letters"] | beam.Map(lambda letter: (letter.stage, letter.error_type, letter.payload)),
        equal_to([("Annotate", "ValueError", articles[1].message.payload)]),
        "dead letter",
    )
    result = pipeline.run()
    result.wait_until_finish()
    counts = metrics.counts(result)
    assert (counts[metrics.ARTICLES], counts[metrics.REFUSED]) == (1, 1)


def test_a_bug_stops_the_job(use, model):
    use(with_failing(model, "quotes", "TypeError"))
    with (
        pytest.raises(TypeError, match="storms are not foreseen"),
        TestPipeline(runner="FnApiRunner") as pipeline,
    ):
        _ = pipeline | beam.Create([article_of(text=STORM)]) | "Annotate" >> Annotate()


def test_only_requested_kinds_are_emitted(model, use):
    use(model)
    with TestPipeline(runner="FnApiRunner") as pipeline:
        annotated = (
            pipeline
            | beam.Create([article_of(id="pier", text=PIER)])
            | Annotate(ExtractionSettings(extract=frozenset({"quotes"})))
        )
        assert_that(ids(annotated["quotes"]), equal_to(["pier"]), "quotes")
        assert_that(annotated["entities"], is_empty(), "entities")
        assert_that(annotated["stances"], is_empty(), "stances")


def test_duplicates_and_other_languages_are_articles_without_more(model, use):
    use(model)
    duplicate = replace(article_of(id="reprint", text=PIER), duplicate_of="pier")
    french = article_of(id="quai", text=FRENCH)
    pipeline = TestPipeline(runner="FnApiRunner")
    annotated = pipeline | beam.Create([duplicate, french]) | "Annotate" >> Annotate()
    assert_that(
        annotated["articles"]
        | beam.Map(lambda record: (record.article_id, record.duplicate_of, record.language, bool(record.segments))),
        equal_to([("reprint", "pier", "en", True), ("quai", None, "fr", False)]),
        "articles",
    )
    for extractor in extracted():
        assert_that(annotated[extractor], is_empty(), extractor)
    result = pipeline.run()
    result.wait_until_finish()
    counts = metrics.counts(result)
    assert (counts[metrics.ARTICLES], counts[metrics.NOT_ENGLISH], counts.get(metrics.WORDS, 0)) == (2, 1, 0)


def test_an_articles_records_stay_in_its_window(model, use):
    use(model)

    def place(
        record: object, time: Timestamp = beam.DoFn.TimestampParam, window: BoundedWindow = beam.DoFn.WindowParam
    ) -> tuple[str, int, int, int]:
        return record.article_id, int(time), int(window.start), int(window.end)

    articles = [(article_of(id="early", text=PIER), 5), (article_of(id="late", text=STORM), 65)]
    with TestPipeline(runner="FnApiRunner") as pipeline:
        annotated = (
            pipeline
            | beam.Create(articles)
            | beam.MapTuple(TimestampedValue).with_output_types(Article)
            | beam.WindowInto(FixedWindows(60))
            | "Annotate" >> Annotate()
        )
        for kind in ("articles", "quotes"):
            places = (
                annotated[kind]
                | f"{kind} with their windows" >> beam.Map(place)
                | f"all {kind}" >> beam.WindowInto(GlobalWindows())
                | f"each of {kind}" >> beam.Distinct()
            )
            assert_that(places, equal_to([("early", 5, 0, 60), ("late", 65, 60, 120)]), kind)


def batches(step: AnnotateFn, articles: list[Article]) -> Iterator[list[str]]:
    """Yield the articles that each call of the step emits."""
    step.setup()
    step.start_bundle()
    for article in articles:
        yield [output.value.value.article_id for output in step.process(article, MIN_TIMESTAMP, GlobalWindow())]
    yield [output.value.value.article_id for output in step.finish_bundle()]


def step(batch_size: int, annotators: int = 1) -> AnnotateFn:
    return AnnotateFn(
        ExtractionSettings(model="en_blank", extract=frozenset(), batch_size=batch_size, annotators=annotators)
    )


def test_articles_wait_for_a_full_batch_or_the_end_of_the_bundle(reader, use):
    use(reader)
    articles = [article_of(id=name, text=PIER) for name in "abcde"]
    assert list(batches(step(2), articles)) == [[], ["a", "b"], [], ["c", "d"], [], ["e"]]


def test_with_several_annotators_one_batch_fills_while_the_others_are_annotated_and_the_order_stays(reader, use):
    use(reader)
    articles = [article_of(id=name, text=PIER) for name in "abcdefg"]
    assert list(batches(step(2, 2), articles)) == [[], [], [], ["a", "b"], [], ["c", "d"], [], ["e", "f", "g"]]


def test_long_articles_do_not_wait_for_one_another(reader, use):
    use(reader)
    text = "pier " * (BATCH_WORDS * CODE_POINTS_PER_WORD // 5 - 100)
    articles = [article_of(id=name, text=text, language="en") for name in "abc"]
    assert list(batches(step(16), articles)) == [[], ["a"], ["b"], ["c"]]


def test_what_a_failed_bundle_left_behind_is_forgotten(reader, use):
    use(reader)
    again = step(16)
    again.setup()
    again.start_bundle()
    assert list(again.process(article_of(id="lost", text=PIER), MIN_TIMESTAMP, GlobalWindow())) == []
    again.start_bundle()
    assert list(again.finish_bundle()) == []
