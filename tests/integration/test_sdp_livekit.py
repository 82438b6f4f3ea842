"""The translations against the real livekit-server, with aiortc as the phone."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack
from aiortc.sdp import SessionDescription
from livekit import api, rtc

from controlplane.core.errors import BadSdp
from controlplane.sdp.direct import answer_for_meta, offer_for_livekit
from shared.call.ids import CallId
from shared.call.room import AGENT_IDENTITY, AGENT_TRACK, room_name
from tests import paths
from tests.caller import join_as_caller
from tests.eventually import eventually
from wacall.stack.sfu import EmbeddedSfu

DATA = paths.DATA / "sdp"
OFFERS = sorted(path.name for path in DATA.glob("offer-*.sdp"))
DEADLINE_S = 10


@dataclass
class Whip:
    """A room of the real SFU, with or without an agent's muted track in it."""

    sfu: EmbeddedSfu
    room: str

    def agent_token(self) -> str:
        """Make a token for the agent."""
        grants = api.VideoGrants(room_join=True, room=self.room)
        access = api.AccessToken(self.sfu.keys.key, self.sfu.keys.secret)
        return access.with_identity(AGENT_IDENTITY).with_grants(grants).to_jwt()

    async def post(self, offer: str, *, awaits_agent: bool = True) -> str:
        """Post an offer as the caller; return LiveKit's answer."""
        return await join_as_caller(self.sfu, self.room, offer, awaits_agent=awaits_agent)


@pytest_asyncio.fixture
async def livekit(sfu: EmbeddedSfu) -> AsyncIterator[api.LiveKitAPI]:
    """The server API of the SFU."""
    client = api.LiveKitAPI(sfu.http_url, sfu.keys.key, sfu.keys.secret)
    yield client
    await client.aclose()


@pytest_asyncio.fixture
async def empty_room(sfu: EmbeddedSfu, livekit: api.LiveKitAPI) -> AsyncIterator[Whip]:
    """A room that nobody is in."""
    name = room_name(CallId(str(uuid.uuid4())))
    await livekit.room.create_room(api.CreateRoomRequest(name=name))
    yield Whip(sfu, name)
    await livekit.room.delete_room(api.DeleteRoomRequest(room=name))


@pytest_asyncio.fixture
async def whip(empty_room: Whip, livekit: api.LiveKitAPI) -> AsyncIterator[Whip]:
    """A room in which the SFU lists the agent's muted track."""
    room = rtc.Room()
    url = empty_room.sfu.http_url.replace("http", "ws", 1)
    await room.connect(url, empty_room.agent_token())
    try:
        track = rtc.LocalAudioTrack.create_audio_track(AGENT_TRACK, rtc.AudioSource(24000, 1))
        track.mute()
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False, red=False
        )
        await room.local_participant.publish_track(track, options)
        request = api.ListParticipantsRequest(room=empty_room.room)

        async def is_listed() -> bool:
            found = (await livekit.room.list_participants(request)).participants
            return any(participant.tracks for participant in found)

        await eventually(is_listed, DEADLINE_S)
        yield empty_room
    finally:
        await room.disconnect()


@pytest.mark.parametrize("rewrite", [True, False])
@pytest.mark.parametrize("name", OFFERS)
async def test_livekit_answers_every_offer_of_metas(whip: Whip, name: str, rewrite: bool) -> None:
    """With Opus, two-way, and so that the translated answer fits the offer as Meta made it."""
    offer = (DATA / name).read_bytes().decode()
    answer = await whip.post(offer_for_livekit(offer, rewrite_dtls_role=rewrite))
    out = answer_for_meta(answer, offer, rewrite_dtls_role=rewrite)

    sections = SessionDescription.parse(out).media
    asked = SessionDescription.parse(offer).media
    assert [x.kind for x in sections] == [x.kind for x in asked]
    assert [x.port == 0 for x in sections] == [x.kind != "audio" for x in sections]
    (audio,) = [x for x in sections if x.kind == "audio"]
    assert audio.direction == "sendrecv"
    assert [x.mimeType for x in audio.rtp.codecs] == ["audio/opus"]
    assert len(audio.ssrc) == 1
    assert audio.ice_candidates
    assert {(x.component, x.protocol) for x in audio.ice_candidates} == {(1, "udp")}
    assert audio.dtls is not None
    assert [x.algorithm for x in audio.dtls.fingerprints] == ["sha-256"]
    is_client = rewrite and "setup:actpass" in offer
    assert audio.dtls.role == ("client" if is_client else "server")


async def test_answer_without_the_agents_track_is_refused(empty_room: Whip) -> None:
    """LiveKit answers recvonly; such a call would be silent, so it is not answered."""
    offer = (DATA / "offer-meta.sdp").read_bytes().decode()
    answer = await empty_room.post(
        offer_for_livekit(offer, rewrite_dtls_role=True), awaits_agent=False
    )
    with pytest.raises(BadSdp, match="track is not subscribed"):
        answer_for_meta(answer, offer, rewrite_dtls_role=True)


@pytest.mark.parametrize("rewrite", [True, False])
async def test_phone_connects_with_the_translated_answer(whip: Whip, rewrite: bool) -> None:
    """ICE and DTLS come up between aiortc and LiveKit, with either DTLS role."""
    phone = RTCPeerConnection()
    connected, failed = asyncio.Event(), asyncio.Event()

    @phone.on("connectionstatechange")
    def on_change() -> None:
        if phone.connectionState == "connected":
            connected.set()
        if phone.connectionState in ("failed", "closed"):
            failed.set()

    try:
        phone.addTransceiver(AudioStreamTrack(), direction="sendrecv")
        await phone.setLocalDescription(await phone.createOffer())
        offer = phone.localDescription.sdp
        answer = await whip.post(offer_for_livekit(offer, rewrite_dtls_role=rewrite))
        out = answer_for_meta(answer, offer, rewrite_dtls_role=rewrite)
        await phone.setRemoteDescription(RTCSessionDescription(sdp=out, type="answer"))
        await asyncio.wait_for(connected.wait(), DEADLINE_S)
        assert not failed.is_set()
    finally:
        await phone.close()
