# SPDX-License-Identifier: Apache-2.0
"""Reports of a job: metrics, progress, the log of a stream, and the summary."""
