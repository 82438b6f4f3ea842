"""The simulated OpenAI as livekit-plugins-openai meets it: real protocol, real speech."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import numpy as np
import pytest
from livekit import rtc
from livekit.agents import APIConnectOptions, APIError, llm
from livekit.plugins.openai.realtime import RealtimeModel
from openai.types.realtime import AudioTranscription
from openai.types.realtime.realtime_audio_input_turn_detection import ServerVad

from simulators.openai.faults import Faults
from simulators.openai.happening import Kind
from simulators.openai.scenario import load_scenario
from simulators.openai.server import OpenAISimulator
from simulators.speech import ear, voice
from tests import paths

pytestmark = pytest.mark.spoken

RATE = 24_000
SCENARIO = paths.ROOT / "simulators" / "scenarios" / "harbor-bikes.yaml"


class Caller:
    """A microphone that never stops: 20 ms frames in real time, speech when there is some."""

    def __init__(self, session: llm.RealtimeSession[Any]) -> None:
        self._session = session
        self._speech = np.zeros(0, np.int16)
        self._silent = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    async def say(self, text: str) -> None:
        samples, _ = await voice.CALLER.speak(text, rate=RATE)
        self._speech = samples
        self._silent.clear()
        await asyncio.wait_for(self._silent.wait(), 20)

    async def _run(self) -> None:
        clock = asyncio.get_running_loop()
        due, size = clock.time(), RATE // 50
        while True:
            frame, self._speech = self._speech[:size], self._speech[size:]
            frame = np.pad(frame, (0, size - len(frame)))
            self._session.push_audio(rtc.AudioFrame(frame.tobytes(), RATE, 1, size))
            if not len(self._speech):
                self._silent.set()
            due += 0.02
            await asyncio.sleep(due - clock.time())

    async def hang_up(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


class Client:
    """A realtime session of the plugin, with its raw events kept."""

    def __init__(self, session: llm.RealtimeSession[Any]) -> None:
        self.session = session
        self.events: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.raised: dict[str, list[Any]] = defaultdict(list)
        self.generations: asyncio.Queue[llm.GenerationCreatedEvent] = asyncio.Queue()
        self._changed = asyncio.Event()
        session.on("openai_server_event_received", self._received)
        session.on("openai_client_event_queued", self.sent.append)
        session.on("generation_created", self.generations.put_nowait)
        for name in ("error", "session_reconnected", "metrics_collected"):
            session.on(name, self._keep(name))

    def _received(self, event: dict[str, Any]) -> None:
        self.events.append(event)
        self._changed.set()

    def _keep(self, name: str) -> Callable[[Any], None]:
        def keep(event: Any) -> None:
            self.raised[name].append(event)
            self._changed.set()

        return keep

    def all(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    async def until(self, ready: Callable[[], Any], timeout_s: float = 15.0) -> Any:
        async with asyncio.timeout(timeout_s):
            while not (result := ready()):
                self._changed.clear()
                await self._changed.wait()
        return result

    async def wait_for(self, kind: str, count: int = 1) -> dict[str, Any]:
        await self.until(lambda: len(self.all(kind)) >= count)
        return self.all(kind)[count - 1]


@contextlib.asynccontextmanager
async def connected(simulator: OpenAISimulator, **options: Any) -> AsyncIterator[Client]:
    async with aiohttp.ClientSession() as http:
        model = RealtimeModel(
            **{
                "model": "gpt-realtime-2.1",
                "voice": "verse",
                "base_url": simulator.base_url,
                "api_key": "sk-any",
                "http_session": http,
                "input_audio_transcription": AudioTranscription(model="gpt-transcribe"),
                "turn_detection": ServerVad(
                    type="server_vad",
                    threshold=0.5,
                    prefix_padding_ms=80,
                    silence_duration_ms=220,
                    create_response=True,
                    interrupt_response=True,
                ),
                "conn_options": APIConnectOptions(max_retry=3, retry_interval=0.2, timeout=5),
                **options,
            }
        )
        client = Client(model.session())
        try:
            yield client
        finally:
            # a session that ended by a fatal error raises it once more; the test has seen it
            with contextlib.suppress(APIError):
                await client.session.aclose()
            await model.aclose()


@contextlib.asynccontextmanager
async def calling(client: Client) -> AsyncIterator[Caller]:
    caller = Caller(client.session)
    try:
        yield caller
    finally:
        await caller.hang_up()


async def spoken(generation: llm.GenerationCreatedEvent) -> tuple[str, np.ndarray, str]:
    """Return id, sound and transcript of the one message of a generation."""
    async for message in generation.message_stream:
        frames = [np.frombuffer(frame.data, np.int16) async for frame in message.audio_stream]
        text = "".join([str(part) async for part in message.text_stream])
        return message.message_id, np.concatenate(frames or [np.zeros(0, np.int16)]), text
    return "", np.zeros(0, np.int16), ""


@llm.function_tool(name="upsertLead")
async def upsert_lead(name: str, interest: str, notes: str) -> str:
    """Write down what the customer wants."""
    return "saved"


@pytest.fixture(scope="module")
def scenario():
    return load_scenario(SCENARIO)


@pytest.fixture(scope="module", autouse=True)
def _end_speech_processes():
    yield
    ear.close()
    voice.close()


async def test_whole_call(scenario):
    """Greeting, a tool call, barge-in, goodbye: each side understands the other."""
    async with (
        OpenAISimulator(scenario=scenario) as simulator,
        connected(simulator) as client,
        calling(client) as caller,
    ):
        session = client.session
        await session.update_instructions("You answer the phone of Harbor Bikes.")
        await session.update_tools([upsert_lead])
        created = await client.wait_for("session.updated", 3)
        assert [tool["name"] for tool in created["session"]["tools"]] == ["upsertLead"]
        assert created["session"]["audio"]["output"]["voice"] == "verse"
        assert created["session"]["audio"]["input"]["turn_detection"]["silence_duration_ms"] == 220

        greeting = await asyncio.wait_for(session.generate_reply(instructions="Greet."), 5)
        _, sound, text = await spoken(greeting)
        assert text == scenario.greeting
        heard = await ear.hear(
            sound, RATE, grammar=ear.Grammar.of_sentences([scenario.greeting, "goodbye"])
        )
        assert heard.reading is ear.Reading.GRAMMAR
        assert heard.text == ear.plain_words(scenario.greeting)
        await client.generations.get()

        await caller.say(scenario.caller[0].say)
        done = await client.wait_for("conversation.item.input_audio_transcription.completed")
        assert done["transcript"] == "Hello, I have a question about renting a bike."
        _, _, text = await spoken(await asyncio.wait_for(client.generations.get(), 5))
        assert text.startswith("Of course.")

        await caller.say(scenario.caller[1].say)
        calling_tool = await asyncio.wait_for(client.generations.get(), 5)
        calls = [call async for call in calling_tool.function_stream]
        assert [call.name for call in calls] == ["upsertLead"]
        arguments = json.loads(calls[0].arguments)
        assert arguments["name"] == "Martin"
        assert arguments["interest"] == "Rent two bikes on Saturday"
        context = session.chat_ctx.copy()
        context.items.append(
            llm.FunctionCallOutput(
                call_id=calls[0].call_id, name="upsertLead", output="saved", is_error=False
            )
        )
        await session.update_chat_ctx(context)
        explaining = await asyncio.wait_for(session.generate_reply(), 5)
        await client.generations.get()
        reading = asyncio.create_task(spoken(explaining))
        await asyncio.sleep(1.0)  # the caller listens for a second before cutting in

        await caller.say(scenario.caller[2].say)
        item_id, sound, text = await asyncio.wait_for(reading, 5)
        cancelled = next(
            event["response"]
            for event in client.all("response.done")
            if event["response"]["status"] == "cancelled"
        )
        assert cancelled["status_details"]["reason"] == "turn_detected"
        assert text.startswith("Thank you, Martin.")
        assert not text.endswith("return it.")
        session.truncate(message_id=item_id, modalities=["audio"], audio_end_ms=1200)
        truncated = await client.wait_for("conversation.item.truncated")
        assert (truncated["item_id"], truncated["audio_end_ms"]) == (item_id, 1200)
        kept = (await simulator.journal.wait_for(Kind.TRUNCATED))[0].text
        assert kept
        assert text.startswith(kept)

        _, _, text = await spoken(await asyncio.wait_for(client.generations.get(), 5))
        assert text.startswith("Yes, a helmet")
        await caller.say(scenario.caller[3].say)
        _, _, text = await spoken(await asyncio.wait_for(client.generations.get(), 5))
        assert text.endswith("Goodbye.")
        user_words = " ".join(
            event["transcript"]
            for event in client.all("conversation.item.input_audio_transcription.completed")
        )
        said = " ".join(line.say for line in scenario.caller)
        assert ear.plain_words(user_words) == ear.plain_words(said)
        usage = client.all("response.done")[-1]["response"]["usage"]
        assert usage["input_token_details"]["cached_tokens"] > 0
        assert usage["output_token_details"]["audio_tokens"] > 20
        assert not client.raised["error"]


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("Yes please.", "yes please"),
        ("No, thank you.", "no thank you"),
        ("Could I speak to a human being please?", None),
        ("What is the weather in Paris tomorrow?", None),
        ("Goodbye my friend.", None),
    ],
)
async def test_ear_does_not_hear_what_was_not_said(said, heard):
    """A grammar of short answers takes them, and refuses sentences that merely resemble one."""
    grammar = ear.Grammar.of_sentences(["yes please", "no thank you", "goodbye"])
    samples, rate = await voice.AGENT.speak(said)
    understood = await ear.hear(samples, rate, grammar=grammar, free=False)
    assert (understood.text or None) == heard


async def test_mute_session_says_nothing():
    """A session that never answers is left to the client's own patience."""
    async with (
        OpenAISimulator(faults=Faults(mute_sessions=1)) as simulator,
        connected(simulator) as client,
    ):
        await simulator.journal.wait_for(Kind.FAULT)
        with pytest.raises(TimeoutError):
            await client.until(lambda: client.events, timeout_s=0.3)


