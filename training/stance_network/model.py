# SPDX-License-Identifier: Apache-2.0
"""The network as torch learns it (``onrecord.nlp.stances.neural.network`` computes the same)."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from onrecord.nlp.stances.neural.classifier import pairs_of, sentences_of, speaker_names
from onrecord.nlp.stances.neural.columns import Role
from onrecord.nlp.stances.neural.encoder import Pieces, Window
from onrecord.nlp.stances.neural.network import SMALL, Network, Pairs
from onrecord.nlp.stances.neural.pairs import PairTable
from training.stance_network.encoders import Encoder
from training.stance_network.labels import LEFT_OUT, Article, labels_of

ROLES: tuple[Role, ...] = ("holder", "target")
OUTCOMES = 3  # no stance, support, opposition
SEED = 1
UNITS = 128
RATE = 1e-3
DECAY = 0.05
WARM_UP = 0.08  # of the steps
MAX_NORM = 5.0
DROPPED_FEATURES = 0.4
DROPPED_UNITS = 0.2
# The weight of a pair that only the teacher labels.
TAUGHT = 0.5
PAIRS_A_STEP = 30.0  # by which the loss of an article is divided


@dataclass(slots=True)
class Example:
    """An article as tensors.

    Attributes:
        words: its tokens.
        truth: the probabilities of the outcomes, by pair.
        weight: that of each pair in the loss.
        unread: whether no reader labelled a pair.
    """

    table: PairTable
    pairs: Pairs
    windows: list[Window]
    words: list[str]
    truth: Tensor
    weight: Tensor
    unread: Tensor

    def believe(self, odds: Tensor, part: float) -> None:
        """Mix the probabilities of a teacher into the truth of the labelled pairs; for the others they are the truth, of less weight.

        Args:
            odds: the probabilities of the outcomes.
            part: of the teacher in the truth of a labelled pair.
        """
        self.truth = torch.where(self.unread[:, None], odds, (1 - part) * self.truth + part * odds)
        self.weight = torch.where(self.unread, TAUGHT, self.weight)

    def believe_both(self, odds: Tensor) -> None:
        """Take the mean of two teachers as the truth of the pairs that no reader labelled; ``odds`` are those of the second one."""
        self.truth = torch.where(self.unread[:, None], (self.truth + odds) / 2, self.truth)


def example(article: Article, weights: Network, pieces: Pieces) -> Example | None:
    """Return an article as tensors; None where it has no pairs."""
    finder = article.finder
    table = finder.table(weights.passes)
    if not len(table.targets):
        return None
    parse, wanted = finder.parse, sentences_of(finder, table)
    names = speaker_names(parse, finder.voices, np.unique(table.targets))
    pairs = pairs_of(finder, table, weights, phrases=True)
    truth, weight = torch.zeros(len(table.targets), OUTCOMES), torch.zeros(len(table.targets))
    if article.listing is not None:
        labels = torch.from_numpy(labels_of(article, table))
        truth = nn.functional.one_hot(labels.clamp(min=0), OUTCOMES).float()
        weight = (labels != LEFT_OUT).float()
    return Example(table, pairs, list(pieces.windows(parse, names, wanted)), parse.lower, truth, weight, weight == 0)


class SentenceReader(nn.Module):
    """Reads tokens in their sentences, with an encoder."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder, self.size, self.parts = encoder, encoder.shape.size, 3

    def forward(self, one: Example) -> Tensor:
        """Return the vectors of the tokens of an article."""
        return self.read(one.windows, len(one.words))

    def around(self, words: Tensor, pairs: Pairs) -> list[Tensor]:
        """Return what holders and targets mean: they, their heads, and their phrases."""
        assert pairs.holder_phrases is not None and pairs.target_phrases is not None
        sides = ((pairs.holder_tokens, pairs.holder_phrases), (pairs.target_tokens, pairs.target_phrases))
        return [
            torch.cat([words[tokens], words[pairs.heads[tokens]], _means(words, phrases)], 1)
            for tokens, phrases in sides
        ]

    def read(self, windows: Sequence[Window], size: int) -> Tensor:
        """Return the vectors of as many tokens, 0 of one that is in no window."""
        longest = max(len(window.pieces) for window in windows)
        pieces = torch.zeros(len(windows), longest, dtype=torch.long)
        for row, window in zip(pieces, windows, strict=True):
            row[: len(window.pieces)] = torch.tensor(window.pieces)
        lengths = torch.tensor([len(window.pieces) for window in windows])
        mask = (torch.arange(longest)[None] < lengths[:, None])[:, None, None]
        with torch.autocast("cpu", torch.bfloat16):
            found = self.encoder(pieces, mask).float().reshape(-1, self.size)
        tokens = [token for window in windows for token in window.tokens]
        spans = [
            (index * longest + start, index * longest + end)
            for index, window in enumerate(windows)
            for start, end in zip(window.starts, window.ends, strict=True)
        ]
        return torch.zeros(size, self.size).index_copy(0, torch.tensor(tokens), _means(found, np.array(spans).T))


