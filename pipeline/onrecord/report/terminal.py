# SPDX-License-Identifier: Apache-2.0
"""Articles and their records in the terminal: the text with what was found in it, then who said what, and who stands where."""

import re
from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table
from rich.text import Text

from onrecord.data.records import ArticleRecord, EntityRecord, Party, QuoteRecord, Span, Speaker, StanceRecord
from onrecord.terminal.console import Console
from onrecord.terminal.text import printable

MAX_WIDTH = 110  # columns; longer lines are hard to read
MAX_ROWS = 15  # of each kind; a long article has a hundred quotes
MAX_NAME, MAX_CONTENT = 48, 220  # code points
SHOWN_POLARITY = {"SUPPORT": ("for", "green"), "OPPOSE": ("against", "red"), "NEUTRAL": ("neutral", "yellow")}
SHOWN_REALIS = {"NEGATED": "not said", "HYPOTHETICAL": "may be said"}
SHOWN_STANCE_REALIS = {"NEGATED": "denied", "HYPOTHETICAL": "planned or possible"}
SHOWN_TYPE = {
    "PERSON": "person",
    "ORG": "organization",
    "GPE": "place",
    "LOC": "place",
    "NORP": "group",
    "FAC": "building",
    "EVENT": "event",
    "LAW": "law",
    "PRODUCT": "product",
    "WORK_OF_ART": "work",
}
SAID, SPEAKER, CUE, NAME = "magenta", "bold magenta", "italic magenta", "underline"
LINE_ENDS = re.compile(r"[\r\n\v\f\u2028\u2029]+")
SPACES = re.compile(r"[^\S\x1c-\x1f\x85]")


def visible(text: str) -> str:
    """Return a text on one line.

    The end of a paragraph is shown as ¶, any other line break as a space, and a control character as its escape sequence.
    """
    on_one_line = LINE_ENDS.sub(lambda ends: " ¶ " if len(ends.group().splitlines()) > 1 else " ", text)
    return printable(SPACES.sub(" ", on_one_line))


def shortened(text: str, limit: int) -> str:
    """Return a text on one line, cut to at most ``limit`` code points; an ellipsis shows the cut."""
    shown = visible(text)
    return shown if len(shown) <= limit else f"{shown[: limit - 1].rstrip()}…"


def _joined(spans: Sequence[Span]) -> str:
    return shortened(" … ".join(span.text for span in spans), MAX_CONTENT)


def _name_of(party: Speaker | Party | None) -> str:
    """Return the fullest name of a speaker, a holder or a target, or the phrase that names it."""
    if party is None:
        return "unknown"
    return shortened(party.name or (party.mention.text if party.mention else "unknown"), MAX_NAME)


def _entity_rows(entities: Iterable[EntityRecord]) -> Iterator[tuple[Text, ...]]:
    for entity in sorted(entities, key=lambda entity: (-entity.salience, entity.entity_id)):
        others = [alias for alias in entity.aliases if alias != entity.name]
        notes = [entity.role or "", f"also {', '.join(others)}" if others else ""]
        yield (
            Text(shortened(entity.name, MAX_NAME), style="bold"),
            Text(SHOWN_TYPE.get(entity.type, str(entity.type)), style="cyan"),
            Text(f"{len(entity.mentions)}×"),
            Text(shortened("; ".join(note for note in notes if note), MAX_CONTENT), style="dim"),
        )


def _quote_rows(quotes: Iterable[QuoteRecord]) -> Iterator[tuple[Text, ...]]:
    """Yield a row for each quote, in the order of the text; one inside another is indented."""
    for quote in sorted(quotes, key=lambda one: ([span.start for span in one.content], one.parent_quote_id or "")):
        indent = "  ↳ " if quote.parent_quote_id else ""
        names = ", ".join(map(_name_of, (quote.speaker, *quote.co_speakers)))
        yield (
            Text(f"{indent}{names}:", style="bold" if quote.speaker else "dim"),
            Text(_joined(quote.content)),
            Text(SHOWN_REALIS.get(quote.realis, quote.type.lower()), style="dim"),
        )


def _stance_rows(stances: Iterable[StanceRecord]) -> Iterator[tuple[Text, ...]]:
    for stance in sorted(stances, key=lambda one: (one.evidence.start, [span.start for span in one.expression])):
        polarity, colour = SHOWN_POLARITY.get(stance.polarity, (str(stance.polarity).lower(), ""))
        sources = ", ".join(map(_name_of, stance.asserted_by))
        realis = SHOWN_STANCE_REALIS.get(getattr(stance, "realis", "ACTUAL"))
        notes = [realis or "", f"according to {sources}" if sources else ""]
        note = "; ".join(note for note in notes if note)
        yield (
            Text(f"{_name_of(stance.holder)} → {_name_of(stance.target)}", style="bold"),
            Text(polarity, style=colour),
            Text(_joined(stance.expression) + (f" ({note})" if note else ""), style="dim"),
        )


