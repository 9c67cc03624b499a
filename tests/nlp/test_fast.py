# SPDX-License-Identifier: Apache-2.0
"""The faster code of the parse: the results of spaCy's own, the same bits in any batch, and spaCy's code where it does not fit."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, Span

from onrecord.nlp.fast import parser, recognizer, speed_up
from onrecord.nlp.fast import vectors as vector_layers
from onrecord.nlp.fast.products import BLOCK, StableOps, equal_places, of_document
from onrecord.nlp.installed_model import NEEDED
from onrecord.nlp.model import Model, load_model
from tests.integration.backfills import SAMPLES

MESSAGES = map(json.loads, (SAMPLES / "articles.jsonl").read_text("utf-8").splitlines())
TEXTS = [text for message in MESSAGES if isinstance(text := message.get("text"), str)][:12]
SHORT = [
    "Ada Marlowe left Oslo.",
    "No.",
    "",
    "\n\n",
    "Jonas Felt of the Tarn Group and the the University of Oslo met on 3 March 2026",
]
PARSE = ["TAG", "DEP", "HEAD", "SENT_START", "ENT_IOB", "ENT_TYPE"]
# The kernels of OpenBLAS for processors with AVX2, where the place of a row in a product matters.
AVX2 = "Haswell"
VECTORS = """
import hashlib, json, sys
from onrecord.nlp.model import load_model
batches = json.load(sys.stdin)
for fast in (True, False):
    parse = load_model(extract=[], fast=fast).parse
    for texts in batches:
        for doc in parse.pipe(texts, batch_size=len(texts)):
            print(hashlib.sha256(doc.tensor.tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def model() -> Model:
    """Return the default model with the faster code."""
    return load_model(fast=True)


@pytest.fixture(scope="module")
def stock() -> Model:
    """Return the default model with spaCy's code."""
    return load_model(fast=False)


def parsed(doc: Doc) -> list[list[int]]:
    """Return what the parse of a Doc consists of."""
    values: list[list[int]] = doc.to_array(PARSE).tolist()
    return values


def test_the_default_model_is_sped_up(model):
    assert model.notes == ()
    assert {parser.FACTORY, recognizer.FACTORY} <= set(model.parse.pipe_names)
    assert {"parser", "ner"} <= set(model.parse.disabled)


def test_spacys_code_can_be_chosen(stock):
    assert stock.notes == ("parse: spaCy's own code, as chosen",)
    assert set(NEEDED) <= set(stock.parse.pipe_names)


def test_every_parse_is_that_of_spacy(model, stock):
    for text in [*TEXTS, *SHORT]:
        ours, theirs = model.parse(text), stock.parse(text)
        assert parsed(ours) == parsed(theirs)
        assert np.allclose(ours.tensor, theirs.tensor, atol=1e-4)


@pytest.mark.property
@given(
    st.lists(
        st.sampled_from(
            [
                *"A.,“\n ",
                "''",
                "\n\n",
                "Ada",
                "Marlowe",
                "of",
                "the",
                "Tarn",
                "Group",
                "$4",
                "2026",
                "said",
                "that",
                "was",
            ]
        ),
        max_size=60,
    )
)
def test_every_parse_of_odd_texts_is_that_of_spacy(model, stock, words):
    text = " ".join(words)
    assert parsed(model.parse(text)) == parsed(stock.parse(text))


def test_every_parse_of_a_batch_is_that_of_the_text_alone(model):
    texts = [*TEXTS, *SHORT]
    together = model.parse.pipe(texts, batch_size=len(texts))
    assert [parsed(doc) for doc in together] == [parsed(model.parse(text)) for text in texts]


def lines(model: Model, *lines: str) -> tuple[Doc, Doc]:
    """Return a text of some paragraphs twice, as the parser gets it."""
    docs = tuple(model.parse.make_doc("\n\n".join(lines)) for _ in range(2))
    for name in ("onrecord_segments", "unwrap", "tok2vec"):
        docs = tuple(map(model.parse.get_pipe(name), docs))
    return docs


def test_a_sentence_that_the_paragraph_before_it_starts_is_that_of_spacy(model):
    """The last move of a paragraph may mark the second token of the next one as the first of a sentence."""
    fast = parser.FastParser(model.parse.get_pipe("parser"))
    runs = []
    run = fast._run
    fast._run = lambda tokens, rows, fronts, *ends: runs.append(len(fronts)) or run(tokens, rows, fronts, *ends)
    line = "'' The biggest regret I have is the pier, '' she said."
    ours, theirs = lines(model, *[f"'' It was a good year for the harbour. {line}"] * 3, line, line)
    assert fast.parse([ours]) == []
    assert len(runs) > 1
    fast._stock(theirs)
    assert parsed(ours) == parsed(theirs)


def test_a_long_paragraph_is_left_to_spacy(model):
    fast = parser.FastParser(model.parse.get_pipe("parser"))
    short, long = (lines(model, "Ada Marlowe left Oslo. " * times)[0] for times in (10, parser.MAX_STRETCH))
    fast.parse = lambda docs: docs == [short] and []
    assert [doc.has_annotation("DEP") for doc in fast.pipe([long, short])] == [True, False]


def test_long_entities_are_those_of_spacy(model, stock):
    name = "the International Union of the Northern and Southern Harbour Workers and Dockers of the Tarn and Brin Estuaries"
    for text in (f"He joined {name} Federation in Oslo.", f"{name} " * 30, "Ada Marlowe " * 200, "12,000,000 " * 100):
        assert parsed(model.parse(text)) == parsed(stock.parse(text))


def test_entities_that_are_set_already_are_kept(model):
    doc = model.parse.make_doc("Ada Marlowe left Oslo.")
    doc.ents = [Span(doc, 2, 3, label="ORG")]
    entities = {(entity.text, entity.label_) for entity in model.parse(doc).ents}
    assert ("left", "ORG") in entities


def test_a_text_in_which_every_token_begins_an_entity_takes_linear_work(model):
    """The entities are followed in parallel; those that go on for long are followed one at a time."""
    calls = []
    fast = recognizer.FastRecognizer(model.parse.get_pipe("ner"))
    scores = fast._scores

    def counted(states: np.ndarray) -> np.ndarray:
        calls.append(len(states))
        result = scores(states)
        result[:, fast._moves.is_begin] += 1e6  # each token begins an entity, and none ends by itself
        result[:, [name.startswith("I-") for name in names]] += 1e6
        return result

    names = [fast._stock.moves.get_class_name(number) for number in range(fast._stock.moves.n_moves)]
    fast._scores = counted
    for length in (500, 1000):
        calls.clear()
        doc = Doc(model.parse.vocab, words=["Oslo"] * length)
        fast(doc)
        assert [(entity.start, entity.end) for entity in doc.ents] == [(0, length)]
        assert sum(calls) < (recognizer.ROUNDS + 3) * length


def vectors(batches: list[list[str]]) -> list[str]:
    """Return a hash of the vectors of each text, by our code and then by spaCy's, computed on AVX2 in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", VECTORS],
        input=json.dumps(batches),
        env={**os.environ, "OPENBLAS_CORETYPE": AVX2, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stdout.split()


@pytest.mark.process
def test_vectors_have_the_same_bits_in_any_batch_and_process():
    texts = [*TEXTS[:6], "Ada Marlowe left Oslo.", "No."]
    together = vectors([texts])
    alone = vectors([[text] for text in reversed(texts)])
    ours, theirs = alone[: len(texts)], alone[len(texts) :]
    assert [*ours[::-1], *theirs[::-1]] == together


def test_a_row_of_a_product_does_not_depend_on_the_others():
    random = np.random.default_rng(1)
    weights = random.standard_normal((50, 96)).astype(np.float32)
    rows = random.standard_normal((3 * BLOCK + 7, 96)).astype(np.float32)
    ops = StableOps()
    together = ops.gemm(rows, weights, trans2=True)
    for size in (1, 5, 12, BLOCK, BLOCK + 1):
        parts = [ops.gemm(rows[start : start + size], weights, trans2=True) for start in range(0, len(rows), size)]
        assert np.array_equal(np.concatenate(parts), together)
    assert np.allclose(together, rows @ weights.T, atol=1e-4)


def test_a_row_of_a_document_does_not_depend_on_what_follows():
    random = np.random.default_rng(1)
    weights = random.standard_normal((50, 96)).astype(np.float32)
    rows = random.standard_normal((3 * BLOCK + 7, 96)).astype(np.float32)
    product = of_document(rows, weights)
    for size in (1, 5, 12, BLOCK, BLOCK + 1):
        assert np.array_equal(of_document(rows[:size], weights), product[:size])
    assert np.allclose(product, rows @ weights.T, atol=1e-4)


def test_a_token_that_takes_the_place_of_another_does_not_change_vectors(model, monkeypatch):
    """With two places, almost every token takes that of another."""
    monkeypatch.setattr(vector_layers, "KEPT_BITS", 1)
    small = load_model(extract=[], fast=True).parse.get_pipe("tok2vec").model
    docs = [model.parse.make_doc(text) for text in TEXTS[:3]]
    for one, other in zip(small.predict(docs), model.parse.get_pipe("tok2vec").model.predict(docs), strict=True):
        assert np.array_equal(one, other)


def test_only_places_that_agree_are_used(monkeypatch):
    """As on a processor whose product differs at every place but a few."""
    good = np.array([0, 5, 6, 40])
    monkeypatch.setattr("onrecord.nlp.fast.products.equal_places", lambda inputs, outputs: good)
    random = np.random.default_rng(2)
    weights, rows = random.standard_normal((2, 30, 30)).astype(np.float32)
    used = []
    dot = np.dot
    monkeypatch.setattr(np, "dot", lambda x, y, out: used.append(np.flatnonzero(x.any(axis=1))) or dot(x, y, out=out))
    product = StableOps().gemm(rows, weights, trans2=True)
    assert all(set(places) <= set(good) for places in used)
    assert np.allclose(product, dot(rows, weights.T), atol=1e-4)


def test_the_first_place_is_always_equal_to_itself():
    assert 0 in equal_places(96, 50)


def other_model(**ner: object) -> Language:
    """Return a small model without training, with a tagger, a parser and a recognizer."""
    nlp = spacy.blank("en")
    for name in NEEDED:
        nlp.add_pipe(name, config=ner if name == "ner" else {})
    nlp.get_pipe("tagger").add_label("NN")
    nlp.get_pipe("parser").add_label("nsubj")
    nlp.get_pipe("ner").add_label("PERSON")
    nlp.initialize()
    return nlp


@pytest.mark.parametrize(
    ("model_config", "reason"),
    [
        ({"hidden_width": 32, "use_upper": False}, "its last layer is of another kind"),
        ({"maxout_pieces": 1}, "its states have other features"),
    ],
)
def test_another_structure_keeps_spacys_code_and_says_so(model_config, reason):
    config = {
        "model": {
            "@architectures": "spacy.TransitionBasedParser.v2",
            "state_type": "ner",
            "extra_state_tokens": False,
            "hidden_width": 64,
            "maxout_pieces": 2,
            "use_upper": True,
            "tok2vec": {
                "@architectures": "spacy.HashEmbedCNN.v2",
                "pretrained_vectors": None,
                "width": 96,
                "depth": 4,
                "embed_size": 2000,
                "window_size": 1,
                "maxout_pieces": 3,
                "subword_features": True,
            },
            **model_config,
        }
    }
    nlp = other_model(**config)
    assert f"ner: spaCy's own code, since {reason}" in speed_up(nlp)
    assert "ner" in nlp.pipe_names


def test_a_replacement_that_differs_is_not_used(monkeypatch):
    nlp = other_model()
    monkeypatch.setattr("onrecord.nlp.fast.vectors.EPSILON", np.float32(0.1))
    notes = speed_up(nlp)
    assert any("the vectors are not the same" in note for note in notes)
    assert recognizer.FACTORY in nlp.pipe_names
