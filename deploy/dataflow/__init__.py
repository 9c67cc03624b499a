"""Dataflow: the Flex Templates, and a script that starts jobs."""
