"""docs/production/: what is deployed from the pages fits the code."""

import configparser
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from agents.settings import Settings as AgentSettings
from controlplane.settings import Settings as ControlplaneSettings
from tests.paths import ROOT
from wacall import cli
from wacall.docs.settings import OTHERS, variables_of

FOLDER = ROOT / "docs" / "production"
PUBLIC = {"/wa/webhook", "/livekit/webhook"}
SCHEMAS = json.loads((ROOT / "tests/data/kubernetes/schemas.json").read_text("utf-8"))
GROUPS = {
    "v1": "core.v1", "apps/v1": "apps.v1", "batch/v1": "batch.v1", "policy/v1": "policy.v1",
    "networking.k8s.io/v1": "networking.v1",
}  # fmt: skip
OBJECTS: list[dict[str, Any]] = list(
    yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text("utf-8"))
)
# as docs/bridge.md says
BRIDGE_DRAIN_S = 600
KNOWN = {
    one.name for one in [*variables_of(ControlplaneSettings), *variables_of(AgentSettings), *OTHERS]
}


def problems(manifest: dict[str, Any]) -> list[str]:
    """What the API of Kubernetes would refuse, by its own schema; unknown fields as well."""
    name = f"io.k8s.api.{GROUPS[manifest['apiVersion']]}.{manifest['kind']}"
    schema = {**SCHEMAS, "$ref": f"#/$defs/{name}"}
    return [error.message for error in Draft202012Validator(schema).iter_errors(manifest)]


def named(kind: str, name: str) -> dict[str, Any]:
    return next(o for o in OBJECTS if (o["kind"], o["metadata"]["name"]) == (kind, name))


def containers() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each container, with its pod's specification."""
    for manifest in OBJECTS:
        if "template" in manifest["spec"]:
            pod = manifest["spec"]["template"]["spec"]
            yield from ((one, pod) for one in pod["containers"])


@pytest.mark.parametrize("manifest", OBJECTS, ids=lambda o: f"{o['kind']}-{o['metadata']['name']}")
def test_kubernetes_would_take_it(manifest: dict[str, Any]) -> None:
    """By the schemas of its API, strictly: a misspelt field is a mistake."""
    assert problems(manifest) == []


def test_the_schemas_find_mistakes() -> None:
    """A misspelt field, and a word where a number belongs."""
    broken = json.loads(json.dumps(named("Deployment", "wacall-agent")))
    broken["spec"]["replicas"] = "two"
    broken["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    assert len(problems(broken)) == 2


def test_the_pods_run_commands_and_variables_that_exist() -> None:
    """And every probe looks at a port that the container has."""
    first = {tuple(one["args"][:2]) for one, _ in containers() if one["name"] != "bridge"}
    assert first == {("database", "migrate"), *((name,) for name in cli.SERVICES)}
    for one, _ in containers():
        assert {variable["name"] for variable in one.get("env", [])} <= KNOWN
        ports = {port["name"] for port in one.get("ports", [])}
        probes = [one[name]["httpGet"] for name in one if name.endswith("Probe")]
        assert {probe["port"] for probe in probes} <= ports
    variables = {v["name"]: v.get("value") for one, _ in containers() for v in one.get("env", [])}
    opened = {
        port["name"]: port["containerPort"]
        for one, _ in containers()
        for port in one.get("ports", [])
    }
    assert opened == {
        "webhooks": int(variables["PORT"]),
        "operators": int(variables["OPERATOR_PORT"]),
        "health": int(variables["AGENT_HEALTH_PORT"]),
        "control": int(variables["BRIDGE_LISTEN"].rpartition(":")[2]),
    }


def test_nothing_private_is_behind_the_ingress() -> None:
    """The ingress knows the webhooks' service alone, and public paths alone."""
    ingress = named("Ingress", "wacall-webhooks")["spec"]["rules"][0]["http"]["paths"]
    assert {path["path"] for path in ingress} <= PUBLIC
    assert {path["pathType"] for path in ingress} == {"Exact"}
    service = named("Service", ingress[0]["backend"]["service"]["name"])
    assert {port["targetPort"] for port in service["spec"]["ports"]} == {"webhooks"}


def test_every_stop_is_longer_than_the_drain() -> None:
    """Of pods, units and composed services: who is killed in a drain loses calls."""
    drains = {
        "controlplane": ControlplaneSettings.model_fields["drain_timeout_s"].default,
        "agent": AgentSettings.model_fields["drain_timeout_s"].default,
    }
    for one, pod in containers():
        if one["name"] in drains:
            assert pod["terminationGracePeriodSeconds"] > drains[one["name"]]
    for name, drain_s in drains.items():
        service = unit(name)["Service"]
        assert int(service["TimeoutStopSec"]) > drain_s
        # a worker's calls are processes of their own, and must not be told to stop
        assert service["KillMode"] == "mixed"
    bridge, pod = next((one, pod) for one, pod in containers() if one["name"] == "bridge")
    assert bridge["image"].endswith("/wacall-bridge:0.1.0")
    assert pod["terminationGracePeriodSeconds"] > BRIDGE_DRAIN_S
    assert int(unit("bridge")["Service"]["TimeoutStopSec"]) > BRIDGE_DRAIN_S


class UnitFile(configparser.ConfigParser):
    """As systemd reads it: the case of a name matters."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def unit(name: str) -> UnitFile:
    parser = UnitFile(strict=True, interpolation=None)
    parser.read(FOLDER / f"wacall-{name}.service")
    return parser


@pytest.mark.parametrize("name", sorted(cli.SERVICES))
def test_a_unit_runs_what_the_image_runs(name: str) -> None:
    """The same module, with the service's name."""
    assert unit(name)["Service"]["ExecStart"].endswith(f"python -m wacall.cli {name}")
    assert '"python", "-m", "wacall.cli"' in (ROOT / "Dockerfile").read_text("utf-8")


def test_the_proxies_let_the_signed_paths_through_and_no_other() -> None:
    """Both say it in their own words, and refuse the rest."""
    nginx = (FOLDER / "nginx.conf").read_text("utf-8")
    places = re.findall(r"location ([^{]+?) \{([^}]+)\}", nginx)
    passed = {where.removeprefix("= ") for where, body in places if "proxy_pass" in body}
    assert passed == PUBLIC
    assert all(where.startswith("= ") for where, body in places if "proxy_pass" in body)
    assert [body.strip() for where, body in places if where == "/"] == ["return 404;"]
    caddy = (FOLDER / "Caddyfile").read_text("utf-8")
    matcher = re.search(r"@webhooks path (.+)$", caddy, re.MULTILINE)
    assert matcher is not None
    assert set(matcher[1].split()) == PUBLIC
    assert "respond 404" in caddy
