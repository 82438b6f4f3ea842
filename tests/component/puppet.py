"""A stand-in for the agent worker: joins rooms as `agent`, publishes, obeys the test.

Where a test is about the control plane, the real worker with its processes and its model would
only make it slow. What a worker must do is proven against the real one in tests/integration and
tests/e2e.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

from shared.call.call import EndReason
from shared.call.ids import CallId
from shared.call.room import call_id_of_room, room_name
from shared.database.store import CallNotes
from tests.eventually import eventually

MAIN = Path(__file__).with_name("puppet_main.py")
_READY_S = 20.0
_STOP_S = 5.0


class PuppetAgents:
    """Agents that come into every call's room, unless told not to."""

    def __init__(self, *, url: str, api_key: str, api_secret: str, store: CallNotes) -> None:
        self._variables = {
            "LIVEKIT_URL": url, "LIVEKIT_API_KEY": api_key, "LIVEKIT_API_SECRET": api_secret
        }  # fmt: skip
        self._store = store
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._events: dict[tuple[str, str], asyncio.Event] = defaultdict(asyncio.Event)
        self._gives_up: EndReason | None = None
        self._tests = 0
        self.data: dict[str, list[dict[str, Any]]] = defaultdict(list)
        """Data messages that came to the agents, by room: topic, text, from_server."""

    @contextlib.asynccontextmanager
    async def for_one_test(self) -> AsyncIterator[Self]:
        """Come into the rooms of one test, with nothing left of what another one has ordered."""
        self._gives_up = None
        self.data.clear()
        self._events.clear()
        if self._process is None or self._process.returncode is not None:
            # the first one, or LiveKit's native client has taken it down in the last test
            await self.close()
            await self._start()
        self._tests += 1
        self._order(begin=str(self._tests))
        await self.wait("ready", str(self._tests), _READY_S)
        try:
            yield self
        finally:
            self._order(rest=True)

    async def _start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            MAIN,
            env={**os.environ, **self._variables},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        self._reading = asyncio.create_task(self._read())

    async def close(self) -> None:
        """End the agents' process."""
        if self._process is None or self._reading is None:
            return
        if self._process.returncode is None:
            self._process.kill()
        await asyncio.wait_for(self._process.wait(), _STOP_S)
        await asyncio.wait_for(self._reading, _STOP_S)

    def stay_away(self) -> None:
        """Join no further rooms."""
        self._order(comes=False)

    def come(self) -> None:
        """Join all rooms again, also those that are there."""
        self._order(comes=True)

    def publish_nothing(self) -> None:
        """From now on join and stay without a track."""
        self._order(silent=True)

    def give_up(self, reason: EndReason) -> None:
        """From now on join, say why in the row, and leave again without having published."""
        self._gives_up = reason
        self._order(silent=True)

    def be(self, *, identity: str = "agent", track: str = "agent-audio") -> None:
        """From now on join under another identity, or publish a track of another name."""
        self._order(identity=identity, track=track)

    async def leave(self, room: str) -> None:
        """Leave a room, as a dying or a departing agent does."""
        self._order(leave=room)
        await self.wait("left", room, _STOP_S)

    async def wait(self, event: str, room: str, deadline_s: float) -> None:
        """Wait for `joined`, `left` or `gone` of a room."""
        await asyncio.wait_for(self._events[event, room].wait(), deadline_s)

    async def told(self, call_id: str, count: int) -> list[dict[str, Any]]:
        """Wait until a call's agent has been told so many times; give all that it was told."""
        data = self.data[room_name(CallId(call_id))]
        await eventually(lambda: len(data) >= count, last=lambda: data)
        return data

    def _order(self, **order: object) -> None:
        if self._process is None or self._process.stdin is None:
            raise RuntimeError("the puppets are not running")
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def _read(self) -> None:
        if self._process is None or self._process.stdout is None:
            return
        async for line in self._process.stdout:
            told = json.loads(line)
            if told["event"] == "joined" and self._gives_up is not None:
                call_id = call_id_of_room(told["room"])
                if call_id is not None:
                    await self._store.request_end(call_id, self._gives_up)
                self._order(leave=told["room"])
            if told["event"] == "data":
                self.data[told["room"]].append(told)
            self._events[told["event"], told["room"]].set()
