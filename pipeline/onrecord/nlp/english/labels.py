# SPDX-License-Identifier: Apache-2.0
"""Sets of the labels that the model gives: parts of speech, edges of the tree, types of names."""

# Parts of speech.
FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})
NOUNS = frozenset({"NN", "NNS", "NNP", "NNPS"})
PLURAL = frozenset({"NNS", "NNPS"})
PROPER = frozenset({"NNP", "NNPS"})
# Edges.
SUBJECTS = ("nsubj", "nsubjpass")
AUXILIARIES = frozenset({"aux", "auxpass"})
PREDICATIVE = ("acomp", "attr", "oprd")
CLAUSES = frozenset({"ccomp", "parataxis", "advcl", "relcl"})  # that may have a subject of their own
# Types of names.
ACTORS = frozenset({"PERSON", "ORG", "GPE", "NORP"})  # who can act and speak
BODIES = frozenset({"ORG", "GPE", "NORP", "LOC", "FAC"})
PLACES = frozenset({"GPE", "LOC", "FAC"})
MEASURES = frozenset({"DATE", "TIME", "CARDINAL", "ORDINAL", "MONEY", "PERCENT", "QUANTITY"})
