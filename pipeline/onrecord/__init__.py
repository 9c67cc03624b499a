"""onrecord: from a stream of news articles to records of who is in them, who said what, and who stands where."""

__version__ = "0.1.0"
