# SPDX-License-Identifier: Apache-2.0
"""The steps between source and sink: thin PTransforms around plain functions, without linguistic code."""
