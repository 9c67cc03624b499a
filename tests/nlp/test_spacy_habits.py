# SPDX-License-Identifier: Apache-2.0
"""Annotated Docs and pipelines do what spaCy's do: they are sent, saved, joined and drawn, and say what is missing."""

import dataclasses
import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
import srsly
from spacy import displacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from onrecord.data.gazetteer import GazetteerError, ListedName
from onrecord.nlp.annotations import FOUND, annotations_of, quotes_of, references_of, title_of
from onrecord.nlp.components import MissingAnnotation
from onrecord.nlp.model import Model, load_model
from onrecord.nlp.tokenizer import BoundedTokenizer

TEXT = (
    "“We support the plan,” said Anna Berg, the mayor. Her rival, Tom Okafor, called the plan a betrayal. "
    "She told reporters that Oslo would reject it."
)
ALL = [f"onrecord_{name}" for name in FOUND]


@pytest.fixture(scope="module")
def doc(nlp: Language) -> Doc:
    return nlp(TEXT)


def spans(doc: Doc) -> dict[str, list[tuple[str, str, str, str]]]:
    return {key: [(s.text, s.label_, s.kb_id_, s.id_) for s in group] for key, group in doc.spans.items()}


def in_bytes(doc: Doc) -> Doc:
    return Doc(Vocab()).from_bytes(doc.to_bytes())


def in_a_bin(doc: Doc) -> Doc:
    data = DocBin(store_user_data=True, docs=[doc]).to_bytes()
    (read,) = DocBin().from_bytes(data).get_docs(Vocab())
    return read


def through_json(doc: Doc) -> Doc:
    return Doc(doc.vocab).from_json(json.loads(srsly.json_dumps(doc.to_json(underscore=ALL))))


# Docs that go elsewhere


@pytest.mark.parametrize(
    "way",
    [
        in_bytes,
        in_a_bin,
        lambda doc: in_bytes(in_a_bin(doc)),
        through_json,
        lambda doc: pickle.loads(pickle.dumps(doc)),
        lambda doc: doc.copy(),
    ],
    ids=["bytes", "DocBin", "twice", "JSON", "pickle", "copy"],
)
def test_a_doc_that_is_saved_and_read_again_has_its_annotations(doc: Doc, way: Callable[[Doc], Doc]) -> None:
    read = way(doc)
    assert all(getattr(annotations_of(doc), name) for name in FOUND)
    assert annotations_of(read) == annotations_of(doc)
    assert [getattr(read._, name) for name in ALL] == [getattr(doc._, name) for name in ALL]
    if way is not through_json:  # spaCy's JSON has no ids of spans
        assert spans(read) == spans(doc)


def test_a_doc_that_was_read_can_be_changed_and_saved_again(doc: Doc) -> None:
    read = in_bytes(doc)
    read._.onrecord_quotes = read._.onrecord_quotes[:1]
    assert in_bytes(read)._.onrecord_quotes == doc._.onrecord_quotes[:1]
    assert in_bytes(read)._.onrecord_stances == doc._.onrecord_stances


def test_its_json_is_also_that_of_pythons_own_writer(doc: Doc) -> None:
    written = json.dumps(doc.to_json(underscore=ALL), default=dataclasses.asdict)
    (quote, *_) = json.loads(written)["_"]["onrecord_quotes"]
    assert (quote["type"], quote["speaker"]["name"]) == ("DIRECT", "Anna Berg")


def test_a_bin_without_user_data_has_the_spans(doc: Doc) -> None:
    (read,) = DocBin(docs=[doc]).get_docs(doc.vocab)
    assert spans(read) == spans(doc)
    assert quotes_of(read) == ()


@pytest.mark.process
def test_docs_come_back_from_other_processes_with_their_annotations(nlp: Language, doc: Doc) -> None:
    for read in nlp.pipe([TEXT, TEXT], n_process=2, batch_size=1):
        assert annotations_of(read) == annotations_of(doc)
        assert spans(read) == spans(doc)


