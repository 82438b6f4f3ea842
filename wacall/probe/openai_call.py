"""A call to OpenAI over the media bridge, with nobody but us in its room, to see how OpenAI does.

A LiveKit server and a bridge are started for it, on loopback and in a directory of their own.
"""

import asyncio
import contextlib
import json
import secrets
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import openai
from livekit import api

from agents.clips.ogg_opus import Packet, read_packets
from agents.media.bridge.openai_calls import Attached, OpenAICalls, SidebandLost
from agents.media.bridge.session_config import session_config
from agents.media.voice import OpenAIUnreachable
from agents.models import ModelChooser
from agents.settings import Settings
from shared.bridge.address import BridgeAddress
from shared.bridge.client import BridgeClient
from shared.bridge.errors import BridgeRefused
from shared.bridge.events import Happening, LegEvent
from shared.bridge.legs import Gate, LegSpec, PeerSide, RoomSide, Side
from wacall.probe.answers import ASKED_BITRATE, ASKED_RATE, Cut, Seen
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.sfu import EmbeddedSfu

_ROOM = "probe"
_CLIP = "speech.opus"
_FMTP = f"maxaveragebitrate={ASKED_BITRATE};maxplaybackrate={ASKED_RATE};minptime=20;useinbandfec=1"
_STARTED, _STOPPED = "output_audio_buffer.started", "output_audio_buffer.stopped"
_CLEARED = "output_audio_buffer.cleared"
_NOTICED, _TRUNCATED = "input_audio_buffer.speech_started", "conversation.item.truncated"
# in case that the sideband does not tell of them
_PEER = PeerSide(
    fmtp=_FMTP,
    data_channel="oai-events",
    tell_on=(_STARTED, _STOPPED, _CLEARED, _NOTICED, _TRUNCATED),
)
_INSTRUCTIONS = "You are being measured. Say exactly what you are asked to say, in English."
_FIRST = "Hello, this is a test of the line. I am speaking for a few seconds now, and then I stop."
_SECOND = (
    "One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, "
    "fourteen, fifteen, sixteen, seventeen, eighteen, nineteen, twenty."
)
SILENCE_S = 2.0
# what was on its way when the model stopped
_SETTLES_S = 0.5
_ANSWER_S = 10.0
_CONNECT_S = 10.0
_SPEAKS_S = 20.0
_OBEYS_S = 6.0
# an interruption comes when somebody is truly heard speaking
_INTO_S = 0.6
_TIMEOUT_S = 5.0


class ProbeFailed(Exception):
    """The probe could not be finished; the text says at what, and what to do."""


async def look(settings: Settings, environ: Mapping[str, str], directory: Path) -> Seen:
    """Make a call, and one more without a data channel; half a minute.

    Raises:
        ProbeFailed: OpenAI did not take the call, or did not speak.
        ChildFailed: LiveKit or the bridge did not start.
    """
    async with contextlib.AsyncExitStack() as exits:
        sfu = EmbeddedSfu(data_dir=directory, environment=environ)
        bridge = EmbeddedBridge(data_dir=directory, environment=environ)
        for part in (sfu, bridge):
            exits.push_async_callback(part.stop)
            await part.start()
        http = await exits.enter_async_context(aiohttp.ClientSession())
        client = await exits.enter_async_context(
            openai.AsyncOpenAI(
                api_key=settings.openai_key(), base_url=settings.openai_base_url, timeout=_ANSWER_S
            )
        )
        livekit = await exits.enter_async_context(
            api.LiveKitAPI(sfu.http_url, sfu.keys.key, sfu.keys.secret, session=http)
        )
        await livekit.room.create_room(api.CreateRoomRequest(name=_ROOM))
        # imported when it is first used, which is none of OpenAI's time
        _ = client.realtime.calls.with_raw_response
        probe = _Probe(
            settings=settings,
            sfu=sfu,
            bridge=bridge,
            client=BridgeClient(
                http, BridgeAddress.parse(bridge.url), token=bridge.token, timeout_s=_TIMEOUT_S
            ),
            calls=OpenAICalls(client),
        )
        listening = asyncio.create_task(probe.listen())
        exits.callback(listening.cancel)
        try:
            return await probe.run()
        except OpenAIUnreachable as error:
            raise ProbeFailed(
                f"OpenAI did not take the call ({error.cause}); `wacall doctor` says what to do."
            ) from error
        except SidebandLost as error:
            raise ProbeFailed("OpenAI broke the sideband off; run it again.") from error


