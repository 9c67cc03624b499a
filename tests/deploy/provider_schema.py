# SPDX-License-Identifier: Apache-2.0
"""Makes google_provider.json: the schema of Terraform's Google provider, for the resources that deploy/terraform uses.

usage: python -m tests.deploy.provider_schema FOLDER

FOLDER holds the packages @cdktf/provider-google and @cdktf/provider-google-beta as npm unpacks them (npm install --ignore-scripts
@cdktf/provider-google@16.12.1 @cdktf/provider-google-beta@16.12.1; then FOLDER is node_modules/@cdktf). They are made from the schema of
the provider, version 6.50.0, which itself is published only as a binary on Terraform's own registry. The
names and types of arguments are taken from them; checks that the provider makes in its own code are lost.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

TERRAFORM = Path(__file__).parents[2] / "deploy" / "terraform"
SCHEMA = Path(__file__).with_name("google_provider.json")
BETA_ONLY = frozenset({"google_dataflow_flex_template_job"})
SIMPLE = {"string": "string", "number": "number", "boolean": "bool"}
COLLECTIONS = {"stringList": ["list", "string"], "stringMap": ["map", "string"], "numberList": ["list", "number"]}
COMPUTED = {
    "string": "string",
    "number": "number",
    "cdktf.StringMap": ["map", "string"],
    "string[]": ["list", "string"],
}

Block = dict[str, Any]


def used() -> dict[str, set[str]]:
    """Return the types of resources and data sources in deploy/terraform."""
    text = "\n".join(path.read_text("utf-8") for path in TERRAFORM.glob("*.tf"))
    return {kind: set(re.findall(rf'^{kind} "(\w+)"', text, re.MULTILINE)) for kind in ("resource", "data")}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)


def _interfaces(declarations: str) -> dict[str, dict[str, tuple[bool, str]]]:
    """Return the members of each interface: whether they are optional, and their type."""
    found = {}
    for name, body in re.findall(r"^export interface (\w+)[^{]*\{\n(.*?)^\}", declarations, re.MULTILINE | re.DOTALL):
        bare = re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL)
        members = re.findall(r"^    readonly (\w+)(\??): (.*?);\n(?=\s|$)", bare, re.MULTILINE | re.DOTALL)
        found[name] = {_snake(member): (optional == "?", kind) for member, optional, kind in members}
    return found


def _attributes(program: str, owner: str) -> dict[str, tuple[bool, str, str]]:
    """Return how a class is written in a configuration: whether it is a block, how it nests, and its type."""
    start = re.search(
        rf"^function {owner[0].lower() + owner[1:]}ToHclTerraform|^class {owner} extends", program, re.MULTILINE
    )
    assert start, owner
    text = program[start.start() :]
    text = text[text.index("const attrs = {") :]
    if text.startswith("const attrs = {}"):
        return {}
    text = text[: text.index("// remove undefined attributes")]
    pattern = r'^ +(\w+): \{\s+value: .*?isBlock: (true|false),\s+type: "(\w+)",\s+storageClassType: "(\w+)"'
    return {
        name: (is_block == "true", nesting, kind)
        for name, is_block, nesting, kind in re.findall(pattern, text, re.MULTILINE | re.DOTALL)
    }


def _block(program: str, interfaces: dict[str, dict[str, tuple[bool, str]]], owner: str, members: str) -> Block:
    attributes: Block = {}
    blocks: Block = {}
    for name, (is_block, nesting, kind) in _attributes(program, owner).items():
        is_optional, declared = interfaces[members][name]
        if is_block and nesting != "struct" and kind.removesuffix("List") in interfaces:
            inner = kind.removesuffix("List")
        elif is_block:
            inner = kind
        else:
            type_ = SIMPLE.get(kind) or COLLECTIONS[kind]
            if nesting == "set":
                type_ = ["set", type_[1]]
            attributes[name] = {"type": type_, "optional" if is_optional else "required": True}
            continue
        several = "[]" in declared
        blocks[name] = {
            "nesting_mode": "single" if nesting == "struct" else nesting,
            "block": _block(program, interfaces, inner, inner),
            **({} if is_optional else {"min_items": 1}),
            **({} if several or nesting == "struct" else {"max_items": 1}),
        }
    return {"attributes": attributes, "block_types": blocks}


def schema_of(package: Path, type_name: str, is_data: bool) -> Block:
    """Return the schema of a resource or data source, in the form of ``terraform providers schema -json``."""
    name = ("data_" if is_data else "") + type_name.replace(
        "google_", "google_" if is_data or type_name in BETA_ONLY else "", 1
    )
    folder = package / "lib" / name.replace("_", "-")
    declarations = (folder / "index.d.ts").read_text("utf-8")
    program = (folder / "index.js").read_text("utf-8")
    owner = "".join(part.title() for part in name.split("_"))
    block = _block(program, _interfaces(declarations), owner, f"{owner}Config")
    body = declarations[declarations.index(f"export declare class {owner} extends") :]
    for member, kind in re.findall(r"^    get (\w+)\(\): ([\w.\[\]]+);", body, re.MULTILINE):
        attribute = _snake(member)
        if attribute in block["attributes"]:
            if "required" not in block["attributes"][attribute]:
                block["attributes"][attribute]["computed"] = True
        elif kind in COMPUTED:
            block["attributes"][attribute] = {"type": COMPUTED[kind], "computed": True}
    return {"version": 0, "block": block}


def main() -> None:
    """Write the file."""
    folder = Path(sys.argv[1])
    providers: dict[str, Block] = {}
    types = used()
    for provider in ("google", "google-beta"):
        package = folder / f"provider-{provider}"
        is_beta = provider == "google-beta"
        resources = sorted(name for name in types["resource"] if (name in BETA_ONLY) == is_beta)
        providers[provider] = {
            "resource_schemas": {name: schema_of(package, name, False) for name in resources},
            "data_source_schemas": {}
            if is_beta
            else {name: schema_of(package, name, True) for name in sorted(types["data"])},
        }
    SCHEMA.write_text(
        json.dumps({"version": "6.50.0", "providers": providers}, indent=1, sort_keys=True) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
