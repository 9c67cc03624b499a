# SPDX-License-Identifier: Apache-2.0
"""Dead letters: making, reading, publishing, and holding them while they are replayed."""