class _Sideband:
    """A call's events, each with when it came: of the sideband, and those that the leg tells."""

    def __init__(self, attached: Attached) -> None:
        self._attached = attached
        self.events: list[tuple[float, dict[str, Any]]] = []
        self.kinds: Counter[str] = Counter()
        """What came by the sideband alone."""
        self._came = asyncio.Event()

    async def read(self) -> None:
        """Collect them until the sideband ends."""
        with contextlib.suppress(SidebandLost):
            while True:
                event = await self._attached.receive()
                self.kinds[str(event.get("type"))] += 1
                self.note(event)

    def note(self, event: dict[str, Any]) -> None:
        """Take an event; one that comes both ways is there twice."""
        self.events.append((time.monotonic(), event))
        self._came.set()

    async def ask(self, event: dict[str, Any]) -> None:
        """Send one."""
        await self._attached.send(event)

    async def until(
        self, kind: str, within_s: float, *, after: int = 0
    ) -> tuple[float, dict[str, Any]] | None:
        """Wait for the first one of a kind after the `after`-th event; `None`: none came."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while True:
                    for at, event in self.events[after:]:
                        if event.get("type") == kind:
                            return at, event
                    self._came.clear()
                    await self._came.wait()
        return None


class _Probe:
    """Everything that the steps of the probe need."""

    def __init__(
        self,
        *,
        settings: Settings,
        sfu: EmbeddedSfu,
        bridge: EmbeddedBridge,
        client: BridgeClient,
        calls: OpenAICalls,
    ) -> None:
        self._settings = settings
        self._sfu, self._bridge, self._client, self._calls = sfu, bridge, client, calls
        self._happened: list[tuple[float, LegEvent]] = []
        self._told = asyncio.Event()
        self._side: _Sideband | None = None

    async def listen(self) -> None:
        """Collect what the bridge tells."""
        async with self._client.events(instance="", after=0) as stream:
            async for event in stream:
                self._happened.append((time.monotonic(), event))
                self._told.set()
                if event.happening is Happening.MESSAGE and self._side is not None:
                    self._side.note(json.loads(event.text("text")))

    async def run(self) -> Seen:
        """Ask OpenAI everything."""
        model = await ModelChooser(
            base_url=self._settings.openai_base_url,
            api_key=self._settings.openai_key(),
            preferred=self._settings.realtime_models,
        ).choose()
        async with self._call("probe", _PEER, model) as (call_id, post_ms, connected_ms):
            side = self._side = _Sideband(await self._calls.attach(call_id))
            reading = asyncio.create_task(side.read())
            try:
                silent_before = await self._rate()
                speech = await self._speech(side)
                silent_after = await self._rate()
                cut = await self._cut(side)
            finally:
                reading.cancel()
        without_channel, bare_ms = await self._without_channel(model)
        return Seen(
            model=model,
            post_ms=[post_ms, *bare_ms],
            connected_ms=connected_ms,
            silent_before=silent_before,
            silent_after=silent_after,
            speech=speech,
            audio_deltas=side.kinds["response.output_audio.delta"],
            playback_on_sideband=side.kinds[_STARTED] > 0,
            cut=cut,
            without_channel=without_channel,
        )

    @contextlib.asynccontextmanager
    async def _call(
        self, leg: str, peer: PeerSide, model: str
    ) -> AsyncIterator[tuple[str, float, float]]:
        """A call whose media stands: its id, how long the POST took, and the connection."""
        spec = LegSpec(
            id=leg,
            room=RoomSide(
                url=self._sfu.url, token=self._token(leg), track=f"{leg}-audio", hears="nobody"
            ),
            peer=peer,
            fill_peer=True,
            gates={Side.ROOM: Gate.OPEN, Side.PEER: Gate.OPEN},
        )
        offer = await self._client.make(spec)
        call_id = ""
        try:
            began = time.monotonic()
            answer, call_id = await self._calls.create(offer, self._session(model))
            answered = time.monotonic()
            await self._client.answer(leg, answer)
            connected = await self._until(leg, Happening.CONNECTED)
            yield call_id, (answered - began) * 1000, (connected - answered) * 1000
        finally:
            if call_id:
                await self._calls.hang_up(call_id)
            await self._client.end(leg)

    async def _without_channel(self, model: str) -> tuple[str, list[float]]:
        """Whether an offer without a data channel is taken, and how long its POST took."""
        try:
            bare = replace(_PEER, data_channel="")
            async with self._call("bare", bare, model) as (_, post_ms, _):
                return "", [post_ms]
        except OpenAIUnreachable as error:
            return error.cause, []
        except (ProbeFailed, BridgeRefused):
            return "its connection does not come up", []

    async def _speech(self, side: _Sideband) -> list[Packet]:
        """Let the model speak; keep what it said as a clip."""
        seen = len(side.events)
        await side.ask(_say(_FIRST))
        if await side.until(_STARTED, _SPEAKS_S, after=seen) is None:
            raise ProbeFailed("OpenAI took the call and did not speak; see its status page.")
        await self._client.record("probe", "probe")
        await side.until(_STOPPED, _SPEAKS_S, after=seen)
        recorded = await self._recorded()
        if recorded is None:
            return []
        shutil.copyfile(recorded, self._bridge.clips / _CLIP)
        return await asyncio.to_thread(lambda: read_packets(recorded.read_bytes()))

    async def _cut(self, side: _Sideband) -> Cut:
        """Speak over the model with its own words; if that does not stop it, tell it to stop."""
        seen = len(side.events)
        await side.ask(_say(_SECOND))
        await side.until(_STARTED, _SPEAKS_S, after=seen)
        began = time.monotonic()
        await self._client.record("probe", "probe")
        await asyncio.sleep(_INTO_S)
        await self._client.play("probe", Side.PEER, _CLIP)
        noticed = await side.until(_NOTICED, _OBEYS_S, after=seen)
        cleared = None
        if noticed is not None:
            cleared = await side.until(_CLEARED, 1.0, after=seen)
        by_speech = cleared is not None
        asked = noticed[0] if noticed is not None and by_speech else time.monotonic()
        if not by_speech:
            await side.ask({"type": "response.cancel"})
            await side.ask({"type": "output_audio_buffer.clear"})
            cleared = await side.until(_CLEARED, _OBEYS_S, after=seen)
        truncated = await side.until(_TRUNCATED, 1.0, after=seen)
        await asyncio.sleep(_SETTLES_S)
        recorded = await self._recorded()
        packets = (
            []
            if recorded is None
            else await asyncio.to_thread(lambda: read_packets(recorded.read_bytes()))
        )

        def ms(at: float) -> float:
            return (at - began) * 1000

        return Cut(
            by_speech=by_speech,
            asked_ms=ms(asked),
            cleared_ms=None if cleared is None else ms(cleared[0]),
            packets=packets,
            truncated_ms=None if truncated is None else int(truncated[1].get("audio_end_ms", 0)),
        )

    async def _rate(self) -> float:
        """Count what comes while nobody speaks, in packets a second."""
        await asyncio.sleep(_SETTLES_S)
        began = time.monotonic()
        before = (await self._client.state("probe")).received[Side.PEER].packets
        await asyncio.sleep(SILENCE_S)
        after = (await self._client.state("probe")).received[Side.PEER].packets
        return (after - before) / (time.monotonic() - began)

    async def _recorded(self) -> Path | None:
        """End the recording; return what the peer said, under a name that stays."""
        await self._client.stop_recording("probe")
        folder = self._bridge.recordings / "probe"
        kept = folder.with_name(f"{secrets.token_hex(4)}.opus")
        if not (folder / "room.opus").is_file():
            return None
        (folder / "room.opus").rename(kept)
        shutil.rmtree(folder)
        return kept

    async def _until(self, leg: str, happening: Happening) -> float:
        """Wait until the bridge has told of something; return when it did."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CONNECT_S):
                while True:
                    for at, event in self._happened:
                        if event.leg == leg and event.happening is happening:
                            return at
                    self._told.clear()
                    await self._told.wait()
        raise ProbeFailed(
            "OpenAI took the call, and its media did not come up: let UDP and TCP 443 out to the "
            "internet (docs/cluster.md, Firewall)."
        )

    def _session(self, model: str) -> dict[str, Any]:
        session = session_config(self._settings.speech(), model, _INSTRUCTIONS, [])
        # it shall stop when it is spoken to, and say no more
        session["audio"]["input"]["turn_detection"]["create_response"] = False
        return session

    def _token(self, identity: str) -> str:
        grants = api.VideoGrants(room_join=True, room=_ROOM, can_update_own_metadata=True)
        return (
            api.AccessToken(self._sfu.keys.key, self._sfu.keys.secret)
            .with_identity(identity)
            .with_grants(grants)
            .to_jwt()
        )


def _say(words: str) -> dict[str, Any]:
    return {"type": "response.create", "response": {"instructions": f'Say: "{words}"'}}
