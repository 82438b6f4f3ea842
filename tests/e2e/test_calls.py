"""Several calls at once, and calls that the agent ends."""

import asyncio

import pytest

from shared.call.call import CallStatus, EndReason
from simulators.meta.people import person as people
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.webhooks.calls import Caller
from simulators.speech.ear import plain_words
from tests.e2e.conftest import Deployment, Person, alarms, answered, beginning_of
from tests.e2e.shop import Shop

pytestmark = pytest.mark.timeout(90)


async def test_two_calls_at_once_do_not_hear_each_other(deployment: Deployment) -> None:
    """Two callers speak at the same time; each is understood, written down and answered alone."""
    wishes = [("Susan", "three", "Friday"), ("David", "five", "Tuesday")]
    callers = [Caller(), Caller(phone="15550100777", name="Ørjan", user_id="NO.1777")]
    reply = deployment.openai.script.turns[1].say

    people = await asyncio.gather(
        *(answered(deployment.whatsapp, CallPlan(caller=caller)) for caller in callers)
    )

    async def ask(person: Person, name: str, count: str, day: str) -> str:
        said = f"My name is {name} and I would like to rent {count} bikes on {day}."
        await person.say(said)
        phone = person.call.phone
        start = await phone.wait_agent_speaking(30)
        await phone.wait_until(lambda: phone.now - start > 4, 10)
        person.heard.append((start, start + 4))
        person.call.hang_up()
        row = await deployment.until_nothing_is_left(person.call, 30)
        turns = await deployment.store.list_transcripts(row.id)
        users = [plain_words(turn.text) for turn in turns if turn.speaker == "user"]
        assert users == [plain_words(said)]
        lead = await deployment.store.get_lead(row.id)
        assert lead is not None
        assert (lead.name, lead.interest) == (name, f"Rent {count} bikes on {day}")
        assert person.call.violations == []
        answer = reply.format(name=name, count=count, day=day)
        return await person.understood(-1, beginning_of(answer))

    heard = await asyncio.gather(
        *(ask(person, *wish) for person, wish in zip(people, wishes, strict=True))
    )

    for words, (name, count, day) in zip(heard, wishes, strict=True):
        answer = plain_words(reply.format(name=name, count=count, day=day))
        assert answer.startswith(words)
        # the name and the wish are among what was heard
        assert len(words.split()) >= len(f"thank you {name} i wrote down {count} bikes".split())


async def test_the_agent_hangs_up(deployment: Deployment) -> None:
    """The model calls `endCall`: Meta is told, the row says who ended the call."""
    person = await answered(deployment.whatsapp)
    call = person.call
    await person.say("Please end this call now.")
    end = await call.ended(30)
    row = await deployment.until_nothing_is_left(call)

    assert end.by == "business"
    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, EndReason.AGENT_HANGUP)
    assert [request.action for request in call.requests] == ["pre_accept", "accept", "terminate"]
    assert call.violations == []


async def test_what_the_agent_says_that_it_does_is_done(deployment: Deployment, shop: Shop) -> None:
    """A text arrives while both talk, the operator's server is asked, a person is told."""
    caller = Caller(phone="15550100888", user_id="US.1888")
    # Meta knows of a window for people that it knows
    known = deployment.whatsapp.people.add(people.Person(caller=caller))
    person = await answered(deployment.whatsapp, CallPlan(caller=caller))
    await person.say("Please send me your prices and look for my order.")
    await person.listen()
    row = await deployment.row(person.call)
    assert row is not None
    assert len(known.inbox) == 1, "before the call is over"
    person.call.hang_up()
    await deployment.until_nothing_is_left(person.call)

    uses = {use.name: use for use in await deployment.store.list_tool_calls(row.id)}
    assert {name: use.error for name, use in uses.items()} == {
        "sendMessage": None,
        "findOrder": None,
        "requestHuman": None,
    }
    text = "A city bike is 14 euros a day, a bike for a child 9 euros."
    assert uses["sendMessage"].arguments == {"text": text}
    assert uses["sendMessage"].result == "Sent."
    assert known.inbox[0]["text"]["body"] == text
    assert uses["findOrder"].result == '{"state":"ready"}'
    assert shop.asked == [(uses["findOrder"].id, '{"order":"A-12"}')]
    (request,) = await deployment.store.list_follow_ups(row.id)
    assert (request.kind, request.channel) == ("human-request", "task")
    assert "WhatsApp number" in str(uses["requestHuman"].result)


async def test_a_good_call_frightens_nobody(deployment: Deployment) -> None:
    """No part of the stack warns of anything, but of what our own sentences explain."""
    logs = [deployment.stack.log_of(name) for name in ("sfu", "agent", "controlplane")]
    before = {log: log.stat().st_size for log in logs}
    person = await answered(deployment.whatsapp)
    person.call.hang_up()
    await deployment.until_nothing_is_left(person.call)

    said = [line for log in logs for line in alarms(log, before[log])]
    # a busy machine is told of, in a sentence
    assert [line for line in said if "action=agent-stood-still" not in line] == []
