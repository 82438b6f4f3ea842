"""compose.yaml, Dockerfile, .env.example and sfu/livekit.yaml agree with the code."""

import re
from collections import Counter
from typing import Any

import pytest
import yaml

from agents.settings import Settings as AgentSettings
from controlplane.settings import Settings as ControlplaneSettings
from wacall import cli
from wacall.bootstrap.go_programs import BRIDGE_SOURCE, GO_MINIMUM, LIVEKIT_VERSION
from wacall.docs.settings import OTHERS, variables_of
from wacall.environment import REPOSITORY
from wacall.stack.bridge import BRIDGE_DRAIN_S, BRIDGE_LISTEN, BRIDGE_MAX_LEGS
from wacall.stack.sfu import CONFIG, SfuKeys, SfuPorts, run_config

EXAMPLE = (REPOSITORY / ".env.example").read_text()
NAMES = re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE)
LISTED = set(NAMES)
READ = [*variables_of(ControlplaneSettings), *variables_of(AgentSettings), *OTHERS]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())
    return loaded


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(CONFIG.read_text())
    return loaded


def test_the_example_lists_what_is_read() -> None:
    """Both ways: `.env.example` lists each variable that something reads, and no other."""
    twice = [name for name, count in Counter(NAMES).items() if count > 1]
    assert not twice
    assert {variable.name for variable in READ} == LISTED


def test_the_examples_defaults_are_true() -> None:
    """Every default that the code has is named by the example, in the same words."""
    said = dict(re.findall(r"^# ([A-Z0-9_]+)= *# (\S+?)[:;,]?(?: .*)?$", EXAMPLE, re.MULTILINE))
    checked = 0
    for variable in READ:
        if variable.default not in ("", "needed"):
            assert said.get(variable.name) == variable.default, variable.name
            checked += 1
    assert checked >= 40


def test_compose_uses_variables_that_exist(compose: dict[str, Any]) -> None:
    """Every variable that compose.yaml takes from `.env` is in the example."""
    text = (REPOSITORY / "compose.yaml").read_text()
    assert set(re.findall(r"\$\{([A-Z0-9_]+)", text)) <= LISTED
    for name in ("controlplane", "agent", "bridge"):
        assert set(compose["services"][name]["environment"]) <= LISTED


def test_compose_leaves_livekit_to_the_operator(compose: dict[str, Any]) -> None:
    """LIVEKIT_URL of `.env` holds; the server of its own has to be asked for, and is no must."""
    services = compose["services"]
    assert services["livekit"]["profiles"] == ["livekit"]
    for name in ("controlplane", "agent"):
        url = services[name]["environment"]["LIVEKIT_URL"]
        assert url == "${LIVEKIT_URL:-ws://127.0.0.1:7880}"
        assert services[name]["depends_on"]["livekit"]["required"] is False
    commented = (REPOSITORY / "compose.yaml").read_text()
    assert "--profile livekit" in commented


def test_the_firewall_is_described_once() -> None:
    """Everywhere else stands where, so that no two places can say two things."""
    anchor = "docs/cluster.md"
    for name in ("README.md", "compose.yaml", "sfu/livekit.yaml"):
        text = (REPOSITORY / name).read_text()
        assert anchor in text, name
        assert "to the internet" not in text, name
        assert "stateful" not in text, name
    assert "## Firewall" in (REPOSITORY / anchor).read_text()


def test_a_shared_cluster_is_told_what_is_only_ours(shipped: dict[str, Any]) -> None:
    """Each line that would break others is marked in the file and listed on the page."""
    page = (REPOSITORY / "docs" / "cluster.md").read_text()
    ours = page.partition("| only ours |")[2].partition("\n\n")[0]
    for section, name in (
        ("room", "auto_create"), ("room", "enabled_codecs"), ("room", "max_participants"),
        ("room", "empty_timeout"), ("rtc", "tcp_port"),
    ):  # fmt: skip
        assert name in shipped[section]
        assert name in ours
        before, _, _ = CONFIG.read_text().partition(f"\n  {name}:")
        comment = before[before.rindex("OURS") :]
        assert comment.count("\n  #") <= 3, name


def test_compose_runs_commands_that_exist(compose: dict[str, Any]) -> None:
    """Each service's command is one of `wacall`'s, and LiveKit is the version we test with."""
    services = compose["services"]
    assert {services[name]["command"][0] for name in ("controlplane", "agent")} == set(cli.SERVICES)
    assert services["livekit"]["image"] == f"livekit/livekit-server:v{LIVEKIT_VERSION}"
    assert services["livekit"]["volumes"] == ["./sfu/livekit.yaml:/etc/livekit.yaml:ro"]


