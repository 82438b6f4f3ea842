"""The Graph client against the simulated Graph API, which answers what the test tells it."""

import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from controlplane.meta.graph import GraphClient, PermissionReport
from controlplane.meta.graph_errors import GraphRefused, GraphUnreachable
from shared.call.ids import PhoneNumberId, WhatsAppCallId
from shared.call.person import Person
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.api.request import GraphRequest
from simulators.meta.webhooks.calls import Line
from simulators.meta.whatsapp import WhatsAppSimulator

LINE = PhoneNumberId("436666719526789")
WACID = WhatsAppCallId("wacid.INVENTED0001")
TOKEN = "EAAinvented"
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
Reply = tuple[int, Any]
OK: Reply = (200, {"messaging_product": "whatsapp", "success": True})
HANG: Reply = (0, "hang")
DROP: Reply = (0, "drop")


@contextlib.contextmanager
def refused(name: str) -> Iterator[None]:
    """Expect a refusal of this name."""
    with pytest.raises((GraphRefused, GraphUnreachable)) as caught:
        yield
    assert caught.value.code == f"graph-{name}"


def error(status: int, code: int, details: str = "", **more: Any) -> Reply:
    """Script a refusal of Meta's shape."""
    body = {"message": "Refused", "type": "OAuthException", "code": code, **more}
    return status, {"error": {**body, "error_data": {"details": details}}}


@dataclass
class Bench:
    """The client under test, the Graph API that it asks, and what it told the observer.

    The simulated Graph API checks token, path and form of every request as always; what it
    answers to those that are right is the test's to say: here nobody rings.
    """

    whatsapp: WhatsAppSimulator
    client: GraphClient
    seen: list[tuple[str, str, str, float]]
    make: Callable[..., GraphClient]

    def script(self, *replies: Reply) -> None:
        """Answer one after the other, and the last one for ever."""
        self.whatsapp.graph.faults.clear()
        for number, (status, body) in enumerate(replies, 1):
            times = -1 if number == len(replies) else 1
            if status:
                location = {"Location": "/elsewhere"} if status == 302 else {}
                self.whatsapp.reply("*", body, status=status, times=times, **location)
            else:
                kind = FaultKind.HANG if body == "hang" else FaultKind.DROP_BEFORE
                self.whatsapp.fail(Fault(action="*", kind=kind, times=times))

    @property
    def requests(self) -> list[GraphRequest]:
        """What has arrived; that it was well-formed is checked on the way."""
        assert not [request for request in self.whatsapp.requests if request.refusal]
        return self.whatsapp.requests

    @property
    def actions(self) -> list[str]:
        """The actions that arrived."""
        return [request.action for request in self.requests]


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    """Start the simulated Graph API and a client for it."""
    seen: list[tuple[str, str, str, float]] = []
    async with (
        WhatsAppSimulator(
            app_secret="unused", access_token=TOKEN, line=Line(phone_number_id=LINE)
        ) as whatsapp,
        aiohttp.ClientSession() as http,
    ):

        def make(base_url: str = whatsapp.graph_url, timeout_s: float = 5) -> GraphClient:
            return GraphClient(
                http,
                base_url=base_url,
                version="v24.0",
                phone_number_id=LINE,
                token=TOKEN,
                timeout_s=timeout_s,
                observe=lambda *args: seen.append(args),
            )

        made = Bench(whatsapp, make(whatsapp.graph_url + "/"), seen, make)
        made.script(OK)
        yield made


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("pre_accept", {"session": {"sdp_type": "answer", "sdp": SDP}}),
        ("accept", {"session": {"sdp_type": "answer", "sdp": SDP}}),
        ("reject", {}),
        ("terminate", {}),
    ],
)
async def test_bodies_are_metas(bench: Bench, action: str, body: dict[str, Any]) -> None:
    """Path, token and JSON are exactly those of Meta's reference."""
    await getattr(bench.client, action)(WACID, *([SDP] if body else []))
    (request,) = bench.requests
    assert (request.method, request.path) == ("POST", f"/v24.0/{LINE}/calls")
    assert request.content_type == "application/json"
    sent = json.loads(request.raw)
    assert sent == {"messaging_product": "whatsapp", "call_id": WACID, "action": action, **body}
    assert next(iter(sent)) == "messaging_product"


@pytest.mark.parametrize("fault", [error(500, 138004), error(500, 1), (502, b"<html>"), DROP])
@pytest.mark.parametrize("action", ["pre_accept", "accept"])
async def test_answering_is_repeated_once_with_the_same_bytes(
    bench: Bench, action: str, fault: tuple[int, Any]
) -> None:
    """A moment's fault does not cost the call; Meta compares the SDP of both."""
    bench.script(fault, OK)
    await getattr(bench.client, action)(WACID, SDP)
    first, second = bench.requests
    assert first.raw == second.raw


