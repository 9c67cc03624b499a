# SPDX-License-Identifier: Apache-2.0
"""An input is cut into splits that fit into memory, the same ones each time, and reading can go on behind any of them."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from onrecord.data.input_file import InputFile
from onrecord.data.message import Message
from onrecord.sources.splits import Limits, Position, Split, cut
from tests.conftest import message_of

BEGINNING = Position()


class Files:
    """Files with messages of some sizes."""

    def __init__(self, sizes: list[list[int]]) -> None:
        self.files = {InputFile(f"{number}.jsonl"): sizes for number, sizes in enumerate(sizes)}

    def files_in_order(self) -> list[InputFile]:
        return list(self.files)

    def messages_of(self, file: InputFile) -> Iterator[Message]:
        return (message_of(b"x" * size, f"{file.path}:{line}") for line, size in enumerate(self.files[file], start=1))


def splits_of(sizes: list[list[int]], limits: Limits, start: Position = BEGINNING) -> list[Split]:
    source = Files(sizes)
    return list(cut(source, source.files_in_order(), limits, start))


def origins(splits: list[Split]) -> list[str]:
    return [message.origin for split in splits for message in split.messages]


def test_a_split_goes_over_files_and_says_what_of_each_is_in_it():
    first, second = splits_of([[1, 1], [], [1, 1, 1]], Limits(messages=3))
    assert origins([first]) == ["0.jsonl:1", "0.jsonl:2", "2.jsonl:1"]
    assert first.ranges == [(0, 0, 2), (1, 0, 0), (2, 0, 1)]
    assert second.ranges == [(2, 1, 3)]


def test_a_message_over_the_limit_is_alone():
    assert [len(split.messages) for split in splits_of([[10, 500, 10, 10]], Limits(bytes=100))] == [1, 1, 2]


def test_a_page_counts_a_quarter_of_its_size():
    pages = [message_of(b'{"url":null,"html":"' + b"x" * 100 + b'"}', str(number)) for number in range(8)]

    class Pages(Files):
        def messages_of(self, file: InputFile) -> Iterator[Message]:
            return iter(pages)

    source = Pages([[]])
    splits = cut(source, source.files_in_order(), Limits(bytes=122), BEGINNING)
    assert [len(split.messages) for split in splits] == [4, 4]


def test_an_input_without_messages_is_one_split():
    (only,) = splits_of([[], []], Limits())
    assert only.ranges == [(0, 0, 0), (1, 0, 0)]


@given(
    sizes=st.lists(st.lists(st.integers(0, 50), max_size=8), max_size=4),
    limits=st.builds(Limits, st.integers(1, 4), st.integers(1, 100)),
    data=st.data(),
)
def test_reading_goes_on_behind_any_split(sizes, limits, data):
    splits = splits_of(sizes, limits)
    assert [split.number for split in splits] == list(range(len(splits)))
    assert len(origins(splits)) == sum(map(len, sizes))
    done = data.draw(st.integers(1, len(splits)))
    rest = splits_of(sizes, limits, splits[done - 1].end)
    assert [(split.number, split.messages, split.ranges) for split in rest] == [
        (split.number, split.messages, split.ranges) for split in splits[done:]
    ]
