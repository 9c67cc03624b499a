# SPDX-License-Identifier: Apache-2.0
"""``python -m onrecord`` is the command ``onrecord``."""

from onrecord.commands import main

if __name__ == "__main__":
    raise SystemExit(main())
