"""A conversation breaks off on our side: the phone is hung up, and the person is written to."""

import asyncio
import json
from dataclasses import replace

from controlplane.core.consent import ConsentKind, ConsentSource, make_entry
from controlplane.core.message import FORBIDDEN, NO_WINDOW, Message, MessageStatus
from shared.call.call import Call, CallStatus, EndReason
from shared.call.ids import PhoneNumberId
from simulators.meta.api.request import GraphRequest
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.people.person import Person
from simulators.meta.webhooks.calls import Caller, Json
from tests.component.bench import Bench, MakeBench, actions, ended_as
from tests.eventually import eventually


def texts(bench: Bench) -> list[Json]:
    """What Meta took to deliver to anybody."""
    return [json.loads(request.raw) for request in messages(bench) if request.status == 200]


def messages(bench: Bench) -> list[GraphRequest]:
    return [request for request in bench.whatsapp.requests if request.path.endswith("/messages")]


async def talking(bench: Bench) -> tuple[SimulatedCall, Call]:
    """A call in which both sides can speak; that it came opens the window for texts."""
    person = bench.whatsapp.people.add(Person(caller=Caller()))
    call = await bench.whatsapp.call(CallPlan(caller=person.caller))
    await call.accepted(30)
    return call, await bench.until(call, lambda found: found.status is CallStatus.ACTIVE)


async def lose(bench: Bench, call: SimulatedCall, row: Call) -> Call:
    """Let the worker tell that the call's agent has died; wait until nothing is left."""
    assert await bench.store.request_end(row.id, EndReason.AGENT_LOST)
    # Meta's `terminate` comes within two seconds, with the sweep as the only one to notice
    await call.ended(2)
    return await bench.until_released(call)


async def settled(bench: Bench, row: Call) -> list[Message]:
    """The call's texts, once nothing is to be done about them any more."""

    async def found() -> list[Message]:
        rows = await bench.plane.errand_rows.messages.of_call(row.id)
        return rows if all(one.status is not MessageStatus.OPEN for one in rows) else []

    texts_of_call: list[Message] = await eventually(found)
    return texts_of_call


async def test_who_is_cut_off_is_hung_up_and_written_to(bench: Bench) -> None:
    """`terminate`, then one text, to the person who called, with the words of the setting."""
    call, row = await talking(bench)
    row = await lose(bench, call, row)
    ended_as(row, CallStatus.FAILED, EndReason.AGENT_LOST)
    assert actions(call) == ["pre_accept", "accept", "terminate"]
    (text,) = await eventually(lambda: texts(bench))
    assert (text["type"], text["text"]) == (
        "text",
        {"body": bench.plane.settings.lost_call_text},
    )
    assert text["recipient"] == call.plan.caller.user_id
    (message,) = await settled(bench, row)
    assert (message.kind, message.status) == ("lost-call", MessageStatus.SENT)


async def test_several_who_release_a_call_write_once(bench: Bench) -> None:
    """Replicas and the sweeper may release a call together and again: one text."""
    call, row = await talking(bench)
    row = await lose(bench, call, row)
    await settled(bench, row)
    again = replace(row, released_at=None)
    lost_calls = bench.plane.use_cases.lost_calls
    await asyncio.gather(*(lost_calls.write_to_caller(again) for _ in range(5)))
    assert len(await settled(bench, row)) == 1
    assert len(texts(bench)) == 1


async def test_who_asked_not_to_be_called_is_not_written_to(bench: Bench) -> None:
    """They may call us; nothing comes from us."""
    call, row = await talking(bench)
    person = row.party.person
    assert person is not None
    await bench.plane.ledger.add(
        [
            make_entry(
                phone_number_id=PhoneNumberId(bench.whatsapp.line.phone_number_id),
                person=person,
                kind=ConsentKind.DO_NOT_CALL,
                granted=True,
                source=ConsentSource.TEXT,
                source_ref="stop",
                at=bench.plane.near.clock(),
            )
        ]
    )
    row = await lose(bench, call, row)
    (message,) = await settled(bench, row)
    assert (message.status, message.last_error) == (MessageStatus.CANCELED, FORBIDDEN)
    assert texts(bench) == []


async def test_the_text_can_be_switched_off(make_bench: MakeBench) -> None:
    """`none` is no text."""
    bench = await make_bench(LOST_CALL_TEXT="none")
    call, row = await talking(bench)
    await lose(bench, call, row)
    assert texts(bench) == []


async def test_who_hangs_up_is_not_written_to(bench: Bench) -> None:
    """An end that needs no word."""
    call, _ = await talking(bench)
    call.hang_up()
    await bench.until_released(call)
    assert texts(bench) == []


async def test_a_text_that_meta_refuses_keeps_no_call(bench: Bench) -> None:
    """The call is released all the same, and the text is not tried again."""
    call, row = await talking(bench)
    bench.whatsapp.reply("messages", {"error": {"code": 131047, "message": "x"}}, status=400)
    row = await lose(bench, call, row)
    (message,) = await settled(bench, row)
    assert (message.status, message.last_error) == (MessageStatus.FAILED, NO_WINDOW)
    assert [request.status for request in messages(bench)] == [400]
