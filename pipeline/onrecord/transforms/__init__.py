"""The steps between source and sink: thin PTransforms around plain functions. Nothing here knows language."""
