# SPDX-License-Identifier: Apache-2.0
"""Writes what was learned as the package reads it."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from onrecord.nlp.stances.neural.network import Network
from training.stance_network.encoders import Encoder
from training.stance_network.model import ROLES, Model


def write_network(path: Path, weights: Network, model: Model, merging: Mapping[str, NDArray[np.float32]]) -> None:
    """Write a network in half precision; ``merging`` says how it is merged with the judge."""
    state = {name: array.detach().numpy() for name, array in model.state_dict().items()}
    layers = {
        "way": state["way.weight"],
        "clause": state["clause.weight"],
        "scale": state["norm.weight"],
        "shift": state["norm.bias"],
    }
    for name in ("top", "between") if model.encoder is not None else ():
        layers[name] = state[f"{name}.weight"].T
    for name in ("hidden", "output"):
        layers |= {name: state[f"{name}.weight"].T, f"{name}_bias": state[f"{name}.bias"]}
    for role in ROLES:
        if model.encoder is not None:
            layers[f"{role}_words"] = state[f"words.{role}.weight"].T
        layers |= {f"{role}_bias": state[f"bias.{role}"], f"{role}_fit_bias": state[f"fit.{role}.bias"]}
        layers[f"{role}_fit"] = state[f"fit.{role}.weight"].T
    layers |= {"filters": weights.filters, "vectors": state["vectors.weight"]}
    narrow: dict[str, Any] = {name: array.astype(np.float16) for name, array in layers.items()}
    np.savez_compressed(path, known=weights.known, bounds=weights.bounds, **narrow, **dict[str, Any](merging))


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