def test_joined_docs_have_the_annotations_of_all_in_their_places(nlp: Language, doc: Doc) -> None:
    between = nlp(
        "Lena Moe, the “doctor”, said the clinic will stay open"
    )  # without a full stop, to which a blank is added
    joined = Doc.from_docs([doc, nlp(""), between, doc])
    whole = annotations_of(joined)
    for name in FOUND:
        assert len(getattr(whole, name)) == sum(len(getattr(annotations_of(one), name)) for one in (doc, between, doc))
    for quote in whole.quotes or ():
        for span in (*quote.content, *quote.cue):
            assert joined.text[span.start : span.end] == span.text
        if quote.speaker is not None and quote.speaker.entity is not None:
            assert (whole.entities or ())[quote.speaker.entity].name == quote.speaker.name
    for stance in whole.stances or ():
        assert joined.text[stance.evidence.start : stance.evidence.end] == stance.evidence.text
        if stance.quote is not None:
            content = quotes_of(joined)[stance.quote].content
            assert content[0].start < stance.evidence.end and stance.evidence.start < content[-1].end
    last = len(doc.text) + len(between.text) + 2
    pronouns = {joined[token].text: one for token, one in references_of(joined).items() if joined[token].idx >= last}
    assert (whole.entities or ())[pronouns["She"].entity or 0].mentions[0].span.start == last + TEXT.index("Anna Berg")
    assert annotations_of(in_bytes(joined)) == whole


def test_a_span_made_a_doc_has_no_annotations_that_point_outside(doc: Doc) -> None:
    assert quotes_of(doc[:8].as_doc(copy_user_data=True)) == ()
    assert quotes_of(doc[8:].as_doc(copy_user_data=True)) == ()
    assert len(quotes_of(doc)) == 3


def test_the_title_is_kept_with_the_doc(nlp: Language) -> None:
    made = nlp.make_doc(TEXT)
    made._.onrecord_title = "Plan divides rivals"
    assert title_of(in_bytes(nlp(made))) == made._.onrecord_title == "Plan divides rivals"


def test_a_value_that_is_no_annotation_is_refused(nlp: Language) -> None:
    with pytest.raises(ValueError, match="array"):
        nlp.make_doc(TEXT)._.onrecord_quotes = "none"


# Spans


def test_the_spans_are_labelled_as_the_field_does(doc: Doc) -> None:
    assert spans(doc)["onrecord_entities"] == [
        ("Anna Berg", "PERSON", "", "anna berg"),
        ("the mayor", "PERSON", "", "anna berg"),
        ("Her rival", "PERSON", "", "tom okafor"),
        ("Her", "PERSON", "", "anna berg"),
        ("Tom Okafor", "PERSON", "", "tom okafor"),
        ("She", "PERSON", "", "anna berg"),
        ("Oslo", "GPE", "Q585", "oslo"),
    ]
    assert [(text, label) for text, label, _, _ in spans(doc)["onrecord_quotes"]][:4] == [
        ("“We support the plan,”", "DIRECT"),
        ("said", "CUE"),
        ("Anna Berg, the mayor", "SPEAKER"),
        ("Her rival, Tom Okafor", "SPEAKER"),
    ]
    assert [(text, label) for text, label, _, _ in spans(doc)["onrecord_stances"]][:3] == [
        ("We", "HOLDER"),
        ("support", "SUPPORT"),
        ("the plan", "TARGET"),
    ]


def test_a_span_leads_to_what_it_is_part_of(doc: Doc) -> None:
    (anna,) = [ent for ent in doc.ents if ent.text == "Anna Berg"]
    assert anna._.onrecord_entity.role == "mayor"
    assert doc[0:1]._.onrecord_entity is None
    (cue,) = [span for span in doc.spans["onrecord_quotes"] if span.text == "called"]
    assert [quote.speaker.name for quote in cue._.onrecord_quotes] == ["Tom Okafor"]
    (word,) = [span for span in doc.spans["onrecord_stances"] if span.text == "support"]
    assert [stance.holder.name for stance in word._.onrecord_stances] == ["Anna Berg"]


@pytest.mark.parametrize("key", ["onrecord_entities", "onrecord_quotes", "onrecord_stances"])
def test_displacy_draws_the_spans(doc: Doc, key: str) -> None:
    html = displacy.render(doc, style="span", options={"spans_key": key}, jupyter=False)
    assert all(label in html for label in {span.label_ for span in doc.spans[key]})


def test_the_spans_key_is_a_setting(model: Model) -> None:
    entities = model.parse.create_pipe("onrecord_entities", config={"spans_key": "names"})
    resolver = model.parse.create_pipe("onrecord_coreference", config={"spans_key": None})
    doc = resolver(entities(model.parse(TEXT)))
    assert list(doc.spans) == ["names"]
    assert "She" not in {span.text for span in doc.spans["names"]}


def test_records_are_made_without_spans(model: Model) -> None:
    doc = model.parse(TEXT)
    for extractor in model.extractors.values():
        doc = extractor(doc)
    assert quotes_of(doc)
    assert not doc.spans


# What is missing


