"""The simulated phone against the real SFU: real ICE, DTLS, SRTP and Opus, both ways."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import aiohttp
import numpy as np
import pytest
from livekit import api, rtc

from simulators.meta.calls.call import NO_MEDIA
from simulators.meta.calls.talk import TURN_PAUSE_MS, hold_conversation
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan, Timing
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.phone.ice_lite import Loss
from simulators.phone.phone import CallOver, Phone
from simulators.phone.recording import Pcm, read_wav
from tests.caller import join_as_caller
from tests.eventually import eventually
from wacall.stack.sfu import EmbeddedSfu

pytestmark = pytest.mark.spoken

CALLER_HZ, AGENT_HZ = 880, 440
RATE = 48_000


def tone(hz: int, seconds: float, rate: int = 16_000) -> Pcm:
    """Make a sine of `hz`."""
    return (8000 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)).astype(np.int16)


def loudest_hz(pcm: Pcm, rate: int) -> float:
    """Find the strongest frequency."""
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    return float(np.argmax(spectrum) * rate / len(pcm))


def token(sfu: EmbeddedSfu, room: str, identity: str) -> str:
    """Sign a join token."""
    return (
        api.AccessToken(sfu.keys.key, sfu.keys.secret)
        .with_identity(identity)
        .with_grants(api.VideoGrants(room_join=True, room=room))
        .to_jwt()
    )


class Agent:
    """A LiveKit participant `agent` with a tone on a track that starts muted."""

    def __init__(self, sfu: EmbeddedSfu, room: str) -> None:
        self.sfu, self.room_name = sfu, room
        self.room = rtc.Room()
        self.left: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._caller: asyncio.Future[rtc.RemoteTrack] = asyncio.get_running_loop().create_future()
        self._source = rtc.AudioSource(RATE, 1)
        self.track = rtc.LocalAudioTrack.create_audio_track("agent-audio", self._source)
        self._feeding: asyncio.Task[None] | None = None

    async def join(self, *, muted: bool) -> None:
        """Create the room, publish, and wait until the SFU lists the track."""
        sfu = self.sfu
        async with api.LiveKitAPI(sfu.http_url, sfu.keys.key, sfu.keys.secret) as client:
            await client.room.create_room(api.CreateRoomRequest(name=self.room_name))
        self.room.on("track_subscribed", lambda track, *_: self._caller.set_result(track))
        self.room.on("participant_disconnected", self._on_left)
        await self.room.connect(self.sfu.url, token(self.sfu, self.room_name, "agent"))
        if muted:
            self.track.mute()
        await self.room.local_participant.publish_track(
            self.track, rtc.TrackPublishOptions(dtx=False, red=False)
        )
        self._feeding = asyncio.create_task(self._feed())
        request = api.ListParticipantsRequest(room=self.room_name)
        keys = self.sfu.keys
        async with api.LiveKitAPI(self.sfu.http_url, keys.key, keys.secret) as client:

            async def is_published() -> bool:
                listed = await client.room.list_participants(request)
                return any(participant.tracks for participant in listed.participants)

            await eventually(is_published)

    def _on_left(self, participant: rtc.RemoteParticipant) -> None:
        if not self.left.done():
            self.left.set_result(participant.disconnect_reason)

    async def _feed(self) -> None:
        pcm = tone(AGENT_HZ, 0.5, RATE)
        while True:
            await self._source.capture_frame(rtc.AudioFrame(pcm.tobytes(), RATE, 1, len(pcm)))

    async def hear(self, seconds: float) -> Pcm:
        """Record the caller's track, without its first second."""
        async with asyncio.timeout(seconds + 10):
            stream = rtc.AudioStream(await self._caller, sample_rate=RATE, num_channels=1)
            heard: list[Pcm] = []
            try:
                async for event in stream:
                    heard.append(np.frombuffer(event.frame.data, dtype=np.int16).copy())
                    if sum(map(len, heard)) >= (seconds + 1) * RATE:
                        break
            finally:
                await stream.aclose()
        return np.concatenate(heard)[RATE:]

    async def leave(self) -> None:
        """Leave the room."""
        if self._feeding is not None:
            self._feeding.cancel()
            with suppress(asyncio.CancelledError):
                await self._feeding
        await self.room.disconnect()


MakeCall = Callable[..., Any]


