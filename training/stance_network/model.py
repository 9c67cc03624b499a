# SPDX-License-Identifier: Apache-2.0
"""The network as torch learns it (``onrecord.nlp.stances.neural.network`` computes the same)."""

import time
from collections.abc import Sequence
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
    """An article as tensors; ``truth`` has the probabilities of the outcomes, ``weight`` that of each pair in the loss."""

    table: PairTable
    pairs: Pairs
    windows: list[Window]
    size: int
    truth: Tensor
    weight: Tensor

    def believe(self, odds: Tensor, part: float) -> None:
        """Mix the probabilities of a teacher into the truth of the labelled pairs; for the others they are the truth, of less weight.

        Args:
            odds: the probabilities of the outcomes.
            part: of the teacher in the truth of a labelled pair.
        """
        unlabelled = self.weight == 0
        self.truth = torch.where(unlabelled[:, None], odds, (1 - part) * self.truth + part * odds)
        self.weight = torch.where(unlabelled, TAUGHT, self.weight)


def example(article: Article, weights: Network, pieces: Pieces) -> Example | None:
    """Return an article as tensors; None where it has no pairs."""
    finder = article.finder
    table = finder.table(weights.passes)
    if not len(table.targets):
        return None
    parse, wanted = finder.parse, sentences_of(finder, table)
    names = speaker_names(parse, finder.voices, np.unique(table.targets))
    pairs = pairs_of(finder, table, weights, words=True)
    truth, weight = torch.zeros(len(table.targets), OUTCOMES), torch.zeros(len(table.targets))
    if article.listing is not None:
        labels = torch.from_numpy(labels_of(article, table))
        truth = nn.functional.one_hot(labels.clamp(min=0), OUTCOMES).float()
        weight = (labels != LEFT_OUT).float()
    return Example(table, pairs, list(pieces.windows(parse, names, wanted)), len(parse), truth, weight)


class Model(nn.Module):
    """The network, with an encoder or alone."""

    def __init__(self, features: int, encoder: Encoder | None) -> None:
        super().__init__()
        self.encoder = encoder
        size = 0 if encoder is None else encoder.shape.size
        self.vectors = nn.Embedding(features, UNITS, padding_idx=0)
        nn.init.normal_(self.vectors.weight, std=0.02)
        with torch.no_grad():
            self.vectors.weight[0] = 0
        self.fit = nn.ModuleDict({role: nn.Linear(3 * size + UNITS, UNITS) for role in ROLES})
        self.bias = nn.ParameterDict({role: nn.Parameter(torch.zeros(UNITS)) for role in ROLES})
        if encoder is not None:
            self.words = nn.ModuleDict({role: nn.Linear(3 * size, UNITS, bias=False) for role in ROLES})
            self.top, self.between = nn.Linear(size, UNITS, bias=False), nn.Linear(size, UNITS, bias=False)
        self.way, self.clause = nn.Embedding(3, UNITS), nn.Embedding(2, UNITS)
        self.norm, self.hidden = nn.LayerNorm(UNITS, eps=SMALL), nn.Linear(UNITS, UNITS)
        self.output = nn.Linear(2 * UNITS, OUTCOMES)
        self.dropout = nn.Dropout(DROPPED_UNITS)
        with torch.no_grad():
            self.output.bias.copy_(torch.tensor([3.0, -1.0, -1.0]))

    def forward(self, one: Example) -> Tensor:
        """Return the logits of the outcomes, by pair."""
        pairs, words = one.pairs, None if self.encoder is None else self.read(one, self.encoder)
        holder, holder_fit = self._side("holder", pairs.holders, pairs.holder_words, words)
        target, target_fit = self._side("target", pairs.targets, pairs.target_words, words)
        target = target + self.clause(torch.from_numpy(pairs.is_clause))
        first, second = torch.from_numpy(pairs.first), torch.from_numpy(pairs.second)
        summed = holder[first] + target[second] + self.way(torch.from_numpy(pairs.ways)) + self._sums(pairs.features)
        if words is not None:
            summed = summed + self.top(words)[torch.from_numpy(pairs.tops)]
            summed = summed + _means(self.between(words), pairs.between)
        units = _gelu(self.norm(summed))
        units = units + _gelu(self.hidden(self.dropout(units)))
        fit = torch.tanh(holder_fit[first] * target_fit[second])
        return self.output(self.dropout(torch.cat([units, fit], 1)))

    def read(self, one: Example, encoder: Encoder) -> Tensor:
        """Return the vectors of the tokens of an article, and 0 for an absent one at the end."""
        longest, size = max(len(window.pieces) for window in one.windows), encoder.shape.size
        pieces = torch.zeros(len(one.windows), longest, dtype=torch.long)
        for row, window in zip(pieces, one.windows, strict=True):
            row[: len(window.pieces)] = torch.tensor(window.pieces)
        lengths = torch.tensor([len(window.pieces) for window in one.windows])
        mask = (torch.arange(longest)[None] < lengths[:, None])[:, None, None]
        with torch.autocast("cpu", torch.bfloat16):
            found = encoder(pieces, mask).float().reshape(-1, size)
        tokens = [token for window in one.windows for token in window.tokens]
        spans = [
            (index * longest + start, index * longest + end)
            for index, window in enumerate(one.windows)
            for start, end in zip(window.starts, window.ends, strict=True)
        ]
        return torch.zeros(one.size + 1, size).index_copy(0, torch.tensor(tokens), _means(found, np.array(spans).T))

    def _side(
        self, role: Role, features: NDArray[np.int64], places: NDArray[np.int64], words: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        known = both = self._sums(features)
        if words is not None:
            token, head = torch.from_numpy(places[:2])
            meant = torch.cat([words[token], words[head], _means(words, places[2:])], 1)
            known, both = known + self.words[role](meant), torch.cat([meant, known], 1)
        return known + self.bias[role], self.fit[role](both)

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
    encoder = [] if model.encoder is None else [one for one in model.encoder.parameters() if one.requires_grad]
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
