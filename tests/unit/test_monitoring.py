"""docs/monitoring/: alerts and dashboard ask for what our programs show."""

import re
from collections.abc import Iterator, Set
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import CollectorRegistry

from agents.metrics import AgentMetrics
from controlplane.telemetry.metrics import Metrics
from tests.paths import ROOT
from wacall.docs.dashboard import ROWS

FOLDER = ROOT / "docs" / "monitoring"
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))["groups"][
    0
]["rules"]
TESTS: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts_test.yaml").read_text("utf-8"))[
    "tests"
]
SCRAPED: dict[str, Any] = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))
# what Prometheus itself adds to what it scrapes
TARGET = frozenset({"job", "instance"})
# of livekit-server 1.13.5 (pkg/telemetry/prometheus)
LIVEKIT: dict[str, Set[str]] = {
    "livekit_packet_total": {"direction", "transmission", "country"},
    "livekit_packet_loss_percent_bucket": {"direction", "source", "type", "country"},
    "livekit_jitter_us_bucket": {"direction", "source", "type", "country"},
    "livekit_room_total": set(),
    "livekit_participant_total": set(),
}


def labels_of(registry: CollectorRegistry) -> Iterator[tuple[str, Set[str]]]:
    """Each series' name and labels, by collector: a counter's child may have none yet."""
    for collector, names in registry._collector_to_names.items():
        for name in names:
            yield name, set(getattr(collector, "_labelnames", ()))


def bridge() -> Iterator[tuple[str, Set[str]]]:
    """What sfu/bridge/metrics.go writes; a gauge of the whole bridge has no label."""
    text = (ROOT / "sfu" / "bridge" / "metrics.go").read_text("utf-8")
    for name in re.findall(r"wacall_bridge_\w+", text):
        whole = re.search(rf'gauge\("{name}"', text) is not None
        yield name, set() if whole else {"side"}


SHOWN: dict[str, Set[str]] = {
    **dict(labels_of(Metrics().registry)),
    **dict(labels_of(AgentMetrics().registry)),
    **dict(bridge()),
    **LIVEKIT,
    "up": set(),
}
QUERIES = [rule["expr"] for rule in RULES] + [
    query for _, panels in ROWS for panel in panels for _, query in panel.queries
]


def parts(query: str) -> Iterator[Any]:
    """Each part of an expression, the whole one first."""
    waiting: list[Any] = [promql_parser.parse(query.replace("$__rate_interval", "5m"))]
    while waiting:
        part = waiting.pop()
        yield part
        for name in ("lhs", "rhs", "expr", "vector_selector"):
            inner = getattr(part, name, None)
            if inner is not None:
                waiting.append(inner)
        waiting.extend(getattr(part, "args", None) or ())


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_asks_for_what_is_shown(query: str) -> None:
    """It parses; its names exist, and each of its labels: over others nothing is ever found."""
    found = list(parts(query))
    selectors = [part for part in found if isinstance(part, promql_parser.VectorSelector)]
    names = {str(one.name) for one in selectors}
    assert names <= SHOWN.keys()
    assert names
    for one in selectors:
        known = SHOWN[str(one.name)] | TARGET | {"le"}
        assert {matcher.name for matcher in one.matchers.matchers} <= known
    together = frozenset().union(*(SHOWN[name] for name in names)) | TARGET | {"le"}
    for part in found:
        if isinstance(part, promql_parser.AggregateExpr) and part.modifier is not None:
            assert set(part.modifier.labels) <= together


def test_a_wrong_query_is_found() -> None:
    """The search above sees names and labels, however deep they are."""
    query = 'sum by (who) (rate(whatsapp_nothing{who="x"}[5m])) / on () up > 0'
    names = {str(part.name) for part in parts(query) if hasattr(part, "matchers")}
    assert names == {"whatsapp_nothing", "up"}
    with pytest.raises(ValueError):
        list(parts("sum by (rate("))


def test_every_metric_is_looked_at() -> None:
    """By an alert or on the dashboard; what nobody looks at need not be counted."""
    asked = {name for query in QUERIES for name in re.findall(r"(?:whatsapp|wacall)_\w+", query)}
    families = {re.sub(r"_(total|bucket|count|sum|created)$", "", name) for name in SHOWN}
    looked_at = {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in asked}
    unseen = {name for name in families - looked_at if not name.startswith("livekit")} - {"up"}
    assert unseen == {
        # of use beside others, when something is looked for
        "whatsapp_calls_started",
        "wacall_agent_loop_turns",
        "wacall_agent_transcribed_seconds",
        "wacall_bridge_draining",
        "wacall_bridge_far_lost_packets",
        "wacall_bridge_filled_packets",
        "wacall_bridge_received_gaps",
        "wacall_bridge_sent_packets",
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    """Two sentences, with labels that its expression leaves; and who is to be woken."""
    assert rule["annotations"].keys() == {"summary", "action"}
    assert all(text.endswith(".") for text in rule["annotations"].values())
    assert rule["labels"]["severity"] in ("page", "ticket")
    used = set(re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())))
    left = re.findall(r"by \(([^)]*)\)", rule["expr"])
    kept = {word.strip() for words in left for word in words.split(",")} if left else TARGET
    assert used <= kept


def test_each_alert_has_its_cause_in_a_test() -> None:
    """One in which it fires, and one in which all is well and none does."""
    causes = [test for test in TESTS if len(test["alert_rule_test"]) == 1]
    assert [test["alert_rule_test"][0]["alertname"] for test in causes] == [
        rule["alert"] for rule in RULES
    ]
    assert all(test["alert_rule_test"][0]["exp_alerts"] for test in causes)
    (quiet,) = [test for test in TESTS if len(test["alert_rule_test"]) > 1]
    assert {one["alertname"] for one in quiet["alert_rule_test"]} == {r["alert"] for r in RULES}
    assert not any(one["exp_alerts"] for one in quiet["alert_rule_test"])


def test_the_alerts_are_those_of_the_table() -> None:
    """Expression by expression; the probe's row is for whoever probes."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    table = page.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `(\w+)` \| `(.+?)`(?: for \w+)? \|", table, re.MULTILINE)
    assert [(name, text.replace("\\|", "|")) for name, text in told] == [
        (rule["alert"], rule["expr"]) for rule in RULES
    ]


def test_the_jobs_are_those_that_the_alerts_name() -> None:
    """Who scrapes under another name hears of nothing that is down."""
    jobs = {one["job_name"] for one in SCRAPED["scrape_configs"]}
    named = {job for rule in RULES for job in re.findall(r'job="([\w-]+)"', rule["expr"])}
    assert named <= jobs
    assert jobs - named == {"livekit"}
    assert SCRAPED["rule_files"] == ["alerts.yaml"]
