"""One call through the real hop and the real SFU: a phone at one end, an agent at the other."""

import asyncio
import contextlib
import json
import os
import sys
import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp
from livekit import api

from controlplane.rtpengine.address import HopAddress
from controlplane.rtpengine.client import NgClient
from controlplane.rtpengine.passage import HopInterfaces, NgPassage
from controlplane.rtpengine.transport import open_transport
from shared.call.ids import CallId
from tests.caller import join_as_caller
from tests.eventually import eventually
from tests.integration.hop_phone import TONE_HZ, HummingPhone
from wacall.stack.sfu import EmbeddedSfu

AGENT_MAIN = Path(__file__).with_name("hop_agent_main.py")
AGENT_HZ = 440
TOLERANCE_HZ = 12
READY_S = 20
EAR_S = 0.1


class Agent:
    """The agent's process."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def start(self, sfu: EmbeddedSfu, room: str) -> None:
        """Join, publish."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, AGENT_MAIN, room,
            env={
                **os.environ,
                "LIVEKIT_URL": sfu.http_url.replace("http", "ws", 1),
                "LIVEKIT_API_KEY": sfu.keys.key,
                "LIVEKIT_API_SECRET": sfu.keys.secret,
            },
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        self._reading = asyncio.create_task(self._read())
        await eventually(lambda: self.of("ready"), READY_S)

    def of(self, event: str) -> list[dict[str, Any]]:
        """What was told of this kind."""
        return [one for one in self.told if one["event"] == event]

    def hears_phone_since(self, since: float) -> bool:
        """Whether the phone's tone was heard in a whole window after this moment."""
        return any(
            abs(one["hz"] - TONE_HZ) < TOLERANCE_HZ and one["at"] > since
            for one in self.of("heard")
        )

    async def stop(self) -> None:
        """Kill it."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        if self._reading is not None:
            await self._reading

    async def _read(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.told.append(json.loads(line))


class HopCall:
    """Everything that one call needs, to be stepped through by a test."""

    def __init__(
        self, sfu: EmbeddedSfu, hop: HopAddress, interfaces: HopInterfaces | None = None
    ) -> None:
        self.id = CallId(str(uuid.uuid4()))
        self.sfu = sfu
        self.room = f"wa-{self.id}"
        self.agent = Agent()
        self.phone = HummingPhone()
        self.timings: dict[str, float] = {}
        self.sdps: dict[str, str] = {}
        self._hop = hop
        self._interfaces = interfaces

    async def __aenter__(self) -> Self:
        self.http = aiohttp.ClientSession()
        self.ng = NgClient(open_transport(self._hop, self.http), address=self._hop, timeout_s=2)
        self.passage = NgPassage(self.ng, self.id, interfaces=self._interfaces)
        self.livekit = api.LiveKitAPI(
            self.sfu.http_url, self.sfu.keys.key, self.sfu.keys.secret, session=self.http
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.phone.close()
        await self.agent.stop()
        try:
            await self.passage.release()
        finally:
            with contextlib.suppress(api.TwirpError):
                await self.livekit.room.delete_room(api.DeleteRoomRequest(room=self.room))
            await self.ng.close()
            await self.http.close()

    async def prepare(self) -> None:
        """Have the agent's track listed: WHIP subscribes only to what is there."""
        await self.livekit.room.create_room(api.CreateRoomRequest(name=self.room))
        await self.agent.start(self.sfu, self.room)

        async def is_published() -> bool:
            return any(one.tracks for one in await self.participants())

        await eventually(is_published, READY_S)

    async def participants(self) -> list[api.ParticipantInfo]:
        """Who is in the room."""
        request = api.ListParticipantsRequest(room=self.room)
        return list((await self.livekit.room.list_participants(request)).participants)

    async def whip(self, offer: str) -> str:
        """Post to LiveKit as `caller`."""
        return await join_as_caller(self.sfu, self.room, offer)

    async def place(self, setup: str = "passive", *, hums: bool = True) -> None:
        """The whole sequence of a placed call, up to audio both ways."""
        started = time.monotonic()

        def lap(name: str) -> None:
            self.timings[name] = round(1000 * (time.monotonic() - started), 1)

        offer = await self.passage.offer()
        lap("offer")
        answer = await self.phone.answer(offer, setup=setup)
        started = time.monotonic()
        whip_offer = await self.passage.bridge(answer)
        lap("bridge")
        livekit_answer = await self.whip(whip_offer)
        lap("whip")
        await self.passage.complete(livekit_answer)
        lap("complete")
        self.sdps = {
            "offer": offer, "answer": answer, "whip-offer": whip_offer,
            "livekit-answer": livekit_answer,
        }  # fmt: skip
        await self.phone.wait_connected(5)
        lap("phone-dtls")
        if hums:
            self.phone.hum()
            await self.until_two_way()
            lap("two-way-tones")

    async def until_two_way(self, deadline_s: float = 12) -> None:
        """Wait until each end hears the other's tone, after now."""
        since = time.monotonic()
        await eventually(lambda: self.agent.hears_phone_since(since), deadline_s)
        heard_since = self.phone.axis(since) + EAR_S
        await eventually(
            lambda: (
                self.phone.heard.duration_s > heard_since
                and abs(self.phone.heard_hz(EAR_S) - AGENT_HZ) < TOLERANCE_HZ
            ),
            deadline_s,
        )
