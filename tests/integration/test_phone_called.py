"""The simulated phone is called: a full-ICE offerer of other people's code, tones both ways."""

import asyncio
import fractions
import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import av
import numpy as np
import pytest
from aiohttp import web
from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamTrack

from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.calls.talk import hold_conversation
from simulators.meta.people.call_plan import Timing
from simulators.meta.people.callee_plan import CalleePlan, Statuses
from simulators.meta.people.person import Person
from simulators.meta.webhooks.calls import Caller, Json
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.phone.phone import CallOver
from simulators.phone.recording import Pcm
from tests.eventually import eventually
from tests.serving import serving

pytestmark = pytest.mark.spoken

PERSON_HZ, AGENT_HZ = 880, 440
RATE = 48_000
FRAME = RATE // 50


def tone(hz: int, seconds: float, rate: int) -> Pcm:
    return (8000 * np.sin(2 * np.pi * hz * np.arange(int(rate * seconds)) / rate)).astype(np.int16)


def loudest_hz(pcm: Pcm, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(pcm * np.hanning(len(pcm))))
    return float(np.argmax(spectrum) * rate / len(pcm))


class Hum(MediaStreamTrack):
    """Silence until told to hum."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.loud = False
        self._frames = 0
        self._begun = asyncio.get_running_loop().time()

    async def recv(self) -> av.AudioFrame:
        due = self._begun + self._frames / 50
        await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
        at = np.arange(self._frames * FRAME, (self._frames + 1) * FRAME) / RATE
        pcm = (8000 * self.loud * np.sin(2 * np.pi * AGENT_HZ * at)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(pcm[np.newaxis, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, self._frames * FRAME
        frame.time_base = fractions.Fraction(1, RATE)
        self._frames += 1
        return frame


class Business:
    """A caller: offers with aiortc, takes the answer from the webhook, records what it hears."""

    def __init__(self) -> None:
        self.hum = Hum()
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.heard: list[Pcm] = []
        self.statuses: asyncio.Queue[str] = asyncio.Queue()
        self.graph = ""
        self.rewritten = False
        self._ear: asyncio.Task[None] | None = None

    async def offer(self) -> str:
        """Make an offer that Meta takes: Opus alone, one fingerprint, 20 ms."""
        self.peer.on("track", self._on_track)
        transceiver = self.peer.addTransceiver(self.hum)
        codecs = RTCRtpSender.getCapabilities("audio").codecs
        transceiver.setCodecPreferences([one for one in codecs if one.mimeType == "audio/opus"])
        await self.peer.setLocalDescription(await self.peer.createOffer())
        lines = self.peer.localDescription.sdp.splitlines()
        kept = [line for line in lines if not re.match("a=fingerprint:sha-(384|512)", line)]
        return "\r\n".join([*kept, "a=ptime:20", ""])

    async def webhook(self, request: web.Request) -> web.Response:
        for change in (await request.json())["entry"][0]["changes"]:
            for call in change["value"].get("calls", []):
                if call["event"] == "connect":
                    await self._apply(call["session"]["sdp"])
            for status in change["value"].get("statuses", []):
                self.statuses.put_nowait(status["status"])
        return web.Response()

    async def dial(self, offer: str) -> Json:
        body = {
            "messaging_product": "whatsapp",
            "to": Caller().phone,
            "action": "connect",
            "session": {"sdp_type": "offer", "sdp": offer},
        }
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=3)) as http,
            http.post(
                f"{self.graph}/calls", json=body, headers={"Authorization": "Bearer token"}
            ) as response,
        ):
            answer: Json = await response.json()
            assert response.status == 200, answer
            return answer

    async def until(self, status: str) -> None:
        async with asyncio.timeout(5):
            while await self.statuses.get() != status:
                pass

    async def hear(self, seconds: float) -> Pcm:
        """Record from now on."""
        self.heard.clear()
        await eventually(lambda: sum(map(len, self.heard)) >= seconds * RATE, seconds + 5)
        return np.concatenate(self.heard)

    async def close(self) -> None:
        if self._ear is not None:
            self._ear.cancel()
            await asyncio.gather(self._ear, return_exceptions=True)
        await self.peer.close()

    async def _apply(self, sdp: str) -> None:
        # what is illegal in an answer is taken for passive, as browsers' users have to
        self.rewritten = "a=setup:actpass" in sdp
        sdp = sdp.replace("a=setup:actpass", "a=setup:passive")
        await self.peer.setRemoteDescription(RTCSessionDescription(sdp=sdp, type="answer"))

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._ear = asyncio.get_running_loop().create_task(self._listen(track))

    async def _listen(self, track: MediaStreamTrack) -> None:
        while True:
            frame: Any = await track.recv()
            # stereo, interleaved
            self.heard.append(frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)])


@pytest.fixture
async def business() -> AsyncIterator[Business]:
    business = Business()
    yield business
    await business.close()


@pytest.fixture
async def whatsapp(business: Business) -> AsyncIterator[WhatsAppSimulator]:
    async with (
        serving(web.post("/wa/webhook", business.webhook)) as url,
        WhatsAppSimulator(
            app_secret="secret",
            access_token="token",
            webhook_url=f"{url}/wa/webhook",
            timing=Timing(retry_delays_s=(), linger_s=0),
        ) as simulator,
    ):
        business.graph = f"{simulator.graph_url}/v24.0/{simulator.line.phone_number_id}"
        yield simulator


async def dial(whatsapp: WhatsAppSimulator, business: Business, **plan: Any) -> OutboundCall:
    """Call a person; return the call."""
    person = whatsapp.add_person(
        Person(caller=Caller(), plan=CalleePlan(answer_delay_s=0.1, **plan))
    )
    whatsapp.outbound.grant(person)
    await business.dial(await business.offer())
    return await whatsapp.next_outbound_call(30)


@pytest.mark.parametrize("setup", ["active", "passive", "actpass"])
async def test_tones_cross_both_ways(
    whatsapp: WhatsAppSimulator, business: Business, setup: str
) -> None:
    """Media is up while it rings; after ACCEPTED each hears the other; no rule is broken."""
    call = await dial(whatsapp, business, setup=setup, after_s=1.5)
    await call.phone.wait_connected(5)
    assert business.rewritten == (setup == "actpass")
    await call.phone.wait_until(lambda: call.phone.counts.packets > 10, 2)
    assert call.timings.picked_up is None
    assert call.phone.packets_sent == 0

    await business.until("ACCEPTED")
    business.hum.loud = True
    saying = call.phone.say_soon(tone(PERSON_HZ, 10, 16_000), 16_000)
    await call.phone.wait_agent_speaking(30)
    heard = await business.hear(1.5)
    await call.phone.wait_until(lambda: call.phone.heard.duration_s > call.phone.now - 0.1, 2)
    heard_by_person = call.phone.heard.read(call.phone.now - 1.1, call.phone.now - 0.1)
    assert loudest_hz(heard[len(heard) // 2 :], RATE) == pytest.approx(PERSON_HZ, abs=5)
    assert loudest_hz(heard_by_person, RATE) == pytest.approx(AGENT_HZ, abs=5)
    steps = call.timings.since_offer_ms()
    assert steps["dtls_up"] < steps["picked_up"] < steps["first_audible"]
    call.hang_up()
    assert not await saying
    assert (await call.ended(30)).by == "user"
    assert call.violations == []
    assert whatsapp.bill.pulses == 1


async def test_speaking_before_the_pick_up_is_a_violation(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """Whoever greets on RINGING is told; silence before is nobody's fault."""
    call = await dial(whatsapp, business, after_s=1.0)
    await business.until("RINGING")
    business.hum.loud = True
    await call.accepted(30)
    (violation,) = call.violations
    assert violation.what.endswith("audible packets before the user picked up")
    assert call.phone.counts.early > call.phone.counts.early_audible > 0


