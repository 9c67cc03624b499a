# SPDX-License-Identifier: Apache-2.0
"""Language: spaCy components and plain functions from a ``Doc`` to annotations. Nothing here knows Beam."""
