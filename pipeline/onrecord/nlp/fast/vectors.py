# SPDX-License-Identifier: Apache-2.0
"""Token vectors of spaCy's CNN models (``HashEmbedCNN``, ``MultiHashEmbed`` with ``MaxoutWindowEncoder``) in NumPy.

The first layer depends on a token's attributes alone, so its output is kept for the last tokens seen. The layers above, each a
window of one token to either side, a maxout, a layer norm and a residual connection, are computed in place over blocks of rows that stay in
the processor's cache. A document is computed on its own: no batch can change its vectors.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from spacy.ml.staticvectors import StaticVectors
from spacy.tokens import Doc
from spacy.vocab import Vocab
from thinc.api import Model

from onrecord.nlp.fast.products import Floats
from onrecord.nlp.fast.structure import AnyModel, parameter, require

BLOCK = 384  # rows: the 0.4 MB that a product makes of them stay in the cache
KEPT_BITS = 16  # of a token's hash: its place among the first layers that are kept, of which there are 65,536, in 28 MB
NO_ATTRIBUTE = np.uint64((1 << 64) - 1)  # of a place that is free
WINDOW = 3  # tokens: the one before, the token itself, the one after
EPSILON = np.float32(1e-8)  # thinc adds it to a variance
MAX_DIFFERENCE = 1e-4  # of a vector's elements, which are about 1; rounding explains 1e-5


def leaves(model: AnyModel) -> list[AnyModel]:
    """Return the layers that are not made of others, in the order in which they run; without those that only drop out."""
    found = [leaf for layer in model.layers for leaf in leaves(layer)] if model.layers else [model]
    return [leaf for leaf in found if leaf.name != "dropout"]


class _FirstLayer:
    """The vector of each token by its attributes, which is kept until another token takes its place."""

    def __init__(self, embed: AnyModel, vocab: Vocab) -> None:
        parts = list(embed.layers)
        self._static: AnyModel | None = None
        if len(parts) == 3:  # word vectors next to the embedded attributes
            attributes, self._static = parts[0].layers
            parts[:1] = attributes.layers
            require(self._static.name == StaticVectors(nO=1, nM=1).name, "its word vectors are of an unknown kind")
            require(vocab.vectors.mode == "default", "its word vectors are made of parts of words")
        names = [part.name.partition("(")[0] for part in parts]
        expected = ["extract_features", "list2ragged", "with_array", "with_array", "ragged2list"]
        require(names == expected, "its first layer is of an unknown kind")
        self._columns = list(parts[0].attrs["columns"])
        if self._static is not None:
            self._columns.append(vocab.vectors.attr)
        self._embed, self._mix = parts[2], parts[3]
        places = 1 << KEPT_BITS
        self._multipliers = np.random.default_rng(0).integers(1, 1 << 64, len(self._columns), np.uint64) | np.uint64(1)
        self._attributes = np.full((places, len(self._columns)), NO_ATTRIBUTE)
        self._vectors = np.empty((places, self._mix.get_dim("nO")), np.float32)

    def __call__(self, doc: Doc) -> Floats:
        attributes = doc.to_array(self._columns).reshape(len(doc), -1)
        places = (attributes @ self._multipliers >> np.uint64(64 - KEPT_BITS)).astype(np.intp)
        vectors: Floats = self._vectors.take(places, axis=0)
        missing = np.flatnonzero((self._attributes.take(places, axis=0) != attributes).any(axis=1))
        if len(missing):
            new, number_of = np.unique(attributes[missing], axis=0, return_inverse=True)
            computed = self._computed(new, doc)
            vectors[missing] = computed[number_of.reshape(-1)]
            # Two of them may have the same place.
            kept, first = np.unique(places[missing], return_index=True)
            self._attributes[kept] = attributes[missing[first]]
            self._vectors[kept] = vectors[missing[first]]
        return vectors

    def _computed(self, attributes: np.ndarray, doc: Doc) -> Floats:
        """Return the vectors of tokens with some attributes, one token a row, by spaCy's layers."""
        if self._static is None:
            embedded = self._embed.predict(attributes)
        else:
            table = doc.vocab.vectors
            rows = table.find(keys=attributes[:, -1])
            known: Any = self._static.ops.gemm(table.data[rows], self._static.get_param("W"), trans2=True)  # type: ignore[arg-type]
            known[rows < 0] = 0
            embedded = np.hstack((np.asarray(self._embed.predict(attributes[:, :-1])), known))
        computed: Floats = self._mix.predict(embedded)
        return computed


