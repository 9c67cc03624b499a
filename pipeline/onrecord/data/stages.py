# SPDX-License-Identifier: Apache-2.0
"""Names of the steps that process whole messages, for the ``stage`` of dead letters; for extractors, it is the extractor's name."""

DECODE = "Decode"
ANNOTATE = "Annotate"
