"""The doctor at real neighbours: each one missing or wrong is a finding with its fix."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from simulators.openai.server import OpenAISimulator
from tests.component.bench import StartControlPlane
from wacall.doctor.examine import examine
from wacall.doctor.findings import Finding
from wacall.environment import free_port
from wacall.stack.database import LocalSupabase
from wacall.stack.sfu import EmbeddedSfu

OPENAI_KEY = "sk-test-of-the-doctor"
NOBODY = f"http://127.0.0.1:{free_port()}"

Environ = dict[str, str]


@pytest_asyncio.fixture(scope="module")
async def openai() -> AsyncIterator[OpenAISimulator]:
    async with OpenAISimulator(api_keys=frozenset({OPENAI_KEY})) as simulator:
        yield simulator


@pytest.fixture
def environ(neighbours: Environ, openai: OpenAISimulator) -> Environ:
    """What fits all neighbours."""
    return {**neighbours, "OPENAI_API_KEY": OPENAI_KEY, "OPENAI_BASE_URL": openai.base_url}


async def findings_in(environ: Environ) -> list[Finding]:
    """Examine, and check what holds for every finding: a fix for each trouble, and no secret."""
    found = [finding async for finding in examine(environ)]
    told = "\n".join(str(finding) for finding in found)
    secrets = [
        value
        for name, value in environ.items()
        if name.endswith(("_TOKEN", "_SECRET", "_KEY")) and name != "LIVEKIT_API_KEY"
    ]
    assert [secret for secret in secrets if secret and secret in told] == []
    assert all(finding.fix for finding in found if finding.status != "ok")
    assert all(finding.message.endswith(".") for finding in found)
    return found


def failures(found: list[Finding]) -> list[str]:
    return [finding.about for finding in found if finding.status == "fail"]


async def test_without_a_worker_only_the_worker_is_missed(
    environ: Environ,
    sfu_with_webhook: EmbeddedSfu,
    start_controlplane: StartControlPlane,
    controlplane_port: int,
) -> None:
    """All else is well; that nobody listens for dispatches is told with the name to listen for."""
    await start_controlplane()
    found = await findings_in({**environ, "PORT": str(controlplane_port)})
    assert failures(found) == ["agent"]
    (agent,) = [finding for finding in found if finding.about == "agent"]
    assert "whatsapp-agent" in agent.message
    assert "AGENT_NAME" in agent.fix
    assert {finding.about for finding in found if finding.status == "ok"} == {
        "settings", "livekit", "database", "graph", "clock", "token", "calling", "profile",
        "openai", "webhook",
    }  # fmt: skip
    warned = [finding.about for finding in found if finding.status == "warn"]
    # the model that reads ends soon, here as at OpenAI itself
    assert warned == ["media", "bridge", "openai"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WA_VERIFY_TOKEN", ""),
        ("WA_APP_SECRET", ""),
        ("WA_ACCESS_TOKEN", ""),
        ("WA_PHONE_NUMBER_ID", ""),
        ("WA_PHONE_NUMBER_ID", "+1 555"),
        ("WA_GRAPH_BASE_URL", "graph.facebook.com"),
        ("WA_GRAPH_VERSION", "24"),
        ("PORT", "many"),
        ("LIVEKIT_URL", "127.0.0.1:7880"),
        ("LIVEKIT_API_SECRET", ""),
        ("SUPABASE_URL", ""),
        ("SUPABASE_SECRET_KEY", ""),
        ("AGENT_VAD_THRESHOLD", "loud"),
        ("AGENT_PROMPT_FILE", "/nowhere/prompt.md"),
    ],
)
async def test_a_setting_that_is_missing_or_malformed_is_named(
    environ: Environ, variable: str, value: str
) -> None:
    """Nothing that depends on it is guessed at; what it does not concern is looked at."""
    found = await findings_in({**environ, "LIVEKIT_URL": NOBODY, variable: value})
    named = [finding for finding in found if variable in finding.message]
    assert named
    assert {(finding.status, finding.about) for finding in named} == {("fail", "settings")}
    # a SUPABASE_URL that is empty is no mistake: `wacall up` brings a database
    both_need_it = variable.startswith(("LIVEKIT_", "SUPABASE_SECRET"))
    assert any(finding.status == "ok" for finding in found) != both_need_it


async def test_openai_itself_needs_a_key(environ: Environ) -> None:
    """A stand-in may do without."""
    lacking = {**environ, "LIVEKIT_URL": NOBODY, "OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}
    found = await findings_in(lacking)
    assert any("OPENAI_API_KEY" in finding.message for finding in found)


async def test_without_an_operators_key_there_is_a_warning(environ: Environ) -> None:
    """Calls work, operators do not get in."""
    found = await findings_in({**environ, "LIVEKIT_URL": NOBODY, "CONTROLPLANE_API_KEY": ""})
    assert "settings" not in failures(found)
    warnings = [finding for finding in found if finding.status == "warn"]
    (warning,) = [finding for finding in warnings if finding.about == "settings"]
    assert "CONTROLPLANE_API_KEY" in warning.fix


WRONG = [
    ("livekit", {"LIVEKIT_URL": NOBODY}, "LIVEKIT_URL"),
    ("livekit", {"LIVEKIT_API_KEY": "APIanother"}, "LIVEKIT_API_KEY"),
    (
        "livekit",
        {"LIVEKIT_API_SECRET": "another-secret-of-at-least-32-bytes"},
        "LIVEKIT_API_SECRET",
    ),
    ("livekit", {"LIVEKIT_URL": "{graph}"}, "LIVEKIT_URL"),
    ("database", {"SUPABASE_URL": NOBODY}, "SUPABASE_URL"),
    ("database", {"SUPABASE_SECRET_KEY": "sb_secret_another"}, "SUPABASE_SECRET_KEY"),
    ("database", {"SUPABASE_URL": "{graph}"}, "SUPABASE_URL"),
    ("graph", {"WA_GRAPH_BASE_URL": NOBODY}, "WA_GRAPH_BASE_URL"),
    ("graph", {"WA_ACCESS_TOKEN": "EAAanother"}, "WA_ACCESS_TOKEN"),
    ("graph", {"WA_PHONE_NUMBER_ID": "1"}, "WA_PHONE_NUMBER_ID"),
    ("graph", {"WA_GRAPH_VERSION": "v1.0"}, "WA_GRAPH_VERSION"),
    ("graph", {"WA_GRAPH_BASE_URL": "{supabase}"}, "WA_GRAPH_BASE_URL"),
    ("openai", {"OPENAI_BASE_URL": f"{NOBODY}/v1"}, "OPENAI_BASE_URL"),
    ("openai", {"OPENAI_API_KEY": "sk-another"}, "OPENAI_API_KEY"),
    ("openai", {"OPENAI_BASE_URL": "{graph}/v1"}, "OPENAI_BASE_URL"),
    ("openai", {"OPENAI_REALTIME_MODEL": "gpt-of-tomorrow"}, "OPENAI_REALTIME_MODEL"),
    ("profile", {"AGENT_PROFILE": "bakery"}, "AGENT_PROFILE"),
]


@pytest.mark.parametrize(
    ("about", "wrong", "variable"), WRONG, ids=[f"{a}-{'-'.join(w)}" for a, w, _ in WRONG]
)
async def test_a_neighbour_that_is_missing_or_wrong_is_told(
    environ: Environ, about: str, wrong: Environ, variable: str
) -> None:
    """One failure, its fix names the variable, and everything else is looked at."""
    # at a neighbour that is there, looking for a worker takes its time: one test does that
    broken = environ if about == "livekit" else {**environ, "LIVEKIT_URL": NOBODY}
    places = {"graph": environ["WA_GRAPH_BASE_URL"], "supabase": environ["SUPABASE_URL"]}
    broken |= {name: value.format(**places) for name, value in wrong.items()}
    found = await findings_in(broken)

    told = [finding for finding in found if finding.about == about and finding.status == "fail"]
    assert len(told) == 1
    assert variable in told[0].fix + told[0].message
    assert set(failures(found)) == {about, "livekit"}
    assert {"settings"} | {"livekit", "database", "graph", "openai"} <= {
        finding.about for finding in found
    }


async def test_a_schema_that_is_not_applied_is_told(
    environ: Environ, database: LocalSupabase
) -> None:
    """The missing table is named, and what to do about it."""
    await database.execute("alter table public.leads rename to leads_away")
    try:
        found = await findings_in({**environ, "LIVEKIT_URL": NOBODY})
    finally:
        await database.execute("alter table public.leads_away rename to leads")
    (told,) = [finding for finding in found if finding.about == "database"]
    assert told.status == "fail"
    assert "leads" in told.message
    assert "wacall database migrate" in told.fix


async def test_a_prompt_file_without_a_greeting_is_told(environ: Environ, tmp_path: Path) -> None:
    """It would only come out when the phone rings."""
    file = tmp_path / "prompt.md"
    file.write_text("# instructions\nYou answer the telephone.\n")
    found = await findings_in({**environ, "LIVEKIT_URL": NOBODY, "AGENT_PROMPT_FILE": str(file)})
    (told,) = [finding for finding in found if finding.about == "profile"]
    assert told.status == "fail"
    assert "greeting" in told.message
