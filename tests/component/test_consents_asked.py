"""Asking people for the permission to call them: how often, by what, and what does not count."""

from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from aiohttp import web

from controlplane.app import ControlPlane
from controlplane.core.policy import Allowed
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.people.person import Person as SimulatedPerson
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import (
    StartControlPlane,
    line_of,
)
from tests.component.ledger import BOB, BOB_PHONE, asked, post, sent
from tests.serving import serving
from wacall.environment import free_port


async def test_a_request_is_sent_once_a_day(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    bob: SimulatedPerson,
    http: aiohttp.ClientSession,
) -> None:
    """The second one does not leave: 409 with the next allowed time."""
    status, answer = await post(http, "/consents/request", {"to": BOB_PHONE, "text": "May we?"})
    assert status == 202, answer
    (message,) = sent(whatsapp)
    assert bob.inbox == [message]
    assert message.pop("biz_opaque_callback_data") == answer["request_id"]
    assert message == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": f"+{BOB.phone}",
        "type": "interactive",
        "interactive": {
            "type": "call_permission_request",
            "action": {"name": "call_permission_request"},
            "body": {"text": "May we?"},
        },
    }
    status, answer = await post(http, "/consents/request", {"to": BOB_PHONE})
    assert (status, answer["error"]["code"]) == (409, "request-limit")
    retry_at = datetime.fromisoformat(answer["error"]["retry_at"])
    assert timedelta(hours=23) < retry_at - datetime.now(UTC) <= timedelta(hours=24)
    assert len(sent(whatsapp)) == 1


async def test_a_template_reaches_who_has_not_written(
    plane: ControlPlane, whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession
) -> None:
    """By business-scoped id, with the body's values."""
    template = {"name": "call_permission", "language": "nl", "parameters": ["Ada"]}
    status, _ = await post(http, "/consents/request", {"to": "NL.77", "template": template})
    assert status == 202
    (message,) = sent(whatsapp)
    assert (message["recipient"], message["type"]) == ("NL.77", "template")
    assert message["template"] == {
        "name": "call_permission",
        "language": {"code": "nl"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "Ada"}]}],
    }


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize(("meta_code", "http_status"), [(130429, 400), (4, 403), (80007, 429)])
async def test_nothing_is_sent_while_meta_asks_to_slow_down(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    http: aiohttp.ClientSession,
    meta_code: int,
    http_status: int,
) -> None:
    """For as long as its header says, to nobody, whatever the HTTP status was."""
    error = {"message": "Slow down", "type": "OAuthException", "code": meta_code}
    whatsapp.fail(
        Fault(
            action="messages",
            kind=FaultKind.REPLY,
            status=http_status,
            body={"error": error},
            headers={"Retry-After": "600"},
        )
    )
    for to in (BOB_PHONE, "NL.77"):
        status, answer = await post(http, "/consents/request", {"to": to})
        assert (status, answer["error"]["code"]) == (409, "rate-limited")
        wait = datetime.fromisoformat(answer["error"]["retry_at"]) - datetime.now(UTC)
        assert timedelta(seconds=570) < wait <= timedelta(seconds=600)
    assert len([one for one in whatsapp.requests if one.action == "messages"]) == 1


@pytest.mark.parametrize(
    ("meta_code", "status", "code"),
    [(138009, 502, "graph-permission-request-limit"), (138017, 409, "already-permitted")],
)
async def test_a_refused_request_does_not_count(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    bob: SimulatedPerson,
    http: aiohttp.ClientSession,
    meta_code: int,
    status: int,
    code: str,
) -> None:
    """Nothing was sent; 138017 says besides that calls are permitted for good."""
    now = whatsapp.clock.now()
    if meta_code == 138017:
        whatsapp.outbound.grant(bob, permanent=True)
    else:
        # asked by somebody else who uses the number
        bob.permission.request("wamid.OTHER", now)
    found, answer = await post(http, "/consents/request", {"to": BOB_PHONE})
    assert (found, answer["error"]["code"]) == (status, code)
    (refused,) = [one.refusal for one in whatsapp.requests if one.action == "messages"]
    assert refused is not None
    assert refused.code == meta_code
    if meta_code == 138017:
        assert await plane.use_cases.permissions.check(BOB, line=line_of(plane)) == Allowed()
        assert asked(whatsapp) == []
    else:
        # a call that is answered sets Meta's limit of requests back
        bob.permission.connected(now, by_business=False)
        assert (await post(http, "/consents/request", {"to": BOB_PHONE}))[0] == 202


@pytest.mark.usefixtures("heard")
async def test_a_request_that_never_left_does_not_count(
    start_controlplane: StartControlPlane, http: aiohttp.ClientSession
) -> None:
    """Nobody listens where Graph should be: the person has not been asked, and may be."""
    await start_controlplane(WA_GRAPH_BASE_URL=f"http://127.0.0.1:{free_port()}")
    for _ in range(3):
        status, answer = await post(http, "/consents/request", {"to": BOB_PHONE})
        assert (status, answer["error"]["code"]) == (502, "graph-unreachable")


@pytest.mark.usefixtures("heard")
async def test_a_request_that_may_have_left_counts(
    start_controlplane: StartControlPlane, http: aiohttp.ClientSession
) -> None:
    """Meta took it and its answer makes no sense: the person may have been asked."""

    async def take(request: web.Request) -> web.Response:
        return web.Response(text="thanks")

    async with serving(web.route("*", "/{path:.*}", take)) as url:
        await start_controlplane(WA_GRAPH_BASE_URL=url)
        status, answer = await post(http, "/consents/request", {"to": BOB_PHONE})
        assert (status, answer["error"]["code"]) == (502, "graph-unreadable-reply")
        status, answer = await post(http, "/consents/request", {"to": BOB_PHONE})
        assert (status, answer["error"]["code"]) == (409, "request-limit")
