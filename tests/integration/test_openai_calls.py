"""The simulated OpenAI over WebRTC, as the client library and the media bridge meet it."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import openai
import pytest
import pytest_asyncio

from simulators.openai.faults import Faults
from simulators.openai.happening import Kind
from simulators.openai.server import OpenAISimulator
from simulators.speech.voice import CALLER
from tests.eventually import eventually
from tests.integration.bridge_call import BridgeCall, bridge_call
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.sfu import EmbeddedSfu

pytestmark = pytest.mark.spoken

SESSION = {
    "type": "realtime",
    "model": "gpt-realtime-2.1",
    "instructions": "You are a telephone.",
    "audio": {
        "input": {
            "transcription": {"model": "gpt-transcribe"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 300},
        },
        "output": {"voice": "verse"},
    },
}
PEER = {
    "data_channel": "oai-events",
    "quiet_on": ["output_audio_buffer.stopped", "output_audio_buffer.cleared"],
    "speech_on": ["output_audio_buffer.started"],
    "clear_on": ["output_audio_buffer.cleared"],
}


@pytest_asyncio.fixture(params=[True, False], ids=["rtp-in-silence", "no-rtp-in-silence"])
async def simulator(request: pytest.FixtureRequest) -> AsyncIterator[OpenAISimulator]:
    async with OpenAISimulator(sends_in_silence=request.param) as simulator:
        yield simulator


@pytest_asyncio.fixture
async def call(sfu: EmbeddedSfu, bridge: EmbeddedBridge) -> AsyncIterator[BridgeCall]:
    async with bridge_call(sfu, bridge) as call:
        yield call


class Sideband:
    """What whoever holds the session sees and does."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self.events: list[dict[str, Any]] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            self.events.append(json.loads(message.data))

    async def send(self, event: dict[str, Any]) -> None:
        """Send an event."""
        await self._socket.send_json(event)

    async def until(self, kind: str, count: int = 1, within_s: float = 15) -> dict[str, Any]:
        """Wait for an event of a kind."""

        def of_kind() -> list[dict[str, Any]]:
            return [event for event in self.events if event["type"] == kind]

        await eventually(
            lambda: len(of_kind()) >= count,
            within_s,
            last=lambda: [event["type"] for event in self.events],
        )
        return of_kind()[count - 1]

    @property
    def is_over(self) -> bool:
        """Whether the other side has ended it."""
        return self._reading.done()


@contextlib.asynccontextmanager
async def sideband(simulator: OpenAISimulator, call_id: str) -> AsyncIterator[Sideband]:
    async with (
        aiohttp.ClientSession(headers={"Authorization": "Bearer sk-any"}) as http,
        http.ws_connect(f"{simulator.base_url}/realtime?call_id={call_id}") as socket,
    ):
        yield Sideband(socket)


async def place(call: BridgeCall, simulator: OpenAISimulator) -> str:
    """Join the leg to a call of OpenAI's by the client library; return its id."""
    async with openai.AsyncOpenAI(api_key="sk-any", base_url=simulator.base_url) as client:

        async def answer(offer: str) -> tuple[str, str]:
            response = await client.realtime.calls.with_raw_response.create(
                sdp=offer,
                session=SESSION,  # type: ignore[arg-type]  # a dict as the API takes it
            )
            return response.content.decode(), response.headers["Location"].rsplit("/", 1)[1]

        return await call.open_with(answer, **PEER)


async def test_the_agent_and_the_phone_talk_without_sound_in_events(
    call: BridgeCall, simulator: OpenAISimulator
) -> None:
    """Words are recognised at both ends, and no sound went over the sideband."""
    call_id = await place(call, simulator)
    await call.join()
    for stream in ("room", "peer"):
        await call.gate(stream, "open")
    async with sideband(simulator, call_id) as side:
        assert (await side.until("session.created"))["session"]["instructions"]
        call.caller.answered()
        await side.send({"type": "response.create"})
        await side.until("output_audio_buffer.started")
        assert await call.caller.wait_agent_speaking(30)
        await side.until("output_audio_buffer.stopped")
        sound, _ = await CALLER.speak("I would like to book a table", rate=16_000)
        await call.caller.say(sound, 16_000)
        heard = await side.until("conversation.item.input_audio_transcription.completed")
        assert "table" in heard["transcript"] or "book" in heard["transcript"]
        await side.until("output_audio_buffer.started", 2)
        assert not [
            event for event in side.events if event["type"] == "response.output_audio.delta"
        ]


