"""The steps between source and sink: thin PTransforms around plain functions, without linguistic code."""