async def test_free_talk_repeats_what_it_heard():
    """Without a scenario the simulator answers whatever it hears."""
    async with (
        OpenAISimulator(pace=20) as simulator,
        connected(simulator) as client,
        calling(client) as caller,
    ):
        greeting = client.session.generate_reply(instructions='Say "Good morning, Harbor Bikes."')
        assert (await spoken(await asyncio.wait_for(greeting, 5)))[
            2
        ] == "Good morning, Harbor Bikes."
        await client.generations.get()
        await caller.say("What is the weather in Paris tomorrow?")
        _, _, text = await spoken(await asyncio.wait_for(client.generations.get(), 5))
        assert text.startswith("I heard you say: what is the weather in paris tomorrow.")


async def test_sentence_in_pieces_is_understood_as_one(scenario):
    """A pause that ends the turn too early costs nothing: the pieces are read together."""
    async with (
        OpenAISimulator(scenario=scenario, pace=20) as simulator,
        connected(simulator) as client,
        calling(client) as caller,
    ):
        await client.wait_for("session.updated")
        await caller.say("Sorry, one more question, do you rent helmets too?")
        answers = [await asyncio.wait_for(client.generations.get(), 5)]
        while not (text := (await spoken(answers[-1]))[2] if answers else ""):
            answers.append(await asyncio.wait_for(client.generations.get(), 5))
        assert text.startswith("Yes, a helmet")
        assert len(client.all("input_audio_buffer.committed")) > 1
        words = [
            event["transcript"]
            for event in client.all("conversation.item.input_audio_transcription.completed")
        ]
        assert "helmets" in words[-1]
        assert "sorry" not in words[-1].lower()


