"""Entry points of the worker processes that runners start."""
