# SPDX-License-Identifier: Apache-2.0
"""A small language model that gives each token a vector of what it means in its sentences.

MiniLM (Wang et al., MiniLM: Deep Self-Attention Distillation, 2020), in windows of a few sentences. The names of speakers come before
their sentences if they are introduced in others. Each window is encoded alone, so that its vectors depend on nothing else.
"""

import functools
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from importlib import resources
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from onrecord.nlp.english.parse import Parse

Floats: TypeAlias = NDArray[np.float32]

SIZE = 384  # of a vector
MAX_PIECES = 160  # of a window, before its last sentence
MAX_LENGTH = 250  # pieces of a window; what is longer is cut
MAX_SENTENCES = 3
MAX_PIECES_OF_WORD = 6  # an address or a number may have hundreds
MAX_PIECE = 18  # letters
MAX_WORDS = 1 << 15  # whose pieces are kept
MAX_WORDS_OF_NAME = 5
UNKNOWN, FIRST, LAST = "[UNK]", "[CLS]", "[SEP]"


def _spaced(char: str) -> str:
    """Return a character as in BERT's words: without accents and control characters, and with spaces around marks."""
    category = unicodedata.category(char)
    is_mark = category[0] == "P" or (char.isascii() and category[0] == "S")
    return f" {char} " if is_mark else "" if category in ("Mn", "Cc", "Cf", "Co") else char


class Window(NamedTuple):
    """Some sentences as word pieces.

    Attributes:
        pieces: the numbers of the pieces.
        tokens: the tokens of the Doc that are in it.
        starts, ends: the pieces of each of these tokens.
    """

    pieces: list[int]
    tokens: list[int]
    starts: list[int]
    ends: list[int]


class Pieces:
    """Splits words into the pieces that the model knows, as BERT's tokenizer for lower-case English does, and sentences into windows."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self.unknown, self.first, self.last, self.colon = (self.numbers[piece] for piece in (UNKNOWN, FIRST, LAST, ":"))
        self.of_word = functools.lru_cache(MAX_WORDS)(self._of_word)

    def _of_word(self, word: str) -> tuple[int, ...]:
        """Return the pieces of a word, each the longest that there is."""
        found: list[int] = []
        # What is longer than all pieces that are kept is not read.
        plain = unicodedata.normalize("NFD", word[: MAX_PIECE * MAX_PIECES_OF_WORD].lower())
        for part in "".join(map(_spaced, plain)).split():
            start, own = 0, []
            while start < len(part):
                before = "##" if start else ""
                ends = range(min(len(part), start + MAX_PIECE), start, -1)
                end = next((end for end in ends if before + part[start:end] in self.numbers), None)
                if end is None:
                    own = [self.unknown]
                    break
                own.append(self.numbers[before + part[start:end]])
                start = end
            found += own
        return tuple(found[:MAX_PIECES_OF_WORD]) or (self.unknown,)

    def __call__(self, words: Iterable[str]) -> list[tuple[int, ...]]:
        """Return the pieces of each word."""
        return [self.of_word(word) for word in words]

    def windows(self, parse: Parse, names: Mapping[int, Sequence[str]], wanted: Collection[int]) -> Iterator[Window]:
        """Yield the windows of an article.

        Args:
            parse: the article.
            names: of the speakers, by the number of the sentence that they say.
            wanted: the numbers of the sentences to read.
        """
        known: dict[str, list[int]] = {}
        window, count, last = Window([self.first], [], [], []), 0, -1
        for sentence in sorted(wanted):
            before: list[int] = []
            for name in names.get(sentence, ()):
                if name not in known:
                    known[name] = [piece for word in self(name.split()[:MAX_WORDS_OF_NAME]) for piece in word]
                before += [*known[name], self.colon]
            first, end = parse.sentence_of(parse.sentence_starts[sentence])
            pieces = self(parse.word[first:end])
            length = len(window.pieces) + len(before) + sum(map(len, pieces))
            if count and (sentence != last + 1 or length > MAX_PIECES or count >= MAX_SENTENCES):
                yield window
                window, count = Window([self.first], [], [], []), 0
            count, last = count + 1, sentence
            window.pieces.extend(before[: MAX_LENGTH - 1])
            for token, own in enumerate(pieces, first):
                at = len(window.pieces)
                if at + len(own) >= MAX_LENGTH:
                    break
                window.pieces.extend(own)
                window.tokens.append(token)
                window.starts.append(at)
                window.ends.append(len(window.pieces))
            window.pieces.append(self.last)
        if count:
            yield window


class Encoder:
    """The model, of ``weights/stance_encoder.onnx`` and ``weights/stance_encoder.txt``, its vocabulary.

    Raises:
        ImportError: the packages of ``onrecord[accurate]`` are not installed.
    """

    def __init__(self) -> None:
        import onnxruntime

        folder = resources.files("onrecord.nlp").joinpath("weights")
        self.pieces = Pieces(folder.joinpath("stance_encoder.txt").read_text("utf-8").split("\n"))
        options = onnxruntime.SessionOptions()
        # The workers of a job use the cores.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = folder.joinpath("stance_encoder.onnx").read_bytes()
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])

    def __call__(self, parse: Parse, names: Mapping[int, Sequence[str]], wanted: Collection[int]) -> Floats:
        """Return a vector for each token, 0 where it is in no window."""
        vectors = np.zeros((len(parse), SIZE), np.float32)
        for window in self.pieces.windows(parse, names, wanted):
            (found,) = self.session.run(None, {"pieces": np.array([window.pieces], np.int64)})
            starts, ends = np.array(window.starts, np.int64), np.array(window.ends, np.int64)
            vectors[window.tokens] = means(found[0], starts, ends)
        return vectors


def means(vectors: Floats, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Floats:
    """Return the mean of the vectors from each start to each end; 0 of none."""
    counts = np.maximum(ends - starts, 0)
    padded = np.vstack([vectors, np.zeros((1, vectors.shape[1]), np.float32)])  # an end may be behind the last
    places = np.stack([starts, starts + counts], axis=1).reshape(-1)
    sums = np.add.reduceat(padded, places, axis=0)[
        ::2
    ]  # from each start to the place after it, and from there to the next start
    sums[counts == 0] = 0
    return np.asarray(sums / np.maximum(counts, 1).astype(np.float32)[:, None], dtype=np.float32)
