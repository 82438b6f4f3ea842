"""The worker against a real SFU: what the control plane and the caller see of it."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic

import aiohttp
import numpy as np
import pytest
import pytest_asyncio
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack
from av import AudioFrame
from livekit import api

from shared.call.room import (
    AGENT_IDENTITY,
    AGENT_TRACK,
    CALLER_IDENTITY,
)
from tests.eventually import eventually, stays
from tests.integration.realtime_stand_in import RealtimeStandIn
from tests.integration.worker_call import AUDIBLE, Call, Worker
from tests.servers import watch_log
from wacall.stack.sfu import EmbeddedSfu

pytestmark = pytest.mark.spoken


@pytest_asyncio.fixture(scope="session")
async def stand_in() -> AsyncIterator[RealtimeStandIn]:
    async with RealtimeStandIn() as server:
        yield server


@pytest_asyncio.fixture(scope="session")
async def the_worker(
    sfu: EmbeddedSfu,
    stand_in: RealtimeStandIn,
    tmp_path_factory: pytest.TempPathFactory,
    pytestconfig: pytest.Config,
) -> AsyncIterator[Worker]:
    worker = Worker(sfu, stand_in, tmp_path_factory.mktemp("worker"))
    watch_log(pytestconfig, worker.log)
    await worker.start()
    yield worker
    await worker.stop()


@pytest.fixture
def worker(the_worker: Worker) -> Worker:
    the_worker.openai.begin()
    return the_worker


@pytest_asyncio.fixture
async def call(worker: Worker, sfu: EmbeddedSfu) -> AsyncIterator[Call]:
    async with api.LiveKitAPI(sfu.url, sfu.keys.key, sfu.keys.secret) as rooms:
        call = Call(rooms, sfu)
        yield call
        await call.end()
        # one process runs one call: the next test shall find this one gone
        await eventually(
            # a job that was refused was never assigned
            lambda: not worker.says_of(call, "received assignment") or _done(worker, call),
            20,
        )


def _done(worker: Worker, call: Call) -> bool:
    return worker.says_of(call, "The agent is done")


async def test_agent_publishes_its_track_once_openai_is_there(call: Call, worker: Worker) -> None:
    """The track that the control plane waits for appears, muted, after OpenAI's confirmation."""
    worker.openai.session_delay_s = 0.5
    await call.dispatch()
    agent = await call.published()
    assert worker.openai.of("session.update")
    assert agent.identity == AGENT_IDENTITY
    assert agent.kind == api.ParticipantInfo.Kind.AGENT
    (track,) = agent.tracks
    assert (track.name, track.muted) == (AGENT_TRACK, True)
    assert track.source == api.TrackSource.MICROPHONE
    assert track.disable_dtx
    assert track.disable_red
    session = worker.openai.of("session.update")[0]["session"]
    assert session["audio"]["output"]["voice"] == "verse"
    detection = session["audio"]["input"]["turn_detection"]
    assert (detection["threshold"], detection["prefix_padding_ms"]) == (0.5, 80)
    assert detection["silence_duration_ms"] == 220
    assert worker.openai.asked_for_model == "gpt-realtime"


async def test_a_new_business_is_one_yaml_file_and_one_prompt(call: Call, worker: Worker) -> None:
    """A worker that runs serves it from the next call on: its voice, its words, its purpose."""
    (worker.profiles / "bakery.md").write_text("You answer for a bakery.")
    (worker.profiles / "bakery.yaml").write_text(
        "business: Bakery\npurpose: Orders of bread and cake.\ngreeting: Good day, the bakery.\n"
        "voice: cedar\nlistening: {threshold: 0.7}\ntools: [sendMessage]\n"
    )
    await call.dispatch(profile="bakery")
    await call.published()
    session = worker.openai.of("session.update")[0]["session"]
    assert session["audio"]["output"]["voice"] == "cedar"
    assert session["audio"]["input"]["turn_detection"]["threshold"] == 0.7
    updates = [update["session"] for update in worker.openai.of("session.update")]
    told = " ".join(update.get("instructions", "") for update in updates)
    for words in ("You answer for a bakery.", "Orders of bread and cake.", "`offPurpose`"):
        assert words in told
    assert "Harbor Bikes" not in told
    tools = {tool["name"] for update in updates for tool in update.get("tools") or ()}
    assert tools == {"endCall", "doNotCall", "requestHuman", "offPurpose", "sendMessage"}
    asked = await worker.openai.received("response.create")
    assert "Good day, the bakery." in asked["response"]["instructions"]


