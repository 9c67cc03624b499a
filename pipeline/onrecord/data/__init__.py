"""What travels through the pipeline: messages, articles, records, their kinds, coders and schemas."""
