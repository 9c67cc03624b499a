# SPDX-License-Identifier: Apache-2.0
"""Running onrecord on clusters; README.md in this folder lists its parts."""

import logging

# Beam says at its import that packages for BigQuery are missing, which nothing here uses.
logging.getLogger().addFilter(lambda record: "apitools not found" not in record.getMessage())