async def test_only_the_caller_tells_of_the_pick_up(
    whatsapp: WhatsAppSimulator, business: Business
) -> None:
    """Without any status the person's audio is heard; they take their turn and hang up."""
    call = await dial(whatsapp, business, statuses=Statuses.NONE, after_s=0.3)
    await call.accepted(30)
    talk = asyncio.create_task(
        hold_conversation(call, [(tone(PERSON_HZ, 2, 16_000), 16_000)], patience_s=0.3)
    )
    heard = await business.hear(1.5)
    assert loudest_hz(heard[len(heard) // 2 :], RATE) == pytest.approx(PERSON_HZ, abs=5)
    await talk
    assert (await call.ended(30)).by == "user"
    assert business.statuses.empty()


async def test_mute_and_vanished_phones(whatsapp: WhatsAppSimulator, business: Business) -> None:
    """A mute phone sends no RTP but stays; a vanished one answers nothing, and nobody is told."""
    call = await dial(whatsapp, business, after_s=0.1)
    await call.accepted(30)
    phone = call.phone
    await phone.wait_until(lambda: phone.packets_sent > 10, 5)
    call.mute()
    sent, received = phone.packets_sent, phone.counts.packets
    await phone.wait_until(lambda: phone.counts.packets > received + 25, 5)
    assert phone.packets_sent <= sent + 1
    call.vanish()
    with pytest.raises(CallOver):
        await phone.wait_agent_speaking(1)
    assert not call.is_over
    assert not await phone.press_keys("1")
