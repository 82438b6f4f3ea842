"""The operators' routes over HTTP: who gets in, what they see, what they are told is wrong."""

import uuid
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, WhatsAppCallId
from shared.call.person import Party, Person
from shared.call.records import ToolCall, TranscriptTurn
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.webhooks.calls import Caller
from tests.component.bench import OPERATOR_KEY, Bench, MakeBench
from tests.component.surface import error_of

KEY = {"Authorization": f"Bearer {OPERATOR_KEY}"}
UNKNOWN = "5f6e2b1c-7f7e-4a55-8f0e-3a1f0d6c9b11"
ROUTES = [("GET", "/calls"), ("GET", f"/calls/{UNKNOWN}"), ("POST", f"/calls/{UNKNOWN}/hangup")]


def ended_call(minutes_ago: int) -> Call:
    """Make a call of the past."""
    created_at = datetime.now(UTC).replace(microsecond=123456) - timedelta(minutes=minutes_ago)
    return Call(
        id=CallId(str(uuid.uuid4())),
        wacid=WhatsAppCallId(f"wacid.{uuid.uuid4().hex}"),
        direction=Direction.INBOUND,
        status=CallStatus.NO_ANSWER,
        phone_number_id="436666719526789",  # type: ignore[arg-type]
        party=Party(person=Person(phone="15550100123"), name="Zoë"),
        created_at=created_at,
        ended_at=created_at,
        end_reason=EndReason.STALE_OFFER,
        ended_by_peer=True,
        released_at=created_at,
    )


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", f"Bearer {OPERATOR_KEY}x", f"Basic {OPERATOR_KEY}",
     OPERATOR_KEY, f"bear {OPERATOR_KEY}", f"bearer{OPERATOR_KEY}", "bearer schlüssel",
     "Bearer schlüssel"],
)  # fmt: skip
async def test_without_the_key_nobody_gets_in(
    bench: Bench, http: aiohttp.ClientSession, header: str | None
) -> None:
    """401 on every route, before anything is looked up."""
    for method, path in ROUTES:
        headers = {} if header is None else {"Authorization": header}
        async with http.request(method, path, headers=headers) as response:
            assert response.status == 401
            assert await error_of(response) == "not-authorized"


@pytest.mark.parametrize("header", ["Bearer {}", "bearer {}", "BEARER  {}", "bEaReR {} "])
async def test_the_schemes_case_means_nothing(
    bench: Bench, http: aiohttp.ClientSession, header: str
) -> None:
    """RFC 9110, 11.1: `bearer` is `Bearer`."""
    headers = {"Authorization": header.format(OPERATOR_KEY)}
    async with http.get("/calls", headers=headers) as response:
        assert response.status == 200


async def test_without_a_configured_key_the_routes_are_off(
    make_bench: MakeBench, http: aiohttp.ClientSession
) -> None:
    """403, whatever is sent."""
    await make_bench(CONTROLPLANE_API_KEY="")
    for method, path in ROUTES:
        for headers in ({}, KEY, {"Authorization": "Bearer "}, {"Authorization": "Bearer None"}):
            async with http.request(method, path, headers=headers) as response:
                assert response.status == 403
                assert await error_of(response) == "operator-routes-off"


@pytest.mark.parametrize("call_id", [UNKNOWN, "no-uuid", "%00", "..%2Fcalls", "1" * 5000])
async def test_a_call_that_does_not_exist_is_404(
    bench: Bench, http: aiohttp.ClientSession, call_id: str
) -> None:
    """Whatever is given for an id."""
    for method, path in (("GET", f"/calls/{call_id}"), ("POST", f"/calls/{call_id}/hangup")):
        async with http.request(method, path, headers=KEY) as response:
            assert response.status == 404
            assert await error_of(response) == "call-not-found"


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=-1", "limit=many", "limit=", "limit=1e2", "limit=²",
     "before=yesterday", "before=", "before=2026-01-31T12:00:00", "before=2026-13-01T00:00:00Z"],
)  # fmt: skip
async def test_bad_queries_are_400_and_say_what_would_be_good(
    bench: Bench, http: aiohttp.ClientSession, query: str
) -> None:
    """The message names the parameter."""
    async with http.get(f"/calls?{query}", headers=KEY) as response:
        assert response.status == 400
        assert await error_of(response) == "bad-request"
        message = (await response.json())["error"]["message"]
        assert message.startswith(query.partition("=")[0])


