# SPDX-License-Identifier: Apache-2.0
"""The check for phrases to avoid: the texts that it searches, and uses that it allows."""

from pathlib import Path

import pytest

from tools import prose
from tools.prose import Hit, Phrase, WordList, find

WORDS = WordList.read()


def hits(name: str, source: str) -> list[tuple[int, str]]:
    return [(hit.line, hit.found) for hit in find(Path(name), source, WORDS)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("'--foo': is no option", "is no option"),
        ("a date is no name of a person", "is no name"),
        ("blank lines are none", "are none"),
        ("the folder holds no records", "holds no"),
        ("print so many positions", "so many positions"),
        ("write a window so far", "so far"),
        ("remember an article so long", "so long"),
        ("the record stands in the output folder", "stands in"),
        ("records that lie in the output folder", "lie in"),
        ("what lies there is left alone", "what lies there"),
        ("the header tells the version", "tells the"),
        ("how mistakes are told", "told"),
        ("the most telling role", "telling"),
        ("mend the file and run it again", "mend"),
        ("replacing it starts the job anew", "anew"),
        ("one a core, fewer for little input", "one a core"),
        ("20 articles a second", "articles a second"),
        ("a row an article", "row an article"),
        ("this keeps what is between two steps by what is remembered", "by what is remembered"),
        ("of what is said on standard error", "of what is said"),
        ("killed for want of memory", "for want of"),
        ("a source of ours", "of ours"),
        ("the window goes by the attribute", "goes by"),
        ("what it holds is passed over", "passed over"),
        ("a folder beside the checkout", "beside"),
        ("it starts of its own accord", "of its own accord"),
        ("'b': is one too many", "is one too many"),
        ("it fails and says so", "says so"),
        ("the file is there already", "is there already"),
        ("at most so many bytes", "at most so many"),
        ("the next start goes on where it was", "goes on where"),
        ("columns parted by tabs", "parted by"),
    ],
)
def test_a_phrase_is_found(text: str, found: str) -> None:
    assert hits("page.md", text) == [(1, found)]


@pytest.mark.parametrize(
    "text",
    [
        "NATO stands for an alliance, and who stands where is another question",
        "there is no such file, and it is no longer read",
        "where there are no articles, none is written; it is None",
        "the reader understands outstanding orders",
        "a lie is a claim; the lie of the land",
        "that is beside the point",
        "so many articles arrive in a second that the queue grows",
        "it is so far from the limit that nothing happens",
        "a company tells its brands apart, and they are told apart by colour",
        "says what is wrong with the options",
        "What is a dead letter?",
        "an unmended hole, a foretold end, an amendment",
        "a kind word, a second chance, and a batch of files",
        "it reads a file and writes a record; exit code 1: a file can't be read",
        "the worker was told to stop",
        "Flink requests a worker, and the page quotes an article",
        "hand over, go on, pass by",
    ],
)
def test_plain_english_is_left_alone(text: str) -> None:
    assert hits("page.md", text) == []


def test_a_phrase_may_begin_on_one_line_and_end_on_the_next() -> None:
    assert hits("page.md", "first\nthe folder holds\n  no records") == [(2, "holds no")]


def test_a_phrase_does_not_reach_into_the_next_paragraph() -> None:
    assert hits("page.md", "the folder holds\n\nno records") == []


def test_upper_and_lower_case_are_alike() -> None:
    assert hits("page.md", "Beside it") == [(1, "Beside")]


def test_a_letter_with_a_longer_lower_case_does_not_shift_the_place() -> None:
    assert hits("page.md", "İstanbul\nis beside the sea") == [(2, "beside")]


@pytest.mark.parametrize(
    "source",
    [
        "```console\n$ echo mend\n```\n",
        "~~~\nmend\n~~~\n",
        "the option `mend` and ``a told b``",
        "see [the page](docs/mend.md)",
        'as in “he told reporters”, or "she told us"',
    ],
)
def test_code_and_examples_in_markdown_are_not_checked(source: str) -> None:
    assert hits("page.md", source) == []


