"""What `wacall up` warns of after `ready`: everything runs, and calls will not work."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.openai.server import OpenAISimulator
from tests.serving import serving
from wacall.environment import free_port
from wacall.stack import neighbours, services
from wacall.stack.processes import ChildFailed

Environ = dict[str, str]


@pytest_asyncio.fixture
async def environ() -> AsyncIterator[Environ]:
    """A line and an account that are in order."""
    async with (
        WhatsAppSimulator(app_secret="s", access_token="t") as whatsapp,
        OpenAISimulator(api_keys=frozenset({"sk-right"})) as openai,
    ):
        yield {
            "WA_VERIFY_TOKEN": "v",
            "WA_APP_SECRET": "s",
            "WA_ACCESS_TOKEN": "t",
            "WA_PHONE_NUMBER_ID": whatsapp.line.phone_number_id,
            "WA_GRAPH_BASE_URL": whatsapp.graph_url,
            "OPENAI_API_KEY": "sk-right",
            "OPENAI_BASE_URL": openai.base_url,
            "AGENT_MEDIA": "worker",
            "LIVEKIT_URL": "ws://127.0.0.1:9",
            "LIVEKIT_API_KEY": "k",
            "LIVEKIT_API_SECRET": "s" * 32,
            "SUPABASE_URL": "http://127.0.0.1:9",
            "SUPABASE_SECRET_KEY": "k",
        }


async def warnings(environ: Environ) -> list[str]:
    return await neighbours.caveats(
        environ, announced={"SFU_NODE_IP": "127.0.0.1"}, with_agent=True
    )


async def test_of_what_is_in_order_nothing_is_said(environ: Environ) -> None:
    """Simulators want no public address, and like the example's words."""
    assert await warnings(environ) == []


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"WA_ACCESS_TOKEN": "expired"}, "WA_ACCESS_TOKEN"),
        ({"WA_PHONE_NUMBER_ID": "1"}, "WA_PHONE_NUMBER_ID"),
        ({"OPENAI_API_KEY": "sk-wrong"}, "OPENAI_API_KEY"),
        ({"OPENAI_REALTIME_MODEL": "gpt-nowhere"}, "OPENAI_REALTIME_MODEL"),
        ({"WA_GRAPH_BASE_URL": "http://127.0.0.1:9"}, "WA_GRAPH_BASE_URL"),
        ({"BRIDGE_URL": "http://127.0.0.1:9"}, "BRIDGE_URL"),
    ],
)
async def test_what_will_not_work_is_a_line_each(
    environ: Environ, wrong: Environ, named: str
) -> None:
    """One line, with the variable, and none of what is secret."""
    (line,) = await warnings({**environ, **wrong})
    assert named in line
    assert "\n" not in line
    assert "sk-wrong" not in line


async def test_a_real_line_gets_no_example_and_no_loopback(
    environ: Environ, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Meta's own Graph both are told."""
    monkeypatch.setattr(neighbours, "is_metas_own", lambda _: True)
    address, words = await warnings(environ)
    assert address.startswith("SFU_NODE_IP is 127.0.0.1")
    assert "Harbor Bikes" in words


async def test_nobody_elses_word_makes_a_control_plane_ready(tmp_path: Path) -> None:
    """Another one that answers in its place, while it starts, is not taken for it."""

    async def ready(request: web.Request) -> web.Response:
        return web.json_response({"status": "ready"})

    async with serving(web.get("/readyz", ready)) as url:
        with pytest.raises(ChildFailed, match="controlplane ended before it was ready"):
            await services.start_controlplane(
                {"PORT": str(free_port())}, url=url, log=tmp_path / "log", echo=None
            )
