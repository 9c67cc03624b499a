"""Language: spaCy components and plain functions from a ``Doc`` to annotations. Nothing here knows Beam."""

DEFAULT_MODEL = "en_core_web_sm"
BATCH_SIZE = 16  # texts parsed together: speed is flat from here on, memory is not
