# SPDX-License-Identifier: Apache-2.0
"""The spaCy pipeline that reads articles: a standard English model, made faster, with the components of onrecord."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import use_ops

from onrecord.data.gazetteer import ListedName
from onrecord.data.kinds import extracted, kinds, with_needed
from onrecord.data.records import Provenance
from onrecord.data.settings import DEFAULT_MODEL, STANCES
from onrecord.nlp import entities, quotes, segments, wraps  # noqa: F401 - registers the components
from onrecord.nlp.coreference.extractor import CoreferenceResolver
from onrecord.nlp.fast import speed_up, stabilize
from onrecord.nlp.installed_model import resolve
from onrecord.nlp.learned import weights_version
from onrecord.nlp.stances import StanceExtractor
from onrecord.nlp.stances.neural.network import ACCURATE
from onrecord.nlp.tokenizer import BOUNDED_TOKENIZER, BoundedTokenizer

# No component needs lemmas or coarse parts of speech, and they take a fifth of the time.
NOT_NEEDED = ("attribute_ruler", "lemmatizer")


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model.

    Attributes:
        parse: makes the Doc.
        extractors: the components that annotate it, in this order, by the record kind that each finds.
        provenance_name: name of the spaCy model, with its language.
        provenance_version: version of the spaCy model.
        weights: names of the optional weights that it uses.
        notes: why components keep spaCy's code that others of their kind do without, a line each.
    """

    parse: Language
    extractors: dict[str, Callable[[Doc], Doc]]
    provenance_name: str
    provenance_version: str
    weights: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def provenance(self, pipeline_version: str) -> Provenance:
        """Return the provenance of each record."""
        return Provenance(
            pipeline_version, self.provenance_name, self.provenance_version, weights_version(*self.weights)
        )

    def as_one_pipeline(self) -> Language:
        """Return a spaCy pipeline that parses and annotates in one call."""
        for name, extractor in self.extractors.items():
            factory = kinds()[name].component or ""
            if factory not in self.parse.pipe_names:
                is_accurate = isinstance(extractor, StanceExtractor) and extractor.accurate
                component = self.parse.add_pipe(factory, config={"accurate": True} if is_accurate else {})
                if isinstance(component, entities.EntityExtractor) and isinstance(extractor, _WithReferences):
                    component.listed = extractor.entities.listed
                    self.parse.add_pipe("onrecord_coreference")
        return self.parse


@dataclass(frozen=True, slots=True)
class _WithReferences:
    """Finds entities by name, then by all that refers to them: the records of entities have both kinds of mentions."""

    entities: entities.EntityExtractor
    coreference: CoreferenceResolver

    def __call__(self, doc: Doc) -> Doc:
        return self.coreference(self.entities(doc))


def load_model(
    name: str = DEFAULT_MODEL,
    extract: Iterable[str] | None = None,
    gazetteer: Iterable[ListedName] = (),
    *,
    fast: bool = False,
    stances: str = STANCES[0],
    least_confidence: float | None = None,
) -> Model:
    """Load a spaCy model by the name of its package or by its folder.

    Args:
        name: any English spaCy model with a tagger, a parser and a named-entity recognizer.
        extract: names of the record kinds to extract; None for all. The kinds that they need are extracted too.
        gazetteer: the user's own names.
        fast: whether the parts of spaCy are replaced for which there is faster code with the same results; the pipeline can then not be
            trained or saved.
        stances: ``standard``, or ``accurate``, which needs the packages of ``onrecord[accurate]``.
        least_confidence: of a stance; None for that from which a reader confirms more stances than she rejects.

    Raises:
        ModelError: the model is not installed, is not English or lacks a component.
        ImportError: packages of ``onrecord[accurate]`` are not installed.
        ValueError: there is no such way to find stances.
    """
    if stances not in STANCES:
        raise ValueError(f"stances={stances!r}: choose from {', '.join(STANCES)}")
    # Parsing takes a quarter less time with NumPy's matrix product than with the one of spaCy's own library.
    with use_ops("numpy", use_blis=False):
        nlp = spacy.load(resolve(name), exclude=list(NOT_NEEDED))
    stabilize(nlp)
    nlp.tokenizer = BoundedTokenizer(nlp.tokenizer, nlp.vocab)
    nlp.config["nlp"]["tokenizer"] = {"@tokenizers": BOUNDED_TOKENIZER}
    nlp.add_pipe("onrecord_segments", first=True)
    nlp.add_pipe("unwrap", after="onrecord_segments")
    nlp.add_pipe("rewrap", last=True)
    notes = speed_up(nlp) if fast else ("parse: spaCy's own code, as chosen",)
    meta_name = f"{nlp.meta['lang']}_{nlp.meta['name']}"
    wanted = with_needed(extracted() if extract is None else extract)
    extractors = {kind.name: nlp.create_pipe(kind.component) for kind in wanted if kind.component is not None}
    for extractor in extractors.values():
        if hasattr(extractor, "spans_key"):
            extractor.spans_key = None  # records are made from annotations
    if "entities" in extractors:
        extractors["entities"] = _WithReferences(entities.EntityExtractor(gazetteer), CoreferenceResolver())
    reader = extractors.get("stances")
    if isinstance(reader, StanceExtractor):
        reader.accurate, reader.least = stances == STANCES[1], least_confidence
        reader.prepare()
    return Model(
        parse=nlp,
        extractors=extractors,
        provenance_name=meta_name,
        provenance_version=nlp.meta["version"],
        weights=(ACCURATE,) if stances == STANCES[1] else (),
        notes=notes,
    )
