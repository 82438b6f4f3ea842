"""A whole spoken call: what was said, what came of it, what is left, and who learns of it."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

import aiohttp
import pytest
import pytest_asyncio
from livekit import api
from yarl import URL

from shared.call.call import Call, CallStatus, EndReason
from shared.call.jobs import JobKind, JobState, JobStatus
from shared.call.records import TranscriptTurn
from simulators.meta.people import person as people
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.webhooks.calls import Caller
from simulators.speech.ear import plain_words
from tests.e2e.conftest import (
    SECRETS,
    Deployment,
    Person,
    answered,
    any_of,
    beginning_of,
)
from tests.e2e.privacy import everything_private, leaks
from tests.e2e.prometheus import WINDOW, prometheus
from tests.eventually import eventually

pytestmark = [pytest.mark.timeout(120), pytest.mark.media("bridge", "worker")]

CALLER = Caller(
    phone="4915799887766", name="Quixwórth Zebulon", user_id="DE.70707070123456789", username="zeb"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A call that is over."""

    person: Person
    row: Call
    turns: list[TranscriptTurn]
    shown: str
    """What a supervisor saw of the room while they talked."""
    worker_page: str
    """What the worker's health port told meanwhile."""
    panels: Mapping[str, int]
    """How many series each line of the dashboard has after it; by a media bridge alone."""
    firing: Set[str]
    """The alerts that fire after it."""


@pytest_asyncio.fixture(scope="module")
async def conversation(
    running: Deployment, media: str, tmp_path_factory: pytest.TempPathFactory
) -> Conversation:
    """Greeting, three questions, an interruption, goodbye, and the caller hangs up."""
    if media == "worker":
        return await talk(running)
    directory = tmp_path_factory.mktemp("prometheus")
    async with prometheus(directory, targets_of(running)) as watching:
        over = await talk(running)

        async def has_seen_the_end() -> bool:
            ended = 'whatsapp_calls_ended_total{reason="caller-hangup"}'
            return await watching.number(f"sum(increase({ended}[{WINDOW}]))") > 0

        await eventually(has_seen_the_end)
        firing = await watching.ask('ALERTS{alertstate="firing"}')
        return replace(
            over,
            panels=await watching.dashboard(),
            firing={one["metric"]["alertname"] for one in firing},
        )


def targets_of(running: Deployment) -> dict[str, str]:
    """What docs/monitoring/prometheus.yml scrapes, under its names of jobs."""
    environ = running.stack.environment
    return {
        "wacall": URL(running.stack.controlplane_url).authority,
        "wacall-agent": f"127.0.0.1:{environ['AGENT_HEALTH_PORT']}",
        "wacall-bridge": URL(environ["BRIDGE_URL"]).authority,
        "livekit": f"127.0.0.1:{running.stack.plan.sfu_prometheus_port}",
    }


async def talk(running: Deployment) -> Conversation:
    """Talk, and wait until nothing of the call is left."""
    said = [line.say for line in running.openai.script.caller]
    # somebody who can be written to
    known = running.whatsapp.people.find(CALLER.phone)
    known = known or running.whatsapp.people.add(people.Person(caller=CALLER))
    known.inbox.clear()
    person = await answered(running.whatsapp, CallPlan(caller=CALLER))
    await person.say(said[0])
    await person.listen()
    await person.say(said[1])
    shown = await shown_in_room(running, person)
    worker_page = await page_of_worker(running)
    await person.interrupt(said[2], after_s=4)
    await person.listen()
    await person.say(said[3])
    await person.listen()
    person.call.hang_up()
    row = await running.until_nothing_is_left(person.call)
    turns = await running.store.list_transcripts(row.id)
    return Conversation(
        person=person,
        row=row,
        turns=turns,
        shown=shown,
        worker_page=worker_page,
        panels={},
        firing=set(),
    )


async def page_of_worker(running: Deployment) -> str:
    """Everything on livekit-agents' HTTP port, which an orchestrator asks for its health."""
    base = f"http://127.0.0.1:{running.stack.environment['AGENT_HEALTH_PORT']}"
    pages = []
    async with aiohttp.ClientSession(base) as http:
        for path in ("/", "/worker", "/metrics"):
            async with http.get(path) as response:
                assert response.status == 200
                pages.append(await response.text())
    assert "whatsapp-agent" in pages[1]
    return "\n".join(pages)


