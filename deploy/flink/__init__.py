# SPDX-License-Identifier: Apache-2.0
"""Flink: downloaded, and run as local processes."""
