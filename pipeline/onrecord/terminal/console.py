# SPDX-License-Identifier: Apache-2.0
"""A console for colours, tables and progress bars that shows what is in a value, and never obeys it."""

from collections.abc import Iterable
from typing import Any

from rich import console as rich_console
from rich.segment import Segment
from rich.text import Text

from onrecord.terminal.text import printable, printable_lines


class Console(rich_console.Console):
    """Prints a ``str``, also as a cell of a table, on one line, escaped and without markup; styles come from arguments and ``Text``."""

    def __init__(self, **options: Any) -> None:
        """Take the options of ``rich``'s console."""
        super().__init__(**{"markup": False, "emoji": False, **options})

    def say(self, text: str, style: str = "") -> None:
        """Print a message, which may quote any input, as exactly one line, however long."""
        self.print(Text(printable(text), style), soft_wrap=True)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the ``Text`` of a string."""
        return super().render_str(printable(text), **options)

    def render(
        self, renderable: rich_console.RenderableType, options: rich_console.ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yield the segments of an object; the only control codes are those of ``rich``, such as movements of the cursor."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable_lines(segment.text), segment.style)
