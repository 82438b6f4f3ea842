"""A leg of the real bridge between two phones: one in the room by WHIP, one as the leg's peer."""

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import numpy as np
from livekit import api

from simulators.phone.phone import Phone
from tests.caller import join_as_caller
from tests.eventually import eventually
from tests.tones import strongest_hz
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.sfu import EmbeddedSfu

CALLER_HZ, MODEL_HZ, OPERATOR_HZ = 880, 520, 1300
TOLERANCE_HZ = 15
RATE = 16_000
EAR_S = 0.2


class Singer(Phone):
    """A phone that sings its own tone."""

    def sing(self, hz: int, seconds: float = 60) -> None:
        """Send a tone from now on."""
        wave = np.sin(2 * np.pi * hz * np.arange(int(RATE * seconds)) / RATE)
        self.say_soon((8000 * wave).astype(np.int16), RATE)
        self.answered()

    def hears(self, hz: int) -> bool:
        """Whether what was heard last is this tone."""
        end = self.heard.duration_s
        heard = strongest_hz(self.heard.read(end - EAR_S, end), self.heard.rate)
        return abs(heard - hz) < TOLERANCE_HZ

    def hears_nothing(self) -> bool:
        """Whether what was heard last is silence, of which packets came."""
        end = self.heard.duration_s
        return end > EAR_S and strongest_hz(self.heard.read(end - EAR_S, end), self.heard.rate) == 0


class BridgeRefused(Exception):
    """The bridge answered with an error."""


class BridgeCall:
    """A room, a leg in it, and a phone at either end."""

    def __init__(
        self, sfu: EmbeddedSfu, bridge: EmbeddedBridge, http: aiohttp.ClientSession
    ) -> None:
        self.sfu, self.bridge, self.http = sfu, bridge, http
        self.id = str(uuid.uuid4())
        self.room = f"wa-{self.id}"
        self.events: list[dict[str, Any]] = []
        self.caller, self.model = Singer(), Singer()

    def headers(self) -> dict[str, str]:
        """What the bridge wants to see."""
        return {"Authorization": f"Bearer {self.bridge.token}"}

    async def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Send the bridge a request; return its answer."""
        async with self.http.request(
            method, f"{self.bridge.url}{path}", json=body, headers=self.headers()
        ) as response:
            answer: dict[str, Any] = await response.json()
            if response.status >= 400:
                raise BridgeRefused(answer["error"]["message"])
            return answer

    async def leg(self, method: str, path: str = "", body: object = None) -> dict[str, Any]:
        """Send a request about the leg."""
        return await self.ask(method, f"/legs/{self.id}{path}", body)

    async def listen(self) -> None:
        """Collect the bridge's events for as long as it lives."""
        async with self.http.get(f"{self.bridge.url}/events", headers=self.headers()) as response:
            async for line in response.content:
                if line.strip():
                    self.events.append(json.loads(line))

    def told(self, kind: str) -> list[dict[str, Any]]:
        """What was told of the leg, of one kind."""
        return [e for e in self.events if e.get("leg") == self.id and e["type"] == kind]

    async def until(self, kind: str, within_s: float = 10) -> dict[str, Any]:
        """Wait for an event."""
        await eventually(lambda: self.told(kind), within_s)
        return self.told(kind)[0]

    def token(self, identity: str) -> str:
        """A token for a participant."""
        grants = api.VideoGrants(
            room_join=True, room=self.room, can_update_own_metadata=True, agent=True
        )
        return (
            api.AccessToken(self.sfu.keys.key, self.sfu.keys.secret)
            .with_identity(identity)
            .with_kind("agent")
            .with_grants(grants)
            .to_jwt()
        )

    async def open(self, **peer: object) -> None:
        """Make the leg, and let the model's phone answer it."""

        async def answer(offer: str) -> tuple[str, str]:
            return await self.model.answer(offer), ""

        await self.open_with(answer, **peer)

    async def open_with(
        self, answer: Callable[[str], Awaitable[tuple[str, str]]], **peer: object
    ) -> str:
        """Make the leg, and let somebody answer it; return what that one calls it."""
        made = await self.ask(
            "POST",
            "/legs",
            {
                "id": self.id,
                "room": {
                    "url": self.sfu.url,
                    "token": self.token("agent"),
                    "track": "agent-audio",
                    "hears": "caller",
                },
                "peer": peer,
                "fill_room": True,
            },
        )
        sdp, name = await answer(made["sdp"])
        await self.leg("POST", "/answer", {"sdp": sdp})
        await self.until("ready")
        await self.until("connected")
        return name

    async def join(self) -> None:
        """Let the caller's phone come in by WHIP, as WhatsApp's relay does."""
        answer = await join_as_caller(self.sfu, self.room, await self.caller.open())
        self.caller.apply_answer(answer)
        await self.caller.wait_connected(5)

    async def gate(self, stream: str, state: str, release_within_s: float = 0) -> None:
        """Decide what may leave."""
        body = {"stream": stream, "state": state, "release_within_s": release_within_s}
        await self.leg("POST", "/gate", body)

    async def talk(self) -> None:
        """Have both sing and hear each other."""
        for stream in ("room", "peer"):
            await self.gate(stream, "open")
        self.caller.sing(CALLER_HZ)
        self.model.sing(MODEL_HZ)
        await eventually(lambda: self.caller.hears(MODEL_HZ))
        await eventually(lambda: self.model.hears(CALLER_HZ))


@contextlib.asynccontextmanager
async def bridge_call(sfu: EmbeddedSfu, bridge: EmbeddedBridge) -> AsyncIterator[BridgeCall]:
    """A room without anybody in it, and everything taken down again."""
    async with (
        aiohttp.ClientSession() as http,
        api.LiveKitAPI(sfu.http_url, sfu.keys.key, sfu.keys.secret, session=http) as livekit,
    ):
        call = BridgeCall(sfu, bridge, http)
        await livekit.room.create_room(api.CreateRoomRequest(name=call.room))
        listening = asyncio.create_task(call.listen())
        try:
            yield call
        finally:
            listening.cancel()
            await call.caller.close()
            await call.model.close()
            with contextlib.suppress(BridgeRefused, aiohttp.ClientError):
                await call.leg("DELETE")
            with contextlib.suppress(api.TwirpError):
                await livekit.room.delete_room(api.DeleteRoomRequest(room=call.room))
