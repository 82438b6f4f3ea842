"""A worker that only takes jobs, or turns them away: LiveKit's side of a dispatch, and no agent.

Speaks what livekit-server speaks with workers (livekit_agent.proto) over a WebSocket of its own.
"""

import asyncio
import contextlib
from types import TracebackType
from typing import Self

import aiohttp
from livekit import api
from livekit.protocol import agent as wire

_REGISTER_S = 10.0


class JobWorker:
    """One worker under an agent's name."""

    def __init__(
        self, *, url: str, api_key: str, api_secret: str, name: str, takes: bool = True
    ) -> None:
        """Take the SFU; `takes` says whether it takes the jobs that it is offered."""
        self._url = url.replace("ws", "http", 1) if url.startswith("ws") else url
        self._token = (
            api.AccessToken(api_key, api_secret).with_grants(api.VideoGrants(agent=True)).to_jwt()
        )
        self._name = name
        self._takes = takes
        self._registered = asyncio.Event()
        self._exits = contextlib.AsyncExitStack()
        self.taken: list[str] = []
        """The jobs that were given to it."""

    async def __aenter__(self) -> Self:
        http = await self._exits.enter_async_context(aiohttp.ClientSession())
        self._socket = await self._exits.enter_async_context(
            http.ws_connect(
                f"{self._url}/agent", headers={"Authorization": f"Bearer {self._token}"}
            )
        )
        await self._send(
            wire.WorkerMessage(
                register=wire.RegisterWorkerRequest(
                    type=wire.JobType.JT_ROOM, agent_name=self._name, version="1.0.0"
                )
            )
        )
        self._reading = asyncio.create_task(self._read())
        async with asyncio.timeout(_REGISTER_S):
            await self._registered.wait()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._exits.aclose()
        await self._reading

    async def be_full(self) -> None:
        """Report that there is no room for another job."""
        await self._send(
            wire.WorkerMessage(
                update_worker=wire.UpdateWorkerStatus(
                    status=wire.WorkerStatus.WS_FULL, load=1.0, job_count=1
                )
            )
        )

    async def _send(self, message: wire.WorkerMessage) -> None:
        await self._socket.send_bytes(message.SerializeToString())

    async def _read(self) -> None:
        async for received in self._socket:
            message = wire.ServerMessage()
            message.ParseFromString(received.data)
            match message.WhichOneof("message"):
                case "register":
                    self._registered.set()
                case "availability":
                    answer = wire.AvailabilityResponse(
                        job_id=message.availability.job.id,
                        available=self._takes,
                        participant_identity="agent",
                    )
                    await self._send(wire.WorkerMessage(availability=answer))
                case "assignment":
                    self.taken.append(message.assignment.job.id)
