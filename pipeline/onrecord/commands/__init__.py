"""The command line: a module for each command with its options, their checks and its run."""

from onrecord.commands.cli import main

__all__ = ["main"]