async def test_speech_over_the_agent_cuts_it_where_it_was_heard(
    call: BridgeCall, simulator: OpenAISimulator
) -> None:
    """The far end drops what waits and truncates by what it had sent."""
    call_id = await place(call, simulator)
    await call.join()
    for stream in ("room", "peer"):
        await call.gate(stream, "open")
    # made before: the agent's sentence is over sooner than a busy machine speaks
    sound, _ = await CALLER.speak("wait wait wait please", rate=16_000)
    async with sideband(simulator, call_id) as side:
        call.caller.answered()
        await side.send({"type": "response.create"})
        await side.until("output_audio_buffer.started")
        await call.caller.say(sound, 16_000)
        await side.until("output_audio_buffer.cleared")
        truncated = await side.until("conversation.item.truncated")
        assert truncated["audio_end_ms"] > 0
    assert [h for h in simulator.happenings if h.kind is Kind.TRUNCATED]


async def test_a_session_that_expires_ends_the_leg_s_peer(
    call: BridgeCall, simulator: OpenAISimulator
) -> None:
    """The end is seen on the data channel, at once, and the call's room is untouched."""
    simulator.faults = Faults(expire_after_s=2)
    call_id = await place(call, simulator)
    async with sideband(simulator, call_id) as side:
        await call.until("peer-lost")
        await side.until("error")
        await eventually(lambda: side.is_over)
    assert not call.told("closed")
    assert simulator.open_sessions == 0


async def test_a_sideband_breaks_and_is_refused_while_the_call_goes_on(
    call: BridgeCall, simulator: OpenAISimulator
) -> None:
    """Whoever comes again is introduced to the same session."""
    call_id = await place(call, simulator)
    async with sideband(simulator, call_id) as side:
        created = await side.until("session.created")
        await simulator.calls.break_sidebands()
        await eventually(lambda: side.is_over)
    simulator.faults = Faults(refuse_sidebands=1)
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with sideband(simulator, call_id):
            pytest.fail("it was refused")
    assert refused.value.status == 503
    async with sideband(simulator, call_id) as side:
        again = await side.until("session.created")
        assert again["session"]["id"] == created["session"]["id"]
    assert simulator.open_sessions == 1


async def test_a_call_is_hung_up(call: BridgeCall, simulator: OpenAISimulator) -> None:
    """By the client library, once; after that nobody knows it."""
    call_id = await place(call, simulator)
    async with openai.AsyncOpenAI(api_key="sk-any", base_url=simulator.base_url) as client:
        await client.realtime.calls.hangup(call_id)
        await call.until("peer-lost")
        with pytest.raises(openai.NotFoundError):
            await client.realtime.calls.hangup(call_id)


@pytest.mark.parametrize(
    ("mistake", "code"),
    [({"model": "gpt-none"}, "model_not_found"), ({"colour": "red"}, "unknown_parameter")],
)
async def test_a_session_with_a_mistake_is_refused(mistake: dict[str, str], code: str) -> None:
    """With OpenAI's words, before anything is begun."""
    async with (
        OpenAISimulator() as simulator,
        openai.AsyncOpenAI(api_key="sk-any", base_url=simulator.base_url) as client,
    ):
        with pytest.raises(openai.BadRequestError) as refused:
            await client.realtime.calls.create(
                sdp="v=0",
                session=SESSION | mistake,  # type: ignore[arg-type]  # a dict as the API takes it
            )
        assert refused.value.code == code
        assert simulator.open_sessions == 0


async def test_an_offer_without_sound_is_refused() -> None:
    """No call is left behind."""
    async with (
        OpenAISimulator() as simulator,
        openai.AsyncOpenAI(api_key="sk-any", base_url=simulator.base_url, max_retries=0) as client,
    ):
        with pytest.raises(openai.BadRequestError):
            await client.realtime.calls.create(
                sdp="v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
                session=SESSION,  # type: ignore[arg-type]  # a dict as the API takes it
            )
        assert simulator.open_sessions == 0


async def test_faults_of_calls_strike() -> None:
    """A refusal is a 503, and a slow answer is slow."""
    async with (
        OpenAISimulator(faults=Faults(refuse_calls=1, answer_delay_s=0.5)) as simulator,
        openai.AsyncOpenAI(
            api_key="sk-any", base_url=simulator.base_url, max_retries=0, timeout=0.3
        ) as client,
    ):
        for error in (openai.InternalServerError, openai.APITimeoutError):
            with pytest.raises(error):
                await client.realtime.calls.create(
                    sdp="v=0",
                    session=SESSION,  # type: ignore[arg-type]  # a dict as the API takes it
                )
