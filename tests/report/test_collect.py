# SPDX-License-Identifier: Apache-2.0
"""What the page shows of speakers."""

import pytest

from onrecord.report.speakers import best_titles


@pytest.mark.parametrize(
    ("articles", "best"),
    [
        ({"rival": {1, 2, 3}, "Norwick mayor": {4, 5}}, "Norwick mayor"),
        ({"Sen.": {1, 2, 3, 4, 5, 6}, "Norwick Sen.": {7, 8}}, "Norwick Sen."),
        ({"President": set(range(50)), "acting President": {50}}, "President"),
        ({"director of the port": {1}, "mayor of Norwick, who has said since March that he will not sell": {2, 3}}, "director of the port"),
        ({"Norwick - Gov.": {1, 2}, "governor of Norwick": {3, 4}}, "governor of Norwick"),
        ({"Secretary": {1, 2, 3, 4}, "former secretary of state": {5, 6}}, "former secretary of state"),
        ({"only doctor on stage": {1}, "Norwick governor": {2}}, "Norwick governor"),
        ({"aide": {1, 2}, "friend": {3}}, "aide"),
    ],
)  # fmt: skip
def test_a_speaker_is_presented_by_the_office(articles, best):
    titles = best_titles(articles)
    assert titles[0] == (best, len(articles[best]))
    assert dict(titles) == {title: len(found) for title, found in articles.items()}