async def test_unexpected_words_are_not_understood(scenario):
    """Words that the scenario does not expect get its fallback line and a true transcript."""
    async with (
        OpenAISimulator(scenario=scenario, pace=20) as simulator,
        connected(simulator) as client,
        calling(client) as caller,
    ):
        await client.wait_for("session.updated")
        await caller.say("What is the weather in Paris tomorrow?")
        _, _, text = await spoken(await asyncio.wait_for(client.generations.get(), 5))
        assert text == scenario.not_understood
        done = await client.wait_for("conversation.item.input_audio_transcription.completed")
        assert "weather" in done["transcript"]


async def test_unknown_voice_is_refused_as_openai_does():
    """An unknown voice yields OpenAI's error with its parameter; the session goes on."""
    async with OpenAISimulator() as simulator, connected(simulator, voice="joe") as client:
        error = (await client.wait_for("error"))["error"]
        assert error["type"] == "invalid_request_error"
        assert error["code"] == "invalid_value"
        assert error["param"] == "session.audio.output.voice"
        assert "'verse'" in error["message"]
        assert error["event_id"] == client.sent[0]["event_id"]
        await client.until(lambda: client.raised["error"])
        assert client.raised["error"][0].recoverable


async def test_dropped_socket_reconnects_with_its_context(scenario):
    """A socket cut in mid reply: the plugin comes back and replays the session."""
    faults = Faults(drop_replies=1, drop_after_ms=500)
    async with (
        OpenAISimulator(scenario=scenario, faults=faults) as simulator,
        connected(simulator) as client,
    ):
        first = await asyncio.wait_for(client.session.generate_reply(), 5)
        _, sound, _ = await spoken(first)
        assert 0.3 * RATE < len(sound) < RATE
        await client.until(lambda: client.raised["session_reconnected"])
        await client.wait_for("session.created", 2)
        again = await asyncio.wait_for(client.session.generate_reply(), 5)
        _, sound, text = await spoken(again)
        assert text
        assert len(sound) > RATE // 2
        assert simulator.journal.counts[Kind.FAULT] == 1


