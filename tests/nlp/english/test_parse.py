# SPDX-License-Identifier: Apache-2.0
"""The columns of a Doc: what is in them, and how long they are kept."""

import gc
import pickle
import random
import textwrap
import weakref

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from onrecord.data.records import Segment
from onrecord.nlp.annotations import text_of
from onrecord.nlp.english.parse import MAX_CHILDREN, MAX_CLIMB, Parse, once_per_token
from onrecord.nlp.english.quotation import NO_REGION
from onrecord.nlp.segments import paragraphs

TEXT = (
    "“The dam is safe,” said Tom Reed, the mayor of Fairview.\n\nThe US asked us: “Who repaired it?” He saw the WHO’s report,"
    " but he didn't read it.\n"
)


@pytest.fixture(scope="module")
def doc(nlp: Language) -> Doc:
    return nlp(TEXT)


@pytest.fixture(scope="module")
def parse(doc: Doc) -> Parse:
    return Parse.of(doc)


def test_every_column_has_what_the_token_has(doc: Doc, parse: Parse) -> None:
    assert len(parse) == len(doc)
    assert parse.doc is doc
    assert parse.source == TEXT
    assert parse.word == [token.text for token in doc]
    assert parse.tag == [token.tag_ for token in doc]
    assert parse.dep == [token.dep_ for token in doc]
    assert parse.ent_type == [token.ent_type_ for token in doc]
    assert parse.head == [token.head.i for token in doc]
    assert parse.children == [[child.i for child in token.children] for token in doc]
    assert parse.left == [token.left_edge.i for token in doc]
    assert parse.right == [token.right_edge.i for token in doc]
    assert [TEXT[start:end] for start, end in zip(parse.start, parse.end, strict=True)] == parse.word
    assert [parse.sentence_of(token) for token in range(len(doc))] == [(t.sent.start, t.sent.end) for t in doc]
    assert [parse.sentence_starts[number] for number in parse.sentence] == [token.sent.start for token in doc]


def test_edges_of_a_tree_with_crossing_edges_are_those_of_its_subtrees(nlp: Language) -> None:
    chance = random.Random(7)
    for size in range(2, 40):
        order = chance.sample(range(size), size)
        heads = list(range(size))
        for place, token in enumerate(order[1:], 1):
            heads[token] = order[chance.randrange(place)]
        deps = ["ROOT" if head == token else "dep" for token, head in enumerate(heads)]
        parse = Parse.of(Doc(nlp.vocab, words=["a"] * size, heads=heads, deps=deps))
        for token in range(size):
            below = [other for other in range(size) if token in list(parse.upward(other))]
            assert (parse.left[token], parse.right[token]) == (min(below), max(below))


def test_names_in_capitals_are_not_pronouns_in_lower_case(parse: Parse) -> None:
    pairs = zip(parse.word, parse.lower, strict=True)
    assert [lower for word, lower in pairs if word.lower() in ("us", "who")] == ["US", "us", "who", "WHO"]


def test_the_words_before_and_after_a_sign_are_known(parse: Parse) -> None:
    comma = parse.word.index(",")
    assert [parse.word[parse.previous_word[comma]], parse.word[parse.next_word[comma]]] == ["safe", "said"]
    assert parse.previous_word[0] == -1
    assert parse.next_word[-1] == parse.next_word[len(parse) - 1] == len(parse)
    assert not parse.is_word[comma]
    assert parse.is_word[comma - 1]


def test_tokens_are_found_by_code_points(parse: Parse) -> None:
    start = TEXT.index("Tom")
    first, end = parse.tokens_of(start, start + len("Tom Reed"))
    assert parse.word[first:end] == ["Tom", "Reed"]
    assert parse.tokens_of(start + 1, start + 5) == (first, end)
    assert parse.first_at(start) == first
    assert parse.is_spaced(first)
    assert not parse.is_spaced(end)


def test_a_token_knows_the_marks_around_it_and_its_paragraph(parse: Parse) -> None:
    marked = [word for word, region in zip(parse.word, parse.region_of, strict=True) if region != NO_REGION]
    assert [word for word in marked if word.isalpha()] == ["The", "dam", "is", "safe", "Who", "repaired", "it"]
    assert [parse.word[first] for first in parse.paragraph_starts] == ["“", "The"]


def test_tokens_outside_the_body_are_known(nlp: Language) -> None:
    doc = nlp("Read more here.\n\nThe dam is safe.")
    doc._.onrecord_segments = (Segment("PROMO", 0, 15),)
    parse = Parse.of(doc)
    outside = [word for word, inside in zip(parse.word, parse.is_body, strict=True) if not inside]
    assert outside == ["Read", "more", "here", "."]