class WordReader(nn.Module):
    """Reads each token as what an encoder says of its word on average."""

    def __init__(self, means: Mapping[str, NDArray[np.float32]]) -> None:
        super().__init__()
        self.row = {word: row for row, word in enumerate(means, 1)}
        every = torch.from_numpy(np.stack([np.zeros_like(next(iter(means.values()))), *means.values()]))
        self.means, self.mixed = nn.Embedding.from_pretrained(every), nn.Linear(every.shape[1], UNITS)
        self.norm, self.dropout = nn.LayerNorm(UNITS), nn.Dropout(DROPPED_UNITS)
        self.size, self.parts = UNITS, 4

    def forward(self, one: Example) -> Tensor:
        """Return the vectors of the tokens of an article."""
        return self.dropout(self.vectors(torch.tensor([self.row.get(word, 0) for word in one.words])))

    def around(self, words: Tensor, pairs: Pairs) -> list[Tensor]:
        """Return what holders and targets mean: they, the two above them, and the mean of those below."""
        heads = torch.from_numpy(pairs.heads)
        children = torch.from_numpy(np.flatnonzero(pairs.heads != np.arange(len(heads))))
        counts = torch.bincount(heads[children], minlength=len(heads)).clamp(min=1)
        below = torch.zeros_like(words).index_add(0, heads[children], words[children]) / counts[:, None]
        return [
            torch.cat([words[tokens], words[heads[tokens]], words[heads[heads[tokens]]], below[tokens]], 1)
            for tokens in (pairs.holder_tokens, pairs.target_tokens)
        ]

    def vectors(self, rows: Tensor) -> Tensor:
        """Return the vectors of words by their rows; 0 is that of an unknown one."""
        return self.norm(_gelu(self.mixed(self.means(rows))))


