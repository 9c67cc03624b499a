"""Dataflow: the Flex Templates and how jobs are started."""