def test_the_composed_bridge_is_the_one_of_the_tree(compose: dict[str, Any]) -> None:
    """Built by a Go that is new enough, found by both services, ended when its calls are over."""
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    (go,) = re.findall(r"^FROM golang:([\d.]+) AS bridge-build$", dockerfile, re.MULTILINE)
    assert tuple(int(part) for part in go.split(".")) == GO_MINIMUM[:2]
    services = compose["services"]
    bridge = services["bridge"]
    assert bridge["build"]["target"] == "bridge"
    assert bridge["environment"]["BRIDGE_LISTEN"] == f"${{BRIDGE_LISTEN:-{BRIDGE_LISTEN}}}"
    for name in ("controlplane", "agent"):
        assert BRIDGE_LISTEN in services[name]["environment"]["BRIDGE_URL"]
    assert bridge["stop_grace_period"] == f"{BRIDGE_DRAIN_S // 60 + 1}m"
    # one variable for whoever listens and whoever asks
    assert bridge["environment"]["BRIDGE_TOKEN"] == "${BRIDGE_TOKEN:-}"


def test_the_programs_own_defaults_are_told_as_they_are() -> None:
    """What `.env.example` and docs/settings.md say of the bridge, its source does."""
    source = (BRIDGE_SOURCE / "main.go").read_text()
    said = dict(re.findall(r'or\("(BRIDGE_\w+)", "([^"]+)"\)', source))
    assert said["BRIDGE_LISTEN"] == BRIDGE_LISTEN
    assert said["BRIDGE_MAX_LEGS"] == str(BRIDGE_MAX_LEGS)
    assert said["BRIDGE_DRAIN_S"] == str(BRIDGE_DRAIN_S)


def test_the_image_copies_files_that_exist() -> None:
    """What the Dockerfile copies is in the repository and passes .dockerignore."""
    dockerfile = (REPOSITORY / "Dockerfile").read_text()
    ignore = (REPOSITORY / ".dockerignore").read_text().splitlines()
    sources = [
        s
        # what comes out of an earlier stage is not the repository's
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE)
        for s in line.split()
    ]
    assert "services.lock" in sources
    for source in sources:
        assert (REPOSITORY / source).exists()
        folder = source.partition("/")[0]
        assert {f"!{source}", f"!{source}/**", f"!{folder}/**"} & set(ignore)


def test_the_image_has_no_speech_packages() -> None:
    """The simulators' packages, one of them under the GPL, stay out of what is shipped."""
    lock = (REPOSITORY / "services.lock").read_text()
    assert not re.search(r"^(piper|joe-us|pocketsphinx|aiortc|pytest|embedded)", lock, re.MULTILINE)


def test_the_embedded_sfu_stays_on_loopback(shipped: dict[str, Any]) -> None:
    """By default nothing is bound or announced beyond this machine, and nobody is asked for it."""
    config = run_config(
        shipped,
        ports=SfuPorts(http=1, udp=2),
        keys=SfuKeys(key="k", secret="s"),
        webhook_url="http://127.0.0.1:4000/livekit/webhook",
    )
    assert config["bind_addresses"] == ["127.0.0.1"]
    assert config["rtc"]["node_ip"] == "127.0.0.1"
    assert config["rtc"]["use_external_ip"] is False
    assert config["rtc"]["ips"] == {"includes": ["127.0.0.1/32"]}
    assert config["rtc"]["stun_servers"] == ["127.0.0.1:9"]
    assert config["webhook"] == {"api_key": "k", "urls": ["http://127.0.0.1:4000/livekit/webhook"]}


def test_a_public_address_opens_the_other_interfaces(shipped: dict[str, Any]) -> None:
    """With SFU_NODE_IP set, media may come from anywhere, HTTP still only from this machine."""
    config = run_config(
        shipped,
        ports=SfuPorts(http=1, udp=2),
        keys=SfuKeys(key="k", secret="s"),
        webhook_url=None,
        node_ip="203.0.113.7",
    )
    assert "ips" not in config["rtc"]
    assert config["rtc"]["node_ip"] == "203.0.113.7"
    assert config["bind_addresses"] == ["127.0.0.1"]
    assert "webhook" not in config


def test_the_embedded_sfu_shows_its_counters_only_when_asked(shipped: dict[str, Any]) -> None:
    """A port of its own for Prometheus, and none by default."""
    ports, keys = SfuPorts(http=1, udp=2), SfuKeys(key="k", secret="s")
    quiet = run_config(shipped, ports=ports, keys=keys, webhook_url=None)
    shown = run_config(shipped, ports=ports, keys=keys, webhook_url=None, prometheus_port=3)
    assert "prometheus" not in quiet
    assert shown == quiet | {"prometheus": {"port": 3}}


def test_the_shipped_config_holds_no_keys(shipped: dict[str, Any]) -> None:
    """Keys come from the environment, rooms from the control plane alone."""
    assert "keys" not in shipped
    assert shipped["room"]["auto_create"] is False
