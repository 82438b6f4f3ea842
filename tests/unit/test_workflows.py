"""What the hosting platform reads: workflows, forms, templates."""

import re
from typing import Any

import pytest
import yaml

from tests.paths import ROOT
from wacall.environment import REPOSITORY, TOOLS

GITHUB = ROOT / ".github"
FILES = sorted(GITHUB.rglob("*.yml"))


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((GITHUB / name).read_text("utf-8"))
    return loaded


def commands(workflow: dict[str, Any]) -> list[str]:
    """Each `run` of a workflow."""
    return [
        step["run"] for job in workflow["jobs"].values() for step in job["steps"] if "run" in step
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_file_is_yaml(path: Any) -> None:
    """A mapping with something in it."""
    assert isinstance(yaml.safe_load(path.read_text("utf-8")), dict)


def test_integration_runs_what_a_developer_runs() -> None:
    """`make check` on every supported Python, `make test` on one; each target exists."""
    workflow = load("workflows/ci.yml")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    called = [re.search(r"make ([a-z]+)$", run) for run in commands(workflow)]
    assert all(match is not None and match[1] in targets for match in called)
    assert [match[1] for match in called if match is not None] == ["check", "test"]
    versions = workflow["jobs"]["check"]["strategy"]["matrix"]["python"]
    assert versions == ["3.11", "3.12", "3.13", "3.14"]


@pytest.mark.parametrize("name", ["ci", "audit"])
def test_a_workflow_may_only_read(name: str) -> None:
    """No token that could write, no credentials left in the checkout, and a bound on its time."""
    workflow = load(f"workflows/{name}.yml")
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        checkouts = [s for s in job["steps"] if s.get("uses", "").startswith("actions/checkout@")]
        assert [step["with"]["persist-credentials"] for step in checkouts] == [False]


def test_a_tag_publishes_what_was_checked() -> None:
    """Tags alone; one job may write, packages alone, after the checks; the Dockerfile's targets."""
    workflow = load("workflows/publish.yml")
    text = (GITHUB / "workflows" / "publish.yml").read_text("utf-8")
    assert '\non:\n  push:\n    tags: ["v*.*.*"]\n\n' in text
    assert workflow["permissions"] == {"contents": "read"}
    jobs = workflow["jobs"]
    assert [step["run"] for step in jobs["check"]["steps"] if "run" in step] == ["make check"]
    assert "permissions" not in jobs["check"]
    assert jobs["image"]["needs"] == "check"
    assert jobs["image"]["permissions"] == {"contents": "read", "packages": "write"}
    targets = {one["target"] for one in jobs["image"]["strategy"]["matrix"]["include"]}
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    assert targets == set(re.findall(r"^FROM \S+ AS (\w+)$", dockerfile, re.MULTILINE))
    for job in jobs.values():
        assert job["timeout-minutes"] <= 60
        checkouts = [s for s in job["steps"] if s.get("uses", "").startswith("actions/checkout@")]
        assert [step["with"]["persist-credentials"] for step in checkouts] == [False]


def test_the_audit_reads_files_that_exist() -> None:
    """Both lock files of Python, and npm's."""
    workflow = load("workflows/audit.yml")
    locks = [lock for run in commands(workflow) for lock in re.findall(r"\S+\.lock", run)]
    assert set(locks) == {"services.lock", "requirements.lock"}
    assert all((ROOT / lock).is_file() for lock in locks)
    folders = [s["working-directory"] for s in workflow["jobs"]["npm"]["steps"] if "run" in s]
    assert all((ROOT / folder / "package-lock.json").is_file() for folder in folders)
    assert folders


def test_the_audit_looks_at_the_server_that_the_set_up_builds() -> None:
    """In the place where the set-up puts it, after the set-up."""
    workflow = load("workflows/audit.yml")
    made, looked = [step["run"] for step in workflow["jobs"]["go"]["steps"] if "run" in step]
    assert made == "make setup"
    assert looked.split()[-1] == str((TOOLS / "livekit-server").relative_to(REPOSITORY))


def test_a_bug_report_asks_for_what_helps() -> None:
    """The doctor's findings and the call's timeline; ids are unique."""
    fields = load("ISSUE_TEMPLATE/bug.yml")["body"]
    asked = {field["id"]: field["attributes"] for field in fields if "id" in field}
    assert "wacall doctor" in asked["doctor"]["label"]
    assert "timeline" in asked["timeline"]["label"]
    assert len(asked) == len([field for field in fields if "id" in field])
