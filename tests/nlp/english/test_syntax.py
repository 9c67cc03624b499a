# SPDX-License-Identifier: Apache-2.0
"""Subjects, objects and phrases, each in a sentence that shows the construction."""

from collections.abc import Callable

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from onrecord.nlp.english.parse import Parse
from onrecord.nlp.english.syntax import (
    according_to,
    agent,
    antecedent,
    causee,
    clause_verb,
    complement,
    counted,
    head_of,
    is_finite,
    is_passive,
    patient,
    phrase_of,
    possessor,
    recipient,
    subject,
    whole,
)

Argument = Callable[[Parse, int], int | None]


@pytest.fixture
def parsed(nlp: Language) -> Callable[[str], tuple[Doc, Parse]]:
    """Return a Doc, which must be kept, with its columns."""

    def of(text: str) -> tuple[Doc, Parse]:
        doc = nlp(text)
        return doc, Parse.of(doc)

    return of


def word_at(parse: Parse, token: int | None) -> str | None:
    return None if token is None else parse.word[token]


@pytest.mark.parametrize(
    ("text", "predicate", "found"),
    [
        ("The mayor condemned the plan.", "condemned", "mayor"),
        ("The mayor came and condemned the plan.", "condemned", "mayor"),
        ("The mayor wants to condemn the plan.", "condemn", "mayor"),
        ("The mayor urged the court to reject the plan.", "reject", "court"),
        ("The mayor, who condemned the plan, left.", "condemned", "mayor"),
        ("The mayor left, condemning the plan.", "condemning", "mayor"),
        ("The mayor accused the bank of hiding the money.", "hiding", "bank"),
        ("The council made a decision to support the bridge.", "support", "council"),
        ("The mayor's decision to support the bridge was wrong.", "support", "mayor"),
        ("The mayor issued a statement criticising the plan.", "criticising", "mayor"),
        ("The plan is unfair.", "unfair", "plan"),
        ("Condemn the plan!", "Condemn", None),
    ],
)
def test_the_subject_of(
    parsed: Callable[[str], tuple[Doc, Parse]], text: str, predicate: str, found: str | None
) -> None:
    _doc, parse = parsed(text)
    assert word_at(parse, subject(parse, parse.word.index(predicate))) == found


@pytest.mark.parametrize(
    ("argument", "text", "predicate", "found"),
    [
        (agent, "The mayor condemned the plan.", "condemned", "mayor"),
        (agent, "The plan was condemned by the mayor.", "condemned", "mayor"),
        (agent, "The plan was condemned.", "condemned", None),
        (agent, "The plan condemned by the mayor failed.", "condemned", "mayor"),
        (patient, "The mayor condemned the plan.", "condemned", "plan"),
        (patient, "The plan was condemned by the mayor.", "condemned", "plan"),
        (patient, "They condemned and rejected the plan.", "condemned", "plan"),
        (patient, "The plan that she opposed failed.", "opposed", "plan"),
        (recipient, "The mayor gave the farmers money.", "gave", "farmers"),
        (recipient, "The mayor gave money to the farmers.", "gave", "farmers"),
        (causee, "The mayor allowed inspectors to enter.", "allowed", "inspectors"),
        (possessor, "The mayor's opposition grew.", "opposition", "mayor"),
        (possessor, "Norwegian opposition grew.", "opposition", "Norwegian"),
        (possessor, "The opposition grew.", "opposition", None),
    ],
)
def test_the_argument_of(
    parsed: Callable[[str], tuple[Doc, Parse]], argument: Argument, text: str, predicate: str, found: str | None
) -> None:
    _doc, parse = parsed(text)
    assert word_at(parse, argument(parse, parse.word.index(predicate))) == found


@pytest.mark.parametrize(
    ("text", "verb", "expected"),
    [
        ("The plan was condemned.", "condemned", True),
        ("The plan is being condemned.", "condemned", True),
        ("The plan condemned by the mayor failed.", "condemned", True),
        ("The plan was praised and condemned.", "condemned", True),
        ("Hundreds told to leave homes as dam cracks", "told", True),  # a headline
        ("The mayor has told hundreds to leave.", "told", False),
        ("The mayor has condemned the plan.", "condemned", False),
        ("The mayor condemned the plan.", "condemned", False),
        ("The mayor will condemn the plan.", "condemn", False),
    ],
)
def test_a_passive_is_told_from_a_perfect(
    parsed: Callable[[str], tuple[Doc, Parse]], text: str, verb: str, expected: bool
) -> None:
    _doc, parse = parsed(text)
    assert is_passive(parse, parse.word.index(verb)) == expected