@pytest.mark.parametrize(
    "component", ["onrecord_entities", "onrecord_coreference", "onrecord_quotes", "onrecord_stances"]
)
def test_without_a_parse_a_component_says_what_to_add(component: str) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe(component)
    with pytest.raises(
        MissingAnnotation,
        match=rf"{component} needs token\.tag, token\.dep, doc\.ents.*spacy\.load\('en_core_web_sm'\)",
    ):
        nlp(TEXT)


@pytest.mark.parametrize(
    ("order", "missing"),
    [
        (["quotes"], "onrecord_quotes needs doc._.onrecord_entities, doc._.onrecord_references; "),
        (["entities", "quotes", "coreference"], "onrecord_quotes needs doc._.onrecord_references; "),
        (["entities", "coreference", "stances", "quotes"], "onrecord_stances needs doc._.onrecord_quotes; "),
    ],
)
def test_components_in_another_order_say_what_comes_before(model: Model, order: list[str], missing: str) -> None:
    doc = model.parse(TEXT)
    with pytest.raises(MissingAnnotation) as error:
        for name in order:
            doc = model.parse.create_pipe(f"onrecord_{name}")(doc)
    assert missing in str(error.value)


def test_the_way_out_works(with_names: Language) -> None:
    own = ["onrecord_entities", "onrecord_coreference", "onrecord_quotes", "onrecord_stances"]
    with with_names.select_pipes(disable=own[:3]), pytest.raises(MissingAnnotation) as error:
        with_names(TEXT)
    nlp = spacy.blank("en")
    nlp.add_pipe(own[3])
    for call in re.findall(r"call (nlp\.add_pipe\([^)]+\))", str(error.value)):
        eval(call, {"nlp": nlp})
    assert nlp.pipe_names == own


def test_an_analysis_of_the_pipeline_finds_no_problems_in_the_right_order_and_names_them_in_another(
    nlp: Language,
) -> None:
    assert not any(nlp.analyze_pipes()["problems"].values())
    other = spacy.blank("en")
    other.add_pipe("onrecord_stances")
    assert other.analyze_pipes()["problems"]["onrecord_stances"] == [
        *("token.tag", "token.dep", "doc.ents"),
        *("doc._.onrecord_entities", "doc._.onrecord_references", "doc._.onrecord_quotes"),
    ]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u2028"])
def test_a_text_without_words_lacks_nothing(nlp: Language, text: str) -> None:
    assert quotes_of(nlp(text)) == ()


# Pipelines that are saved


@pytest.fixture(scope="module")
def with_names(tmp_path_factory: pytest.TempPathFactory) -> Language:
    """A pipeline with a list of names from a file that is gone."""
    path = tmp_path_factory.mktemp("names") / "names.tsv"
    path.write_text("name\ttype\twikidata_id\taliases\nTidewater Nine\tORG\tQ4242\tT9\n", "utf-8")
    nlp = load_model().parse
    nlp.add_pipe("onrecord_entities", config={"gazetteer": str(path)})
    path.unlink()
    for name in ("coreference", "quotes", "stances"):
        nlp.add_pipe(f"onrecord_{name}")
    return nlp


def items(nlp: Language) -> list[tuple[str, str | None]]:
    return [(entity.name, entity.wikidata_id) for entity in nlp("Tidewater Nine met. T9 left.")._.onrecord_entities]


@pytest.mark.process
def test_a_saved_pipeline_is_the_same(with_names: Language, doc: Doc, tmp_path: Path) -> None:
    with_names.to_disk(tmp_path / "saved")
    read = spacy.load(tmp_path / "saved")
    assert items(read) == items(with_names) == [("Tidewater Nine", "Q4242")]
    assert annotations_of(read(TEXT)) == annotations_of(doc)
    assert isinstance(read.tokenizer, BoundedTokenizer)
    assert len(read("“" * 3_000)) > 100


def test_a_list_of_names_can_be_bytes(with_names: Language) -> None:
    component = with_names.get_pipe("onrecord_entities")
    other = with_names.create_pipe("onrecord_entities").from_bytes(component.to_bytes())  # type: ignore[attr-defined]
    assert other.listed.listed == (ListedName("Tidewater Nine", "ORG", "Q4242", aliases=("T9",)),)


def test_a_file_of_names_that_is_not_there_is_an_error_at_the_first_text(model: Model, tmp_path: Path) -> None:
    component = model.parse.create_pipe("onrecord_entities", config={"gazetteer": str(tmp_path / "typo.tsv")})
    with pytest.raises(GazetteerError, match=r"onrecord_entities: there was no file .*typo\.tsv"):
        component(model.parse(TEXT))
