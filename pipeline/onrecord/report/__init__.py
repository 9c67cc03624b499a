# SPDX-License-Identifier: Apache-2.0
"""A page to look at a run: who talks, who stands where, and each claim in its sentence."""
