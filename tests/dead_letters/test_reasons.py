# SPDX-License-Identifier: Apache-2.0
import pytest

from onrecord.dead_letters import reasons
from onrecord.dead_letters.reasons import OTHERS, Reason, Reasons


def _shown(*messages: str) -> list[tuple[int, str]]:
    counted = Reasons()
    for number, message in enumerate(messages):
        counted.add("InvalidMessage", "Decode", message, f"feed.jsonl:{number}")
    return [(reason.count, reason.message) for reason in counted.most_common(100)]


def test_the_commonest_reason_comes_first_with_the_origin_of_its_first_letter() -> None:
    counted = Reasons()
    counted.add("InvalidMessage", "Decode", "id: is empty", "a.jsonl:1")
    counted.add("InvalidMessage", "Decode", "text: is missing", "a.jsonl:2", count=40)
    counted.add("InvalidMessage", "Decode", "text: is missing", "a.jsonl:50")

    assert counted.most_common(1) == [Reason(41, "InvalidMessage", "Decode", "text: is missing", "a.jsonl:2")]


@pytest.mark.parametrize(
    ("messages", "shown"),
    [
        (["not UTF-8 (at byte 17)", "not UTF-8 (at byte 9,001)"], "not UTF-8 (at byte …)"),
        (["message: 11 bytes are over 10", "message: 12 bytes are over 10"], "message: … bytes are over 10"),
        (["its encoding 'zstd' is unknown", 'its encoding "it\'s" is unknown'], "its encoding … is unknown"),
        (["language: 'a\\'b' is no tag", "language: 'c' is no tag"], "language: … is no tag"),
        (["see https://news.example/a for it", "see https://b.example/c?d=e for it"], "see … for it"),
        (["type text/html", "type image/png"], "type …"),
        (["page 3f2a9b at 10:30", "page b77 at 11:45"], "page … at …"),
        (["cut 'in the middl", "cut 'in another mid"], "cut …"),
        (["title “A” and “B”", "title “A” and “C”"], "title “A” and …"),
    ],
)
def test_reasons_that_differ_in_their_values_are_one(messages: list[str], shown: str) -> None:
    assert _shown(*messages) == [(2, shown)]


def test_values_that_are_the_same_in_all_letters_are_shown() -> None:
    message = "title: expected `str`, got `int` at 'a.b' of https://news.example/1, 17"
    assert _shown(message, message) == [(2, message)]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("text: is missing", "html: is missing"),
        ("title: expected `str`, got `int`", "title: expected `str`, got `array`"),
        ("it can't be read", "it can't be sent"),
    ],
)
def test_other_reasons_stay_apart(first: str, second: str) -> None:
    assert _shown(first, second) == sorted([(1, first), (1, second)], key=lambda shown: shown[1])


def test_steps_and_errors_stay_apart() -> None:
    counted = Reasons()
    for error_type, stage in (("ValueError", "Quotes"), ("ValueError", "Stances"), ("TimeLimitExceeded", "Quotes")):
        counted.add(error_type, stage, "took too long", "a.jsonl:1")
    assert len(counted.most_common(10)) == 3


def test_reasons_past_the_limit_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reasons, "MAX_REASONS", 2)
    shown = _shown("a", "b", "c", "d", "e", "b")
    assert shown == [(2, "b"), (1, "a"), (3, OTHERS)]
