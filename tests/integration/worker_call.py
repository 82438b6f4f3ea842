"""The real worker, and a call in its room: what the test says and hears as the caller."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from time import monotonic
from typing import Any, cast
from uuid import uuid4

import numpy as np
from livekit import api, rtc

from shared.call.brief import CallBrief
from shared.call.call import Direction
from shared.call.ids import CallId, PhoneNumberId
from shared.call.room import (
    AGENT_IDENTITY,
    ATTRIBUTE_CALL_STATUS,
    CALLER_IDENTITY,
    room_name,
)
from tests.caller import caller_token, join_as_caller
from tests.eventually import eventually
from tests.integration.journal_store import VARIABLE, read_journal
from tests.integration.realtime_stand_in import RealtimeStandIn
from wacall.environment import free_port
from wacall.stack.sfu import EmbeddedSfu

AGENT_NAME = "agent-under-test"


AUDIBLE = 500.0


class Worker:
    """A worker in a process of its own."""

    def __init__(self, sfu: EmbeddedSfu, openai: RealtimeStandIn, directory: Path) -> None:
        self.openai = openai
        self.journal = directory / "journal.jsonl"
        self.log = directory / "worker.log"
        self.health_port = free_port()
        self.profiles = directory / "profiles"
        self.profiles.mkdir()
        self._environment = {
            **os.environ,
            "LIVEKIT_URL": sfu.url,
            "LIVEKIT_API_KEY": sfu.keys.key,
            "LIVEKIT_API_SECRET": sfu.keys.secret,
            "OPENAI_BASE_URL": openai.base_url,
            "OPENAI_REALTIME_MODEL": "gpt-not-there,gpt-realtime",
            "SUPABASE_URL": "http://127.0.0.1:9",
            "SUPABASE_SECRET_KEY": "unused",
            "AGENT_NAME": AGENT_NAME,
            "AGENT_MEDIA": "worker",
            "PROFILES_DIR": str(self.profiles),
            "AGENT_HEALTH_PORT": str(self.health_port),
            "AGENT_IDLE_PROCESSES": "1",
            "AGENT_LOAD_THRESHOLD": "inf",
            "AGENT_CONNECT_TIMEOUT_S": "1.5",
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": "json",
            VARIABLE: str(self.journal),
        }

    def rename(self, agent_name: str) -> None:
        self._environment["AGENT_NAME"] = agent_name

    async def start(self) -> None:
        with self.log.open("wb") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.integration.agent_main",
                env=self._environment,
                stdout=log,
                stderr=log,
            )
        try:
            await eventually(lambda: self.says("registered worker"), 90)
        except BaseException:
            # or it would go on for ever, and slow down whatever is tried next
            self.process.kill()
            raise

    async def stop(self) -> None:
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(20):
                await self.process.wait()

    def says(self, sentence: str) -> bool:
        return sentence in self.log.read_text("utf-8", errors="replace")

    def says_of(self, call: "Call", sentence: str) -> bool:
        lines = self.log.read_text("utf-8", errors="replace").splitlines()
        return any(call.id in line and sentence in line for line in lines)

    def notes(self, what: str, call_id: str) -> list[dict[str, Any]]:
        return [
            line
            for line in read_journal(self.journal)
            if line["what"] == what and line["call_id"] == call_id
        ]


class Phone:
    """The caller's leg: a participant of kind connector that listens to the agent's track."""

    def __init__(self, room: rtc.Room) -> None:
        self.room = room
        self.track: rtc.RemoteAudioTrack | None = None
        self.loudness: list[tuple[float, float]] = []
        self._task: asyncio.Task[None] | None = None
        room.on("track_subscribed", self._on_track)

    def _on_track(self, track: rtc.Track, *_: object) -> None:
        assert isinstance(track, rtc.RemoteAudioTrack)
        self.track = track
        self._task = asyncio.create_task(self._listen(track))

    async def _listen(self, track: rtc.RemoteAudioTrack) -> None:
        stream = rtc.AudioStream(track, sample_rate=24000, num_channels=1, frame_size_ms=20)
        async for event in stream:
            samples = np.frombuffer(event.frame.data, dtype=np.int16).astype(np.float64)
            self.loudness.append((monotonic(), float(np.sqrt(np.mean(samples**2)))))
        await stream.aclose()

    async def packets(self) -> int:
        """RTP packets that have arrived."""
        if self.track is None:
            return 0
        return sum(
            stat.inbound_rtp.received.packets_received
            for stat in await self.track.get_stats()
            if stat.HasField("inbound_rtp")
        )

    def hears(self, since: float = 0) -> float | None:
        """When the agent was first audible since a moment."""
        return next((at for at, loud in self.loudness if at >= since and loud > AUDIBLE), None)

    def last_heard(self) -> float:
        return max((at for at, loud in self.loudness if loud > AUDIBLE), default=0)

    async def leave(self) -> None:
        await self.room.disconnect()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


class Call:
    """A room with the agent dispatched into it, as the control plane does it."""

    def __init__(
        self, rooms: api.LiveKitAPI, sfu: EmbeddedSfu, agent_name: str = AGENT_NAME
    ) -> None:
        self._agent_name = agent_name
        self.id = CallId(str(uuid4()))
        self.room = room_name(self.id)
        self.rooms, self._sfu = rooms, sfu
        self.phone: Phone | None = None
        self._ended = False

    async def dispatch(
        self, metadata: str | None = None, ready_within_s: float = 8, profile: str = "default"
    ) -> float:
        brief = CallBrief(
            call_id=self.id,
            direction=Direction.INBOUND,
            profile=profile,
            phone_number_id=PhoneNumberId("106540352242922"),
            ready_within_s=ready_within_s,
            context={"secret_wish": "a tandem for Zacharias"},
        )
        dispatch = api.RoomAgentDispatch(
            agent_name=self._agent_name, metadata=brief.to_json() if metadata is None else metadata
        )
        began = monotonic()
        await self.rooms.room.create_room(api.CreateRoomRequest(name=self.room, agents=[dispatch]))
        return began

    async def agent(self) -> api.ParticipantInfo | None:
        listed = await self.rooms.room.list_participants(
            api.ListParticipantsRequest(room=self.room)
        )
        return next((one for one in listed.participants if one.identity == AGENT_IDENTITY), None)

    async def published(self, timeout_s: float = 10) -> api.ParticipantInfo:
        async def publishing() -> api.ParticipantInfo | None:
            agent = await self.agent()
            return agent if agent is not None and agent.tracks else None

        return cast(api.ParticipantInfo, await eventually(publishing, timeout_s))

    async def gone(self, timeout_s: float = 10) -> None:
        async def is_gone() -> bool:
            return await self.agent() is None

        await eventually(is_gone, timeout_s)

    async def ring(self) -> Phone:
        room = rtc.Room()
        self.phone = Phone(room)
        token = await caller_token(self._sfu, self.room)
        await room.connect(self._sfu.url.replace("http", "ws", 1), token)
        await eventually(lambda: self.phone is not None and self.phone.track)
        return self.phone

    async def whip(self, offer: str) -> str:
        """Join as a WHIP leg; return LiveKit's answer."""
        return await join_as_caller(self._sfu, self.room, offer)

    async def answer(self, status: str = "active") -> float:
        await self.rooms.room.update_participant(
            api.UpdateParticipantRequest(
                room=self.room,
                identity=CALLER_IDENTITY,
                attributes={ATTRIBUTE_CALL_STATUS: status},
            )
        )
        return monotonic()

    async def begin(self) -> Phone:
        """Everything up to the greeting being heard."""
        await self.dispatch()
        await self.published()
        phone = await self.ring()
        at = await self.answer()
        await eventually(lambda: phone.hears(at))
        return phone

    async def end(self) -> None:
        if self._ended:
            return
        self._ended = True
        if self.phone is not None:
            await self.phone.leave()
        await self.rooms.room.delete_room(api.DeleteRoomRequest(room=self.room))
