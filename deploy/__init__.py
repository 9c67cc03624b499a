# SPDX-License-Identifier: Apache-2.0
"""Running onrecord on clusters; README.md in this folder lists its parts."""
