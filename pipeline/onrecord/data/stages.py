"""Names of the steps that process whole messages, as dead letters have them in ``stage``; a failed extractor is a stage of its own."""

DECODE = "Decode"
ANNOTATE = "Annotate"
