# SPDX-License-Identifier: Apache-2.0
"""Jobs from start to summary: backfill, stream, replay and publish."""
