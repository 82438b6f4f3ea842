"""Tell of a call whose agent has died, at once.

LiveKit misses a dead participant only after some 20 s, in which the caller hears silence. The
kernel knows at once, and tells whoever is left:

    a job process dies     the worker's main process sees its end (`SupervisingServer`)
    the main process dies  its job processes lose the pipe to it; the framework then cancels all
                           that runs in them, and leaves the room without a word (`Guard`)

If both die, with their machine or container, nobody is left to tell, and LiveKit's 20 s hold.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import aiohttp
from livekit import api
from livekit.agents.ipc.job_executor import JobExecutor, JobStatus

from agents.metrics_page import MeteredServer
from agents.settings import Settings
from agents.store_link import ConnectStore, StoreLink
from shared.call.call import EndReason
from shared.call.errors import WacallError
from shared.call.ids import CallId
from shared.call.records import EventRecord, EventSource
from shared.call.room import AGENT_IDENTITY, call_id_of_room, room_name
from shared.process.of_call import work_for
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

_TELL_WITHIN_S = 5.0


class SupervisingServer(MeteredServer):
    """A worker that ends the calls of its dead agents, instead of letting LiveKit find them."""

    def supervise(self, settings: Settings, connect_store: ConnectStore) -> None:
        """Begin to watch, once the worker runs."""
        self._losses = Losses(settings, connect_store)
        self.on("worker_started", self._attend)

    async def aclose(self) -> None:
        """Close the worker; what died with it is still told of."""
        await super().aclose()
        await self._losses.close()

    def _attend(self) -> None:
        # the framework has no public event for it; agents are pinned to the release that has this
        self._proc_pool.on("process_closed", self._process_closed)

    def _process_closed(self, process: JobExecutor) -> None:
        job = process.running_job
        if job is None or process.status is not JobStatus.FAILED:
            # idle, or it has left its room as it should
            return
        call_id = call_id_of_room(job.job.room.name)
        if call_id is not None:
            self._losses.tell_soon(call_id)


class Losses:
    """Tells the control plane and LiveKit of lost agents, each by its own way.

    Either is enough: LiveKit's webhook reaches the control plane at once, the request in the row
    with its next sweep.
    """

    def __init__(self, settings: Settings, connect_store: ConnectStore) -> None:
        """Take the ways; nothing is connected before the first loss."""
        self._settings = settings
        self._link = StoreLink(connect_store, settings)
        self._tasks = Tasks()

    def tell_soon(self, call_id: CallId) -> None:
        """Tell of one call's agent, in the background."""
        self._tasks.spawn(self.tell(call_id))

    async def tell(self, call_id: CallId) -> None:
        """Tell of one call's agent, within 5 s. Raises no error of a neighbour's."""
        work_for(call_id)
        _log.error(
            "An agent has died in its call; the call is ended.",
            extra={"action": "agent-died", "call": call_id},
        )
        await asyncio.gather(
            self._attempt(call_id, "livekit", self._remove),
            self._attempt(call_id, "database", self._request_end),
        )

    async def close(self) -> None:
        """Let what is being told be told, within bounds."""
        await self._tasks.drain(_TELL_WITHIN_S)
        await self._tasks.close()
        await self._link.close()

    async def _attempt(
        self, call_id: CallId, neighbour: str, tell: Callable[[CallId], Awaitable[None]]
    ) -> None:
        try:
            async with asyncio.timeout(_TELL_WITHIN_S):
                await tell(call_id)
        except (WacallError, api.TwirpError, aiohttp.ClientError, TimeoutError) as error:
            _log.warning(
                "Of a dead agent could not be told on one of the two ways.",
                extra={
                    "action": "agent-death-untold",
                    "call": call_id,
                    "neighbour": neighbour,
                    "error": type(error).__name__,
                },
            )

    async def _remove(self, call_id: CallId) -> None:
        await remove_agent(self._settings, call_id)

    async def _request_end(self, call_id: CallId) -> None:
        """Write into the row why the call is to end."""
        store = await self._link.store()
        await store.request_end(call_id, EndReason.AGENT_LOST)
        cause = {"reason": EndReason.AGENT_LOST.value, "cause": "process-died"}
        await store.add_events(
            [
                EventRecord.note(
                    EventSource.AGENT, "error", datetime.now(UTC), cause, call_id=call_id
                )
            ]
        )


async def remove_agent(settings: Settings, call_id: CallId) -> None:
    """Take an agent that is none any more out of its room.

    Raises:
        TwirpError, ClientError: LiveKit could not be told.
    """
    async with api.LiveKitAPI(
        settings.livekit_url,
        settings.livekit_api_key,
        settings.livekit_api_secret.get_secret_value(),
    ) as livekit:
        who = api.RoomParticipantIdentity(room=room_name(call_id), identity=AGENT_IDENTITY)
        try:
            await livekit.room.remove_participant(who)
        except api.TwirpError as error:
            if error.code != api.TwirpErrorCode.NOT_FOUND:
                raise


class Guard:
    """Stands in the job process of one call, until the call is finished as it should."""

    def __init__(self, call_id: CallId, losses: Losses) -> None:
        """Begin; to be called in a running loop."""
        self._call_id = call_id
        self._losses = losses
        self._finished = asyncio.Event()
        self._standing = asyncio.create_task(self._stand())

    def stand_down(self) -> None:
        """Leave: whoever ends the call from here on does it properly."""
        self._finished.set()

    async def _stand(self) -> None:
        try:
            await self._finished.wait()
        except asyncio.CancelledError:
            # the process waits for this before it exits
            await self._losses.tell(self._call_id)
            raise
        finally:
            await self._losses.close()