async def test_quota_error_is_final():
    """`insufficient_quota` ends the session: the plugin does not come back."""
    async with (
        OpenAISimulator(faults=Faults(error_sessions=-1)) as simulator,
        connected(simulator) as client,
    ):
        await client.until(lambda: client.raised["error"])
        assert not client.raised["error"][0].recoverable
        assert simulator.journal.counts[Kind.SESSION_OPENED] == 1


async def test_refused_and_expired_sessions():
    """Two refused upgrades are retried; a session that expires says so and is opened anew."""
    faults = Faults(refuse_connections=2, expire_after_s=0.3)
    async with OpenAISimulator(faults=faults) as simulator, connected(simulator) as client:
        await client.wait_for("session.created")
        assert len(client.raised["error"]) == 2
        assert (await client.wait_for("error"))["error"]["code"] == "session_expired"
        await client.until(lambda: client.raised["session_reconnected"])
        assert len(simulator.happenings) > 3


async def test_models_keys_and_faults_over_http():
    """Models have OpenAI's shape, a missing key is a 401, faults are armed while it runs."""
    async with OpenAISimulator() as simulator, aiohttp.ClientSession() as http:
        root, key = simulator.base_url, {"Authorization": "Bearer sk-any"}
        async with http.get(f"{root}/models") as answer:
            assert answer.status == 401
            assert (await answer.json())["error"]["type"] == "invalid_request_error"
        async with http.get(f"{root}/models", headers=key) as answer:
            models = {model["id"]: model for model in (await answer.json())["data"]}
        assert models["gpt-realtime"]["shutdown_date"] == "2027-01-20"
        assert "shutdown_date" not in models["gpt-realtime-2.1"]
        assert "gpt-5-realtime-preview" not in models
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(f"{root}/realtime?model=gpt-realtime")
        assert refused.value.status == 401
        steer = root.removesuffix("/v1") + "/sim/faults"
        async with http.post(steer, json={"models_status": 500}) as answer:
            assert answer.status == 200
        async with http.get(f"{root}/models", headers=key) as answer:
            assert answer.status == 500
        async with http.post(steer, json={"nonsense": 1}) as answer:
            assert answer.status == 400
        async with http.delete(steer) as answer:
            assert (await answer.json())["models_status"] is None
