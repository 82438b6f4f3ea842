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
from agents.profile_choice import ProfileChoice
from agents.settings import Settings as AgentSettings
from controlplane import database_check
from controlplane.core.errors import LineUnclear
from controlplane.core.line import LinesUnfit
from controlplane.line_plan import plan_of
from controlplane.settings import Settings
from shared.call.errors import WacallError
from shared.call.ids import PhoneNumberId
from shared.database.faults import Refused
from shared.database.rest import RestClient
from shared.database.supabase import SupabaseStore
from shared.process.env_file import read_env_file
from shared.profiles.profile import Profile
from wacall import environment
from wacall.doctor import configuration, running
from wacall.doctor.bridges import look_at_bridges
from wacall.doctor.calling import switch_on
from wacall.doctor.configuration import is_metas_own
from wacall.doctor.findings import (
    Finding,
    fail,
    ok,
)
from wacall.doctor.livekit import look_at_livekit
from wacall.doctor.meta import look_at_meta
from wacall.doctor.models import judge_all
from wacall.doctor.profiles import judge_profiles
from wacall.doctor.storage import look_at_bucket
from wacall.operators.client import OperatorRefused

_TIMEOUT_S = 10.0


async def examine(
    environ: Mapping[str, str], *, is_embedded: bool = False
) -> AsyncIterator[Finding]:
    """Look at everything, one finding after the other.

    `is_embedded`: LiveKit is the one that `wacall up` runs.
    """
    found = configuration.read(environ)
    for finding in found.findings:
        yield finding
    settings, agent = found.settings, found.agent
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        if settings is not None:
            if found.has_livekit:
                async for finding in _look_at_running(settings, environ, http, is_embedded):
                    yield finding
                async for finding in look_at_bridges(settings, http):
                    yield finding
            if found.has_database:
                async for finding in look_at_database(settings, http):
                    yield finding
                async for finding in look_at_bucket(settings, http):
                    yield finding
            async for finding in _look_at_lines(settings, environ, http):
                yield finding
        if agent is not None:
            number = settings.wa_phone_number_id if settings is not None else None
            is_real = settings is not None and is_metas_own(settings.wa_graph_base_url)
            yield judge_profiles(agent, environ, number=number, is_real=is_real)
            async for finding in look_at_openai(agent, http):
                yield finding


async def _look_at_running(
    settings: Settings, environ: Mapping[str, str], http: aiohttp.ClientSession, is_embedded: bool
) -> AsyncIterator[Finding]:
    """Look at LiveKit, and at what the running control plane hears of it."""
    before = None
    if settings.controlplane_api_key is not None:
        try:
            statuses = await running.statuses(environ)
        except OperatorRefused as error:
            yield running.judge_silence(error)
        else:
            before = running.counts(statuses)
            for finding in running.judge_arrivals(statuses):
                yield finding
    made_a_room = False
    async for finding in look_at_livekit(settings, http, is_embedded=is_embedded):
        made_a_room |= finding.about == "agent"
        yield finding
    if before is not None and made_a_room:
        yield await running.find_room_event(environ, before)


async def _look_at_lines(
    settings: Settings, environ: Mapping[str, str], http: aiohttp.ClientSession
) -> AsyncIterator[Finding]:
    """Look at each business number, as far as they are configured."""
    try:
        lines = list(plan_of(settings, environ).lines.values())
    except LinesUnfit as error:
        for sentence in str(error).splitlines():
            yield fail("settings", sentence, "The control plane does not start like this.")
        return
    async for finding in look_at_meta(settings, http, lines):
        yield finding


async def look_at_database(
    settings: Settings, http: aiohttp.ClientSession
) -> AsyncIterator[Finding]:
    """Ask the database whether it takes the key, and whether its schema fits."""
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


async def look_at_openai(
    agent: AgentSettings, http: aiohttp.ClientSession
) -> AsyncIterator[Finding]:
    """Ask OpenAI whether it takes the key, and has the models."""
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
    profiles: list[Profile] = []
    # that they cannot be read is a finding of its own
    with contextlib.suppress(ValueError):
        profiles = ProfileChoice(agent).all()
    for finding in judge_all(agent, profiles, listing, today):
        yield finding


async def _run(environ: Mapping[str, str], *, is_embedded: bool) -> int:
    failed = 0
    async for finding in examine(environ, is_embedded=is_embedded):
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
    parser.add_argument(
        "--enable-calling",
        action="store_true",
        help="switch calling on for the number; shows what would be sent to Meta, and asks",
    )
    parser.add_argument(
        "--from",
        dest="number",
        metavar="ID",
        help="the id of the business number (with --enable-calling, if there are several)",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask (with --enable-calling)")
    arguments = parser.parse_args(argv)
    configured = environment.load()
    environ = environment.load_running()
    if arguments.env is not None:
        if not arguments.env.is_file():
            print(f"--env: there is no file {arguments.env}.", file=sys.stderr)
            return 2
        environ |= read_env_file(arguments.env)
    if arguments.enable_calling:
        return _enable_calling(environ, number=arguments.number, is_confirmed=arguments.yes)
    # what only the running stack names is its own
    is_embedded = "LIVEKIT_URL" in environ and "LIVEKIT_URL" not in configured
    return asyncio.run(_run(environ, is_embedded=is_embedded))


def _enable_calling(environ: Mapping[str, str], *, number: str | None, is_confirmed: bool) -> int:
    found = configuration.read(environ)
    if found.settings is None:
        for finding in found.findings:
            if finding.status == "fail":
                print(finding, file=sys.stderr)
        return 2

    def confirm(question: str) -> bool:
        if is_confirmed:
            return True
        if not sys.stdin.isatty():
            print("Nobody can be asked here; give --yes to send it.")
            return False
        return input(question).strip().casefold() in ("y", "yes")

    try:
        line, _ = plan_of(found.settings, environ).chosen(
            number=PhoneNumberId(number) if number is not None else None, profile=None
        )
    except (LinesUnfit, LineUnclear) as error:
        print(str(error).replace("`from`", "--from"), file=sys.stderr)
        return 2
    return asyncio.run(switch_on(found.settings, line, confirm))