async def shown_in_room(running: Deployment, person: Person) -> str:
    """Everything that LiveKit tells of rooms, participants and dispatches."""
    environ = running.stack.environment
    row = await running.row(person.call)
    assert row is not None
    async with api.LiveKitAPI(
        environ["LIVEKIT_URL"], environ["LIVEKIT_API_KEY"], environ["LIVEKIT_API_SECRET"]
    ) as client:
        room = api.ListRoomsRequest(names=[row.room])
        people = await client.room.list_participants(api.ListParticipantsRequest(room=row.room))
        assert {found.identity for found in people.participants} == {"caller", "agent"}
        return "\n".join(
            [
                str(await client.room.list_rooms(room)),
                str(people),
                str(await client.agent_dispatch.list_dispatch(row.room)),
            ]
        )


async def test_both_sides_words_are_kept_in_order(
    deployment: Deployment, conversation: Conversation
) -> None:
    """What crossed as sound, recognised at the other end, is what stands in the database."""
    script, person, turns = deployment.openai.script, conversation.person, conversation.turns
    said = [line.say for line in script.caller]
    replies = [turn.say for turn in script.turns]
    prices = replies[1].format(name="Martin", count="two", day="Saturday")

    assert [turn.sequence for turn in turns] == list(range(1, 10))
    assert [turn.speaker for turn in turns] == ["assistant", "user"] * 4 + ["assistant"]
    assert [plain_words(turn.text) for turn in turns[1::2]] == [plain_words(line) for line in said]
    assert [turn.interrupted for turn in turns[::2]] == [False, False, True, False, False]

    lines = [script.greeting, replies[0], replies[2], replies[3]]
    whole = [turn for turn in turns[::2] if not turn.interrupted]
    for index, turn, line in zip((0, 1, 3, 4), whole, lines, strict=True):
        assert turn.text == line
        assert await person.understood(index, any_of([*lines, prices])) == plain_words(line)


async def test_an_interrupted_turn_keeps_what_was_heard(
    deployment: Deployment, conversation: Conversation
) -> None:
    """The caller spoke over the price list: it stopped, and the rest of it was never said."""
    turn = deployment.openai.script.turns[1].say
    prices = turn.format(name="Martin", count="two", day="Saturday")
    heard = (await conversation.person.understood(2, beginning_of(prices))).split()
    kept = plain_words(conversation.turns[4].text).split()

    assert plain_words(prices).split()[: len(kept)] == kept
    assert 5 < len(kept) < len(plain_words(prices).split()) / 2
    assert abs(len(heard) - len(kept)) <= 3


async def test_the_tools_took_effect(deployment: Deployment, conversation: Conversation) -> None:
    """Lead, follow-up and outcome stand in their tables, once."""
    row = conversation.row
    lead = await deployment.store.get_lead(row.id)
    assert lead is not None
    assert (lead.name, lead.interest) == ("Martin", "Rent two bikes on Saturday")
    made = await deployment.store.list_tool_calls(row.id)
    calls = [call for call in made if call.source == "call"]
    assert [call.name for call in calls] == ["upsertLead", "scheduleFollowUp", "logOutcome"]
    assert {call.error for call in calls} == {None}
    assert all(call.result and call.latency_ms is not None for call in calls)
    agreed = await deployment.store.list_follow_ups(row.id)
    (follow_up,) = [one for one in agreed if one.source == "agent"]
    assert (follow_up.channel, follow_up.purpose) == (
        "call",
        "Call the customer back about the rental",
    )
    assert follow_up.due_at > row.created_at
    assert row.outcome == "lead"


