"""Language: spaCy components and plain functions from a ``Doc`` to annotations. Nothing here knows Beam."""
