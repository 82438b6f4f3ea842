"""A call that is carried by the real bridge and SFU: our voice, a simulated phone and OpenAI."""

import contextlib
import uuid
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import aiohttp
import numpy as np
from livekit import api
from livekit.agents.llm import ChatMessage

from agents.media.bridge.agent_leg import RoomAccess
from agents.media.bridge.bridge_voice import BridgeVoice
from agents.media.bridge.leg_events import LegFeeds
from agents.media.bridge.voice_state import VoiceState
from agents.media.clip import Clips
from agents.media.measures import Measures
from agents.media.tool import Tool, ToolUse
from agents.media.voice import SpeechOptions
from shared.bridge.address import BridgeAddress
from shared.bridge.fleet import Bridges
from shared.bridge.legs import leg_id
from shared.call.call import EndReason
from shared.call.ids import CallId
from shared.call.looking import OPERATOR_PREFIX
from shared.call.room import (
    AGENT_IDENTITY,
    ATTRIBUTE_CALL_STATUS,
    CALLER_IDENTITY,
    KEY_TOPIC,
    KeyMessage,
    room_name,
)
from simulators.openai.server import OpenAISimulator
from simulators.phone.phone import Phone
from simulators.speech import ear
from simulators.speech.voice import CALLER
from tests.caller import join_as_caller, join_with
from tests.eventually import eventually
from tests.tones import strongest_hz
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.sfu import EmbeddedSfu

RATE = 16_000
MODEL = "gpt-realtime-2.1"
INSTRUCTIONS = "You answer the telephone of a bicycle shop."


class Story:
    """What a voice tells, in the order in which it tells it."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.keys = ""
        self.turns: list[ChatMessage] = []
        self.ends: list[tuple[EndReason, str]] = []
        self.measured: list[Measures] = []
        self.used: list[ToolUse] = []

    def caller_seen(self) -> None:
        self.told.append("seen")

    def media_up(self) -> None:
        self.told.append("media")

    def caller_left(self) -> None:
        self.told.append("left")

    def status_shown(self, status: str | None) -> None:
        self.told.append(f"status {status}")

    def key_pressed(self, key: str) -> None:
        self.keys += key

    def item_added(self, item: object) -> None:
        assert isinstance(item, ChatMessage)
        self.turns.append(item)

    def turn_measured(self, measures: Measures) -> None:
        self.measured.append(measures)

    def agent_heard(self, at: float) -> None:
        pass

    def long_speech(self, lasted_s: float) -> None:
        self.told.append("long speech")

    def tool_used(self, use: ToolUse) -> None:
        self.used.append(use)

    def lost(
        self, reason: EndReason = EndReason.OPENAI_UNREACHABLE, cause: str = "session-lost"
    ) -> None:
        self.ends.append((reason, cause))

    def room_closed(self) -> None:
        self.told.append("closed")

    @property
    def texts(self) -> list[tuple[str, str]]:
        """Both sides' turns."""
        return [(turn.role, turn.text_content or "") for turn in self.turns]


