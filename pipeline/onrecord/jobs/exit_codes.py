# SPDX-License-Identifier: Apache-2.0
"""The exit codes of all commands; this module imports nothing, so that a command line with a mistake is refused at once."""

DONE, FAILED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130