def test_text_after_a_code_block_is_checked() -> None:
    assert hits("page.md", "```\nmend\n```\nmend it\n") == [(4, "mend")]


PYTHON = '''"""Mend the module.

Args:
    tell: "told" is an example, and so is ``anew``.
"""

told = "told"  # beside a comment


def mend(anew):
    """One a core."""
    # a comment that goes
    # by two lines
    message = f"{told}: holds " \\
        f"no records"
    raise ValueError(
        "the file is "
        f"there already: {mend(beside)}"
    )
    return b"mend it", r"\\bmend"
'''


def test_of_python_docstrings_comments_and_literals_are_checked() -> None:
    assert hits("module.py", PYTHON) == [
        (1, "Mend"),
        (7, "beside"),
        (11, "One a core"),
        (12, "goes by"),
        (14, "holds no"),
        (17, "is there already"),
    ]


def test_literals_of_tests_are_article_texts() -> None:
    assert hits("tests/test_module.py", PYTHON) == [(1, "Mend"), (7, "beside"), (11, "One a core"), (12, "goes by")]


def test_two_arguments_are_not_one_text() -> None:
    assert hits("module.py", 'join("it holds", "no records")\n') == []


def test_a_comment_mark_inside_a_literal_does_not_begin_a_comment() -> None:
    assert hits("module.py", "mark = 'a # b'; mend = 1\n") == []


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("Makefile", "lint: ## mend\n\truff check .\n"),
        ("deploy/image/build", "#!/bin/sh\necho it holds no records\n"),
        ("variables.tf", 'variable "a" {\n  description = "the age at which somebody is told"\n}\n'),
        ("cluster.yaml", "kind: Job\n# A comment that goes\n# by two lines.\n"),
        ("Dockerfile", "FROM scratch\n# beside it\n"),
        ("quote.avsc", '{"doc": "How the speaker was told."}'),
        ("Ids.java", "/**\n * Starts the job\n * anew.\n */\n"),
    ],
)
def test_other_files_are_checked_in_every_line(name: str, source: str) -> None:
    assert len(hits(name, source)) == 1


@pytest.mark.parametrize(
    ("name", "checked"),
    [
        ("README.md", True),
        ("docs/picture.py", True),
        ("samples/news.jsonl", False),
        ("samples/README.md", False),
        ("CHANGELOG.md", False),
        ("pipeline/onrecord/nlp/lexicons/quote_cues.tsv", False),
        ("requirements/dev.lock", False),
        ("deploy/image/build", True),
        ("LICENSE", False),
    ],
)
def test_the_projects_own_prose_is_checked(name: str, checked: bool) -> None:
    assert prose.is_checked(Path(name)) is checked


def test_a_hit_gives_its_place_and_a_better_wording() -> None:
    assert str(Hit(Path("a.md"), 3, "anew", "again")) == "a.md:3: anew — write: again"


def test_the_exit_code_is_1_when_something_was_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("plain\n")
    assert prose.main([str(page)]) == 0
    page.write_text("plain\nand anew\n")
    assert prose.main([str(page)]) == 1
    assert capsys.readouterr().out == f"{page}:2: anew — write: again\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("beside", "expected 2 or 3 columns"),
        ("a\tb\tc\td", "expected 2 or 3 columns"),
        ("(\tb", "not a regular expression"),
    ],
)
def test_a_broken_word_list_is_refused_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "words.tsv"
    path.write_text(f"# a comment\n\n{line}\n")
    with pytest.raises(ValueError, match=rf"words\.tsv:3: {message}"):
        WordList.read(path)


def test_surroundings_that_allow_a_phrase_must_touch_it() -> None:
    words = WordList([Phrase("beside", "next to", "beside the point")])
    found = list(words.search("beside the point, beside the house"))
    assert [(start, text) for start, text, _ in found] == [(18, "beside")]


def test_the_check_passes_its_own_test() -> None:
    path = Path(prose.__file__)
    assert hits("prose.py", path.read_text("utf-8")) == []
