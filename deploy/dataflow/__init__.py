# SPDX-License-Identifier: Apache-2.0
"""Dataflow: the Flex Templates, and a script that starts jobs."""
