"""A folder is a layer: who may import whom, checked in the syntax trees.

A rule that nobody checks is a wish. Below, each folder with the folders it may import besides
itself; `controlplane` means the files that lie directly in it. docs/design.md draws the map.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.paths import ROOT

OURS = ("shared", "controlplane", "agents", "simulators", "wacall")
CORE = {"shared.call", "controlplane.core"}
NEIGHBOURS = {
    "shared.bridge", "shared.database", "shared.prices", "shared.process", "shared.profiles",
    "controlplane.sdp", "controlplane.meta", "controlplane.livekit", "controlplane.bridge",
    "controlplane.ledger", "controlplane.errands", "controlplane.operators",
    "controlplane.telemetry",
}  # fmt: skip
# all but what carries the media, of which the stories know what `core.caller_leg` says
UNSWAPPED = NEIGHBOURS - {"controlplane.bridge"}
SIMULATED_META = [
    "simulators.meta.webhooks", "simulators.meta.people", "simulators.meta.rules",
    "simulators.meta.api", "simulators.meta.calls", "simulators.meta",
]  # fmt: skip
PHONE = {"simulators", "simulators.phone", "simulators.speech"}
# what the programs of the command line are made of
SHARED = {"shared.call", "shared.database"}
SIMULATORS = {*PHONE, "simulators.openai", *SIMULATED_META}
RUNS_A_STACK = {"wacall", "wacall.operators", "wacall.stack"}

ALLOWED: dict[str, set[str]] = {
    # what both services agree on
    "shared": set(),
    "shared.call": set(),
    "shared.process": set(),
    "shared.tracing": {"shared.process"},
    "shared.database": {"shared.call", "shared.process"},
    "shared.bridge": {"shared.call", "shared.process"},
    "shared.profiles": {"shared.call", "shared.process"},
    "shared.prices": {"shared.process"},
    # the control plane, lowest layer first
    "controlplane.core": {"shared.call"},
    "controlplane.sdp": CORE,
    "controlplane.stop": set(),
    # one folder per neighbour; none knows another
    "controlplane.meta": CORE | {"controlplane.sdp", "controlplane.stop", "shared.process"},
    "controlplane.livekit": CORE | {"shared.process"},
    "controlplane.bridge": CORE | {"controlplane.sdp", "shared.bridge", "shared.process"},
    "controlplane.ledger": CORE | {"shared.database"},
    "controlplane.errands": CORE | {"shared.database"},
    "controlplane.operators": CORE | {"shared.process"},
    "controlplane.telemetry": CORE | {"shared.tracing"},
    "controlplane.openai": CORE | {"shared.process"},
    # the stories, the doors, and the one file that knows everything
    "controlplane.use_cases": CORE | UNSWAPPED | {"controlplane.stop"},
    "controlplane.http": CORE | UNSWAPPED | {"controlplane.use_cases"},
    "controlplane.dashboard": CORE | {
        "controlplane.http", "controlplane.use_cases", "shared.database", "shared.process",
    },
    "controlplane": CORE | NEIGHBOURS | {
        "controlplane.dashboard", "shared.tracing",
        "controlplane.openai", "controlplane.use_cases", "controlplane.http",
    },
    # the worker knows nothing of the control plane
    "agents": {
        "shared.call", "shared.bridge", "shared.database", "shared.prices", "shared.process",
        "shared.profiles",
        "shared.tracing", "agents.actions", "agents.after_call", "agents.clips", "agents.tools",
        "agents.media", "agents.media.bridge", "agents.media.decoding",
    },
    "agents.clips": {
        "agents.media", "agents.media.bridge", "shared.bridge", "shared.call", "shared.process",
    },
    # what the model may do: neither knows of phases, settings or sessions
    "agents.tools": {"shared.call", "shared.database", "shared.profiles", "agents.media"},
    "agents.actions": {"shared.call", "shared.profiles", "agents.media"},
    # it is given the tools, the settings and the profiles
    "agents.after_call": {
        "shared.call", "shared.database", "shared.process", "shared.profiles", "agents.media",
    },
    # what carries the sound can be swapped whole: it knows neither phases nor settings nor store,
    # and neither kind knows the other
    "agents.media": {"shared.call"},
    "agents.media.bridge": {"shared.bridge", "shared.call", "shared.process", "agents.media"},
    "agents.media.decoding": {"shared.call", "agents.media", "wacall.own_agent"},
    # a simulator that shared the product's code would share its mistakes
    "simulators": set(),
    "simulators.phone": {"simulators"},
    "simulators.speech": {"simulators"},
    "simulators.supabase": set(),
    "simulators.openai": {"simulators", "simulators.speech"},
    "simulators.callers": {"simulators", "simulators.openai"},
    **{
        folder: {*PHONE, *SIMULATED_META[:at]} for at, folder in enumerate(SIMULATED_META)
    },
    # what other people's agents import: `agents` and `shared` may be other packages there
    "wacall.own_agent": set(),
    # the command line: what lies in `wacall` itself is of all its programs
    "wacall": {"shared.process"},
    "wacall.bootstrap": set(),
    # pages written out of what they tell of: settings, routes, errors
    "wacall.docs": CORE | {
        "shared.bridge", "shared.database", "shared.profiles", "controlplane",
        "controlplane.http", "controlplane.meta", "agents", "wacall", "wacall.stack",
    },
    # these three are in the production image: no stack, no simulator, no demo, no bench
    "wacall.operators": CORE | {"shared.profiles", "wacall"},
    "wacall.database": {"shared.call", "shared.database", "controlplane", "wacall"},
    "wacall.doctor": CORE | {
        "shared.bridge", "shared.database", "shared.process", "shared.profiles", "controlplane",
        "controlplane.livekit", "controlplane.meta", "agents", "wacall", "wacall.operators",
    },
    # starts the simulated OpenAI, as everything else, as a process: imports no simulator
    "wacall.stack": CORE | {
        "shared.process", "shared.profiles", "controlplane", "agents", "wacall",
        "wacall.database", "wacall.doctor",
    },
    "wacall.probe": {
        "shared.bridge", "shared.process", "agents", "agents.clips", "agents.media",
        "agents.media.bridge", "wacall", "wacall.stack",
    },
    # three that look at a whole stack from outside and inside; none knows another
    "wacall.demo": CORE | SHARED | SIMULATORS | RUNS_A_STACK | {
        "controlplane.ledger", "shared.bridge",
    },
    # what both of the next ones have calls made on
    "wacall.staging": SIMULATORS | {"wacall.stack"},
    # an exported call, run again
    "wacall.replay": CORE | SHARED | SIMULATORS | RUNS_A_STACK | {"wacall.staging"},
    "wacall.callers": CORE | SHARED | SIMULATORS | RUNS_A_STACK | {
        "controlplane.ledger", "simulators.callers", "wacall.staging",
    },
    "wacall.bench": CORE | SHARED | SIMULATORS | RUNS_A_STACK,
}  # fmt: skip
# who knows that a bridge carries the media: whoever wires the parts
KNOWS_THE_BRIDGE = {"controlplane/app.py", "controlplane/carriers.py"}
# and of the bridges' control the stories know what can go wrong, nothing else
SEEN_OF_BRIDGES = {"shared.bridge.errors"}
# folders in which nothing has a socket, an event loop, or a clock of its own
PURE = (
    "shared.call",
    "controlplane.core",
    "controlplane.sdp",
    "controlplane.stop",
    "simulators.meta.rules",
)
IMPURE = {
    "aiohttp", "asyncio", "httpx", "livekit", "postgrest", "prometheus_client", "socket",
    "supabase", "tenacity", "time",
}  # fmt: skip


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def folder_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).parent.parts)


def imports(path: Path) -> Iterator[str]:
    """Every imported module, as far as its dotted name can be known from the source."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide the layers"
            for alias in node.names:
                inner = ROOT.joinpath(*f"{node.module}.{alias.name}".split("."))
                is_module = inner.with_suffix(".py").exists()
                yield f"{node.module}.{alias.name}" if is_module else str(node.module)


