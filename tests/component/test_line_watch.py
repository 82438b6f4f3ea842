"""What at Meta keeps calls from working is seen before a customer finds out."""

import time
from typing import Any

import aiohttp
import pytest

from controlplane.line_plan import plan_of
from controlplane.settings import Settings
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.rules.token import SCOPES, TokenState
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import StartControlPlane, line_of
from tests.eventually import eventually
from wacall.doctor.findings import Finding
from wacall.doctor.meta import look_at_meta
from wacall.environment import free_port

EVERY = {"LINE_CHECK_INTERVAL_S": "0.1"}


async def readiness(http: aiohttp.ClientSession) -> tuple[int, dict[str, str]]:
    """Ask for the HTTP status and the problems."""
    async with http.get("/readyz") as response:
        return response.status, (await response.json()).get("problems") or {}


async def until(http: aiohttp.ClientSession, name: str, *, is_there: bool) -> str:
    """Wait until a problem is there or gone; the process is ready all the while."""
    found: dict[str, str] = {}

    async def stands() -> bool:
        status, problems = await readiness(http)
        assert status == 200
        found.clear()
        found.update(problems)
        return (name in problems) is is_there

    await eventually(stands, 6, last=lambda: str(found))
    return found.get(name, "")


def told(caplog: pytest.LogCaptureFixture, action: str) -> list[dict[str, Any]]:
    """The log's lines of one action."""
    return [vars(one) for one in caplog.records if vars(one).get("action") == action]


@pytest.mark.parametrize(
    ("state", "words"),
    [(TokenState.EXPIRED, "it has expired"), (TokenState.REVOKED, "it was revoked")],
)
async def test_a_dead_token_is_seen_without_a_call(
    start_controlplane: StartControlPlane,
    whatsapp: WhatsAppSimulator,
    http: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
    state: TokenState,
    words: str,
) -> None:
    """Ready all the same, for webhooks shall come in; told once in the log, and when it is over."""
    caplog.set_level("INFO", "controlplane")
    plane = await start_controlplane(**EVERY)
    assert await readiness(http) == (200, {})
    whatsapp.graph.token.state = state
    problem = await until(http, "token", is_there=True)
    assert words in problem
    assert "WA_ACCESS_TOKEN" in problem
    # some more looks, which are no news
    seen = len(whatsapp.requests)
    await eventually(lambda: len(whatsapp.requests) > seen + 3)
    (line,) = told(caplog, "line-trouble")
    assert (line["trouble"], line["advice"]) == ("token", problem)
    value = plane.near.metrics.registry.get_sample_value
    assert value("whatsapp_line_trouble", {"line": line_of(plane), "trouble": "token"}) == 1

    whatsapp.graph.token.state = TokenState.VALID
    await until(http, "token", is_there=False)
    assert len(told(caplog, "line-trouble-over")) == 1
    assert value("whatsapp_line_trouble", {"line": line_of(plane), "trouble": "token"}) == 0


@pytest.mark.parametrize(
    ("calling", "trouble"),
    [
        ({"srtp_key_exchange_protocol": "SDES"}, "sdes-mode"),
        ({"sip": {"status": "ENABLED"}}, "sip-mode"),
        ({"status": "DISABLED"}, "calling-off"),
    ],
)
async def test_settings_that_keep_calls_away_are_named(
    start_controlplane: StartControlPlane,
    whatsapp: WhatsAppSimulator,
    http: aiohttp.ClientSession,
    calling: dict[str, Any],
    trouble: str,
) -> None:
    """Somebody changes the number's settings, and back."""
    await start_controlplane(**EVERY)
    whatsapp.graph.calling = calling
    await until(http, trouble, is_there=True)
    whatsapp.graph.calling = {}
    await until(http, trouble, is_there=False)


async def test_what_says_nothing_of_the_line_changes_nothing(
    start_controlplane: StartControlPlane, whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession
) -> None:
    """Meta slow, down, or asking to slow down; a token that may not read settings."""
    await start_controlplane(**EVERY)
    for action, status, code in (
        ("number", 500, 131000),
        ("number", 400, 80007),
        ("settings", 403, 200),
        ("debug_token", 400, 100),
    ):
        whatsapp.fail(
            Fault(action=action, kind=FaultKind.ERROR_BEFORE, status=status, code=code, times=2)
        )
    whatsapp.fail(Fault(action="number", kind=FaultKind.DROP_BEFORE))
    seen = len(whatsapp.requests)
    await eventually(lambda: len(whatsapp.requests) > seen + 12)
    assert await readiness(http) == (200, {})


async def test_a_token_that_ends_soon_is_told_of(
    start_controlplane: StartControlPlane, whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession
) -> None:
    """A week before it does."""
    whatsapp.graph.token.expires_at = int(time.time()) + 3 * 86_400
    await start_controlplane(**EVERY)
    status, problems = await readiness(http)
    assert (status, list(problems)) == (200, ["token-expires"])


async def test_a_number_that_is_banned_is_told_of(
    start_controlplane: StartControlPlane, whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession
) -> None:
    """What Graph says of the number itself."""
    whatsapp.reply("number", {"id": whatsapp.line.phone_number_id, "status": "BANNED"})
    await start_controlplane()
    _, problems = await readiness(http)
    assert "BANNED" in problems["number"]


ACCOUNT = "102290129340398"


