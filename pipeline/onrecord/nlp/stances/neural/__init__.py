# SPDX-License-Identifier: Apache-2.0
"""Who stands where, by a small language model that reads each pair of names and nouns: slower and more accurate than the judge alone."""
