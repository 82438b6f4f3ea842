"""`wacall doctor`: look at the configuration and every neighbour; each finding with its fix."""

import argparse
import asyncio
import contextlib
import sys
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from dotenv import dotenv_values
from livekit import api

from agents.models import read_listing
from agents.settings import Settings as AgentSettings
from controlplane import database_check
from controlplane.core.errors import WhipRefused, WhipTimedOut
from controlplane.livekit.rooms import RoomsClient
from controlplane.livekit.whip import WhipClient
from controlplane.parts import make_graph, make_rooms
from controlplane.rtpengine.client import NgClient
from controlplane.rtpengine.transport import open_transport
from controlplane.settings import Settings
from shared.call.call import Call, CallStatus, Direction
from shared.call.errors import WacallError
from shared.call.ids import CallId
from shared.call.person import Party
from shared.call.room import ShownStatus
from shared.database.faults import Refused
from shared.database.rest import RestClient
from shared.database.supabase import SupabaseStore
from wacall import environment
from wacall.doctor.findings import (
    Finding,
    fail,
    judge_candidates,
    judge_models,
    judge_prompt,
    judge_transcription,
    ok,
    udp_addresses,
    warn,
)

_TIMEOUT_S = 10.0
# A worker answers within milliseconds, but LiveKit shows it only when it has asked all its servers
# for registered names: up to 5 s, once a minute (pkg/agent/client.go, LaunchJob).
_WORKER_TIMEOUT_S = 8.0
_POLL_S = 0.1

# An offer of our own, only to see which candidates LiveKit answers with: nobody connects.
_PROBE_OFFER = "\r\n".join(
    [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        "a=ice-ufrag:doctorprobe",
        "a=ice-pwd:doctorprobedoctorprobe00",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=setup:actpass",
        "a=mid:0",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=ssrc:1 cname:doctor",
        "a=msid:doctor audio",
        "",
    ]
)


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
            for check in (_look_at_livekit, _look_at_hops, _look_at_database, _look_at_graph):
                async for finding in check(settings, http):
                    yield finding
        if agent is not None:
            profile = settings.agent_profile if settings is not None else "default"
            yield judge_prompt(profile, agent.prompt_file)
            async for finding in _look_at_openai(agent, http):
                yield finding


async def _look_at_livekit(
    settings: Settings, http: aiohttp.ClientSession
) -> AsyncIterator[Finding]:
    rooms = make_rooms(settings, http)
    try:
        await rooms.rooms()
    except WacallError as error:
        yield fail(
            "livekit",
            str(error),
            "Set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET to those of the server.",
        )
        return
    yield ok("livekit", "The SFU answers and takes the key.")
    call = Call(
        id=CallId(f"doctor-{uuid.uuid4()}"),
        wacid=None,
        direction=Direction.INBOUND,
        status=CallStatus.RINGING,
        phone_number_id=settings.wa_phone_number_id,
        party=Party(),
        created_at=datetime.now(UTC),
    )
    async with api.LiveKitAPI(
        settings.livekit_url,
        settings.livekit_api_key,
        settings.livekit_api_secret.get_secret_value(),
        session=http,
        failover=False,
    ) as lk:
        try:
            await _make_room(lk, call.room, settings.agent_name)
            yield await _find_worker(lk, call.room, settings.agent_name)
            yield await _look_at_candidates(settings, rooms, http, call)
        except api.TwirpError as error:
            yield fail("livekit", f"No room could be made ({error.code}).", "See the SFU's log.")
        except (aiohttp.ClientError, TimeoutError) as error:
            yield fail(
                "livekit",
                f"The SFU stopped answering ({type(error).__name__}).",
                "See the SFU's log, and whether LIVEKIT_URL leads to it directly.",
            )
        finally:
            with contextlib.suppress(WacallError):
                await rooms.delete(call.room)


async def _make_room(lk: api.LiveKitAPI, room: str, agent_name: str) -> None:
    dispatch = api.RoomAgentDispatch(
        agent_name=agent_name,
        metadata="doctor: no call",
        restart_policy=api.JobRestartPolicy.JRP_NEVER,
    )
    await lk.room.create_room(api.CreateRoomRequest(name=room, empty_timeout=30, agents=[dispatch]))


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


async def _find_worker(lk: api.LiveKitAPI, room: str, name: str) -> Finding:
    """Dispatch a job that every worker turns away; that it reached one is the finding."""
    deadline = asyncio.get_running_loop().time() + _WORKER_TIMEOUT_S
    while asyncio.get_running_loop().time() < deadline:
        for dispatch in await lk.agent_dispatch.list_dispatch(room_name=room):
            if dispatch.state.jobs:
                return ok("agent", f"A worker is registered under {name}.")
        await asyncio.sleep(_POLL_S)
    return fail(
        "agent",
        f"No worker took a job under the name {name}.",
        "Start one (wacall agent) with the same LIVEKIT_URL, key and AGENT_NAME; if one runs, "
        "its machine may be busier than AGENT_LOAD_THRESHOLD allows.",
    )


async def _look_at_candidates(
    settings: Settings, rooms: RoomsClient, http: aiohttp.ClientSession, call: Call
) -> Finding:
    """Ask WHIP for an answer and look where the phone would be told to send its media."""
    whip = WhipClient(http, url=settings.livekit_url, timeout_s=_TIMEOUT_S)
    try:
        token = rooms.caller_token(call, status=ShownStatus.RINGING)
        answer = await whip.post(_PROBE_OFFER, token, awaits_agent=False)
    except (WhipRefused, WhipTimedOut) as error:
        return fail(
            "whip",
            str(error),
            "WHIP needs livekit-server 1.9.1 or newer, reachable under LIVEKIT_URL.",
        )
    return judge_candidates(udp_addresses(answer.sdp))


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


async def _look_at_graph(settings: Settings, http: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    graph = make_graph(settings, http)
    try:
        number = await graph.check_number()
    except WacallError as error:
        yield fail(
            "graph",
            str(error),
            "Set WA_ACCESS_TOKEN and WA_PHONE_NUMBER_ID to those of one app, and WA_GRAPH_BASE_URL "
            "and WA_GRAPH_VERSION only if Meta's are not meant.",
        )
        return
    if number.status and number.status.upper() != "CONNECTED":
        yield warn(
            "graph",
            f"The business number's status is {number.status}.",
            "Look at the number in WhatsApp Manager; calls need CONNECTED.",
        )
    yield ok("graph", "The token is accepted and the business number is there.")


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
        written = dotenv_values(arguments.env, interpolate=False)
        environ |= {name: value for name, value in written.items() if value}
    return asyncio.run(_run(environ))
