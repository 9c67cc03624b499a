# SPDX-License-Identifier: Apache-2.0
"""The inflection of words, until its users import it from ``english``."""

from onrecord.nlp.english.morphology import forms_to_verb as forms_to_verb
from onrecord.nlp.english.morphology import verb_forms as verb_forms
from onrecord.nlp.english.morphology import with_s as with_s
