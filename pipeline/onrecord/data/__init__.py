"""Data of the pipeline: messages, articles and records, with the record kinds, coders and schemas."""
