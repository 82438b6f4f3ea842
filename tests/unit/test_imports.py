"""Who may import whom, checked in the syntax trees: a rule that nobody checks is a wish."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

OURS = {"controlplane", "agents", "simulators", "wacall", "tests"}

# What a package may import of our own packages, besides itself.
ALLOWED: dict[str, set[str]] = {
    "controlplane": set(),
    "agents": {
        "controlplane.brief",
        "controlplane.call",
        "controlplane.logs",
        "controlplane.records",
        "controlplane.store",
        "controlplane.tasks",
        "controlplane.variables",
    },
    # a simulator that shared the product's code would share its mistakes
    "simulators": set(),
    "wacall": {"controlplane", "agents", "simulators"},
}
# The control plane's layers, lowest first; a module imports its own layer and those below.
LAYERS = {
    "core": {
        "brief", "call", "callee", "consent", "deadlines", "errors", "foreign", "graph_errors",
        "hop_address", "hop_sdp", "lifecycle", "media_watch", "policy", "records", "rows", "sdp",
        "sdp_lines", "settings", "variables", "webhook_auth", "webhook_batch", "webhook_events",
        "whatsapp",
    },
    "edges": {
        "dtmf", "graph", "hops", "ledger", "logs", "media_hop", "metrics", "ng_transport", "rest",
        "rooms", "rtpengine", "schema", "store", "tasks", "whip",
    },
    "use cases": {
        "call_setup", "ending", "hop_watch", "inbound", "keys", "linking", "outbound",
        "permissions", "roomwatch", "sweeper", "switchboard",
    },
    "http": {
        "consent_routes", "dial_routes", "middleware", "operators", "ops", "request_body",
        "webhooks",
    },
    "application": {"__init__", "__main__", "app"},
}  # fmt: skip
# what has a socket, an event loop, or a clock of its own
NOT_FOR_THE_CORE = {
    "aiohttp", "asyncio", "httpx", "livekit", "postgrest", "prometheus_client", "socket",
    "supabase", "tenacity", "time",
}  # fmt: skip


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every imported module, as far as its dotted name can be known from the source."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layers"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(name: str, allowed: set[str]) -> bool:
    return any(name == one or name.startswith(f"{one}.") for one in allowed)


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_packages_import_one_way(package: str) -> None:
    """A package imports itself and what the table above allows."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imports(path)
        if name.split(".")[0] in OURS and not is_within(name, ALLOWED[package] | {package})
    ]
    assert not wrong


def test_the_core_is_pure() -> None:
    """The core imports nothing that has a socket, an event loop or a clock."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("controlplane")
        if path.stem in LAYERS["core"]
        for name in imports(path)
        if name.split(".")[0] in NOT_FOR_THE_CORE
    ]
    assert not wrong


def test_every_module_of_the_control_plane_has_its_layer() -> None:
    """A new module is put somewhere; one that is gone is gone from the list as well."""
    listed = [name for layer in LAYERS.values() for name in layer]
    assert sorted(listed) == sorted(path.stem for path in modules("controlplane"))


def test_the_control_planes_layers_import_one_way() -> None:
    """Core <- edges <- use cases <- http <- application, which alone knows everything."""
    rank = {name: at for at, layer in enumerate(LAYERS.values()) for name in layer}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("controlplane")
        for name in imports(path)
        if name.startswith("controlplane.") and rank.get(name.split(".")[1], 0) > rank[path.stem]
    ]
    assert not wrong


def test_the_set_up_needs_nothing_installed() -> None:
    """The set-up imports the standard library and itself."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("wacall/bootstrap")
        for name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not is_within(name, {"wacall.bootstrap"})
    ]
    assert not wrong


def test_package_files_re_export_nothing() -> None:
    """An import line tells where a thing lives: `__init__.py` files import nothing."""
    wrong = [
        str(path.relative_to(ROOT))
        for package in ALLOWED
        for path in modules(package)
        if path.name == "__init__.py" and list(imports(path))
    ]
    assert not wrong
