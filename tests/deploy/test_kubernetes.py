# SPDX-License-Identifier: Apache-2.0
"""Flink on Kubernetes: the resources are valid for Kubernetes and the Flink operator, secure, and run the current job.

Rendered by kubectl as by a user, and checked against the schemas of Kubernetes and of the operator (from the jar on Maven Central). Not
checked on a cluster: whether Flink starts from the image with a read-only root file system.
"""

import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from deploy.flink import cluster, fetch
from onrecord.commands import parser, stream
from tests.deploy.tools import installed

KUBERNETES = Path(cluster.__file__).parent / "kubernetes"
VERSION = "1.32"
OPERATOR = fetch.Pinned(
    "b1f44814e17514fa8395c61b329a3ee9087123a5bda5b21fe1a495d5182c30b6",
    "maven",
    "org/apache/flink/flink-kubernetes-operator-api/1.10.0/flink-kubernetes-operator-api-1.10.0.jar",
)
DEFINITION = "META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml"
MEASURED_MEBIBYTES = 615 * 1_000_000 / 2**20  # of a stream's worker: docs/how-to/dataflow.md
WORKER_POOL_PORT = 50000  # of apache_beam.runners.worker.worker_pool_main, as Beam's boot starts it

Resource = dict[str, Any]


@pytest.fixture(scope="module")
def resources() -> list[Resource]:
    """What "kubectl apply -k" would send."""
    kubectl = installed("kubectl", "https://kubernetes.io/docs/tasks/tools")
    shown = subprocess.run([kubectl, "kustomize", str(KUBERNETES)], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    return list(yaml.safe_load_all(shown.stdout))


def of_kind(resources: list[Resource], kind: str) -> list[Resource]:
    return [resource for resource in resources if resource["kind"] == kind]


def deployment(resources: list[Resource]) -> Resource:
    (found,) = of_kind(resources, "FlinkDeployment")
    return found["spec"]


def merged(base: Resource, own: Resource) -> Resource:
    """Return a pod's spec as the operator merges it from the common template and the task manager's: containers by name."""
    containers = {container["name"]: dict(container) for container in base["containers"]}
    for container in own.get("containers", []):
        containers[container["name"]] = {**containers.get(container["name"], {}), **container}
    volumes = {volume["name"]: volume for volume in [*base.get("volumes", []), *own.get("volumes", [])]}
    return {**base, **own, "containers": list(containers.values()), "volumes": list(volumes.values())}


def pods(resources: list[Resource]) -> Iterator[tuple[str, Resource]]:
    """Yield the pods that would run, each with a name for it."""
    flink = deployment(resources)
    common = flink["podTemplate"]["spec"]
    for part in ("jobManager", "taskManager"):
        own = flink[part].get("podTemplate", {}).get("spec", {})
        spec = merged(common, own)
        for container in spec["containers"]:
            container.setdefault("image", flink["image"])
            if container["name"] == "flink-main-container":  # the operator makes these of spec.PART.resource
                container["resources"] = {"limits": {"memory": flink[part]["resource"]["memory"]}}
        yield part, spec
    for job in of_kind(resources, "Job"):
        yield job["metadata"]["name"], job["spec"]["template"]["spec"]


def test_kubernetes_knows_every_field(resources):
    for resource in resources:
        if resource["kind"] != "FlinkDeployment":
            kubernetes_validate.validate(resource, VERSION, strict=True)
    for name, spec in pods(resources):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name.lower()}, "spec": spec}
        kubernetes_validate.validate(pod, VERSION, strict=True)


def closed(schema: Any) -> Any:
    """Return a schema that rejects unknown properties, since Kubernetes silently drops them."""
    if isinstance(schema, dict):
        inner = {key: closed(value) for key, value in schema.items()}
        named = isinstance(schema.get("properties"), dict) and not schema.get("x-kubernetes-preserve-unknown-fields")
        return {**inner, "additionalProperties": False} if named and "additionalProperties" not in schema else inner
    return [closed(part) for part in schema] if isinstance(schema, list) else schema


@pytest.fixture(scope="module")
def definition() -> Resource:
    """The operator's own schema of a FlinkDeployment."""
    folder = fetch.cache_folder() / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        jar = fetch.fetch(OPERATOR, folder)
    except (fetch.FetchError, OSError) as error:
        pytest.skip(
            f"the operator's schema can't be fetched from Maven Central (ONRECORD_MAVEN_URL names a mirror): {error}"
        )
    with zipfile.ZipFile(jar) as archive:
        (version,) = yaml.load(archive.read(DEFINITION), yaml.CSafeLoader)["spec"]["versions"]
    return {"name": version["name"], "schema": closed(version["schema"]["openAPIV3Schema"]["properties"]["spec"])}


def test_the_operator_knows_every_field(resources, definition):
    (flink,) = of_kind(resources, "FlinkDeployment")
    assert flink["apiVersion"] == f"flink.apache.org/{definition['name']}"
    jsonschema.validate(flink["spec"], definition["schema"])
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**flink["spec"], "replicas": 2}, definition["schema"])


