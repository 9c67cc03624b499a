# SPDX-License-Identifier: Apache-2.0
"""Pub/Sub for Beam runners that have no reader of their own, such as Flink and Prism: ``ReadFromPubSubPortably``.

It needs only apache-beam and google-cloud-pubsub, and nothing else of onrecord, so the folder can be copied as it is.

An unbounded splittable DoFn pulls messages in turns of about a second, and gives the rest of its work back to the runner between two
turns. A message is acknowledged when the runner has committed the bundle that contains it; Pub/Sub redelivers what is not acknowledged.
So nothing is lost, and a message may arrive more than once, above all after a failure.

**When is a bundle committed?** Runners signal it by finalizing the bundle. But when a checkpoint completes, Beam's Flink runner finalizes
*all* bundles that have ended by then, including those that ended after the checkpoint's barrier. Messages that were acknowledged at that
point would be lost by a failure before the next checkpoint. Therefore the messages of a turn are acknowledged when a *later* turn, one that
began after the first was finalized, is finalized as well: a checkpoint that contains the later turn contains the first. (This needs one
checkpoint at a time, which is Flink's default.) Turns are numbered, and the number is all the state that the runner keeps: a constant few
bytes. If a number comes again, the runner has gone back to a checkpoint, and all messages since then are given back to Pub/Sub, which
redelivers them.

**Leases.** A thread renews the lease of each message until it is acknowledged, for ``hold_seconds`` at most; then the message is given up.
A runner that never finalizes bundles therefore receives the same messages again and again, and a warning is logged.

**The watermark** is the time of the oldest message that this process has pulled and not acknowledged; if there is none, that of the oldest
message of the last pull; and on an idle subscription the current time, less a margin. It never goes back.
"""

from .read import Limits, ReadFromPubSubPortably, drain

__all__ = ["Limits", "ReadFromPubSubPortably", "drain"]
