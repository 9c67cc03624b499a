# SPDX-License-Identifier: Apache-2.0
"""Flat tables made of a run's records, in the file formats of analysts."""
