# SPDX-License-Identifier: Apache-2.0
"""Closed classes of words and lists of nouns and verbs."""

from onrecord.data.names import PRONOUNS
from onrecord.nlp.english.words import (
    FIRST_PERSON,
    Pronoun,
    charging_verbs,
    nominals,
    person_nouns,
    pronouns,
    with_forms,
    with_plurals,
)


def test_pronouns_have_person_number_gender_and_form() -> None:
    assert pronouns()["her"] == Pronoun(3, "singular", "f", "personal")
    assert pronouns()["our"] == Pronoun(1, "plural", "", "possessive")
    assert pronouns()["they"] == Pronoun(3, "", "", "personal")
    assert {"i", "us", "mine", "ourselves"} < FIRST_PERSON


def test_every_personal_pronoun_is_one_for_names_too() -> None:
    assert pronouns().keys() - {"themself"} <= PRONOUNS


def test_nouns_of_lists_have_plurals() -> None:
    assert {"policeman", "policemen", "agency", "agencies", "people"} <= person_nouns()
    assert {"memo", "memos", "speech", "speeches"} <= with_plurals("stance_utterances")


def test_verbs_of_lists_have_all_forms() -> None:
    assert {"say", "says", "said", "saying"} <= with_forms("stance_reporting_verbs")
    assert {"accused", "praising"} <= charging_verbs()
    assert "said" not in charging_verbs()


def test_a_nominal_has_a_type_and_a_gender_where_it_shows_one() -> None:
    assert nominals()["congresswoman"] == ("PERSON", "f")
    assert nominals()["minister"] == ("PERSON", "")