def test_children_and_climbs_are_bounded(nlp: Language) -> None:
    count = 3 * MAX_CHILDREN
    star = Parse.of(Doc(nlp.vocab, words=["a"] * count, heads=[count // 2] * count, deps=["dep"] * count))
    nearest = star.children[count // 2]
    assert len(nearest) == MAX_CHILDREN
    assert nearest == sorted(nearest)
    assert max(abs(child - count // 2) for child in nearest) == MAX_CHILDREN // 2
    heads = [max(0, token - 1) for token in range(count)]
    chain = Parse.of(Doc(nlp.vocab, words=["a"] * count, heads=heads, deps=["dep"] * count))
    assert list(chain.upward(count - 1)) == list(range(count - 1, count - 1 - MAX_CLIMB, -1))
    assert list(chain.upward(2)) == [2, 1, 0]
    assert (chain.left[0], chain.right[0]) == (0, count - 1)


def test_line_ends_that_only_wrap_a_paragraph_can_be_left_out(nlp: Language) -> None:
    sentence = "The council of the port said on Friday that it would ask Harbour Works to repair the dam and the road. "
    doc = nlp(textwrap.fill(sentence * 6, 60) + "\n\nIt rained.")
    parse = Parse.of(doc).unwrapped
    kept = [token for token in doc if token.text != "\n"]
    assert len(doc) - len(kept) > 6
    assert parse.word == [token.text for token in kept]
    assert parse.head == [kept.index(token.head) for token in kept]
    assert parse.tag == [token.tag_ for token in kept]
    assert [parse.source[start:end] for start, end in zip(parse.start, parse.end, strict=True)] == parse.word
    assert [kept[token].text for token in parse.sentence_starts if token] == ["The"] * 5 + ["It"]
    assert parse.sentence[-1] == len(parse.sentence_starts) - 1
    assert parse.unwrapped is parse


def test_a_text_that_is_not_wrapped_keeps_its_line_ends(parse: Parse) -> None:
    assert parse.unwrapped is parse


def test_a_doc_without_a_parse_has_tokens_that_are_their_own_roots(nlp: Language) -> None:
    parse = Parse.of(nlp.make_doc("The dam is safe. It holds."))
    assert parse.head == list(range(len(parse)))
    assert parse.left == parse.right == parse.head
    assert set(parse.tag) == set(parse.dep) == {""}
    assert parse.sentence_of(3) == (0, len(parse))


def test_an_empty_doc_has_no_tokens(nlp: Language) -> None:
    parse = Parse.of(nlp.make_doc(""))
    assert len(parse) == 0
    assert parse.children == parse.left == parse.sentence_starts == parse.region_of == []


def test_columns_are_read_once_for_all_components(nlp: Language) -> None:
    doc = nlp("The dam is safe.")
    assert Parse.of(doc) is Parse.of(doc)


def test_columns_of_a_doc_that_changed_are_read_again(nlp: Language) -> None:
    doc = nlp("Tom Reed saw the dam.")
    before = Parse.of(doc)
    assert "PERSON" in before.ent_type
    doc.ents = ()
    assert "PERSON" not in Parse.of(doc).ent_type
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[:2])
    assert Parse.of(doc).word[0] == "Tom Reed"


def test_the_text_of_a_doc_is_the_one_that_it_was_made_of(nlp: Language) -> None:
    text = "The dam\nat Zorbelwick  is safe.\n\nIt holds. "
    doc = nlp(text)
    assert text_of(doc) is text
    assert Parse.of(doc).source is text
    assert text_of(Doc(nlp.vocab, words=["The", "dam", "."], spaces=[True, False, True])) == "The dam. "


def test_the_paragraphs_of_a_text_are_found_once() -> None:
    assert paragraphs(TEXT) is paragraphs(TEXT)


def test_a_function_is_called_once_for_each_token(nlp: Language) -> None:
    asked = []

    @once_per_token
    def first_letter(parse: Parse, token: int) -> str:
        asked.append(token)
        return parse.word[token][0]

    parse, other = (Parse.of(doc) for doc in nlp.pipe(["The dam holds.", "A pier fell."]))
    assert [first_letter(parse, token) for token in (0, 1, 0)] == ["T", "d", "T"]
    assert first_letter(other, 0) == "A"
    assert asked == [0, 1, 0]


def test_columns_are_neither_serialized_nor_copied_with_the_doc(nlp: Language) -> None:
    doc = nlp("The dam is safe.")
    parse = Parse.of(doc)
    assert not any(isinstance(value, Parse) for value in doc.user_data.values())
    again = pickle.loads(pickle.dumps(doc))
    assert Parse.of(again) is not parse
    assert Parse.of(again).word == parse.word


def test_columns_go_with_the_doc(nlp: Language) -> None:
    with nlp.memory_zone():
        doc = nlp.make_doc("The dam at Zorbelwick is safe.")
        parse = Parse.of(doc)
        kept = weakref.ref(parse)
        del doc
    assert parse.word[3] == "Zorbelwick"
    with pytest.raises(ReferenceError, match="keep a reference to it"):
        _ = parse.doc
    del parse
    gc.collect()
    assert kept() is None
