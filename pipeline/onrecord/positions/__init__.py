# SPDX-License-Identifier: Apache-2.0
"""Positions: the stances of many articles added up to who stands where toward what."""
