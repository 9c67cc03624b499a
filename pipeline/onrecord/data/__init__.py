# SPDX-License-Identifier: Apache-2.0
"""Data of the pipeline: messages, articles and records, with the record kinds, coders and schemas."""
