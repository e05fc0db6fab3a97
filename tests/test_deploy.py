"""The files of deploy/ hang together: what they name is there."""

import re
from typing import Any

import pytest
import yaml

from carousel import wiring
from carousel.launcher import programs
from tests.machine import CODE

DEPLOY = CODE / "deploy"
QUEUES = {*programs.SLOW, *programs.QUICK}


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text()))


def manifests() -> list[dict[str, Any]]:
    base = sorted((DEPLOY / "kubernetes/base").glob("*.yaml"))
    return [one for path in base for one in yaml.safe_load_all(path.read_text()) if one]


def of_kind(kind: str) -> list[dict[str, Any]]:
    return [one for one in manifests() if one["kind"] == kind]


def queue_of(words: list[str]) -> str:
    return words[words.index("-Q") + 1]


def test_each_queue_has_a_worker_of_its_own_on_one_host():
    commands = [service.get("command") for service in compose()["services"].values()]
    workers = [one.split() for one in commands if isinstance(one, str) and " worker " in one]

    assert sorted(map(queue_of, workers)) == sorted(QUEUES)
    assert set(wiring.QUEUES.values()) <= QUEUES


def test_each_queue_has_a_worker_of_its_own_in_a_cluster_and_it_scales():
    pods = {
        one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in of_kind("Deployment")
    }
    workers = {name: pod for name, pod in pods.items() if name.startswith("worker-")}
    scaled = {one["spec"]["scaleTargetRef"]["name"]: one["spec"] for one in of_kind("ScaledObject")}

    assert sorted(queue_of(pod["containers"][0]["args"]) for pod in workers.values()) == sorted(
        QUEUES
    )
    assert set(scaled) == set(workers)
    for name, pod in workers.items():
        query = scaled[name]["triggers"][0]["metadata"]["query"]
        assert f'queue="{queue_of(pod["containers"][0]["args"])}"' in query
        assert scaled[name]["minReplicaCount"] == 1


def test_services_wait_for_what_is_there():
    services = compose()["services"]
    waited = {name for one in services.values() for name in one.get("depends_on", [])}

    assert waited <= set(services)


def test_every_variable_that_compose_needs_is_in_the_example():
    needed = set(re.findall(r"\$\{([A-Z_]+):\?\}", (DEPLOY / "compose.yaml").read_text()))
    given = set(re.findall(r"^([A-Z_]+)=", (DEPLOY / "dev.env").read_text(), re.MULTILINE))

    assert needed - given == set()


@pytest.mark.parametrize("kind", ["Deployment", "Job"])
def test_no_container_is_root_or_writes_to_its_image(kind):
    for one in of_kind(kind):
        pod = one["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert "limits" in container["resources"]


def test_probes_ask_addresses_that_exist(client):
    [web] = [one for one in of_kind("Deployment") if one["metadata"]["name"] == "web"]
    container = web["spec"]["template"]["spec"]["containers"][0]
    probes = [container[name] for name in ("startupProbe", "livenessProbe", "readinessProbe")]

    assert {probe["httpGet"]["path"] for probe in probes} == {"/health/live", "/health/ready"}
    assert client.get("/health/live").content == b"ok"


@pytest.mark.django_db
def test_ready_means_that_the_database_answers(client, monkeypatch):
    well = client.get("/health/ready").status_code
    monkeypatch.setitem(
        __import__("carousel.ops.health", fromlist=["CHECKS"]).CHECKS, "database", fails
    )

    assert (well, client.get("/health/ready").status_code) == (200, 503)


def fails() -> str:
    raise ConnectionError


def test_terraform_names_only_what_it_declares():
    text = "\n".join(path.read_text() for path in sorted((DEPLOY / "terraform").glob("*.tf")))
    declared = {
        f"{kind}.{name}" for kind, name in re.findall(r'^resource "(\w+)" "(\w+)"', text, re.M)
    }
    declared |= {
        f"data.{kind}.{name}" for kind, name in re.findall(r'^data "(\w+)" "(\w+)"', text, re.M)
    }
    variables = set(re.findall(r'^variable "(\w+)"', text, re.M))
    used = set(re.findall(r"(?<![\w.\"])((?:data\.)?aws_\w+\.\w+)", text))

    assert used - declared == set()
    assert set(re.findall(r"\bvar\.(\w+)", text)) == variables


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_each_environment_gives_the_variables_without_a_default(environment):
    text = (DEPLOY / "terraform/variables.tf").read_text()
    blocks = re.findall(r'variable "(\w+)" \{(.*?)\n\}', text, re.DOTALL)
    needed = {name for name, body in blocks if "default" not in body}
    given = dict(
        re.findall(
            r"^(\w+)\s*=\s*(.+)$", (DEPLOY / f"terraform/{environment}.tfvars").read_text(), re.M
        )
    )

    assert set(given) == needed
    assert given["environment"] == f'"{environment}"'
