"""What is configured elsewhere, looked at with the doctor's eyes: before the start, and after it.

Before it, for a stack whose LiveKit or database is not there would only wait. After it, for what
lets the stack start and will keep calls from working all the same.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping

import aiohttp

from agents.settings import Settings as AgentSettings
from controlplane.line_plan import plan_of
from controlplane.settings import Settings
from wacall.doctor.bridges import look_at_bridges
from wacall.doctor.configuration import is_metas_own
from wacall.doctor.examine import look_at_database, look_at_openai
from wacall.doctor.findings import Finding
from wacall.doctor.livekit import look_at_livekit
from wacall.doctor.meta import look_at_meta
from wacall.doctor.profiles import judge_profiles
from wacall.doctor.real_line import judge_announced

# for both neighbours together; they are asked at the same time
BEFORE_S = 8.0
AFTER_S = 15.0


async def obstacles(settings: Settings, configured: Mapping[str, str]) -> list[str]:
    """Return what keeps this stack from starting: sentences with what to do."""
    found: list[str] = []
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as group:
        if configured.get("LIVEKIT_URL"):
            group.create_task(_first(look_at_livekit(settings, http), "LIVEKIT_URL", found))
        if configured.get("SUPABASE_URL"):
            group.create_task(_first(look_at_database(settings, http), "SUPABASE_URL", found))
    return found


async def caveats(
    environment: Mapping[str, str], *, announced: Mapping[str, str], with_agent: bool
) -> list[str]:
    """Return what will not work although everything runs: sentences with what to do.

    `announced` are the addresses that WhatsApp is told, by the variable that sets each.
    """
    settings = Settings.from_env(environment)
    agent = AgentSettings.from_env(environment) if with_agent else None
    looks: list[list[Finding]] = []
    if is_metas_own(settings.wa_graph_base_url):
        looks.append(judge_announced(announced))
        if agent is not None:
            number = settings.wa_phone_number_id
            looks.append([judge_profiles(agent, environment, number=number, is_real=True)])
    timeout = aiohttp.ClientTimeout(total=AFTER_S)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        asked = [
            _all(look_at_meta(settings, http, list(plan_of(settings, environment).lines.values())))
        ]
        if settings.bridge_urls:
            asked.append(_all(look_at_bridges(settings, http)))
        if agent is not None:
            asked.append(_all(look_at_openai(agent, http)))
        looks += await asyncio.gather(*asked)
    return [sentence(finding) for look in looks for finding in look if _matters(finding)]


def _matters(finding: Finding) -> bool:
    """Whether calls will not work, or not as anybody would want; the doctor tells of the rest."""
    return finding.status == "fail" or (
        finding.status == "warn" and finding.about in ("media", "profile", "token")
    )


def sentence(finding: Finding) -> str:
    """Write a finding and its fix on one line."""
    whose = f"{finding.of}: " if finding.of else ""
    return f"{whose}{finding.message} {finding.fix}".strip()


async def _first(looking: AsyncIterator[Finding], variable: str, found: list[str]) -> None:
    """Take what is found first: whether the neighbour is there, and takes the key."""
    try:
        async with asyncio.timeout(BEFORE_S):
            finding = await anext(looking)
    except TimeoutError:
        found.append(f"{variable}: nothing answers there within {BEFORE_S:g} s. Set it right.")
        return
    finally:
        if isinstance(looking, AsyncGenerator):
            await looking.aclose()
    if finding.status == "fail":
        found.append(f"{variable}: {sentence(finding)}")


async def _all(looking: AsyncIterator[Finding]) -> list[Finding]:
    found: list[Finding] = []
    try:
        async with asyncio.timeout(AFTER_S):
            async for finding in looking:
                found.append(finding)
    except TimeoutError:
        # what answers so late is looked at every minute by the control plane itself
        pass
    return found
