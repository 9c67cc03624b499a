# SPDX-License-Identifier: Apache-2.0
"""The networks that read who stands where, and how they are learned."""