async def test_calls_are_listed_newest_first_page_by_page(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """`before` the oldest of one page gives the next; nothing is lost, nothing comes twice."""
    made = [ended_call(minutes_ago) for minutes_ago in range(7)]
    for call in made[::-2] + made[-2::-2]:
        assert await bench.store.claim_call(call) is not None

    listed: list[str] = []
    before = None
    pages = 0
    while True:
        query = {"limit": "3"} | ({"before": before} if before else {})
        async with http.get("/calls", params=query, headers=KEY) as response:
            assert response.status == 200
            calls = (await response.json())["calls"]
        if not calls:
            break
        pages += 1
        listed += [call["id"] for call in calls]
        before = calls[-1]["created_at"]
    assert listed == [call.id for call in made]
    assert pages == 3

    async with http.get("/calls", headers=KEY) as response:
        assert len((await response.json())["calls"]) == 7
    zulu = made[3].created_at.isoformat().replace("+00:00", "Z")
    async with http.get("/calls", params={"before": zulu}, headers=KEY) as response:
        assert [call["id"] for call in (await response.json())["calls"]] == [
            call.id for call in made[4:]
        ]


async def test_a_calls_timeline_tells_the_whole_story(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """Row, timings, every event in the order in which it came, and what was said."""
    caller = Caller(phone="15550100777", name="Ørjan 李", user_id="NO.1777")
    call = await bench.whatsapp.call(CallPlan(caller=caller))
    await call.accepted(30)
    row = await bench.until(call, lambda found: found.media_at is not None)
    said = [("assistant", "Good day."), ("user", "Hello."), ("assistant", "How can I—")]
    await bench.store.add_transcripts(
        [
            TranscriptTurn(
                call_id=row.id,
                sequence=number,
                speaker=speaker,
                text=text,
                interrupted=number == 3,
                spoken_at=datetime.now(UTC),
            )
            for number, (speaker, text) in enumerate(said, 1)
        ]
    )
    await bench.store.add_tool_call(
        ToolCall(
            id=ToolCall.id_of(row.id, "fc_1"),
            call_id=row.id,
            name="offPurpose",
            began_at=datetime.now(UTC),
        )
    )
    call.hang_up()
    await bench.until_released(call)
    await bench.until_settled("terminate", 1)

    async with http.get(f"/calls/{row.id}", headers=KEY) as response:
        assert response.status == 200
        shown = await response.json()
    assert shown["id"] == row.id
    assert shown["off_purpose_turns"] == 1
    assert shown["wacid"] == call.wacid
    assert (shown["status"], shown["end_reason"]) == ("completed", "caller-hangup")
    assert shown["room"] == f"wa-{row.id}"
    assert shown["caller"] == {"user_id": "NO.1777", "phone": "15550100777", "name": "Ørjan 李"}
    times = [shown[name] for name in ("created_at", "answered_at", "media_at", "ended_at")]
    # the media path stands before the answer; LiveKit's webhook tells of it a moment later
    assert min(times) == times[0]
    assert max(times) == times[-1]
    assert all(datetime.fromisoformat(text).tzinfo is not None for text in times)
    steps = ["claimed", "room", "agent", "whip", "pre_accept", "media", "accept"]
    assert [shown["timings_ms"][f"{step}_ms"] for step in steps] == sorted(
        shown["timings_ms"].values()
    )

    described = [one["payload"] for one in shown["timeline"] if one["kind"] == "described"]
    assert [one["sdp_type"] for one in described] == ["answer"]
    assert "a=ice-pwd:(removed)" in described[0]["sdp"]

    kinds = [(event["source"], event["kind"]) for event in shown["timeline"]]
    assert kinds[0] == ("meta", "connect")
    assert kinds.index(("livekit", "track_published")) < kinds.index(("meta", "terminate"))
    assert [event["at"] for event in shown["timeline"]] == sorted(
        event["at"] for event in shown["timeline"]
    )
    outcomes = {event["kind"]: event["outcome"] for event in shown["timeline"]}
    assert (outcomes["connect"], outcomes["terminate"]) == ("handled", "handled")
    assert "sdp" in str(shown["timeline"][0]["payload"])
    assert [(turn["speaker"], turn["text"]) for turn in shown["transcript"]] == said
    assert [turn["interrupted"] for turn in shown["transcript"]] == [False, False, True]

    story = [step["what"] for step in shown["steps"]]
    assert [step["at_ms"] for step in shown["steps"]] == sorted(
        step["at_ms"] for step in shown["steps"]
    )
    for what in ("LiveKit made the room.", "The tool offPurpose was used.", "The call ended."):
        assert what in story
    assert [tool["name"] for tool in shown["tool_calls"]] == ["offPurpose"]
    assert (shown["turns"], shown["cost"]) == ([], {"usd": None, "by_kind": {}})
    assert shown["whose"] == "caller"

    async with http.get("/calls", headers=KEY) as response:
        (listed,) = (await response.json())["calls"]
    assert listed.items() <= shown.items()


async def test_a_failed_calls_timeline_says_where_it_failed(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """The error names the step it came after, Meta's code and the trace for Meta's support."""
    bench.whatsapp.fail(Fault(action="accept", kind=FaultKind.ERROR_BEFORE, times=-1))
    call = await bench.whatsapp.call()
    await call.ended(30)
    row = await bench.until_released(call)

    async with http.get(f"/calls/{row.id}", headers=KEY) as response:
        timeline = (await response.json())["timeline"]
    (error,) = [event for event in timeline if event["kind"] == "error"]
    assert error["source"] == "controlplane"
    assert error["payload"]["after_step"] == "media"
    assert error["payload"]["code"].startswith("graph")
    assert error["payload"]["meta_code"] == 131000
    assert error["payload"]["fbtrace_id"]


async def test_hanging_up_a_call_that_still_rings(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """An operator may end a call during its set-up: Meta hears `reject`, nobody picks up."""
    bench.agents.stay_away()
    call = await bench.whatsapp.call()
    row = await bench.until(call, lambda found: found.status is CallStatus.RINGING)
    async with http.post(f"/calls/{row.id}/hangup", headers=KEY) as response:
        assert response.status == 200
        shown = await response.json()
    assert (shown["status"], shown["end_reason"]) == ("canceled", "operator-hangup")
    async with http.post(f"/calls/{row.id}/hangup", headers=KEY) as response:
        assert response.status == 409
        assert await error_of(response) == "call-ended"

    await call.ended(30)
    row = await bench.until_released(call)
    assert [request.action for request in call.requests] == ["reject"]
    assert await bench.until_settled("connect", 1) == ["handled"]
