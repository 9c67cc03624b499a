# SPDX-License-Identifier: Apache-2.0
"""Writes what was learned as the package reads it."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from onrecord.nlp.stances.neural.columns import numbers
from onrecord.nlp.stances.neural.network import Network
from training.stance_network.encoders import Encoder
from training.stance_network.model import ROLES, Model, WordReader

MAX_STEPS = 127
SMALLEST = 1e-6  # that a step may be


def write_network(path: Path, weights: Network, model: Model, merging: Mapping[str, NDArray[np.float32]]) -> None:
    """Write a network; ``merging`` says how it is merged with the judge."""
    state = {name: array.detach().numpy() for name, array in model.state_dict().items()}
    layers = {
        "way": state["way.weight"],
        "clause": state["clause.weight"],
        "scale": state["norm.weight"],
        "shift": state["norm.bias"],
    }
    for name in ("top", "between"):
        layers[name] = state[f"{name}.weight"].T
    for name in ("hidden", "output"):
        layers |= {name: state[f"{name}.weight"].T, f"{name}_bias": state[f"{name}.bias"]}
    for role in ROLES:
        layers[f"{role}_words"] = state[f"words.{role}.weight"].T
        layers |= {f"{role}_bias": state[f"bias.{role}"], f"{role}_fit_bias": state[f"fit.{role}.bias"]}
        layers[f"{role}_fit"] = state[f"fit.{role}.weight"].T
    layers |= {"filters": weights.filters}
    narrow: dict[str, Any] = {name: array.astype(np.float16) for name, array in layers.items()}
    vectors = {"vectors": state["vectors.weight"]}
    if isinstance(model.reader, WordReader):
        hashes = numbers(list(model.reader.row))
        order = np.argsort(hashes)
        narrow["words"] = hashes[order]
        with torch.no_grad():
            vectors["word_vectors"] = model.reader.vectors(torch.from_numpy(np.append(0, order + 1))).numpy()
    for name, array in vectors.items():
        narrow[name], narrow[f"{name}_steps"] = in_steps(array)
    np.savez_compressed(path, known=weights.known, bounds=weights.bounds, **narrow, **dict[str, Any](merging))


def in_steps(vectors: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Return vectors in eight bits: the steps of each number, and the size of a step, by vector."""
    steps = np.maximum(abs(vectors).max(axis=1) / MAX_STEPS, SMALLEST).astype(np.float16)
    return np.rint(vectors / steps.astype(np.float32)[:, None]).clip(-MAX_STEPS, MAX_STEPS).astype(np.int8), steps


def write_encoder(folder: Path, encoder: Encoder, vocabulary: Sequence[str]) -> None:
    """Write the encoder in eight bits, and its word pieces."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    (folder / "stance_encoder.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    with tempfile.TemporaryDirectory() as scratch:
        whole, prepared = f"{scratch}/whole.onnx", f"{scratch}/prepared.onnx"
        torch.onnx.export(
            encoder, (torch.ones(1, 9, dtype=torch.long),), whole, input_names=["pieces"], output_names=["vectors"],
            dynamic_axes={"pieces": {1: "length"}, "vectors": {1: "length"}}, opset_version=17, dynamo=False,
        )  # fmt: skip
        quant_pre_process(whole, prepared, skip_symbolic_shape=True)
        quantize_dynamic(prepared, str(folder / "stance_encoder.onnx"), weight_type=QuantType.QInt8, per_channel=True)
