# SPDX-License-Identifier: Apache-2.0
"""A Terraform provider that has only the schema of Google's: enough for ``terraform validate`` without the real one.

usage: schema_provider.py google|google-beta, started by Terraform

Terraform itself checks names, types, blocks, references and functions of a configuration against the schemas that a provider gives it
(google_provider.json, see provider_schema.py). Checks in the provider's own code are missing: allowed values, arguments that exclude
each other.
"""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
messages, services = grpc.protos_and_services("tfplugin5.proto")

PROVIDER_ARGUMENTS = {
    name: {"type": "string", "optional": True} for name in ("project", "region", "zone", "credentials", "access_token")
}


def block_message(block: dict[str, Any]) -> Any:
    """Return a block's schema as the protocol's message."""
    attributes = [
        messages.Schema.Attribute(
            name=name,
            type=json.dumps(attribute["type"]).encode(),
            required=attribute.get("required", False),
            optional=attribute.get("optional", False),
            computed=attribute.get("computed", False),
        )
        for name, attribute in block["attributes"].items()
    ]
    blocks = [
        messages.Schema.NestedBlock(
            type_name=name,
            block=block_message(nested["block"]),
            nesting=messages.Schema.Nesting.Value(nested["nesting_mode"].upper()),
            min_items=nested.get("min_items", 0),
            max_items=nested.get("max_items", 0),
        )
        for name, nested in block["block_types"].items()
    ]
    return messages.Schema.Block(attributes=attributes, block_types=blocks)


def schema_message(schema: dict[str, Any]) -> Any:
    """Return a schema as the protocol's message."""
    return messages.Schema(version=schema["version"], block=block_message(schema["block"]))


class Provider(services.ProviderServicer):
    """Answers the requests of ``terraform validate``."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        """Serve these schemas."""
        self.schemas = schemas
        self.stopped = threading.Event()

    def GetSchema(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802 - the protocol's names
        """Return all schemas."""
        own = {"version": 0, "block": {"attributes": PROVIDER_ARGUMENTS, "block_types": {}}}
        kinds = ("resource_schemas", "data_source_schemas")
        return messages.Schemas(
            provider=schema_message(own),
            **{kind: {name: schema_message(schema) for name, schema in self.schemas[kind].items()} for kind in kinds},
        )

    def PrepareProviderConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Accept any configuration of the provider."""
        return request

    def ValidateResourceTypeConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Find nothing wrong beyond the schema."""
        return messages.Nothing()

    def ValidateDataSourceConfig(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """Find nothing wrong beyond the schema."""
        return messages.Nothing()

    def Stop(self, request: Any, context: grpc.ServicerContext) -> Any:  # noqa: N802
        """End."""
        self.stopped.set()
        return messages.Nothing()


def main() -> None:
    """Serve until Terraform ends this process."""
    provider = Provider(json.loads((HERE / "google_provider.json").read_text("utf-8"))["providers"][sys.argv[1]])
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    services.add_ProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"1|5|tcp|127.0.0.1:{port}|grpc", flush=True)  # the handshake: where it is, and in which language
    provider.stopped.wait()


if __name__ == "__main__":
    main()
