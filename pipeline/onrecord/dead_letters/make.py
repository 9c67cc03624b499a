# SPDX-License-Identifier: Apache-2.0
"""Makes dead letters: messages that could not be processed, with everything needed to repair and resend them."""

import hashlib
from datetime import datetime, timezone

from onrecord.data.message import Message
from onrecord.data.records import DeadLetter
from onrecord.telemetry import metrics
from onrecord.telemetry.waiting import WAITING
from onrecord.version import __version__

DEAD_LETTERS = "dead_letters"  # the tag of the output that has the dead letters of a step
ID_DIGITS = 32
MAX_ERROR_MESSAGE_LENGTH = 2_000  # code points; some messages quote their input


def dead_letter(message: Message, stage: str, error_type: str, error_message: str, stack_trace: str = "") -> DeadLetter:
    """Return the dead letter of a message that has just failed, and count it.

    Args:
        message: the message, unchanged.
        stage: the step that refused it.
        error_type: the error's class.
        error_message: what was wrong, and what would be valid.
        stack_trace: empty for a message that breaks the contract, since the code is not at fault.
    """
    metrics.count(metrics.DEAD_LETTERS + error_type, message.repeats)
    identity = repr((message.origin, stage, message.payload)).encode("utf-8", "backslashreplace")
    name = hashlib.sha256(identity).hexdigest()[:ID_DIGITS]
    WAITING.add(name, message.received_at)
    return DeadLetter(
        dead_letter_id=name,
        failed_at=datetime.now(timezone.utc),
        stage=stage,
        error_type=error_type,
        error_message=error_message[:MAX_ERROR_MESSAGE_LENGTH].encode("utf-8", "backslashreplace").decode("utf-8"),
        stack_trace=stack_trace.encode("utf-8", "backslashreplace").decode("utf-8"),
        payload=message.payload,
        origin=message.origin.encode("utf-8", "backslashreplace").decode("utf-8"),
        pipeline_version=__version__,
        attributes=message.attributes,
        count=message.repeats,
    )
