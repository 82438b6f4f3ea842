"""What people get wrong with `wacall up`: a sentence each, within seconds, and no traceback."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.up_process import Up, run_up
from wacall.environment import free_port
from wacall.stack.database import LocalSupabase
from wacall.stack.sfu import EmbeddedSfu

pytestmark = pytest.mark.timeout(180)

# most of it is what Python takes to import on a machine that does other things
SOON_S = 30.0
NOBODY = f"http://127.0.0.1:{free_port()}"
SECRET = "s" * 32


@pytest.fixture
def mute_port() -> Iterator[int]:
    """A program of somebody else's, which takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def refused(up: Up, *words: str) -> None:
    """It ends soon, by itself, and says these words in as many sentences as a person reads."""
    said = await up.rest(SOON_S)
    assert up.process.returncode in (1, 2), said
    assert [word for word in words if word not in said] == [], said
    assert "Traceback" not in said
    assert "ExceptionGroup" not in said
    assert "ready " not in said
    assert len(said.splitlines()) <= 5, said


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"LIVEKIT_URL": NOBODY}, ["LIVEKIT_URL", "could not be reached"]),
        ({"SUPABASE_URL": NOBODY}, ["SUPABASE_URL", "does not answer", "running"]),
        (
            {"LIVEKIT_URL": NOBODY, "SUPABASE_URL": NOBODY},
            ["LIVEKIT_URL", "could not be reached", "SUPABASE_URL", "does not answer"],
        ),
        ({"SFU_NODE_IP": "my.host"}, ["SFU_NODE_IP is malformed", "such as 203.0.113.7"]),
        (
            {"WA_APP_SECRET": "", "OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""},
            ["WA_APP_SECRET and OPENAI_API_KEY are not set", ".env.example"],
        ),
        ({"PORT": "abc", "SFU_NODE_IP": "x"}, ["PORT is malformed", "SFU_NODE_IP is malformed"]),
    ],
    ids=["no-livekit", "no-database", "neither", "no-address", "not-set", "two-at-once"],
)
async def test_a_mistake_is_a_sentence(
    variables: dict[str, str], words: list[str], tmp_path: Path
) -> None:
    """What, why and the variable; and nothing was started."""
    keys = {
        "LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": SECRET, "SUPABASE_SECRET_KEY": "key",
    }  # fmt: skip
    async with run_up(tmp_path, **{**keys, **variables}) as up:
        await refused(up, *words)
    assert not (tmp_path / ".wacall" / "logs").exists()


@pytest.mark.parametrize("variable", ["LIVEKIT_URL", "SUPABASE_URL"])
async def test_a_neighbour_that_says_nothing_is_not_waited_for(
    variable: str, mute_port: int, tmp_path: Path
) -> None:
    """Neither half a minute nor for ever."""
    keys = {
        "LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": SECRET, "SUPABASE_SECRET_KEY": "key",
    }  # fmt: skip
    silent = {variable: f"http://127.0.0.1:{mute_port}"}
    async with run_up(tmp_path, **{**keys, **silent}) as up:
        await refused(up, variable)


async def test_a_livekit_that_refuses_the_key_is_told(sfu: EmbeddedSfu, tmp_path: Path) -> None:
    """It is there; the key is not its own."""
    wrong = {"LIVEKIT_URL": sfu.url, "LIVEKIT_API_KEY": "nobodys", "LIVEKIT_API_SECRET": SECRET}
    async with run_up(tmp_path, **wrong) as up:
        await refused(up, "LIVEKIT_API_KEY", "refused")


async def test_a_database_without_the_schema_is_told(
    database: LocalSupabase, tmp_path: Path
) -> None:
    """With the doctor's sentence: what is missing, and the command that brings it."""
    await database.execute("alter table public.leads rename to leeds")
    try:
        theirs = {"SUPABASE_URL": database.url, "SUPABASE_SECRET_KEY": database.secret_key}
        async with run_up(tmp_path, **theirs) as up:
            await refused(up, "The table leads", "is missing", "`wacall database migrate`")
    finally:
        await database.execute("alter table public.leeds rename to leads")


async def test_a_port_of_somebody_elses_is_told(mute_port: int, tmp_path: Path) -> None:
    """By its variable, before anything is started."""
    async with run_up(tmp_path, PORT=str(mute_port)) as up:
        await refused(up, f"Port {mute_port} is taken by another program", "set PORT")


async def test_a_second_one_disturbs_no_first_one(tmp_path: Path) -> None:
    """Neither in its directory nor on its port, and none of them is `ready` by the other's word."""
    async with run_up(tmp_path) as first:
        await first.read_ready()
        async with run_up(tmp_path) as second:
            await refused(second, "A stack runs in", "--data-dir")
        port = first.ready["controlplane"].rpartition(":")[2]
        elsewhere = str(tmp_path / "elsewhere")
        async with run_up(tmp_path, "--data-dir", elsewhere, PORT=port) as third:
            await refused(third, f"Port {port} is taken by another wacall", "set PORT")
        # what other tools find it by is still there
        assert Path(first.ready["env"]).exists()
        assert first.process.returncode is None