async def test_nothing_is_sent_before_the_call_is_active(call: Call, worker: Worker) -> None:
    """Not one RTP packet reaches the caller before `active`; then the greeting is there at once."""
    await call.dispatch()
    await call.published()
    phone = await call.ring()
    await worker.openai.received("response.create")
    await call.answer("ringing")

    async def nothing_came() -> bool:
        return await phone.packets() == 0

    await stays(nothing_came, 0.5, "the greeting is ready, and a track sends every 20 ms")
    at = await call.answer()
    heard_at = await eventually(lambda: phone.hears(at))
    assert heard_at - at < 1
    assert len(worker.openai.of("response.create")) == 1


async def test_the_greeting_waits_for_the_phone(call: Call, worker: Worker) -> None:
    """A call that is `active` before its media is up loses nothing of the greeting.

    The leg is a WHIP one: LiveKit shows it to the agent when its attributes are set, long before
    it is ACTIVE.
    """
    await call.dispatch()
    await call.published()
    leg = RTCPeerConnection()
    heard = asyncio.Event()
    leg.on("track", lambda track: tasks.append(asyncio.create_task(_until_audible(track, heard))))
    tasks: list[asyncio.Task[None]] = []
    try:
        leg.addTrack(AudioStreamTrack())
        await leg.setLocalDescription(await leg.createOffer())
        answer = await call.whip(leg.localDescription.sdp)
        await call.answer()
        await eventually(lambda: worker.says_of(call, "The call is answered."), 2)
        await stays(lambda: not worker.notes("turn", call.id), 1.2, "the greeting lasts one second")
        await leg.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        async with asyncio.timeout(5):
            await heard.wait()
        await eventually(lambda: worker.notes("turn", call.id))
        assert not worker.notes("turn", call.id)[0]["interrupted"]
    finally:
        await leg.close()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _until_audible(track: MediaStreamTrack, heard: asyncio.Event) -> None:
    while not heard.is_set():
        frame = await track.recv()
        assert isinstance(frame, AudioFrame)
        if float(np.sqrt(np.mean(frame.to_ndarray().astype(np.float64) ** 2))) > AUDIBLE:
            heard.set()


async def test_both_sides_are_written_in_order(call: Call, worker: Worker) -> None:
    """Finished turns of both sides are stored in order while the call goes on."""
    await call.begin()
    await eventually(lambda: len(worker.notes("turn", call.id)) == 1)
    await worker.openai.hear("I have a flat tyre.", words="That is eighteen euros.", answer_s=0.3)
    await eventually(lambda: len(worker.notes("turn", call.id)) == 3)
    turns = [(t["sequence"], t["speaker"], t["text"]) for t in worker.notes("turn", call.id)]
    assert turns == [
        (1, "assistant", "Hello, this is the shop."),
        (2, "user", "I have a flat tyre."),
        (3, "assistant", "That is eighteen euros."),
    ]


async def test_barge_in_stops_the_sound_and_keeps_what_was_heard(
    call: Call, worker: Worker
) -> None:
    """When the caller speaks over the agent, the sound stops and OpenAI learns what was heard."""
    worker.openai.greeting_s = 8
    phone = await call.begin()
    began = phone.hears()
    assert began is not None
    await eventually(lambda: phone.last_heard() - began > 1.5)
    interrupted_at = monotonic()
    item = await worker.openai.hear_beginning()
    truncated = await worker.openai.received("conversation.item.truncate")
    await stays(
        lambda: phone.last_heard() - interrupted_at < 0.3,
        0.5,
        "seconds of the greeting are left, and a track sends every 20 ms",
    )
    heard_ms = (phone.last_heard() - began) * 1000
    assert abs(truncated["audio_end_ms"] - heard_ms) < 250
    await worker.openai.hear_end(item)
    await worker.openai.transcribe(item, "Stop.")
    await eventually(lambda: len(worker.notes("turn", call.id)) == 2)
    first = worker.notes("turn", call.id)[0]
    assert first["interrupted"]
    assert first["text"] != "Hello, this is the shop."
    assert "Hello, this is the shop.".startswith(first["text"])