def _print_rows(
    console: Console, heading: str, rows: list[tuple[Text, ...]], ratios: tuple[int, ...], limit: int
) -> None:
    """Print rows under a heading; ``ratios`` are the columns' shares of the width, 0 for the width of the content."""
    console.print()
    console.print(Text(f"{heading} ({len(rows)})", style="bold underline"))
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for ratio in ratios:
        table.add_column(ratio=ratio or None, overflow="fold", no_wrap=not ratio)
    for row in rows[:limit]:
        table.add_row(*row)
    console.print(table)
    if len(rows) > limit:
        console.print(Text(f"… and {len(rows) - limit:,} more", style="dim"))


def _marked(
    article: ArticleRecord, entities: Iterable[EntityRecord], quotes: Iterable[QuoteRecord], *, with_legend: bool
) -> Text:
    """Return the text with names, quotes, cues and speakers in their styles, below a legend if there are styles."""
    legend = Text.assemble(
        "text: ", ("name", NAME), ", ", ("quote", SAID), ", ", ("speaker", SPEAKER), ", ", ("cue", CUE), "\n\n"
    )
    text = Text(article.text)
    for entity in entities:
        for mention in entity.mentions:
            if mention.kind == "NAME":
                text.stylize(NAME, mention.span.start, mention.span.end)
    for quote in quotes:
        sources = [
            source
            for source in (quote.speaker, *quote.co_speakers)
            if source is not None and source.mention is not None
        ]
        spans = [(quote.content, SAID), (quote.cue, CUE), ([one.mention for one in sources if one.mention], SPEAKER)]
        for found, style in spans:
            for span in found:
                text.stylize(style, span.start, span.end)
    return legend + text if with_legend else text


def console_for_articles() -> Console:
    """Return a console as wide as a text is readable; one that is not a terminal has a fixed width."""
    console = Console(highlight=False)
    console.width = min(console.width, MAX_WIDTH) if console.is_terminal else MAX_WIDTH
    return console


def print_article(
    console: Console,
    article: ArticleRecord,
    entities: Sequence[EntityRecord],
    quotes: Sequence[QuoteRecord],
    stances: Sequence[StanceRecord],
    *,
    with_text: bool = False,
    limit: int = MAX_ROWS,
) -> None:
    """Print an article's headline, source, date and records.

    Args:
        console: where to.
        article: the article.
        entities: its entities.
        quotes: its quotes.
        stances: its stances.
        with_text: whether its text is printed too, with what was found in it.
        limit: the number of records of each kind.
    """
    published = article.published_at
    about = [article.source or "", published.strftime("%Y-%m-%d %H:%M UTC") if published else "", article.article_id]
    title = article.title or next(iter(article.text.strip().splitlines()), "")
    console.print(Text(shortened(title, MAX_CONTENT), style="bold reverse"))
    console.print(Text(shortened(" · ".join(part for part in about if part), MAX_CONTENT), style="dim"))
    if with_text:
        console.print()
        console.print(_marked(article, entities, quotes, with_legend=console.is_terminal))
    _print_rows(console, "Quotes", list(_quote_rows(quotes)), (2, 6, 0), limit)
    _print_rows(console, "Stances", list(_stance_rows(stances)), (5, 0, 4), limit)
    _print_rows(console, "Entities", list(_entity_rows(entities)), (3, 0, 0, 5), limit)


def print_quotes(console: Console, quotes: Sequence[QuoteRecord], titles: dict[str, str], limit: int) -> None:
    """Print quotes of several articles, each with the article's title by its id, the newest first."""
    quotes = sorted(quotes, key=lambda one: (-one.published_at.timestamp() if one.published_at else 0, one.quote_id))
    for quote in quotes[:limit]:
        names = ", ".join(map(_name_of, (quote.speaker, *quote.co_speakers)))
        title = quote.speaker.title if quote.speaker else None
        day = quote.published_at.strftime("%Y-%m-%d · ") if quote.published_at else ""
        realis = SHOWN_REALIS.get(quote.realis)
        console.print(
            Text.assemble(
                (names, "bold"),
                (f", {shortened(title, MAX_NAME)}" if title else "", "dim"),
                (f" ({realis})" if realis else "", "yellow"),
            )
        )
        console.print(Text(f"  {_joined(quote.content)}"))
        console.print(
            Text(f"  {day}{shortened(titles.get(quote.article_id, ''), 80)} · {visible(quote.quote_id)}", style="dim")
        )
    if len(quotes) > limit:
        console.print(Text(f"… and {len(quotes) - limit:,} more; --rows 0 prints all", style="dim"))