def folder_imported(name: str) -> str:
    """The folder of an imported module of ours."""
    path = ROOT.joinpath(*name.split("."))
    return name if path.is_dir() else name.rpartition(".")[0]


def test_every_folder_has_its_place() -> None:
    """A new folder is put somewhere; one that is gone is gone from the table as well."""
    folders = {folder_of(path) for package in OURS for path in modules(package)}
    assert folders == set(ALLOWED)


@pytest.mark.parametrize("folder", sorted(ALLOWED))
def test_a_folder_imports_only_what_lies_below_it(folder: str) -> None:
    """Imports go one way."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / folder.replace(".", "/")).glob("*.py"))
        for name in imports(path)
        if name.split(".")[0] in (*OURS, "tests")
        and folder_imported(name) not in ALLOWED[folder] | {folder}
    ]
    assert not wrong


def test_what_carries_the_media_can_be_swapped_whole() -> None:
    """The room that another carrier would replace is known to these files and no others."""
    found = {
        str(path.relative_to(ROOT))
        for package in OURS
        for path in modules(package)
        for name in imports(path)
        if name.startswith("controlplane.bridge") and folder_of(path) != "controlplane.bridge"
    }
    assert found == KNOWS_THE_BRIDGE
    seen = {
        name.rpartition(".")[0] if name[-1:].isupper() else name
        for folder in ("core", "use_cases", "http")
        for path in modules(f"controlplane/{folder}")
        for name in imports(path)
        if name.startswith("shared.bridge")
    }
    assert seen == SEEN_OF_BRIDGES


def test_the_core_is_pure() -> None:
    """No socket, no event loop, no clock."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for folder in PURE
        for path in modules(folder.replace(".", "/"))
        for name in imports(path)
        if name.split(".")[0] in IMPURE
    ]
    assert not wrong


def test_one_room_speaks_livekits_library() -> None:
    """In the control plane `livekit` is imported where LiveKit lives, and nowhere else."""
    users = {
        folder_of(path)
        for path in modules("controlplane")
        for name in imports(path)
        if name.split(".")[0] == "livekit"
    }
    assert users == {"controlplane.livekit"}


def test_the_set_up_needs_nothing_installed() -> None:
    """The set-up imports the standard library and itself."""
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("wacall/bootstrap")
        for name in imports(path)
        if name.split(".")[0] not in sys.stdlib_module_names
        and not name.startswith("wacall.bootstrap")
    ]
    assert not wrong


def test_package_files_re_export_nothing() -> None:
    """An import line tells where a thing lives: `__init__.py` files import nothing."""
    wrong = [
        str(path.relative_to(ROOT))
        for package in OURS
        for path in modules(package)
        if path.name == "__init__.py" and list(imports(path))
    ]
    assert not wrong
