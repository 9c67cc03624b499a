# SPDX-License-Identifier: Apache-2.0
"""Matrix products whose rows do not depend on one another, so that a text gets the same vectors in any batch.

NumPy's library of linear algebra, OpenBLAS, computes a product of few rows by other code, and on processors without AVX-512 the last
bits of a row depend on its place modulo 12. Here every product is made of products of one size. In those of a batch, a row stands only at
places that were found to give the same bits; in those of one document, always at the same place.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from thinc.api import NumpyOps

Floats: TypeAlias = npt.NDArray[np.float32]
Places: TypeAlias = "npt.NDArray[np.intp]"

BLOCK = 96  # rows; a multiple of the places after which OpenBLAS's kernels repeat themselves (4, 6, 8, 12, 16)
TRIALS = 8  # random rows by which places are compared: each has hundreds of sums, of which a tenth or more differ


def equal_places(inputs: int, outputs: int) -> Places:
    """Return the places in a product of ``BLOCK`` rows at which a row gets the same bits as at the first."""
    random = np.random.default_rng(0)
    weights = random.standard_normal((outputs, inputs)).astype(np.float32)
    equal = np.ones(BLOCK, bool)
    for row in random.standard_normal((TRIALS, 1, inputs)).astype(np.float32):
        products = np.dot(np.repeat(row, BLOCK, 0), weights.T)
        equal &= (products == products[0]).all(axis=1)
    return np.flatnonzero(equal)


def of_document(rows: Floats, weights: Floats, out: Floats | None = None) -> Floats:
    """Multiply the rows of one document by weights of shape (outputs, inputs), blocks of ``BLOCK`` rows from its first one on.

    A row has the same place of a block in any batch, so all places can be used, and no row has to be moved.
    """
    result = np.empty((len(rows), len(weights)), np.float32) if out is None else out
    whole = len(rows) - len(rows) % BLOCK
    for start in range(0, whole, BLOCK):
        np.dot(rows[start : start + BLOCK], weights.T, out=result[start : start + BLOCK])
    if whole < len(rows):
        block = np.zeros((BLOCK, rows.shape[1]), np.float32)
        block[: len(rows) - whole] = rows[whole:]
        result[whole:] = np.dot(block, weights.T)[: len(rows) - whole]
    return result


class StableOps(NumpyOps):  # type: ignore[misc]
    """thinc's operations with NumPy's matrix product; the product of inputs and weights is independent of the batch."""

    name = "onrecord"

    def __init__(self) -> None:
        super().__init__(use_blis=False)
        self._places: dict[tuple[int, int], Places] = {}

    def gemm(  # noqa: D102 - thinc's
        self, x: Floats, y: Floats, out: Floats | None = None, trans1: bool = False, trans2: bool = False
    ) -> Any:
        if trans1 or not trans2:  # a gradient
            return super().gemm(x, y, out=out, trans1=trans1, trans2=trans2)
        shape = (y.shape[1], y.shape[0])
        places = self._places.get(shape)
        if places is None:
            places = self._places[shape] = equal_places(*shape)
        result = np.empty((len(x), len(y)), np.float32) if out is None else out
        block = np.zeros((BLOCK, y.shape[1]), np.float32)
        product = np.empty((BLOCK, y.shape[0]), np.float32)
        for start in range(0, len(x), len(places)):
            rows = x[start : start + len(places)]
            if len(rows) == BLOCK:
                np.dot(rows, y.T, out=result[start : start + BLOCK])
            else:
                block[places[: len(rows)]] = rows
                np.dot(block, y.T, out=product)
                result[start : start + len(rows)] = product[places[: len(rows)]]
        return result