async def test_pressed_keys_reach_the_model_as_text(call: Call, worker: Worker) -> None:
    """Quick keys are one message, and answered; what a participant sends is nobody's key."""
    phone = await call.begin()
    await eventually(lambda: len(worker.notes("turn", call.id)) == 1)
    await phone.room.local_participant.publish_data(b'{"digit": "9"}', topic="dtmf")
    for key in "15#":
        await call.rooms.room.send_data(
            api.SendDataRequest(
                room=call.room,
                data=json.dumps({"digit": key}).encode(),
                kind=api.DataPacket.Kind.RELIABLE,
                topic="dtmf",
                destination_identities=[AGENT_IDENTITY],
            )
        )
    at = monotonic()
    await worker.openai.received("response.create", 2)
    told = worker.openai.of("conversation.item.create")
    (content,) = told[-1]["item"]["content"]
    assert content["text"] == "[The customer pressed the keys 1 5 #.]"
    assert len(told) == 1
    await eventually(lambda: phone.hears(at))
    await eventually(lambda: len(worker.notes("turn", call.id)) == 3)


async def press(call: Call, key: str) -> None:
    """Send a key as the control plane does."""
    await call.rooms.room.send_data(
        api.SendDataRequest(
            room=call.room,
            data=json.dumps({"digit": key}).encode(),
            kind=api.DataPacket.Kind.RELIABLE,
            topic="dtmf",
            destination_identities=[AGENT_IDENTITY],
        )
    )


async def test_a_key_is_answered_after_a_response_of_the_models_own(
    call: Call, worker: Worker
) -> None:
    """OpenAI takes no request while it makes one; the key is told once, and answered later."""
    await call.begin()
    await eventually(lambda: len(worker.notes("turn", call.id)) == 1)
    worker.openai.keep_busy()
    await press(call, "7")
    await worker.openai.received("response.create", 2)
    await worker.openai.speak("One moment.", 0.5)
    await worker.openai.received("response.create", 3)
    await eventually(lambda: len(worker.notes("turn", call.id)) == 4)

    texts = [turn["text"] for turn in worker.notes("turn", call.id)]
    assert texts[1] == "[The customer pressed the key 7.]"
    assert texts[2:] == ["One moment.", "It is done."]
    assert len(worker.openai.of("conversation.item.create")) == 1


async def test_a_key_is_answered_although_the_caller_speaks(call: Call, worker: Worker) -> None:
    """Speech drops the replies that wait for their turn; what they were to tell is told then."""
    worker.openai.greeting_s = 4
    await call.begin()
    await press(call, "7")
    await eventually(lambda: worker.says_of(call, "The call is answered."))
    # the keypad's pause of 1.5 s cannot be seen from outside; then it waits behind the greeting
    await asyncio.sleep(2)
    item = await worker.openai.hear_beginning()
    await worker.openai.hear_end(item)
    await worker.openai.transcribe(item, "Wait.")
    await worker.openai.speak("Yes?", 0.3)
    await worker.openai.received("response.create", 2)
    told = worker.openai.of("conversation.item.create")
    assert [one["item"]["content"][0]["text"] for one in told] == [
        "[The customer pressed the key 7.]"
    ]


async def test_tools_take_effect(call: Call, worker: Worker) -> None:
    """A tool call of the model changes the database, and the model hears what came of it."""
    await call.begin()
    await eventually(lambda: len(worker.notes("turn", call.id)) == 1)
    await worker.openai.call_tool("upsertLead", name="Ada", interest="a full service")
    await worker.openai.received("response.create", 2)
    (lead,) = worker.notes("lead", call.id)
    assert (lead["name"], lead["interest"]) == ("Ada", "a full service")
    outputs = worker.openai.of("conversation.item.create")
    assert outputs[-1]["item"]["output"] == "Written down."


async def test_a_tool_that_cannot_be_done_tells_the_model_why(call: Call, worker: Worker) -> None:
    """Arguments that make no sense come back as a sentence, and nothing is written."""
    await call.begin()
    await eventually(lambda: len(worker.notes("turn", call.id)) == 1)
    await worker.openai.call_tool(
        "scheduleFollowUp", due_at="2001-01-01T10:00", channel="call", purpose="Call back."
    )
    output = await worker.openai.received("conversation.item.create")
    assert "in the past" in output["item"]["output"]
    assert not worker.notes("follow_up", call.id)