def account_update(at: int, value: dict[str, Any], account: str = ACCOUNT) -> dict[str, Any]:
    """Write an `account_update` of Meta's."""
    change = {"field": "account_update", "value": value}
    entry = {"id": account, "time": at, "changes": [change]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def ban(state: str) -> dict[str, Any]:
    """Write what an account that is banned, or is not any more, is told by."""
    return {"event": "DISABLED_UPDATE", "ban_info": [{"waba_ban_state": state}]}


async def test_what_one_replica_is_told_of_the_account_all_replicas_know(
    start_controlplane: StartControlPlane, whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession
) -> None:
    """It begins and ends with the newest word, whatever came last, and outlives them all."""
    first = await start_controlplane(**EVERY)
    port = free_port()
    await start_controlplane(**EVERY, PORT=str(port))
    now = int(time.time())
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as other:
        whatsapp.send_webhook(account_update(now, ban("DISABLE")))
        for replica in (http, other):
            assert "disabled" in await until(replica, "account-disabled", is_there=True)
        whatsapp.send_webhook(account_update(now + 2, ban("REINSTATE")))
        for replica in (http, other):
            await until(replica, "account-disabled", is_there=False)
        # delivered late: not the newest word
        whatsapp.send_webhook(account_update(now + 1, ban("DISABLE")))
        whatsapp.send_webhook(account_update(now + 3, {"event": "PARTNER_REMOVED"}))
        await until(other, "partner-removed", is_there=True)
        assert "account-disabled" not in (await readiness(other))[1]
        value = first.near.metrics.registry.get_sample_value
        assert (
            value("whatsapp_line_trouble", {"line": line_of(first), "trouble": "account-disabled"})
            == 0
        )


async def test_a_restriction_ends_by_itself_and_another_account_is_none_of_ours(
    start_controlplane: StartControlPlane, whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession
) -> None:
    """Meta says until when; an app may be subscribed to many accounts."""
    await start_controlplane(**EVERY)
    now = int(time.time())
    info = {"restriction_type": "RESTRICTED_USER_INITIATED_CALLING", "expiration": now + 4}
    restricted = {"event": "ACCOUNT_RESTRICTION", "restriction_info": [info]}
    whatsapp.send_webhook(account_update(now, ban("DISABLE"), account="999"))
    whatsapp.send_webhook(account_update(now, restricted))
    await until(http, "restricted-inbound-calls", is_there=True)
    assert "account-disabled" not in (await readiness(http))[1]
    await until(http, "restricted-inbound-calls", is_there=False)


async def test_settings_that_cannot_be_read_are_known_from_webhooks(
    start_controlplane: StartControlPlane, whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession
) -> None:
    """A token without the scope for settings; what can be read is the newer word."""
    refused = Fault(action="settings", kind=FaultKind.ERROR_BEFORE, status=403, code=200, times=-1)
    whatsapp.fail(refused)
    await start_controlplane(**EVERY)
    settings = {
        "phone_number_id": whatsapp.line.phone_number_id,
        "calling": {"srtp_key_exchange_protocol": "SDES"},
    }
    value = {
        "messaging_product": "whatsapp",
        "timestamp": str(int(time.time())),
        "type": "phone_number_settings",
        "phone_number_settings": settings,
    }
    change = {"field": "account_settings_update", "value": value}
    entry = {"id": ACCOUNT, "time": int(time.time()), "changes": [change]}
    whatsapp.send_webhook({"object": "whatsapp_business_account", "entry": [entry]})
    assert "SDES" in await until(http, "sdes-mode", is_there=True)
    whatsapp.graph.faults.clear()
    await until(http, "sdes-mode", is_there=False)


async def doctors_findings(neighbours: dict[str, str]) -> dict[str, Finding]:
    """What the doctor finds at Meta."""
    settings = Settings.from_env(neighbours)
    lines = list(plan_of(settings).lines.values())
    async with aiohttp.ClientSession() as http:
        return {found.about: found async for found in look_at_meta(settings, http, lines)}


async def test_the_doctor_tells_of_the_token(
    neighbours: dict[str, str], whatsapp: WhatsAppSimulator
) -> None:
    """What it may do and until when; what it lacks; why it is dead."""
    token = whatsapp.graph.token
    found = (await doctors_findings(neighbours))["token"]
    assert found.status == "ok"
    assert "never expires" in found.message
    assert all(scope in found.message for scope in SCOPES)

    token.expires_at = int(time.time()) + 86_400
    found = (await doctors_findings(neighbours))["token"]
    assert (found.status, "expires at" in found.message) == ("warn", True)

    token.expires_at, token.scopes = 0, SCOPES[:1]
    found = (await doctors_findings(neighbours))["token"]
    assert (found.status, SCOPES[1] in found.message) == ("fail", True)

    token.state = TokenState.EXPIRED
    found = (await doctors_findings(neighbours))["graph"]
    assert (found.status, "it has expired" in found.message) == ("fail", True)


async def test_the_doctor_tells_of_settings_that_keep_calls_away(
    neighbours: dict[str, str], whatsapp: WhatsAppSimulator
) -> None:
    """SDES, SIP, calling off."""
    whatsapp.graph.calling = {"srtp_key_exchange_protocol": "SDES"}
    found = (await doctors_findings(neighbours))["calling"]
    assert (found.status, "SDES" in found.message) == ("fail", True)
    whatsapp.graph.calling = {}
    assert (await doctors_findings(neighbours))["calling"].status == "ok"
