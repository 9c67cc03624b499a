# SPDX-License-Identifier: Apache-2.0
"""Keeps the line ends that only wrap a paragraph from the parser, which takes them for the ends of phrases and sentences.

The component ``unwrap`` hands the components after it a Doc in which such a line end is the space after a word; ``rewrap`` copies what
they found to the Doc of the whole text.
"""

from typing import cast

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc
from thinc.types import Ints2d

from onrecord.nlp.annotations import text_of
from onrecord.nlp.segments import line_ends

WRAPPED = "onrecord_wrapped"  # where the Doc of the whole text is kept between the two components
COLUMNS: list[int | str] = ["TAG", "POS", "MORPH", "LEMMA", "DEP", "HEAD", "ENT_IOB", "ENT_TYPE"]
INSIDE, OUTSIDE = 1, 2  # an entity, in the column ENT_IOB


def _line_ends(doc: Doc) -> list[int]:
    return line_ends(text_of(doc), doc.to_array("IDX").tolist())


@Language.component("unwrap")
def unwrap(doc: Doc) -> Doc:
    """Return a Doc without the line ends that wrap paragraphs; the same one if there are none or it is parsed."""
    wraps = frozenset(() if doc.has_annotation("DEP") else _line_ends(doc))
    if not wraps:
        return doc
    kept = [token for token in doc if token.i not in wraps]
    spaces = [bool(token.whitespace_) or token.i + 1 in wraps for token in kept]
    unwrapped = Doc(doc.vocab, words=[token.text for token in kept], spaces=spaces)
    for token, original in zip(unwrapped, kept, strict=True):
        if original.is_sent_start and token.i:
            token.is_sent_start = True
    unwrapped.user_data[WRAPPED] = doc
    return unwrapped


@Language.component("rewrap")
def rewrap(doc: Doc) -> Doc:
    """Return the Doc of the whole text, with the parse and the names of the one without the line ends that wrap paragraphs."""
    original = doc.user_data.pop(WRAPPED, None)
    if not isinstance(original, Doc):
        return doc
    wraps = frozenset(_line_ends(original))
    kept = np.array([token for token in range(len(original)) if token not in wraps])
    heads = kept[[token.head.i for token in doc]]
    found = doc.to_array(COLUMNS).astype(np.int64)
    found[:, COLUMNS.index("HEAD")] = heads - kept
    rows = np.zeros((len(original), len(COLUMNS)), dtype=np.int64)
    rows[kept] = found
    space, filler = original.vocab.strings.add("_SP"), original.vocab.strings.add("dep")
    iob, kind = COLUMNS.index("ENT_IOB"), COLUMNS.index("ENT_TYPE")
    for token in sorted(wraps):
        row = rows[token]
        row[[COLUMNS.index("TAG"), COLUMNS.index("DEP"), COLUMNS.index("HEAD")]] = space, filler, -1
        is_inside = rows[token + 1, iob] == INSIDE
        row[[iob, kind]] = (INSIDE, rows[token - 1, kind]) if is_inside else (OUTSIDE, 0)
    return original.from_array(COLUMNS, cast(Ints2d, rows.astype(np.uint64)))
