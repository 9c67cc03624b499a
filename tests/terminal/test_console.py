# SPDX-License-Identifier: Apache-2.0
"""A console has colours and no characters from values that a terminal obeys."""

import io
import re

from hypothesis import given
from hypothesis import strategies as st
from rich.panel import Panel
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from onrecord.terminal.console import Console
from tests.hostile_names import assert_harmless, hostile_names

OWN_CODES = re.compile(r"\x1b\[[\d;]*m")  # colours


def console(**options: object) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, force_terminal=True, color_system="standard", width=80, **options), file


def test_names_in_all_that_can_be_printed() -> None:
    made, file = console()
    for name in hostile_names():
        table = Table(name, title=name)
        table.add_row(name)
        table.add_row(Text(name))
        for shown in (name, Text(name, "red"), table, Panel(name), [name]):
            made.print(shown)
        made.out(name)
        made.rule(name)
        made.say(name, "bold")
    assert_harmless(OWN_CODES.sub("", file.getvalue()), has_cells=True)


@given(st.text(max_size=60))
def test_a_message_is_one_line_in_its_own_colour(text: str) -> None:
    made, file = console()
    made.say(text, "bold red")
    printed = file.getvalue()
    assert_harmless(OWN_CODES.sub("", printed))
    assert printed.count("\n") == 1
    assert not text or printed.startswith("\x1b[1;31m")


def test_a_string_is_one_line_without_markup() -> None:
    made, file = console(highlight=False)
    made.print("[bold]a[/] :smile:\nonrecord: all good")
    assert file.getvalue() == "[bold]a[/] :smile:\\nonrecord: all good\n"


def test_a_progress_bar_moves_the_cursor_and_its_description_does_not() -> None:
    made, file = console()
    with Progress(console=made) as bar:
        bar.add_task("\x1b]0;OWNED\x07\x9b2J", total=2)
    printed = file.getvalue()
    assert "\x1b[?25l" in printed
    assert r"\x1b]0;" in printed
    assert "\x1b]" not in printed
    assert "\x9b" not in printed