@pytest.mark.parametrize("action", ["pre_accept", "accept"])
async def test_answering_gives_up_after_the_second_fault(bench: Bench, action: str) -> None:
    """The caller is waiting: two attempts, then the set-up fails with a named error."""
    bench.script(error(500, 2))
    with refused("server-fault"):
        await getattr(bench.client, action)(WACID, SDP)
    assert bench.actions == [action] * 2


@pytest.mark.parametrize("action", ["pre_accept", "accept"])
@pytest.mark.parametrize(
    ("reply", "name"),
    [
        (error(400, 138008), "sdp-refused"),
        (error(401, 190), "token-expired"),
        (error(401, 138006), "no-call-permission"),
        (error(400, 100, "The call is in progress"), "invalid-parameter"),
        ((200, {"success": False}), "unreadable-reply"),
        ((200, b"<html>"), "unreadable-reply"),
        ((302, {}), "unreadable-reply"),
    ],
)
async def test_refusals_are_not_repeated(
    bench: Bench, action: str, reply: tuple[int, Any], name: str
) -> None:
    """What Meta says no to, it would say no to again; no redirect takes the token along."""
    bench.script(reply)
    with refused(name):
        await getattr(bench.client, action)(WACID, SDP)
    assert len(bench.requests) == 1


@pytest.mark.parametrize("first", [error(500, 1), DROP])
@pytest.mark.parametrize(
    "second", [error(400, 138003), error(400, 100, "The call has already been accepted")]
)
async def test_second_accept_that_finds_the_call_accepted_is_a_success(
    bench: Bench, first: tuple[int, Any], second: tuple[int, Any]
) -> None:
    """The first one got through, only its answer was lost: the customer is on the line."""
    bench.script(first, second)
    await bench.client.accept(WACID, SDP)
    assert bench.actions == ["accept", "accept"]


async def test_second_accept_that_finds_the_call_ended_is_an_error(bench: Bench) -> None:
    """Nobody is on the line any more."""
    bench.script(error(500, 1), error(400, 100, "The call has already ended"))
    with refused("invalid-parameter"):
        await bench.client.accept(WACID, SDP)


@pytest.mark.parametrize("action", ["reject", "terminate"])
async def test_hanging_up_is_repeated_twice(bench: Bench, action: str) -> None:
    """Repeating is harmless, and a call that stays up costs money."""
    bench.script(error(500, 1), DROP, OK)
    await getattr(bench.client, action)(WACID)
    assert bench.actions == [action] * 3


@pytest.mark.parametrize("action", ["reject", "terminate"])
async def test_hanging_up_a_call_that_is_gone_is_a_success(bench: Bench, action: str) -> None:
    """Both sides hung up at once."""
    bench.script(error(400, 100, f"The call has ended; {action} is not possible"))
    await getattr(bench.client, action)(WACID)
    assert len(bench.requests) == 1


@pytest.mark.parametrize("action", ["reject", "terminate"])
async def test_hanging_up_with_a_wrong_token_or_line_is_an_error(bench: Bench, action: str) -> None:
    """The call may be up and somebody has to know."""
    bench.script(error(401, 190), error(400, 100, error_subcode=33))
    with refused("token-expired"):
        await getattr(bench.client, action)(WACID)
    with refused("invalid-parameter"):
        await getattr(bench.client, action)(WACID)


async def test_every_request_has_a_deadline(bench: Bench) -> None:
    """A Graph API that says nothing holds nobody: two attempts of 0.1 s here."""
    bench.script(HANG)
    started = time.monotonic()
    with pytest.raises(GraphUnreachable, match="GRAPH_TIMEOUT_S"):
        await bench.make(timeout_s=0.1).accept(WACID, SDP)
    assert time.monotonic() - started < 2
    assert len(bench.requests) == 2


async def test_unreachable_graph_names_the_setting(bench: Bench) -> None:
    """Nobody listens on port 1."""
    with pytest.raises(GraphUnreachable, match="WA_GRAPH_BASE_URL"):
        await bench.make("http://127.0.0.1:1").pre_accept(WACID, SDP)


async def test_reply_without_end_is_cut(bench: Bench) -> None:
    """What answers there may not be Graph at all."""
    bench.script((200, b"x" * 2_000_000))
    with refused("unreadable-reply"):
        await bench.client.pre_accept(WACID, SDP)


async def test_number_check_reads_the_line(bench: Bench) -> None:
    """For the doctor: token and number id fit together."""
    bench.script(
        (200, {"id": LINE, "verified_name": "Bakery", "quality_rating": "GREEN", "new": 1})
    )
    info = await bench.client.check_number()
    assert (info.id, info.verified_name, info.quality_rating) == (LINE, "Bakery", "GREEN")
    (request,) = bench.requests
    assert (request.method, request.raw, request.path) == ("GET", b"", f"/v24.0/{LINE}")
    assert request.query["fields"].startswith("id,display_phone_number")


