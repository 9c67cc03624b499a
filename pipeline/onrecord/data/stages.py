# SPDX-License-Identifier: Apache-2.0
"""Names of the steps that process whole messages, for the ``stage`` of dead letters; for extractors, it is the extractor's name."""

DECODE = "Decode"
ANNOTATE = "Annotate"
# Letters of other stages come from a single extractor; the article's other records were written.
WHOLE_MESSAGE_STAGES = frozenset((DECODE, ANNOTATE))