async def test_the_agent_can_hang_up(call: Call, worker: Worker) -> None:
    """`endCall` asks for the call's end and leaves the room."""
    await call.begin()
    await eventually(lambda: len(worker.notes("turn", call.id)) == 1)
    await worker.openai.speak_and_call("Goodbye.", 0.5, "endCall")
    await call.gone()
    (request,) = worker.notes("request_end", call.id)
    assert request["reason"] == "agent-hangup"
    assert worker.notes("turn", call.id)[-1]["text"] == "Goodbye."
    assert len(worker.openai.of("response.create")) == 1


async def test_nobody_is_hung_up_on_in_silence(call: Call, worker: Worker) -> None:
    """A `endCall` without words: the model is asked for a goodbye, and it is heard first."""
    phone = await call.begin()
    await eventually(lambda: len(worker.notes("turn", call.id)) == 1)
    at = monotonic()
    await worker.openai.call_tool("endCall")
    asked = await worker.openai.received("response.create", 2)
    assert "goodbye" in asked["response"]["instructions"]
    assert asked["response"]["tool_choice"] == "none"
    await call.gone()
    assert phone.hears(at)
    assert phone.last_heard() - at > 0.8, "its goodbye lasts a second"
    assert worker.notes("request_end", call.id)[0]["reason"] == "agent-hangup"


@pytest.mark.parametrize("words", ["Goodbye and thank you.", ""])
async def test_who_speaks_over_the_goodbye_is_answered(
    call: Call, worker: Worker, words: str
) -> None:
    """The line stays, the model learns why and answers; the next goodbye ends the call."""
    phone = await call.begin()
    await eventually(lambda: len(worker.notes("turn", call.id)) == 1)
    worker.openai.greeting_s = 3
    at = monotonic()
    if words:
        await worker.openai.speak_and_call(words, 3, "endCall")
    else:
        await worker.openai.call_tool("endCall")
    await eventually(lambda: phone.hears(at))
    item = await worker.openai.hear_beginning()
    output = await worker.openai.received("conversation.item.create")
    assert output["item"]["output"].startswith("Not hung up")
    await worker.openai.hear_end(item)
    await worker.openai.transcribe(item, "Wait, one more thing.")
    answered_at = monotonic()
    await worker.openai.speak("Of course.", 0.5)
    await eventually(lambda: phone.hears(answered_at))
    await eventually(
        lambda: [turn["text"] for turn in worker.notes("turn", call.id)][-1] == "Of course."
    )
    assert await call.agent() is not None
    assert not worker.notes("request_end", call.id)

    await worker.openai.speak_and_call("Goodbye.", 0.5, "endCall")
    await call.gone()
    assert worker.notes("request_end", call.id)[0]["reason"] == "agent-hangup"


async def test_words_at_the_very_end_are_kept(call: Call, worker: Worker) -> None:
    """What the caller said last is stored although room and leg are gone when it is transcribed."""
    await call.begin()
    item = await worker.openai.hear_beginning()
    await call.end()
    await worker.openai.hear_end(item)
    await stays(
        lambda: not _done(worker, call), 0.3, "the words come late, and the job waits for them"
    )
    await worker.openai.transcribe(item, "Goodbye.")
    await eventually(lambda: len(worker.notes("turn", call.id)) == 2)
    greeting, goodbye = worker.notes("turn", call.id)
    assert greeting["interrupted"]
    assert (goodbye["speaker"], goodbye["text"]) == ("user", "Goodbye.")


async def test_the_job_ends_when_the_caller_leaves(call: Call, worker: Worker) -> None:
    """The caller's leaving ends session, job and participant."""
    phone = await call.begin()
    await phone.leave()
    await call.gone(3)
    await eventually(lambda: _done(worker, call), 5)
    assert not worker.notes("request_end", call.id)


async def test_a_removed_caller_ends_the_job_too(call: Call, worker: Worker) -> None:
    """A leg that was removed by the server counts as gone, which the framework would overlook."""
    await call.begin()
    await call.rooms.room.remove_participant(
        api.RoomParticipantIdentity(room=call.room, identity=CALLER_IDENTITY)
    )
    await call.gone(3)


async def test_a_refused_session_ends_the_call_at_once(call: Call, worker: Worker) -> None:
    """With an invalid key the agent gives its reason and is gone within two seconds."""
    worker.openai.refuse_with = 401
    began = await call.dispatch()
    await eventually(lambda: worker.notes("request_end", call.id), 5)
    await eventually(lambda: _done(worker, call), 5)
    assert monotonic() - began < 2
    assert worker.notes("request_end", call.id)[0]["reason"] == "openai-key-refused"
    assert worker.notes("event", call.id)[0]["cause"] == "http-401"
    await call.gone(1)


