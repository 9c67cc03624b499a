"""A step whose input never changes, even when it is repeated after a failure."""

from typing import Any

import apache_beam as beam
from apache_beam.portability import common_urns


class StableParDo(beam.ParDo):  # type: ignore[misc]
    """A ``ParDo`` that gets an element only when the runner would give it the very same one again: ``@RequiresStableInput``.

    Beam's model and its Java SDK have this; the Python SDK has no word for it. Flink keeps the elements back until the checkpoint that
    holds them is complete. Without it, what is written between a checkpoint and a failure is computed anew from messages that come
    in another order, and a window's second pane may have been written with records that stand in its first one now.
    """

    def to_runner_api_parameter(self, context: Any, **extra: Any) -> tuple[str, Any]:
        """Return the step as runners are told of it."""
        urn, payload = super().to_runner_api_parameter(context, **extra)
        payload.requires_stable_input = True
        context.add_requirement(common_urns.requirements.REQUIRES_STABLE_INPUT.urn)
        return urn, payload
