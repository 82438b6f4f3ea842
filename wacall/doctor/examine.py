"""`wacall doctor`: look at the configuration and every neighbour; each finding with its fix."""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from agents.models import read_listing
from agents.settings import Settings as AgentSettings
from controlplane import database_check
from controlplane.rtpengine.client import NgClient
from controlplane.rtpengine.transport import open_transport
from controlplane.settings import Settings
from shared.call.errors import WacallError
from shared.database.faults import Refused
from shared.database.rest import RestClient
from shared.database.supabase import SupabaseStore
from shared.process.env_file import read_env_file
from wacall import environment
from wacall.doctor.findings import (
    Finding,
    fail,
    judge_models,
    judge_prompt,
    judge_transcription,
    ok,
    warn,
)
from wacall.doctor.livekit import look_at_livekit
from wacall.doctor.meta import look_at_meta

_TIMEOUT_S = 10.0


async def examine(environ: Mapping[str, str]) -> AsyncIterator[Finding]:
    """Look at everything, one finding after the other."""
    settings: Settings | None = None
    agent: AgentSettings | None = None
    try:
        settings = Settings.from_env(environ)
        yield ok("settings", "The control plane's settings are complete.")
    except ValueError as error:
        yield fail("settings", f"Control plane: {error}", "Set it, then run the doctor again.")
    try:
        agent = AgentSettings.from_env(environ)
        yield ok("settings", "The agent's settings are complete.")
    except ValueError as error:
        yield fail("settings", f"Agent: {error}", "Set it, then run the doctor again.")
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        if settings is not None:
            if settings.controlplane_api_key is None:
                yield warn(
                    "settings",
                    "The operator routes are off.",
                    "Set CONTROLPLANE_API_KEY to list calls and to hang up.",
                )
            for check in (look_at_livekit, _look_at_hops, _look_at_database, look_at_meta):
                async for finding in check(settings, http):
                    yield finding
        if agent is not None:
            profile = settings.agent_profile if settings is not None else "default"
            yield judge_prompt(profile, agent.prompt_file)
            async for finding in _look_at_openai(agent, http):
                yield finding


async def _look_at_hops(settings: Settings, http: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    if not settings.rtpengine_hops:
        yield warn(
            "media hop",
            "RTPENGINE_URL is not set, so no outbound calls can be placed.",
            "Install rtpengine and let `wacall up` start it, or set RTPENGINE_URL.",
        )
    for address in settings.rtpengine_hops:
        client = NgClient(
            open_transport(address, http), address=address, timeout_s=settings.hop_timeout_s
        )
        try:
            calls = await client.count_calls()
        except WacallError as error:
            yield fail("media hop", f"{address}: {error}", "RTPENGINE_URL, or start rtpengine.")
        else:
            yield ok("media hop", f"{address} answers and carries {calls} calls.")
        finally:
            await client.close()


async def _look_at_database(
    settings: Settings, http: aiohttp.ClientSession
) -> AsyncIterator[Finding]:
    try:
        rest = await RestClient.connect(
            settings.supabase_url, settings.supabase_secret_key.get_secret_value()
        )
        try:
            # what is missing in the schema is told by the next request, in more words
            with contextlib.suppress(Refused):
                await SupabaseStore(rest).ping()
            problems = await database_check.problems(rest)
        finally:
            await rest.close()
    except WacallError as error:
        yield fail(
            "database",
            str(error),
            "Set SUPABASE_URL and SUPABASE_SECRET_KEY to the project's, and see that it runs.",
        )
        return
    if problems:
        more = f" There are {len(problems) - 1} more such problems." if problems[1:] else ""
        yield fail(
            "database",
            problems[0] + more,
            "Run `wacall database migrate`, or set SUPABASE_URL to the project that is meant.",
        )
        return
    yield ok("database", "The schema is there and fits.")


async def _look_at_openai(
    agent: AgentSettings, http: aiohttp.ClientSession
) -> AsyncIterator[Finding]:
    key = agent.openai_api_key.get_secret_value() if agent.openai_api_key is not None else "none"
    url = f"{agent.openai_base_url}/models"
    try:
        async with http.get(url, headers={"Authorization": f"Bearer {key}"}) as response:
            if response.status != 200:
                yield fail(
                    "openai",
                    f"OpenAI answers {response.status} to the list of models.",
                    "Set OPENAI_API_KEY to a valid key, and OPENAI_BASE_URL to where it is one.",
                )
                return
            listing = read_listing(await response.json(content_type=None))
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        yield fail(
            "openai",
            f"OpenAI does not answer as it should ({type(error).__name__}).",
            "Check OPENAI_BASE_URL (it ends in /v1) and the way out of this network.",
        )
        return
    today = datetime.now(UTC).date()
    yield judge_models("OPENAI_REALTIME_MODEL", agent.realtime_models, listing, today)
    yield judge_transcription(agent.transcription_model, listing, today)


async def _run(environ: Mapping[str, str]) -> int:
    failed = 0
    async for finding in examine(environ):
        print(finding, flush=True)
        failed += finding.status == "fail"
    print(f"\n{failed} of these keep calls from working." if failed else "\nCalls can be taken.")
    return 1 if failed else 0


def main(argv: Sequence[str]) -> int:
    """Run the doctor; 1 if something keeps calls from working."""
    parser = argparse.ArgumentParser(
        prog="wacall doctor", description="Check the configuration and every neighbour."
    )
    parser.add_argument(
        "--env",
        metavar="FILE",
        type=Path,
        help="read variables from this file too, such as the one that a `wacall up` with another "
        "--data-dir names",
    )
    arguments = parser.parse_args(argv)
    environ = environment.load_running()
    if arguments.env is not None:
        if not arguments.env.is_file():
            print(f"--env: there is no file {arguments.env}.", file=sys.stderr)
            return 2
        environ |= read_env_file(arguments.env)
    return asyncio.run(_run(environ))
