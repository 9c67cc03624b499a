# SPDX-License-Identifier: Apache-2.0
"""Child processes with a time limit, for work on hostile input."""