def test_a_verb_is_finite_by_itself_or_by_its_auxiliary(parsed: Callable[[str], tuple[Doc, Parse]]) -> None:
    _doc, parse = parsed("The mayor came, will stay and wants to speak.")
    assert [is_finite(parse, parse.word.index(verb)) for verb in ("came", "stay", "speak")] == [True, True, False]


def test_a_relative_pronoun_means_the_noun_before_it_or_the_name_that_this_describes(
    parsed: Callable[[str], tuple[Doc, Parse]],
) -> None:
    _doc, parse = parsed("Farmers who oppose the dam met Ana Berg, a nurse who supports it.")
    first, second = (token for token, word in enumerate(parse.word) if word == "who")
    assert [parse.word[antecedent(parse, first)], parse.word[antecedent(parse, second)]] == ["Farmers", "Berg"]
    assert antecedent(parse, 0) == 0


def test_a_part_stands_for_the_whole(parsed: Callable[[str], tuple[Doc, Parse]]) -> None:
    _doc, parse = parsed("A number of officials freed eleven of the prisoners.")
    assert parse.word[whole(parse, parse.word.index("number"))] == "officials"
    assert parse.word[counted(parse, parse.word.index("eleven"))] == "prisoners"


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("The dam is safe, according to the mayor.", "mayor"),
        ("According to Tom Reed, the dam is safe.", "Reed"),
    ],
)
def test_according_to_has_a_source(parsed: Callable[[str], tuple[Doc, Parse]], text: str, source: str) -> None:
    _doc, parse = parsed(text)
    found = according_to(parse, parse.lower.index("according"))
    assert found is not None
    assert parse.word[found[0]] == "to"
    assert word_at(parse, found[1]) == source


def test_a_thing_in_accordance_has_no_source(parsed: Callable[[str], tuple[Doc, Parse]]) -> None:
    _doc, parse = parsed("They acted according as she did.")
    assert according_to(parse, parse.lower.index("according")) is None


@pytest.mark.parametrize(
    ("form", "text", "verb"),
    [
        ("inf", "The mayor refused to leave.", "leave"),
        ("ing", "The mayor began shouting.", "shouting"),
        ("that", "The mayor said that prices rose.", "rose"),
    ],
)
def test_a_clause_is_found_by_its_form(
    parsed: Callable[[str], tuple[Doc, Parse]], form: str, text: str, verb: str
) -> None:
    _doc, parse = parsed(text)
    for other in ("inf", "ing", "that"):
        assert word_at(parse, complement(parse, parse.word.index("mayor") + 1, other)) == (
            verb if other == form else None
        )


@pytest.mark.parametrize(
    ("text", "head", "phrase"),
    [
        ("The new mayor of Fairview, who won in May, left.", "mayor", "The new mayor of Fairview"),
        ("The mayor and the council left.", "mayor", "The mayor and the council"),
        ("They praised the “brave” farmers.", "farmers", "the “brave” farmers"),
    ],
)
def test_a_phrase_has_no_trailing_clauses(
    parsed: Callable[[str], tuple[Doc, Parse]], text: str, head: str, phrase: str
) -> None:
    doc, parse = parsed(text)
    found = phrase_of(parse, parse.word.index(head))
    assert doc[found.start : found.end].text == phrase
    alone = phrase_of(parse, parse.word.index(head), alone=True)
    assert "council" not in doc[alone.start : alone.end].text


def test_words_have_a_head_and_stand_in_the_clause_of_a_verb(parsed: Callable[[str], tuple[Doc, Parse]]) -> None:
    _doc, parse = parsed("The new mayor of Fairview spoke.")
    assert parse.word[head_of(parse, 0, 5)] == "mayor"
    assert word_at(parse, clause_verb(parse, 0)) == "spoke"
    _doc, parse = parsed("A new mayor.")
    assert clause_verb(parse, 0) is None
