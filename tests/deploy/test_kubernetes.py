# SPDX-License-Identifier: Apache-2.0
"""Flink on Kubernetes: the resources are valid for Kubernetes and the Flink operator, secure, and run the current job.

Rendered by kubectl as by a user, and checked against the schemas of Kubernetes and of the operator (from the jar on Maven Central). Not
checked on a cluster: whether Flink starts from the image with a read-only root file system.
"""

import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.flink import cluster, fetch
from onrecord.commands import parser, stream
from tests.deploy.tools import installed

KUBERNETES = Path(cluster.__file__).parent / "kubernetes"
VERSION = "1.32"
OPERATOR_JAR = fetch.Pinned(
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
        jar = fetch.fetch(OPERATOR_JAR, folder)
    except (fetch.FetchError, OSError) as error:
        pytest.skip(
            f"the operator's schema can't be fetched from Maven Central (ONRECORD_MAVEN_URL names a mirror): {error}"
        )
    with zipfile.ZipFile(jar) as archive:
        (version,) = yaml.load(archive.read(DEFINITION), yaml.CSafeLoader)["spec"]["versions"]
    return {"name": version["name"], "schema": closed(version["schema"]["openAPIV3Schema"]["properties"]["spec"])}


def test_the_operator_knows_every_field(resources, definition):
    import jsonschema  # seconds, which every run of any test would wait

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
        assert all(volume["emptyDir"]["sizeLimit"] for volume in spec["volumes"] if "projected" not in volume)
        assert not spec.get("hostNetwork")
    (namespace,) = of_kind(resources, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def rules_of(resources: list[Resource], account: str) -> list[Resource]:
    """Return the rules of the roles that are bound to a service account."""
    roles = {role["metadata"]["name"]: role["rules"] for role in of_kind(resources, "Role")}
    bindings = [binding for kind in ("RoleBinding", "ClusterRoleBinding") for binding in of_kind(resources, kind)]
    return [
        rule
        for binding in bindings
        if account in {subject["name"] for subject in binding["subjects"]}
        for rule in roles[binding["roleRef"]["name"]]
    ]


def test_the_job_manager_may_only_use_config_maps_and_the_launcher_nothing(resources):
    assert {
        kind for rule in rules_of(resources, deployment(resources)["serviceAccount"]) for kind in rule["resources"]
    } == {"configmaps"}
    assert rules_of(resources, "launcher") == []
    accounts = {account["metadata"]["name"]: account for account in of_kind(resources, "ServiceAccount")}
    assert accounts["launcher"]["automountServiceAccountToken"] is False


def test_task_managers_may_only_read_where_the_job_manager_is_and_their_workers_have_no_token(resources):
    flink = deployment(resources)
    account = flink["flinkConfiguration"]["kubernetes.taskmanager.service-account"]
    assert account != flink["serviceAccount"]
    (name,) = (resource["metadata"]["name"] for resource in of_kind(resources, "FlinkDeployment"))
    assert rules_of(resources, account) == [
        {
            "apiGroups": [""],
            "resources": ["configmaps"],
            "resourceNames": [f"{name}-cluster-config-map"],  # as Flink's high availability names it
            "verbs": ["get", "list", "watch"],
        }
    ]
    spec = dict(pods(resources))["taskManager"]
    assert spec["automountServiceAccountToken"] is False
    tokens = {volume["name"] for volume in spec["volumes"] if "projected" in volume}
    holders = [
        container["name"]
        for container in spec["containers"]
        if tokens & {mount["name"] for mount in container["volumeMounts"]}
    ]
    assert holders == ["flink-main-container"]


def test_the_volumes_of_both_templates_reach_the_task_managers(resources):
    # Merged by position, the operator's default, "worker-tmp" would take the place of "tmp".
    assert (
        deployment(resources)["flinkConfiguration"]["kubernetes.operator.pod-template.merge-arrays-by-name"] == "true"
    )


JOB_MANAGER = {"app": "onrecord", "component": "jobmanager"}
TASK_MANAGER = {"app": "onrecord", "component": "taskmanager"}
LAUNCHER = {"app.kubernetes.io/name": "onrecord", "app.kubernetes.io/component": "launcher"}
OPERATOR = {"app.kubernetes.io/name": "flink-kubernetes-operator"}
OWN, OPERATORS = "onrecord", "flink-operator"


def selects(selector: Resource, labels: dict[str, str]) -> bool:
    """Whether a selector without expressions matches labels."""
    assert set(selector) <= {"matchLabels"}
    return selector.get("matchLabels", {}).items() <= labels.items()


def is_peer(peer: Resource, labels: dict[str, str], namespace: str) -> bool:
    """Whether a peer of a policy is a pod with these labels in a namespace."""
    if "namespaceSelector" in peer:
        is_there = selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace})
    else:
        is_there = namespace == OWN
    return is_there and selects(peer.get("podSelector", {}), labels)


