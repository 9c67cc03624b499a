# SPDX-License-Identifier: Apache-2.0
"""Everything that a command prints: no value from outside can control the terminal or forge a line.

Lint keeps ``print``, ``rich``'s own console and ``argparse``'s own parser out of the rest of the package.
"""