@pytest.fixture
def place_call(sfu: EmbeddedSfu) -> MakeCall:
    """Connect a phone and an agent through the SFU."""

    @asynccontextmanager
    async def place(
        *,
        double_rewrite: bool = True,
        muted: bool = False,
        **phone_options: Any,
    ) -> AsyncIterator[tuple[Phone, Agent]]:
        room = f"wa-{uuid4()}"
        agent = Agent(sfu, room)
        phone = Phone(**phone_options)
        try:
            await agent.join(muted=muted)
            offer = await phone.open()
            if double_rewrite:
                offer = offer.replace("a=setup:actpass", "a=setup:passive")
            answer = await join_as_caller(sfu, room, offer)
            if double_rewrite:
                answer = answer.replace("a=setup:passive", "a=setup:active")
            phone.apply_answer(answer)
            phone.answered()
            yield phone, agent
        finally:
            await phone.close()
            await agent.leave()

    return place


@pytest.mark.parametrize("double_rewrite", [True, False])
async def test_tones_cross_both_ways(
    place_call: MakeCall, tmp_path: Any, double_rewrite: bool
) -> None:
    """Each side hears the other's tone, whichever side is DTLS client; one SSRC, no loss."""
    async with place_call(double_rewrite=double_rewrite) as (phone, agent):
        phone.allow_media()
        await phone.wait_connected(5)
        assert phone.ice_up_at is not None
        saying = phone.say_soon(tone(CALLER_HZ, 10), 16_000)
        heard_by_agent = await agent.hear(1)
        await phone.wait_until(lambda: phone.heard.duration_s > phone.now - 0.1, 2)
        heard_by_phone = phone.heard.read(phone.now - 1.2, phone.now - 0.2)
        phone.hush()

        assert not await saying
        assert loudest_hz(heard_by_agent, RATE) == pytest.approx(CALLER_HZ, abs=3)
        assert loudest_hz(heard_by_phone, RATE) == pytest.approx(AGENT_HZ, abs=3)
        assert len(phone.counts.ssrcs) == 1
        assert phone.counts.payload_types == {111}
        assert (phone.counts.lost, phone.counts.malformed, phone.counts.early) == (0, 0, 0)

        path = tmp_path / "call.wav"
        phone.write_recording(path)
        left, rate = read_wav(path)
        assert rate == RATE
        assert len(left) / rate == pytest.approx(phone.now, abs=0.5)


async def test_muted_track_sends_nothing(place_call: MakeCall) -> None:
    """A track that is muted before it is published lets no packet through until it is unmuted."""
    async with place_call(muted=True) as (phone, agent):
        await phone.wait_connected(5)
        await asyncio.sleep(1)  # the time in which a packet could come
        assert phone.counts.packets == 0

        phone.allow_media()
        agent.track.unmute()
        await phone.wait_agent_speaking(5)
        assert phone.counts.early == 0


async def test_early_media_is_counted(place_call: MakeCall) -> None:
    """Packets that come before the phone may hear are counted as early."""
    async with place_call() as (phone, _):
        await phone.wait_until(lambda: phone.counts.packets >= 5, 5)
        assert phone.counts.early == phone.counts.packets


async def test_loss_does_not_keep_a_call_from_connecting(place_call: MakeCall) -> None:
    """With 5 % of all datagrams lost each way the call comes up, and the loss is seen."""
    async with place_call(loss=Loss(inbound=0.05, outbound=0.05, seed=7)) as (phone, agent):
        phone.allow_media()
        await phone.wait_connected(10)
        saying = phone.say_soon(tone(CALLER_HZ, 10), 16_000)
        heard = await agent.hear(1)
        phone.hush()
        await saying
        assert loudest_hz(heard, RATE) == pytest.approx(CALLER_HZ, abs=5)
        await phone.wait_until(lambda: phone.counts.packets > 150, 10)
        assert phone.counts.lost > 0


async def test_vanished_phone_is_dropped(place_call: MakeCall) -> None:
    """When the phone falls silent without goodbye, the SFU drops its leg after about 16 s."""
    async with place_call() as (phone, agent):
        phone.allow_media()
        await phone.wait_agent_speaking(5)
        begun = phone.now
        phone.vanish()
        async with asyncio.timeout(30):
            reason = await agent.left
        assert reason == rtc.DisconnectReason.CONNECTION_TIMEOUT
        assert 10 < phone.now - begun < 25