def ports_open_to(
    resources: list[Resource], to: dict[str, str], labels: dict[str, str], namespace: str = OWN
) -> set[int]:
    """Return the ports of a pod that the policies open to another pod."""
    return {
        port["port"]
        for policy in of_kind(resources, "NetworkPolicy")
        if selects(policy["spec"]["podSelector"], to)
        for rule in policy["spec"].get("ingress", [])
        if any(is_peer(peer, labels, namespace) for peer in rule["from"])
        for port in rule["ports"]
    }


def test_only_the_launcher_and_the_operator_in_its_own_namespace_reach_the_rest_interface(resources):
    assert ports_open_to(resources, JOB_MANAGER, LAUNCHER) == {8081}
    assert ports_open_to(resources, JOB_MANAGER, OPERATOR, OPERATORS) == {8081}
    assert ports_open_to(resources, JOB_MANAGER, OPERATOR, "a-tenant") == set()
    assert ports_open_to(resources, JOB_MANAGER, {"app": "other"}, OPERATORS) == set()
    assert ports_open_to(resources, JOB_MANAGER, LAUNCHER, "a-tenant") == set()
    assert 8081 not in ports_open_to(resources, JOB_MANAGER, TASK_MANAGER)


def test_flinks_processes_reach_each_other_on_the_ports_that_they_are_set_to(resources):
    conf = deployment(resources)["flinkConfiguration"]
    names = ("jobmanager.rpc", "blob.server", "taskmanager.rpc", "taskmanager.data", "metrics.internal.query-service")
    port = {name: int(conf[f"{name}.port"]) for name in names}
    assert ports_open_to(resources, JOB_MANAGER, TASK_MANAGER) == {port["jobmanager.rpc"], port["blob.server"]}
    assert ports_open_to(resources, TASK_MANAGER, TASK_MANAGER) == {port["taskmanager.data"]}
    assert ports_open_to(resources, TASK_MANAGER, JOB_MANAGER) == {
        port["taskmanager.rpc"],
        port["metrics.internal.query-service"],
    }
    assert ports_open_to(resources, TASK_MANAGER, LAUNCHER) == set()
    policies = of_kind(resources, "NetworkPolicy")
    assert any(policy["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} for policy in policies)


def outside(resources: list[Resource], labels: dict[str, str]) -> dict[str, set[int]]:
    """Return the ports that a pod may reach at addresses outside the cluster, by the addresses."""
    found: dict[str, set[int]] = {}
    for policy in of_kind(resources, "NetworkPolicy"):
        if selects(policy["spec"]["podSelector"], labels):
            for rule in policy["spec"].get("egress", []):
                assert rule["to"], "without peers, a rule is for all addresses"
                for peer in rule["to"]:
                    if "ipBlock" in peer:
                        found.setdefault(peer["ipBlock"]["cidr"], set()).update(port["port"] for port in rule["ports"])
    return found


def test_pods_reach_only_googles_private_addresses_and_what_the_cluster_itself_offers(resources):
    settings = yaml.safe_load((KUBERNETES / "settings.yaml").read_text("utf-8"))["data"]
    assert settings["googleApis"] == "199.36.153.8/30"  # private.googleapis.com
    common = {
        settings["googleApis"]: {443},
        "169.254.20.10/32": {53},
        "169.254.169.254/32": {80, 988},
        "169.254.169.252/32": {80, 988},
    }
    assert outside(resources, LAUNCHER) == common
    for labels in (JOB_MANAGER, TASK_MANAGER):
        assert outside(resources, labels) == {**common, settings["kubernetesApi"]: {443, 6443}}


def test_every_image_is_pinned_by_digest(resources):
    images = {container["image"] for _, spec in pods(resources) for container in spec["containers"]}
    assert len(images) == 3
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", image) for image in images), images


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