class Model(nn.Module):
    """The network, and what reads words for it."""

    def __init__(self, features: int, reader: SentenceReader | WordReader) -> None:
        super().__init__()
        self.reader = reader
        size = reader.size
        self.vectors = nn.Embedding(features, UNITS, padding_idx=0)
        nn.init.normal_(self.vectors.weight, std=0.02)
        with torch.no_grad():
            self.vectors.weight[0] = 0
        self.fit = nn.ModuleDict({role: nn.Linear(reader.parts * size + UNITS, UNITS) for role in ROLES})
        self.bias = nn.ParameterDict({role: nn.Parameter(torch.zeros(UNITS)) for role in ROLES})
        self.words = nn.ModuleDict({role: nn.Linear(reader.parts * size, UNITS, bias=False) for role in ROLES})
        self.top, self.between = nn.Linear(size, UNITS, bias=False), nn.Linear(size, UNITS, bias=False)
        self.way, self.clause = nn.Embedding(3, UNITS), nn.Embedding(2, UNITS)
        self.norm, self.hidden = nn.LayerNorm(UNITS, eps=SMALL), nn.Linear(UNITS, UNITS)
        self.output = nn.Linear(2 * UNITS, OUTCOMES)
        self.dropout = nn.Dropout(DROPPED_UNITS)
        with torch.no_grad():
            self.output.bias.copy_(torch.tensor([3.0, -1.0, -1.0]))

    def forward(self, one: Example) -> Tensor:
        """Return the logits of the outcomes, by pair."""
        pairs, words = one.pairs, self.reader(one)
        words = torch.cat([words, words.new_zeros(1, words.shape[1])])  # of an absent token
        around = self.reader.around(words, pairs)
        holder, holder_fit = self._side("holder", pairs.holders, around[0])
        target, target_fit = self._side("target", pairs.targets, around[1])
        target = target + self.clause(torch.from_numpy(pairs.is_clause))
        first, second = torch.from_numpy(pairs.first), torch.from_numpy(pairs.second)
        summed = holder[first] + target[second] + self.way(torch.from_numpy(pairs.ways)) + self._sums(pairs.features)
        summed = summed + self.top(words)[torch.from_numpy(pairs.tops)] + _means(self.between(words), pairs.between)
        units = _gelu(self.norm(summed))
        units = units + _gelu(self.hidden(self.dropout(units)))
        fit = torch.tanh(holder_fit[first] * target_fit[second])
        return self.output(self.dropout(torch.cat([units, fit], 1)))

    def _side(self, role: Role, features: NDArray[np.int64], words: Tensor) -> tuple[Tensor, Tensor]:
        known = self._sums(features)
        return known + self.words[role](words) + self.bias[role], self.fit[role](torch.cat([words, known], 1))

    def _sums(self, features: NDArray[np.int64]) -> Tensor:
        rows = torch.from_numpy(features)
        keep = 1 - DROPPED_FEATURES if self.training else 1.0
        if self.training:
            rows = torch.where(torch.rand(rows.shape) < keep, rows, 0)
        return nn.functional.embedding_bag(rows, self.vectors.weight, mode="sum", padding_idx=0) / keep


def _gelu(values: Tensor) -> Tensor:
    return values * torch.sigmoid(1.702 * values)


def _means(vectors: Tensor, span: NDArray[np.int64]) -> Tensor:
    """Return the mean of ``vectors[start:end]`` for each start and end; 0 of none."""
    start, end = torch.from_numpy(np.ascontiguousarray(span[0])), torch.from_numpy(np.ascontiguousarray(span[1]))
    sums = torch.cat([vectors.new_zeros(1, vectors.shape[1]), vectors.cumsum(0)])
    return (sums[end] - sums[start]) / (end - start).clamp(min=1)[:, None]


def learned(data: Sequence[Example], model: Model, epochs: int, encoder_rate: float) -> Model:
    """Return a model that has learned from examples."""
    random = np.random.default_rng(SEED)
    is_encoder = isinstance(model.reader, SentenceReader)
    encoder = [one for one in model.reader.parameters() if one.requires_grad and is_encoder]
    own = {id(weight) for weight in encoder} | {id(model.vectors.weight)}
    others = [weight for weight in model.parameters() if weight.requires_grad and id(weight) not in own]
    groups = [(others, RATE), ([model.vectors.weight], 2 * RATE), (encoder, encoder_rate)]
    optimizer = torch.optim.AdamW([{"params": group} for group, _ in groups if group], weight_decay=DECAY)
    steps, step, began = epochs * len(data), 0, time.monotonic()
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for index in random.permutation(len(data)).tolist():
            step, done = step + 1, step / steps
            part = min(1.0, (done + 1 / steps) / WARM_UP) * (1 - max(0.0, done - WARM_UP) / (1 - WARM_UP))
            for group, (_, rate) in zip(optimizer.param_groups, groups, strict=False):
                group["lr"] = rate * part
            one = data[index]
            losses = nn.functional.cross_entropy(model(one), one.truth, reduction="none") * one.weight
            loss = losses.sum() / PAIRS_A_STEP
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
            optimizer.step()
            total += loss.item()
            if step % 100 == 0:
                print(f"step {step} of {steps}, {time.monotonic() - began:.0f} s", flush=True)
        print(f"epoch {epoch + 1}: loss {total / len(data):.3f}", flush=True)
    return model.eval()


def odds_of(model: Model, one: Example) -> Tensor:
    """Return the probabilities of the outcomes, by pair."""
    with torch.no_grad():
        return model(one).softmax(1)
