# SPDX-License-Identifier: Apache-2.0
"""Programs that check the repository itself; they are not part of the wheel."""
