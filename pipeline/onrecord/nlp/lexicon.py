# SPDX-License-Identifier: Apache-2.0
"""The reader of tables, until its users import it from ``english``."""

from onrecord.nlp.english.lexicon import rows as rows
from onrecord.nlp.english.lexicon import words as words
