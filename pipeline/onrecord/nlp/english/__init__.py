# SPDX-License-Identifier: Apache-2.0
"""What all extractors know about English text; imports none of them."""
