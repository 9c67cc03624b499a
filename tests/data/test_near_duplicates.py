# SPDX-License-Identifier: Apache-2.0
"""Near-duplicates: what counts as a copy, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.near_duplicates import (
    FIRST,
    KEYS,
    LONGEST,
    MAX_SIMILARITY,
    UNDATED,
    Candidate,
    copied,
    keys_of,
    pairs,
    words_of,
)
from tests.stories import PROMO, earnings, reprint, story

STORY = story(1)
UPDATE = " ".join(story(2, 4).split("\n\n"))
QUOTE = "“We will not wait for the county to decide this for us,” the mayor of Lanmoor said."


def share(text: str, other: str, at: int = 2, other_at: int = 1) -> float | None:
    """Return the similarity of a text to another, which was published first unless the times say otherwise."""
    words, others = words_of(text), words_of(other)
    one, two = Candidate(at, "b", "b", len(words)), Candidate(other_at, "a", "a", len(others))
    return copied(words, others) if (one, two) in pairs((two, one)) else None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(STORY.upper().replace(".", " !"), id="other case and punctuation"),
        pytest.param(STORY[: len(STORY) // 2], id="cut in half"),
        pytest.param(STORY[len(STORY) // 2 :], id="without the beginning"),
        pytest.param(reprint(STORY, 1, 1.0, 0.05), id="one word in twenty changed, a promo"),
        pytest.param(reprint(STORY, 2, 0.5, 0.05), id="all of it"),
        pytest.param(f"Pier plan upsets Callow\n\n{PROMO}\n\n{STORY}", id="a headline and a promo"),
        pytest.param("\n\n".join(reversed(STORY.split("\n\n"))), id="in another order"),
    ],
)
def test_what_papers_do_to_a_story_leaves_it_a_copy(text):
    found = share(text, STORY)
    assert found is not None
    assert 0.6 < found <= MAX_SIMILARITY


@pytest.mark.parametrize(
    ("text", "other"),
    [
        pytest.param(story(3), STORY, id="another story"),
        pytest.param(f"{UPDATE}\n\n{STORY}", STORY, id="a live page with new entries"),
        pytest.param(f"{story(3)}\n\n{STORY[:800]}", STORY, id="a follow-up that repeats much of the story"),
        pytest.param(f"{story(3, 40)}\n\n{STORY}", STORY, id="a follow-up that repeats all of it"),
        pytest.param(f"{STORY}\n\n{QUOTE}", STORY, id="a new quote"),
        pytest.param(earnings("Arden Systems", "Callow", 1), earnings("Corvid Energy", "Hexley", 2), id="a template"),
        pytest.param(
            earnings("Arden Systems", "Callow", 1), earnings("Arden Systems", "Callow", 2), id="the next quarter"
        ),
    ],
)
def test_what_says_something_new_is_not_a_copy(text, other):
    assert share(text, other) is None


def test_the_same_template_would_be_a_copy_but_for_its_names_and_numbers():
    report = earnings("Arden Systems", "Callow", 1)
    assert share(report.replace("Tuesday", "Wednesday"), report) is not None


def test_an_earlier_text_is_not_a_copy_of_a_later_one_that_has_all_of_it():
    assert share(STORY[: len(STORY) // 2], STORY, at=1, other_at=2) is None


@pytest.mark.parametrize("times", [(1, 1), (UNDATED, UNDATED), (1, UNDATED), (UNDATED, 1)])
def test_where_dates_do_not_tell_the_cut_text_is_the_copy(times):
    half = STORY[: len(STORY) // 2]
    assert share(half, STORY, *times) is not None
    assert share(STORY, half, *times) is None


def test_where_dates_do_not_tell_the_first_id_is_the_original_of_two_texts_of_about_one_length():
    changed = reprint(STORY, 4, 1.0)
    assert share(changed, STORY, 1, 1) is not None
    assert (Candidate(1, "a", "", 300), Candidate(1, "b", "", 320)) not in pairs(
        (Candidate(1, "a", "", 300), Candidate(1, "b", "", 320))
    )


def test_a_short_text_has_no_keys():
    assert keys_of(words_of("The pier of Callow is closed. Sign up for our newsletter.")) == []


@given(st.integers(0, 10**6), st.floats(0.5, 1), st.floats(0.01, 0.05))
def test_a_reprint_shares_a_key_with_its_story(seed, kept, changed):
    text = story(seed, 24)
    assert set(keys_of(words_of(text))) & set(keys_of(words_of(reprint(text, seed, kept, changed))))


@given(st.text(max_size=400), st.text(max_size=400))
def test_any_texts_can_be_compared(text, other):
    words, others = words_of(text + "\ud800" + STORY), words_of(other + STORY)
    assert len(keys_of(words)) == KEYS
    found = copied(words, others)
    assert found is None or 0 <= found <= MAX_SIMILARITY
    assert copied(words, words) == MAX_SIMILARITY


@given(
    st.lists(
        st.builds(
            Candidate, st.integers(0, 3), st.sampled_from("abcdef"), st.text("xyz", max_size=2), st.integers(30, 60)
        )
    ),
    st.randoms(),
)
def test_the_pairs_of_a_key_do_not_depend_on_the_order_of_its_texts(texts, chance):
    shuffled = texts.copy()
    chance.shuffle(shuffled)
    assert list(pairs(texts)) == list(pairs(shuffled))
    assert all(text.article_id != other.article_id for text, other in pairs(texts))


def test_the_work_for_a_phrase_that_many_texts_have_grows_with_their_number_only():
    texts = [Candidate(number, f"id-{number}", f"{number}", 100) for number in range(1_000)]
    assert len(list(pairs(texts))) <= len(texts) * (FIRST + LONGEST)


def test_stories_of_the_tests_differ():
    assert copied(words_of(story(5)), words_of(story(6))) is None