async def test_number_check_of_another_answer_fails(bench: Bench) -> None:
    """A stand-in that answers everything with 200 is not the Graph API."""
    with refused("unreadable-reply"):
        await bench.client.check_number()


async def test_observer_sees_every_request(bench: Bench) -> None:
    """Each attempt counts, with its outcome as a bounded label."""
    bench.script(error(500, 138004), OK)
    await bench.client.pre_accept(WACID, SDP)
    assert [done[:3] for done in bench.seen] == [
        ("graph", "pre_accept", "graph-connection-fault"),
        ("graph", "pre_accept", "ok"),
    ]
    assert all(0 < seconds < 5 for *_, seconds in bench.seen)


@pytest.mark.parametrize(
    "reply", [error(400, 100, f"bad {SDP} of +15550001111 {WACID}"), (502, SDP.encode()), DROP]
)
async def test_errors_hold_no_personal_data(bench: Bench, reply: tuple[int, Any]) -> None:
    """Neither the sentence nor repr shows token, call id, SDP or Meta's echo of a number."""
    bench.script(reply)
    with pytest.raises((GraphRefused, GraphUnreachable)) as caught:
        await bench.client.accept(WACID, SDP)
    shown = f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    for secret in (TOKEN, WACID, "v=0", "15550001111"):
        assert secret not in shown


# --- permissions ---

EXPIRY = datetime.fromtimestamp(1767945600, UTC)


@pytest.mark.parametrize(
    ("permission", "report"),
    [
        ({"status": "no_permission"}, (False, None, False)),
        ({"status": "temporary", "expiration_time": 1767945600}, (True, EXPIRY, False)),
        # the page's table has another name for it than its sample
        ({"status": "temporary", "expiration": "1767945600"}, (True, EXPIRY, False)),
        ({"status": "temporary"}, (True, None, False)),
        ({"status": "permanent", "expiration_time": 1767945600}, (True, None, True)),
        ({"status": "a_word_of_the_future"}, (False, None, False)),
        (None, (False, None, False)),
    ],
)
async def test_permissions_are_read(
    bench: Bench, permission: object, report: tuple[bool, datetime | None, bool]
) -> None:
    """What is not a clear yes is a no."""
    bench.script((200, {"messaging_product": "whatsapp", "permission": permission}))
    granted, until, is_permanent = report
    assert await bench.client.call_permissions(Person(phone="15550001111")) == PermissionReport(
        granted=granted,
        valid_until=until,
        is_permanent=is_permanent,
        may_call=True,
        call_limit_until=None,
    )


async def test_the_id_comes_before_the_number(bench: Bench) -> None:
    """The number may be somebody else's by now."""
    bench.script((200, {"permission": {"status": "permanent"}}))
    await bench.client.call_permissions(Person(user_id="US.1", phone="15550001111"))
    await bench.client.call_permissions(Person(phone="15550001111"))
    asked = [request.query for request in bench.requests]
    assert asked == [{"recipient": "US.1"}, {"user_wa_id": "15550001111"}]


async def test_the_time_that_headers_ask_for_is_read(bench: Bench) -> None:
    """Retry-After, and the minutes that Meta's own header has."""
    usage = {"1": [{"type": "messaging", "estimated_time_to_regain_access": 19}]}
    for headers, seconds in (
        ({"Retry-After": "7"}, 7),
        ({"X-Business-Use-Case-Usage": json.dumps(usage)}, 19 * 60),
    ):
        status, body = error(400, 130429)
        bench.whatsapp.graph.faults.clear()
        bench.whatsapp.fail(
            Fault(action="*", kind=FaultKind.REPLY, status=status, body=body, headers=headers)
        )
        with pytest.raises(GraphRefused) as caught:
            await bench.client.request_permission(Person(phone="15550001111"))
        assert caught.value.asked_wait == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("reply", "name"),
    [
        (error(429, 613), "rate-limited"),
        (error(400, 138009), "permission-request-limit"),
        (error(400, 138017), "permission-already-permanent"),
        (error(500, 2), "server-fault"),
        ((200, {"messages": []}), "unreadable-reply"),
        (DROP, "unreachable"),
    ],
)
async def test_a_permission_request_is_sent_once(
    bench: Bench, reply: tuple[int, Any], name: str
) -> None:
    """Whatever comes back, it is not repeated: the person would be asked twice."""
    bench.script(reply)
    with refused(name):
        await bench.client.request_permission(Person(phone="15550001111"))
    assert len(bench.requests) == 1