class _Layer(NamedTuple):
    """The parameters of a window layer; ``weights`` is (3 × width, pieces × width), piece by piece."""

    weights: Floats
    bias: Floats
    gain: Floats
    shift: Floats

    @classmethod
    def of(cls, layer: AnyModel, width: int) -> "_Layer":
        parts = leaves(layer)
        require(
            layer.name.startswith("residual(")
            and [part.name for part in parts] == ["expand_window", "maxout", "layernorm"]
            and parts[0].attrs["window_size"] == 1,
            "it has other layers than windows of one token, maxout and layer norm",
        )
        maxout, norm = parts[1:]
        weights = parameter(maxout, "W")
        outputs, pieces, inputs = weights.shape
        require((outputs, inputs) == (width, WINDOW * width), "its layers differ in width")
        by_piece = np.ascontiguousarray(weights.transpose(1, 0, 2).reshape(pieces * outputs, inputs)).T
        bias = np.ascontiguousarray(parameter(maxout, "b").T).reshape(-1)
        return cls(by_piece, bias, parameter(norm, "G"), parameter(norm, "b"))


class _Windows:
    """The window layers; its arrays are for one batch."""

    def __init__(self, layers: Sequence[_Layer], width: int) -> None:
        self._layers = layers
        self._width = width
        self._window = np.empty((BLOCK, WINDOW * width), np.float32)
        self._product = np.empty((BLOCK, max(len(layer.bias) for layer in layers)), np.float32)
        self._best, self._square = np.empty((2, BLOCK, width), np.float32)

    def __call__(self, rows: Floats) -> Floats:
        """Return the vectors of a document's tokens, given the output of the first layer."""
        # As many empty tokens on either side as a vector can see, and one more for the window of the outermost.
        margin = len(self._layers)
        size = len(rows) + 2 * margin
        below, above = np.zeros((2, size + 2, self._width), np.float32)
        below[margin + 1 : -margin - 1] = rows
        for layer in self._layers:
            windows = as_strided(below, (size, WINDOW * self._width), below.strides, writeable=False)
            for start in range(0, size, BLOCK):
                stop = min(start + BLOCK, size)
                changed = self._changed(windows[start:stop], layer)
                np.add(below[start + 1 : stop + 1], changed, out=above[start + 1 : stop + 1])
            below, above = above, below
        return below[margin + 1 : -margin - 1]

    def _changed(self, windows: Floats, layer: _Layer) -> Floats:
        """Return the normalized maxout of some windows; the operations, and so the bits, are thinc's."""
        count, width = len(windows), self._width
        window, best, square = self._window[:count], self._best[:count], self._square[:count]
        product = self._product[:count, : len(layer.bias)]
        np.copyto(window, windows)
        np.matmul(window, layer.weights, out=product)
        product += layer.bias
        np.copyto(best, product[:, :width])
        for piece in range(width, len(layer.bias), width):
            np.maximum(best, product[:, piece : piece + width], out=best)
        best -= np.add.reduce(best, axis=1, keepdims=True) / np.float32(width)
        np.multiply(best, best, out=square)
        variance = np.add.reduce(square, axis=1, keepdims=True) / np.float32(width)
        best *= np.power(variance + EPSILON, np.float32(-0.5))
        best *= layer.gain
        best += layer.shift
        return best


def fused(model: AnyModel, vocab: Vocab) -> AnyModel:
    """Return a layer from documents to their token vectors that computes what ``model`` does, faster; it can't be trained.

    Raises:
        Unsupported: the model has another structure.
    """
    require(len(model.layers) == 2 and {"embed", "encode"} <= set(model.ref_names), "it is not one of spaCy's CNNs")
    first = _FirstLayer(model.get_ref("embed"), vocab)
    encode, width = model.get_ref("encode"), model.get_dim("nO")
    require(encode.name.startswith("with_array(") and len(encode.layers) == 1, "it is not one of spaCy's CNNs")
    stack = encode.layers[0]
    layers = [_Layer.of(layer, width) for layer in ([stack] if len(stack.layers) == 1 else stack.layers)]
    require(encode.attrs["pad"] == len(layers), "its padding is of another width")

    def forward(_: AnyModel, docs: Sequence[Doc], is_train: bool) -> tuple[list[Floats], object]:
        if is_train:
            raise NotImplementedError("onrecord's token vectors can't be trained: load the model with spaCy")
        windows = _Windows(layers, width)
        empty = np.empty((0, width), np.float32)
        return [windows(first(doc)) if len(doc) else empty for doc in docs], None

    return Model("onrecord_vectors", forward, layers=[model], dims={"nO": width}, ops=model.ops)


def checked(model: AnyModel, doc: Doc) -> AnyModel:
    """Return a replacement that gives the same vectors for a text.

    Raises:
        Unsupported: the model has another structure, or gives other vectors.
    """
    replacement = fused(model, doc.vocab)
    [ours], [theirs] = replacement.predict([doc]), model.predict([doc])
    require(
        ours.shape == theirs.shape and bool(np.abs(ours - theirs).max() < MAX_DIFFERENCE),
        "the vectors are not the same",
    )
    return replacement
