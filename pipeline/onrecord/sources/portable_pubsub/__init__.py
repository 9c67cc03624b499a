"""Pub/Sub for Beam runners that have no reader of their own, such as Flink and Prism: ``ReadFromPubSubPortably``.

It needs apache-beam and google-cloud-pubsub, and nothing else of onrecord: the folder can be copied as it stands.

An unbounded splittable DoFn pulls messages, in turns of about a second; between two turns it gives the rest of its work back to the
runner. A message is acknowledged when the runner has committed the bundle in which it came, and what is not acknowledged Pub/Sub
delivers again: nothing is lost, and a message may come more than once, above all after a failure.

**When is a bundle committed?** Runners say so by finalizing it. Beam's portable Flink runner, when a checkpoint completes, finalizes
*all* bundles that ended before, those after the checkpoint's barrier too; a failure before the next checkpoint would lose what was
acknowledged for them. So the messages of a turn are acknowledged when a *later* turn, one that began after the first was
finalized, is finalized as well: what that one's checkpoint holds, holds the first. (This needs one checkpoint at a time, which is
Flink's default.) Turns are numbered, and the number is all that the runner has to keep: a constant few bytes. When a number comes
again, the runner has gone back to a checkpoint, and everything since is given back to Pub/Sub to be delivered again.

**Leases.** Until a message is acknowledged its lease is renewed from a thread, for as long as ``hold_seconds``; then it is given up.
A runner that never finalizes bundles therefore sees the same messages again and again, and a warning is logged.

**The watermark** is the time of the oldest message that was pulled by this process and is not acknowledged; without one, that of the
oldest message of the last pull; and on an idle subscription the time now, less a margin. It never goes back.
"""

from .read import Limits, ReadFromPubSubPortably, drain

__all__ = ["Limits", "ReadFromPubSubPortably", "drain"]
