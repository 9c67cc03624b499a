# SPDX-License-Identifier: Apache-2.0
"""An explanation in the terminal."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from onrecord.data.records import ArticleRecord
from onrecord.nlp.explanations.explanation import Alternative, Explanation, Reason, Weighing
from onrecord.report.terminal import shortened, visible
from onrecord.terminal.console import Console

MAX_ROWS = 12  # of features and of alternatives
MAX_WORDS = 160  # code points
MAX_CANDIDATES = 4  # of each pronoun
ROLES = {"nominal": "phrase", "name": "name", "pronoun": "pronoun"}


def print_explanation(console: Console, found: Explanation, article: ArticleRecord, limit: int) -> None:
    """Print why a record is as it is.

    Args:
        console: where to.
        found: the explanation.
        article: the article of the record.
        limit: the number of features, of alternatives, and of the words of an entity.
    """
    published = article.published_at
    title = article.title or next(iter(article.text.strip().splitlines()), "")
    about = (article.source or "", published.strftime("%Y-%m-%d") if published else "", shortened(title, MAX_WORDS))
    console.print(Text(visible(found.claim), style="bold reverse"))
    console.print(Text(" · ".join(part for part in about if part), style="dim"))
    console.print(Text(visible(found.record_id), style="dim"))
    _heading(console, "Words")
    _print_rows(
        console,
        [
            (_role(one.role), shortened(one.span.text, MAX_WORDS), f"[{one.span.start}, {one.span.end})")
            for one in found.words
        ],
        limit,
        last_style="dim",
    )
    _heading(console, "Rule")
    for sentence in found.rule:
        console.print(Text(f"  {visible(sentence)}"))
    _heading(console, "Confidence" if found.kind != "entities" else "Type and salience")
    _print_rows(console, [(f"{step.value:.2f}", step.meaning) for step in found.steps], len(found.steps))
    _heading(console, f"What counted ({len(found.reasons)})")
    _print_rows(console, [_reason(one) for one in found.reasons], limit)
    _heading(console, "What else it could have been")
    _print_rows(console, list(map(_alternative, found.alternatives)) or [("", "nothing else was weighed")], limit)
    for weighing in found.weighings[:limit]:
        _print_weighing(console, weighing)
    _print_rest(console, len(found.weighings), limit)


def _role(role: str) -> str:
    return ROLES.get(role, role)


def _reason(one: Reason) -> tuple[str, ...]:
    return (f"{one.weight:+.2f}", visible(one.meaning), one.side)


def _alternative(one: Alternative) -> tuple[str, ...]:
    return (f"{one.value:.2f}", shortened(one.meaning, MAX_WORDS), "counts as the same" if one.is_same else "")


def _print_weighing(console: Console, weighing: Weighing) -> None:
    meant = weighing.meant or "nobody known"
    _heading(
        console, f"Who “{shortened(weighing.mention.text, 60)}” [{weighing.mention.start}] is: {shortened(meant, 60)}"
    )
    console.print(Text(f"  {visible(weighing.how)}"))
    _print_rows(console, list(map(_alternative, weighing.candidates)), MAX_CANDIDATES)
    if weighing.reasons and len(weighing.candidates) > 1:
        first, second = (shortened(one.meaning, 40) for one in weighing.candidates[:2])
        console.print(Text(f"  {first} rather than {second}, by the weights of:", style="dim"))
        console.print(
            Text("  " + ", ".join(f"{one.meaning} {one.weight:+.1f}" for one in weighing.reasons[:8]), style="dim")
        )


def _heading(console: Console, text: str) -> None:
    console.print()
    console.print(Text(text, style="bold underline"))


def _print_rows(console: Console, rows: Sequence[Iterable[str]], limit: int, last_style: str = "dim") -> None:
    table = Table.grid(padding=(0, 2, 0, 0))
    for number, row in enumerate(rows[:limit]):
        cells = [Text(visible(cell)) for cell in row]
        if number == 0:
            for place in range(len(cells)):
                table.add_column(overflow="fold", no_wrap=not place, style=last_style if place == 2 else "")
        table.add_row(Text("  ") + cells[0], *cells[1:])
    console.print(table)
    _print_rest(console, len(rows), limit)


def _print_rest(console: Console, number: int, limit: int) -> None:
    if number > limit:
        console.print(Text(f"  … and {number - limit:,} more; --rows 0 prints all", style="dim"))
