# SPDX-License-Identifier: Apache-2.0
"""Inflected forms of English verbs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.nlp.english import lexicon
from onrecord.nlp.english.morphology import forms_to_verb, verb_forms


@pytest.mark.parametrize(
    ("verb", "forms"),
    [
        ("warn", "warn warns warned warning"),
        ("accuse", "accuse accuses accused accusing"),
        ("agree", "agree agrees agreed agreeing"),
        ("deny", "deny denies denied denying"),
        ("betray", "betray betrays betrayed betraying"),
        ("push", "push pushes pushed pushing"),
        ("fix", "fix fixes fixed fixing"),
        ("veto", "veto vetoes vetoed vetoing"),
        ("die", "die dies died dying"),
        ("stop", "stop stops stopped stopping"),
        ("offer", "offer offers offered offering"),
        ("commit", "commit commits committed committing"),
        ("reveal", "reveal reveals revealed revealing"),
        ("vow", "vow vows vowed vowing"),
        ("say", "say says said saying"),
        ("speak", "speak speaks spoke spoken speaking"),
        ("put", "put puts putting"),
        ("undo", "undo undoes undid undone undoing"),
    ],
)
def test_a_verb_is_inflected_by_the_rules_of_spelling(verb, forms):
    assert verb_forms(verb) == tuple(forms.split())


def test_both_spellings_of_a_doubled_l_are_known():
    assert {"travelled", "travelling", "traveled", "traveling"} <= set(verb_forms("travel"))


def test_a_particle_stays_as_it_is():
    assert verb_forms("rule out") == ("rule out", "rules out", "ruled out", "ruling out")


def test_the_commonest_verb_has_all_its_forms():
    assert {"be", "is", "are", "am", "was", "were", "been", "being"} == set(verb_forms("be"))


verbs = st.from_regex(re.compile(r"[a-z]{2,10}( [a-z]{2,5})?", re.ASCII), fullmatch=True)


@given(verbs)
def test_any_word_is_inflected_and_is_its_own_first_form(word):
    forms = verb_forms(word)
    assert forms[0] == word
    assert len(set(forms)) == len(forms) >= 3


@given(st.lists(verbs, max_size=5).map(tuple))
def test_every_form_leads_back_to_a_verb_that_has_it(some_verbs):
    verb_of = forms_to_verb(some_verbs)
    assert verb_of.keys() == {form for verb in some_verbs for form in verb_forms(verb)}
    assert all(form in verb_forms(verb) for form, verb in verb_of.items())


def test_the_verb_of_a_form_does_not_depend_on_the_order_of_the_list():
    assert forms_to_verb(("lie", "lay")) == forms_to_verb(("lay", "lie"))


def test_an_irregular_verb_has_all_forms_of_its_row():
    rows = lexicon.rows("irregular_verbs")
    assert len(rows) > 100
    assert [row[0] for row in rows if not {form for form in row if form} <= set(verb_forms(row[0]))] == []