class VoiceCall:
    """One call; whoever tests is the session that leads the voice."""

    def __init__(
        self,
        sfu: EmbeddedSfu,
        bridge: EmbeddedBridge,
        openai: OpenAISimulator,
        http: aiohttp.ClientSession,
        rooms: api.LiveKitAPI,
    ) -> None:
        self._sfu, self._openai, self._rooms = sfu, openai, rooms
        self.id = CallId(str(uuid.uuid4()))
        self.room = room_name(self.id)
        self.bridges = Bridges(
            http, [BridgeAddress.parse(bridge.url)], token=bridge.token, timeout_s=3
        )
        self.phone = Phone()
        self.states: list[VoiceState] = []
        self.models: tuple[str, ...] = (MODEL,)
        self.voice_room_url = sfu.url
        self.begin_anew()

    def begin_anew(self) -> None:
        """Be another process: nothing is known any more."""
        self.events = LegFeeds(self.bridges)
        self.story = Story()
        self.voice = self.make_voice()

    @property
    def options(self) -> SpeechOptions:
        """How the agent speaks and listens."""
        return self._options(5)

    def make_voice(
        self, *, connect_timeout_s: float = 5, clips: Clips | None = None, bridging: str = ""
    ) -> BridgeVoice:
        """Make a voice; the first one is made already."""
        return BridgeVoice(
            self.story,
            room=RoomAccess(url=self.voice_room_url, token=self._token()),
            leg=leg_id(self.id, AGENT_IDENTITY),
            bridges=self.bridges,
            events=self.events,
            options=self._options(connect_timeout_s),
            keep=self.states.append,
            # the simulated OpenAI's ear is slow on a busy machine
            last_words_s=15,
            clips=clips,
            bridging=bridging,
        )

    def _options(self, connect_timeout_s: float) -> SpeechOptions:
        return SpeechOptions(
            api_key="sk-any",
            base_url=self._openai.base_url,
            connect_timeout_s=connect_timeout_s,
            voice="verse",
            transcription_model="gpt-transcribe",
            vad_threshold=0.5,
            vad_prefix_ms=80,
            vad_silence_ms=220,
        )

    def _token(self) -> str:
        grants = api.VideoGrants(
            room_join=True,
            room=self.room,
            can_publish=True,
            can_subscribe=True,
            can_update_own_metadata=True,
            agent=True,
        )
        return (
            api.AccessToken(self._sfu.keys.key, self._sfu.keys.secret)
            .with_identity(AGENT_IDENTITY)
            .with_kind("agent")
            .with_grants(grants)
            .with_ttl(timedelta(minutes=10))
            .to_jwt()
        )

    async def bring_up(self, tools: Sequence[Tool] = ()) -> None:
        """Bring the voice to where the phone may be answered."""

        async def choose() -> tuple[str, ...]:
            return self.models

        await self.voice.bring_up(INSTRUCTIONS, tools, choose)
        self.voice.watch()

    async def ring(self) -> None:
        """Let the caller's leg come in, as WhatsApp's relay does."""
        self.phone.apply_answer(await join_as_caller(self._sfu, self.room, await self.phone.open()))
        await self.phone.wait_connected(5)

    async def answer(self) -> None:
        """Accept the call."""
        await self.show("active")
        await eventually(lambda: "status active" in self.story.told)
        self.voice.unmute()
        self.phone.answered()
        await eventually(lambda: "media" in self.story.told)
        self.voice.begin()

    async def begin(self, tools: Sequence[Tool] = (), greeting: str = "Hello there.") -> None:
        """Everything up to the greeting's end."""
        await self.bring_up(tools)
        self.voice.greet(f'Say "{greeting}"')
        await self.ring()
        await self.answer()
        await eventually(lambda: len(self.story.turns) == 1, 20, last=lambda: self.story.texts)

    async def show(self, status: str) -> None:
        """Show a status on the caller's leg, as the control plane does."""
        await self._rooms.room.update_participant(
            api.UpdateParticipantRequest(
                room=self.room,
                identity=CALLER_IDENTITY,
                attributes={ATTRIBUTE_CALL_STATUS: status},
            )
        )

    async def press(self, key: str) -> None:
        """Send a key as the control plane does."""
        await self._rooms.room.send_data(
            api.SendDataRequest(
                room=self.room,
                data=KeyMessage(key=key).to_bytes(),
                kind=api.DataPacket.Kind.RELIABLE,
                topic=KEY_TOPIC,
                destination_identities=[AGENT_IDENTITY],
            )
        )

    async def say(self, words: str) -> None:
        """Let the caller speak."""
        sound, _ = await CALLER.speak(words, rate=RATE)
        await self.phone.say(sound, RATE)

    @contextlib.asynccontextmanager
    async def operator(self) -> AsyncIterator[Phone]:
        """Have a person of the business in the room, with a microphone."""
        who = f"{OPERATOR_PREFIX}1"
        grants = api.VideoGrants(room_join=True, room=self.room, can_publish=True)
        token = api.AccessToken(self._sfu.keys.key, self._sfu.keys.secret).with_identity(who)
        microphone = Phone()
        try:
            offer = await microphone.open()
            answer = await join_with(
                self._sfu, token.with_grants(grants).to_jwt(), offer, awaits_agent=True
            )
            microphone.apply_answer(answer)
            await microphone.wait_connected(30)
            microphone.answered()
            yield microphone
            await self._rooms.room.remove_participant(
                api.RoomParticipantIdentity(room=self.room, identity=who)
            )
        finally:
            await microphone.close()

    def hears_tone(self, hz: float) -> bool:
        """Whether the phone's last half second was a tone."""
        end = self.phone.heard.duration_s
        sound = self.phone.heard.read(max(0.0, end - 0.5), end)
        return abs(strongest_hz(sound, self.phone.heard.rate) - hz) < 20

    async def heard(self) -> str:
        """Return what an ear makes of all that has reached the phone."""
        sound = self.phone.heard.read(0, self.phone.heard.duration_s)
        heard = await ear.hear(np.asarray(sound, np.int16), self.phone.heard.rate)
        return heard.text

    async def until_turns(self, count: int, within_s: float = 20) -> list[tuple[str, str]]:
        """Wait for so many turns of both sides."""
        await eventually(
            lambda: len(self.story.turns) >= count, within_s, last=lambda: self.story.texts
        )
        return self.story.texts

    async def agent(self) -> api.ParticipantInfo:
        """Look at the agent as LiveKit lists it."""
        return await self._rooms.room.get_participant(
            api.RoomParticipantIdentity(room=self.room, identity=AGENT_IDENTITY)
        )

    async def agent_state(self) -> str:
        """Return what the agent shows that it does."""
        return (await self.agent()).attributes.get("lk.agent.state", "")

    async def close_room(self) -> None:
        """End the call as the control plane does."""
        await self._rooms.room.delete_room(api.DeleteRoomRequest(room=self.room))

    async def legs(self) -> frozenset[str]:
        """Return the bridge's legs of this call."""
        (address,) = self.bridges.addresses
        own = leg_id(self.id, AGENT_IDENTITY)
        return frozenset(leg for leg in await self.bridges.client(address).legs() if leg == own)


@contextlib.asynccontextmanager
async def voice_call(
    sfu: EmbeddedSfu, bridge: EmbeddedBridge, openai: OpenAISimulator
) -> AsyncIterator[VoiceCall]:
    """A room without anybody in it, and everything taken down again."""
    async with (
        aiohttp.ClientSession() as http,
        api.LiveKitAPI(sfu.http_url, sfu.keys.key, sfu.keys.secret, session=http) as rooms,
    ):
        call = VoiceCall(sfu, bridge, openai, http, rooms)
        await rooms.room.create_room(api.CreateRoomRequest(name=call.room))
        try:
            yield call
        finally:
            await call.voice.aclose()
            await call.events.aclose()
            await call.phone.close()
            with contextlib.suppress(api.TwirpError):
                await call.close_room()
