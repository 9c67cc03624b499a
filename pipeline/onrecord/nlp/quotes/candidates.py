"""What may be a quote: a cue, its content and its source, with the features that weigh it."""

from dataclasses import dataclass, field

from onrecord.nlp.quotes.cues import Cue

Spans = tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Candidate:
    """A reading of the text: ``content`` in code points, ``cue`` and ``source`` in tokens, ends exclusive.

    ``frame`` names how the content hangs on the cue ("that", "inf", "obj", "of", "trail", ...); ``anchor`` is the cue's
    main token. ``source_head`` is the speaker phrase's head word; ``place`` is the region in marks that the content begins with, where it
    was found by the marks; ``links`` say how the content is joined to its neighbours.
    """

    frame: str
    anchor: int
    cue: tuple[tuple[int, int], ...]
    content: Spans
    source: tuple[int, int] | None
    source_head: int | None
    features: list[str] = field(default_factory=list)
    score: float = 0.0
    lexical: Cue | None = None
    links: tuple[str, ...] = ()
    place: int | None = None
