# SPDX-License-Identifier: Apache-2.0
"""The names of features in words. A feature is "name=value"; a bar joins values that were seen together."""

from collections.abc import Mapping

QUOTES = {
    "bias": "every reading",
    "f": "construction",
    "w": "cue",
    "c": "class of the cue",
    "wf": "cue and construction",
    "cf": "class of the cue and construction",
    "m": "mood of the cue",
    "mc": "mood and class of the cue",
    "l": "label of the cue in the parse",
    "lc": "label and class of the cue",
    "k": "a dependent of the cue",
    "p": "what the cue depends on",
    "before": "before the cue",
    "behind": "behind the cue",
    "q": "cue in quotation marks",
    "qc": "cue in quotation marks, its class",
    "qs": "cue in quotation marks, kind of source",
    "s": "kind of source",
    "d": "kind of the source's noun",
    "x": "kind of the content's first noun",
    "as": "a report, as in “as he said”",
    "sc": "kind of source and class of the cue",
    "sf": "kind of source and construction",
    "t": "first word or noun of the source",
    "u": "length and place of the source",
    "o": "way from the cue to the source",
    "own": "source inside the content",
    "n": "length of the content",
    "nf": "length of the content and construction",
    "nc": "length of the content and class of the cue",
    "nh": "length of the content and how much is in marks",
    "i": "beginning of the content",
    "h": "how much of the content is in marks",
    "hf": "how much of the content is in marks, and construction",
    "g": "marks at the ends of the content",
    "v": "a nearer cue introduces the content",
    "z": "last part of the content",
    "b": "tenses of the cue and of the content",
    "a": "what follows the content",
    "r": "how much of the sentence is left",
    "in": "last constituent inside the content",
    "out": "first constituent outside the content",
    "sentence": "words in marks are a sentence",
    "verb": "words in marks have a verb",
    "last": "last sign of the words in marks",
    "goes-on": "quotation continues behind its attribution",
    "place": "place of the attribution in the sentence",
    "reach": "how much around the attribution is quoted",
    "with": "first word that belongs to the content",
    "colon": "kind of text before the colon",
    "layout": "layout",
    "turn": "label of a turn in a conversation",
    "by": "form of the attribution",
}
JUDGE = {
    "bias": "every stance",
    "relation": "kind of event",
    "sign": "direction",
    "score": "strength",
    "c": "property",
    "word": "word, direction and label of the target",
    "tag": "tag of the word",
    "dep": "label of the word",
    "above": "what the word depends on",
    "child": "a dependent of the word",
    "sources": "number of sources",
    "quoted": "in a quote",
    "marked": "word and target in quotation marks",
    "kind": "kind of rule",
    "quote": "form or confidence of the quote",
    "target": "target",
    "of": "determiner or modifier of the target",
    "holder": "holder",
    "absent": "holder is not in the sentence",
    "path": "way from holder to target",
    "up": "way up from the holder",
    "down": "way down to the target",
    "len": "length of the way",
    "kinds": "kinds of holder and target",
    "ends": "labels of holder and target",
    "order": "holder comes first",
    "in": "holder and target in a quote",
}


def name_of(feature: str) -> str:
    """Return the name of a feature without its value: of ``wf=say|that`` and ``xl+`` those are ``wf`` and ``xl``."""
    return feature.partition("=")[0].partition("|")[0].rstrip("+-")


def in_words(feature: str, names: Mapping[str, str]) -> str:
    """Return a feature in words: ``cue and construction: say, that``."""
    name = name_of(feature)
    value = feature[len(name) :].lstrip("=|").replace("|", ", ")
    told = names.get(name, name)
    return f"{told}: {value}" if value else told
