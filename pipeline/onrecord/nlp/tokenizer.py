# SPDX-License-Identifier: Apache-2.0
"""spaCy's tokenizer, with a cost that is linear in the length of the text.

spaCy removes marks from the ends of a run one by one and copies the rest each time: 20,000 quotation marks in a row take half a
minute. Runs without white space that are longer than any word or address are therefore cut into pieces first.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from spacy.language import Language
from spacy.language import create_tokenizer as create_spacy_tokenizer
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc
from spacy.util import registry
from spacy.vocab import Vocab

from onrecord.nlp.annotations import keep_text

BOUNDED_TOKENIZER = "onrecord.BoundedTokenizer.v1"

# Parsing this many takes about two gigabytes; ordinary text of the maximum length has two thirds as many.
MAX_TOKENS = 100_000
MAX_RUN = 1_000  # code points; web addresses are shorter
PIECE = 100
# Abbreviated titles that spaCy cuts into a word and the end of a sentence, unlike "Gen." and "Sen.".
TITLES = tuple("Capt. Cmdr. Col. Cpl. Gens. Govs. Insp. Lt. Maj. Profs. Pvt. Reps. Sens. Sgt. Supt.".split())  # noqa: SIM905
LONG_RUN = re.compile(rf"\S{{{MAX_RUN},}}")


class TooManyTokens(ValueError):
    """A text has more tokens than can be parsed at once."""


class BoundedTokenizer:
    """Tokenizes as ``tokenizer`` does, but cuts runs of ``MAX_RUN`` code points and more into pieces, and keeps ``TITLES`` whole."""

    def __init__(self, tokenizer: Tokenizer, vocab: Vocab) -> None:
        """Wrap a tokenizer."""
        self.tokenizer = tokenizer
        for title in TITLES if isinstance(tokenizer, Tokenizer) else ():
            tokenizer.add_special_case(title, [{"ORTH": title}])
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """Return the text's tokens; ``doc.text == text``.

        Raises:
            TooManyTokens: there are more than ``MAX_TOKENS``.
        """
        doc = self.tokenizer(text) if LONG_RUN.search(text) is None else self._in_pieces(text)
        if len(doc) > MAX_TOKENS:
            raise TooManyTokens(f"text: {len(doc):,} words and marks are over the limit of {MAX_TOKENS:,}")
        return keep_text(doc, text)

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Save the tokenizer to a file, as ``nlp.to_disk`` does."""
        self.tokenizer.to_disk(path, exclude=exclude)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> "BoundedTokenizer":
        """Read the tokenizer from a file."""
        self.tokenizer.from_disk(path, exclude=exclude)
        return self

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:
        """Return the tokenizer as bytes, as ``nlp.to_bytes`` does."""
        return bytes(self.tokenizer.to_bytes(exclude=exclude))

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "BoundedTokenizer":
        """Read the tokenizer from bytes."""
        self.tokenizer.from_bytes(data, exclude=exclude)
        return self

    def _in_pieces(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        for piece in _pieces(text):
            for token in self.tokenizer(piece):
                words.append(token.text)
                spaces.append(bool(token.whitespace_))
        return Doc(self.vocab, words=words, spaces=spaces)


def _pieces(text: str) -> Iterator[str]:
    done = 0
    for run in LONG_RUN.finditer(text):
        if run.start() > done:
            yield text[done : run.start()]
        for start in range(run.start(), run.end(), PIECE):
            yield text[start : min(start + PIECE, run.end())]
        done = run.end()
    if done < len(text):
        yield text[done:]


def make_bounded_tokenizer() -> Callable[[Language], BoundedTokenizer]:
    """Return what makes the tokenizer of a saved pipeline."""
    make = create_spacy_tokenizer()
    return lambda nlp: BoundedTokenizer(make(nlp), nlp.vocab)


registry.tokenizers.register(BOUNDED_TOKENIZER, func=make_bounded_tokenizer)