async def test_the_conversation_was_looked_through(
    deployment: Deployment, conversation: Conversation
) -> None:
    """A worker read it, by a model; the promise that nobody had arranged is kept, once."""

    async def done() -> JobState | None:
        found = await deployment.store.find_call_job(conversation.row.id, JobKind.AFTER_CALL)
        return found if found is not None and found.status is not JobStatus.OPEN else None

    job = await eventually(done, 20)
    assert (job.status, job.last_error) == (JobStatus.DONE, None)
    assert job.result["summary"]
    assert (job.result["outcome"], job.result["sentiment"]) == ("lead", "positive")
    promises = [(one["quote"], one["standing"]) for one in job.result["promises"]]
    assert promises == [
        ("Somebody from the shop will call you back.", "backed"),
        ("I will send you the price list.", "follow-up"),
    ]

    caller = deployment.whatsapp.people.find(CALLER.phone)
    assert caller is not None
    texts = await eventually(lambda: [one for one in caller.inbox if one["type"] == "text"], 20)
    assert [one["text"]["body"] for one in texts] == ["A city bike is 14 euros a day."]

    made = await deployment.store.list_follow_ups(conversation.row.id)
    (follow_up,) = [one for one in made if one.source == "workflow"]
    assert (follow_up.channel, follow_up.kind) == ("message", "promise")


async def test_the_call_ended_as_it_should(
    deployment: Deployment, conversation: Conversation
) -> None:
    """The row tells of the hang-up; Meta's rules were kept; one minute was one minute."""
    call, row = conversation.person.call, conversation.row
    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert row.ended_by_peer
    assert [request.action for request in call.requests] == ["pre_accept", "accept"]
    assert call.violations == []
    assert call.end is not None
    assert call.end.duration_s is not None
    assert row.duration_s is not None
    assert abs(row.duration_s - call.end.duration_s) < 1.5
    assert call.phone.counts.after_end == 0


async def test_nothing_private_is_shown_or_logged(
    deployment: Deployment, conversation: Conversation
) -> None:
    """At LOG_LEVEL=DEBUG no log, no metric, no room or participant tells who said what."""
    stack, call = deployment.stack, conversation.person.call
    spoken = [turn.text for turn in conversation.turns]
    secrets = {
        **SECRETS,
        **{name: stack.environment[name] for name in ("LIVEKIT_API_SECRET", "SUPABASE_SECRET_KEY")},
    }
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{stack.controlplane_url}/metrics") as response,
    ):
        metrics = await response.text()
    directory = stack.log_of("agent").parents[1]
    texts = {path.name: path.read_text() for path in directory.rglob("*.log")}

    assert {"agent.log", "controlplane.log", "sfu.log", "api.log", "postgres.log"} <= set(texts)
    for name in ("agent.log", "controlplane.log"):
        assert "DEBUG" in texts[name]
        # the call is told of: by its own id
        assert conversation.row.id in texts[name]
    texts |= {
        "the room": conversation.shown,
        "/metrics": metrics,
        "/worker": conversation.worker_page,
    }
    # the search finds each of the things that it looks for
    private = everything_private(call, spoken, secrets)
    assert [line for line in private if not leaks(line, call, spoken, secrets)] == []
    found = {name: leaks(text, call, spoken, secrets) for name, text in texts.items()}
    assert {name: leaked for name, leaked in found.items() if leaked} == {}


# lines of the dashboard that a call in which all is well leaves empty
_EMPTY = {
    "Failed, by reason: {{reason}}": "a call that failed",
    "Placed calls that were answered: answered": "a placed call",
    "Troubles: {{line}} {{trouble}}": "a trouble at Meta",
    "Troubles: ill: {{loop}}": "a loop that hangs",
    "Days until a token ends: {{line}}": "a token that ends",
    "Clock ahead of Meta's: {{instance}}": "a clock that is off",
    "LiveKit: loss, 95 % of tracks: 95% {{direction}}": "reports over two windows",
    "LiveKit: jitter, 95 % of tracks: 95% {{direction}}": "reports over two windows",
}


@pytest.mark.media("bridge")
async def test_the_dashboard_and_the_alerts_know_the_call(conversation: Conversation) -> None:
    """Prometheus scraped all four programs meanwhile: each line has data, and nothing fires."""
    empty = {line for line, series in conversation.panels.items() if series == 0}
    assert empty <= _EMPTY.keys()
    assert conversation.panels.keys() >= _EMPTY.keys()
    # the model of the simulator has no price
    assert conversation.firing <= {"WacallCostUnknown"}
