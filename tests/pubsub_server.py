# SPDX-License-Identifier: Apache-2.0
"""A Pub/Sub server in the process of a test, over real gRPC, that answers as the test says."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, TypeAlias

import grpc
from google.pubsub_v1 import types

Answer: TypeAlias = grpc.StatusCode | list[bytes] | Callable[[], list[bytes]]
UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


@dataclass
class PubSubServer:
    """Answers pulls in turn with errors and messages, and then without messages.

    Attributes:
        answers: an error, payloads, or a function that returns payloads, for each pull.
        acknowledgement: an error for each acknowledgement, or None.
        topic: an error for each question for a topic, or None.
    """

    answers: list[Answer]
    acknowledgement: grpc.StatusCode | None = None
    topic: grpc.StatusCode | None = None
    pulls: list[types.PullRequest] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def pull(self, request: types.PullRequest, context: grpc.ServicerContext) -> types.PullResponse:
        """Answer a pull."""
        with self._lock:
            self.pulls.append(request)
            answer = self.answers.pop(0) if self.answers else []
        if isinstance(answer, grpc.StatusCode):
            context.abort(answer, "as the test says")
        payloads: list[bytes] = answer() if callable(answer) else answer
        now = datetime.now(timezone.utc)
        return types.PullResponse(
            received_messages=[
                types.ReceivedMessage(
                    ack_id=f"ack-{len(self.pulls)}-{number}",
                    message=types.PubsubMessage(data=payload, message_id=str(number), publish_time=now),
                )
                for number, payload in enumerate(payloads)
            ]
        )

    def acknowledge(self, request: types.AcknowledgeRequest, context: grpc.ServicerContext) -> Any:
        """Answer an acknowledgement."""
        if self.acknowledgement is not None:
            context.abort(self.acknowledgement, "as the test says")
        self.acknowledged.extend(request.ack_ids)
        return types.Topic()  # without fields, it is as empty as the right answer

    def get_topic(self, request: types.GetTopicRequest, context: grpc.ServicerContext) -> types.Topic:
        """Answer a question for a topic."""
        if self.topic is not None:
            context.abort(self.topic, "as the test says")
        return types.Topic(name=request.topic)

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve on a port of the loopback interface while the block runs, and yield the address."""
        server = grpc.server(ThreadPoolExecutor(4), options=UNLIMITED)
        handlers = {
            "Pull": grpc.unary_unary_rpc_method_handler(
                self.pull, types.PullRequest.deserialize, types.PullResponse.serialize
            ),
            "Acknowledge": grpc.unary_unary_rpc_method_handler(
                self.acknowledge, types.AcknowledgeRequest.deserialize, types.Topic.serialize
            ),
        }
        topics = {
            "GetTopic": grpc.unary_unary_rpc_method_handler(
                self.get_topic, types.GetTopicRequest.deserialize, types.Topic.serialize
            )
        }
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("google.pubsub.v1.Subscriber", handlers)])
        server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("google.pubsub.v1.Publisher", topics)])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            yield f"127.0.0.1:{port}"
        finally:
            server.stop(None).wait()
