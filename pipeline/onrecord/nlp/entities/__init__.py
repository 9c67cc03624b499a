# SPDX-License-Identifier: Apache-2.0
"""Entities: the people, organizations and places of an article, each with all its mentions."""

from onrecord.nlp.entities.extractor import EntityExtractor, entity_index, find_entities, make_entity_extractor

__all__ = ["EntityExtractor", "entity_index", "find_entities", "make_entity_extractor"]