def test_every_setting_reached_its_place(resources):
    assert "SETTING" not in yaml.safe_dump_all(resources)
    settings = yaml.safe_load((KUBERNETES / "settings.yaml").read_text("utf-8"))["data"]
    told = yaml.safe_dump_all(resources, width=1_000)
    assert not [name for name, value in settings.items() if value not in told]


def test_flink_is_set_as_everywhere_else_and_keeps_what_it_must_not_forget_outside(resources):
    flink = deployment(resources)
    conf = flink["flinkConfiguration"]
    assert {key: conf.get(key) for key in cluster._conf()} == cluster._conf()
    assert conf["high-availability.type"] == "kubernetes"
    for key in ("high-availability.storageDir", "state.checkpoints.dir", "state.savepoints.dir"):
        assert conf[key].startswith("gs://"), "in a pod it would be gone with it"
    assert all(isinstance(value, str) for value in conf.values())
    release = (
        next(file.path for file in fetch.pinned() if file.kind == "pypi").rpartition("-")[2].removesuffix(".tar.gz")
    )
    assert f":{release}-" in yaml.safe_load((KUBERNETES / "settings.yaml").read_text("utf-8"))["data"]["flinkImage"]
    assert flink["flinkVersion"] == "v" + "_".join(release.split(".")[:2])


def test_no_pod_is_privileged_or_writes_outside_its_volumes_and_each_has_limits(resources):
    for name, spec in pods(resources):
        assert spec["securityContext"]["runAsNonRoot"], name
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            security = container["securityContext"]
            assert security["readOnlyRootFilesystem"], (name, container["name"])
            assert not security["allowPrivilegeEscalation"]
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert container["resources"]["limits"]["memory"]
            assert {mount["name"] for mount in container["volumeMounts"]} <= {
                volume["name"] for volume in spec["volumes"]
            }
            assert any(mount["mountPath"] == "/tmp" for mount in container["volumeMounts"])
        assert all(volume["emptyDir"]["sizeLimit"] for volume in spec["volumes"])
        assert not spec.get("hostNetwork")
    (namespace,) = of_kind(resources, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_nobody_may_do_more_than_it_needs(resources):
    (role,) = of_kind(resources, "Role")
    assert {resource for rule in role["rules"] for resource in rule["resources"]} == {"configmaps"}
    launcher = next(
        account for account in of_kind(resources, "ServiceAccount") if account["metadata"]["name"] == "launcher"
    )
    assert launcher["automountServiceAccountToken"] is False


def test_nothing_comes_in_but_what_a_policy_lets_in_and_never_to_a_worker_pool(resources):
    policies = {policy["metadata"]["name"]: policy["spec"] for policy in of_kind(resources, "NetworkPolicy")}
    assert policies["nothing-comes-in"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    let_in = {
        port["port"] for policy in policies.values() for rule in policy.get("ingress", []) for port in rule["ports"]
    }
    assert let_in == {6121, 6122, 6123, 6124, 8081}
    assert WORKER_POOL_PORT not in let_in


def test_the_job_is_one_that_the_command_line_takes_and_is_never_submitted_twice(resources):
    (job,) = of_kind(resources, "Job")
    assert (job["spec"]["backoffLimit"], job["spec"]["template"]["spec"]["restartPolicy"]) == (0, "Never")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    values = {variable["name"]: variable["value"] for variable in container["env"]}
    line = [
        argument.replace("$(SUBSCRIPTION)", values["SUBSCRIPTION"]).replace("$(OUTPUT)", values["OUTPUT"])
        for argument in container["args"]
    ]
    arguments, beam_flags = parser().parse_known_args(line)
    options = stream.check(arguments, beam_flags)
    assert options.source_value == values["SUBSCRIPTION"]
    flink = deployment(resources)
    assert f"--environment_config=localhost:{WORKER_POOL_PORT}" in line
    slots = flink["taskManager"]["replicas"] * int(flink["flinkConfiguration"]["taskmanager.numberOfTaskSlots"])
    assert f"--parallelism={slots}" in line


def test_each_slot_has_a_worker_process_with_the_memory_that_was_measured(resources):
    (pool,) = (
        container
        for container in deployment(resources)["taskManager"]["podTemplate"]["spec"]["containers"]
        if container["name"] == "worker-pool"
    )
    assert pool["args"] == ["--worker_pool"]
    assert [port["containerPort"] for port in pool["ports"]] == [WORKER_POOL_PORT]
    assert (
        pool["resources"]["requests"]["cpu"]
        == deployment(resources)["flinkConfiguration"]["taskmanager.numberOfTaskSlots"]
    )
    assert int(pool["resources"]["requests"]["memory"].removesuffix("Mi")) >= 2 * MEASURED_MEBIBYTES
