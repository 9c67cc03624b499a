# SPDX-License-Identifier: Apache-2.0
"""Printed text has no character that a terminal obeys."""

import argparse

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onrecord.terminal.parser import Parser
from onrecord.terminal.text import indented, print_cells, print_line, print_lines, printable, printable_lines
from tests.hostile_names import assert_harmless

any_text = st.text(st.characters(), max_size=40) | st.text("a\n\r\x1b\x85\u2028\u202e \udc9b", max_size=20)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The toll, 5 €", "The toll, 5 €"),
        ("名前 é 😀 \\ %s", "名前 é 😀 \\ %s"),
        ("\x1b[31m\x07", r"\x1b[31m\x07"),
        ("\x9b\x7f\0", r"\x9b\x7f\x00"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\u202e\u2066\u200e\u061c", r"\u202e\u2066\u200e\u061c"),
        ("\u2028\u2029\x85", r"\u2028\u2029\x85"),
        ("\udc9b\U000e0041", r"\udc9b\U000e0041"),
    ],
)
def test_what_is_not_printable_is_escaped_and_all_else_is_kept(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(any_text)
@example("".join(map(chr, range(0x3000))))
def test_any_text_is_one_harmless_line(text: str) -> None:
    assert_harmless(printable(text))
    assert "\n" not in printable(text)
    assert printable(printable(text)) == printable(text)


@given(st.lists(any_text, min_size=1))
def test_lines_stay_lines(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert_harmless(printable_lines(text))
    assert printable_lines(text).count("\n") == text.count("\n")
    _, *others = indented(text).split("\n")
    assert_harmless(indented(text))
    assert all(line.startswith("  ") for line in others)


def test_printed_values_stay_on_their_line_and_in_their_cell(capsys: pytest.CaptureFixture[str]) -> None:
    print_line("a\nb")
    print_lines("{\n  1\n}\n")
    print_cells(["a\tb", "c\n"], None)
    assert capsys.readouterr().out == "a\\nb\n{\n  1\n}\na\\tb\tc\\n\n"


def test_the_parser_of_a_subcommand_escapes_too(capsys: pytest.CaptureFixture[str]) -> None:
    parser = Parser(prog="p")
    commands = parser.add_subparsers()
    command = commands.add_parser("c")
    assert isinstance(command, argparse.ArgumentParser)
    command.add_argument("--flag", action="store_true")
    with pytest.raises(SystemExit) as end:
        parser.parse_args(["c", "\x1b[2J\np: error: all good"])
    assert end.value.code == 2
    assert r"unrecognized arguments: \x1b[2J\np: error" in capsys.readouterr().err