async def test_a_silent_openai_ends_the_call_in_time(call: Call, worker: Worker) -> None:
    """A session that OpenAI never confirms is given up after AGENT_CONNECT_TIMEOUT_S."""
    worker.openai.session_delay_s = 30
    await call.dispatch()
    await eventually(lambda: worker.notes("event", call.id), 5)
    assert worker.notes("event", call.id)[0]["cause"] == "timeout"
    await call.gone(3)


async def test_an_agent_is_as_patient_as_whoever_waits_for_it(call: Call, worker: Worker) -> None:
    """The brief says how long the control plane waits; later than that the agent gives up."""
    worker.openai.session_delay_s = 30
    await call.dispatch(ready_within_s=0.9)
    await eventually(lambda: worker.notes("event", call.id), 5)
    # had AGENT_CONNECT_TIMEOUT_S (1.5 s) come first, the reason would be OpenAI's silence
    assert worker.notes("request_end", call.id)[0]["reason"] == "agent-not-ready"
    assert worker.notes("event", call.id)[0]["cause"] == "TimeoutError"
    await call.gone(3)


async def test_a_lost_session_is_renewed(call: Call, worker: Worker) -> None:
    """A connection that breaks in mid-call is made again; the call goes on."""
    phone = await call.begin()
    await eventually(lambda: len(worker.notes("turn", call.id)) == 1)
    await worker.openai.drop()
    await eventually(lambda: worker.openai.sessions_opened == 2)
    await eventually(lambda: len(worker.openai.of("session.update")) >= 3)
    at = monotonic()
    await worker.openai.hear("Are you there?", words="Yes, I am.", answer_s=0.5)
    await eventually(lambda: phone.hears(at))
    assert not worker.notes("request_end", call.id)


async def test_a_session_lost_for_good_ends_the_call(call: Call, worker: Worker) -> None:
    """When OpenAI stays away in mid-call the agent says why and leaves."""
    await call.begin()
    worker.openai.refuse_with = 503
    await worker.openai.drop()
    await eventually(lambda: worker.notes("request_end", call.id), 15)
    assert worker.notes("request_end", call.id)[0]["reason"] == "model-lost"
    await call.gone(3)


async def test_other_jobs_are_refused(call: Call, worker: Worker) -> None:
    """A job whose metadata is no brief is refused; the worker stays well."""
    await call.dispatch(metadata="book me a table")
    await eventually(lambda: worker.says("A job was refused"))
    assert await call.agent() is None


async def test_the_log_keeps_quiet_about_people(call: Call, worker: Worker) -> None:
    """Even at DEBUG no words, tool arguments, context or tokens are logged."""
    await call.begin()
    await worker.openai.hear("My name is Barbarossa.", words="Welcome, Barbarossa.", answer_s=0.3)
    await worker.openai.call_tool("upsertLead", name="Barbarossa", email="not-an-address")
    await worker.openai.received("response.create", 2)
    await call.end()
    await eventually(lambda: _done(worker, call), 10)
    log = worker.log.read_text("utf-8")
    for secret in ("Barbarossa", "Zacharias", "not-an-address", "eyJ", "the shop"):
        assert secret not in log


async def test_sigterm_lets_the_call_end_first(
    sfu: EmbeddedSfu, stand_in: RealtimeStandIn, tmp_path: Path
) -> None:
    """A worker that is told to stop takes no new calls and ends with its last one."""
    stand_in.begin()
    worker = Worker(sfu, stand_in, tmp_path)
    worker.rename("agent-that-drains")
    await worker.start()
    try:
        async with api.LiveKitAPI(sfu.url, sfu.keys.key, sfu.keys.secret) as rooms:
            call = Call(rooms, sfu, agent_name="agent-that-drains")
            phone = await call.begin()
            worker.process.send_signal(signal.SIGTERM)
            await eventually(lambda: worker.says("draining worker"))
            at = monotonic()
            await stand_in.hear("Still there?", words="Of course.", answer_s=0.5)
            await eventually(lambda: phone.hears(at))
            await call.end()
            async with asyncio.timeout(10):
                assert await worker.process.wait() == 0
    finally:
        await worker.stop()


async def test_health_is_served(worker: Worker) -> None:
    """The worker answers probes on its own port."""
    url = f"http://127.0.0.1:{worker.health_port}/"
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        assert (response.status, await response.text()) == (200, "OK")
