# SPDX-License-Identifier: Apache-2.0
"""Coreference: which entity each third-person pronoun and each definite noun phrase refers to. No other package decides that."""