async def act(whatsapp: WhatsAppSimulator, call: SimulatedCall, action: str, answer: str) -> None:
    """Send one Graph action for a call."""
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "call_id": call.wacid,
        "action": action,
        "session": {"sdp_type": "answer", "sdp": answer},
    }
    url = f"{whatsapp.graph_url}/v24.0/{whatsapp.line.phone_number_id}/calls"
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http,
        http.post(url, json=body, headers={"Authorization": "Bearer token"}) as response,
    ):
        assert response.status == 200, await response.text()


async def test_caller_takes_turns_and_media_is_watched(sfu: EmbeddedSfu) -> None:
    """The caller waits for the agent's pause, speaks, hears that nothing comes, and is cut off."""
    room = f"wa-{uuid4()}"
    agent = Agent(sfu, room)
    await agent.join(muted=True)
    async with WhatsAppSimulator(
        app_secret="secret",
        access_token="token",
        webhook_url="http://127.0.0.1:9/nobody",
        timing=Timing(retry_delays_s=(), mid_call_media_s=1, linger_s=0),
    ) as whatsapp:
        call = await whatsapp.call()
        phone = call.phone
        answer = await join_as_caller(sfu, room, phone.offer.replace("actpass", "passive"))
        await act(whatsapp, call, "accept", answer.replace("a=setup:passive", "a=setup:active"))
        talk = asyncio.create_task(
            hold_conversation(call, [(tone(CALLER_HZ, 0.3), 16_000)] * 2, patience_s=10)
        )
        agent.track.unmute()
        begun = await phone.wait_agent_speaking(5)
        assert not phone.said.read().any()
        agent.track.mute()
        await phone.wait_until(lambda: bool(phone.said.read().any()), 5)
        spoken = phone.now
        assert spoken - begun > TURN_PAUSE_MS / 1000
        # a muted track still brings RTCP, which keeps the call alive; from now on nothing comes
        await phone.wait_until(lambda: phone.counts.last_rtcp_at is not None, 5)
        async with api.LiveKitAPI(sfu.http_url, sfu.keys.key, sfu.keys.secret) as client:
            await client.room.delete_room(api.DeleteRoomRequest(room=room))
        end = await call.ended(30)
        assert (end.by, end.status, end.error_code) == ("meta", "FAILED", NO_MEDIA)
        with pytest.raises(CallOver):
            await talk
        assert (phone.counts.early, phone.counts.malformed) == (0, 0)
    await agent.leave()


@pytest.mark.parametrize("patient", [True, False])
async def test_call_through_graph_and_sfu(sfu: EmbeddedSfu, patient: bool) -> None:
    """A business that keeps Meta's rules has no violations; one that does not is told each."""
    room = f"wa-{uuid4()}"
    agent = Agent(sfu, room)
    await agent.join(muted=patient)
    async with WhatsAppSimulator(
        app_secret="secret",
        access_token="token",
        webhook_url="http://127.0.0.1:9/nobody",
        timing=Timing(retry_delays_s=(), end_grace_s=0.3, linger_s=2),
    ) as whatsapp:
        call = await whatsapp.call(CallPlan())
        answer = await join_as_caller(sfu, room, call.phone.offer.replace("actpass", "passive"))
        answer = answer.replace("a=setup:passive", "a=setup:active")
        await act(whatsapp, call, "pre_accept", answer)
        await call.phone.wait_connected(5)
        if not patient:
            await call.phone.wait_until(lambda: call.phone.counts.packets > 0, 5)
        assert call.phone.packets_sent == 0
        await act(whatsapp, call, "accept", answer)
        await call.accepted(5)
        agent.track.unmute()
        await call.phone.wait_agent_speaking(5)
        steps = call.timings.since_webhook_ms()
        assert steps["ice_up"] <= steps["dtls_up"] <= steps["first_audible"]

        call.hang_up()
        if patient:
            async with api.LiveKitAPI(sfu.http_url, sfu.keys.key, sfu.keys.secret) as client:
                await client.room.delete_room(api.DeleteRoomRequest(room=room))
        end = await call.ended(5)
        assert (end.by, end.status, end.error_code) == ("user", "COMPLETED", None)
        if not patient:
            await eventually(lambda: call.phone.counts.after_end, 5)
        rules = {violation.what.partition(" ")[2] for violation in call.violations}
        assert rules == (
            set()
            if patient
            else {
                "RTP packets before accept had returned 200",
                "RTP packets after the call had ended",
            }
        )
    await agent.leave()
