"""The puppet's process: joins every call's room as `agent`; told what to do on stdin, in JSON.

A process of its own because LiveKit's native client answers some races (a room deleted while it is
being joined) by aborting the process that it lives in: it shall not be the tests'.
"""

import asyncio
import contextlib
import functools
import gc
import json
import os
import sys
from collections.abc import Coroutine
from typing import Any

import aiohttp
import numpy as np
from livekit import api, rtc

AGENT, CALLER, TRACK = "agent", "caller", "agent-audio"
RATE = 48_000
TONE_HZ = 440
# each look costs ten milliseconds of a busy machine's processor, all through the suite
POLL_S = 0.25
# the one size that a source without a queue takes
FRAME = RATE // 100
FRAME_S = FRAME / RATE
JOIN_S = 10.0
VARIABLES = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")


def tell(event: str, room: str, **more: object) -> None:
    """Tell the parent what happened."""
    sys.stdout.write(json.dumps({"event": event, "room": room, **more}) + "\n")
    sys.stdout.flush()


class Puppets:
    """All rooms of one SFU."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        self.url, self.key, self.secret = url, key, secret
        self.comes = True
        self.silent = False
        self.is_resting = True
        self.identity, self.track = AGENT, TRACK
        self.rooms: dict[str, rtc.Room] = {}
        self.settled: set[str] = set()
        """Rooms that we are in, and done with coming."""
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.old: set[str] = set()
        self.leaving: set[asyncio.Task[None]] = set()

    async def begin(self, lk: "Rooms") -> None:
        """Be as new, for another test; the rooms that are there are none of its business."""
        self.rest()
        self.old |= await lk.names()
        self.is_resting, self.comes, self.silent = False, True, False
        self.identity, self.track = AGENT, TRACK

    def rest(self) -> None:
        """Leave all rooms, and look for no others."""
        self.is_resting = True
        for name in self.settled:
            self.cancel(name)
            self.in_background(self.rooms[name].disconnect())
        # whoever is on the way into a room sees that it is not wanted any more: the native client
        # does not survive that a connect is cancelled
        self.rooms.clear()
        self.settled.clear()
        gc.collect()

    def cancel(self, name: str) -> None:
        """Stop what is done in a room."""
        if (task := self.tasks.get(name)) is not None:
            task.cancel()

    def in_background(self, leaving: Coroutine[Any, Any, None]) -> None:
        """Leave without that anybody waits for it."""

        async def leave() -> None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(leaving, JOIN_S)

        task = asyncio.create_task(leave())
        self.leaving.add(task)
        task.add_done_callback(self.leaving.discard)

    async def watch(self, lk: "Rooms") -> None:
        """Join whatever room appears."""
        while True:
            if not self.is_resting:
                for name in await lk.names() - self.old - set(self.tasks):
                    if self.comes and not self.is_resting and name.startswith("wa-"):
                        task = self.tasks[name] = asyncio.create_task(self.play(name))
                        task.add_done_callback(functools.partial(self.forget, name))
            await asyncio.sleep(POLL_S)

    def forget(self, name: str, _: asyncio.Task[None]) -> None:
        """Hold on to nothing of a room that we are done with, and stay away from it."""
        self.tasks.pop(name, None)
        self.old.add(name)

    async def play(self, name: str) -> None:
        """Be the agent of one call."""
        room = self.rooms[name] = rtc.Room()
        active = asyncio.Event()

        def look(*_: object) -> None:
            caller = room.remote_participants.get(CALLER)
            if caller is not None and caller.attributes.get("whatsapp.callStatus") == "active":
                active.set()

        def hear(packet: rtc.DataPacket) -> None:
            text = packet.data.decode(errors="replace")
            from_server = packet.participant is None
            tell("data", name, topic=packet.topic, text=text, from_server=from_server)

        room.on("data_received", hear)
        room.on("disconnected", lambda _reason: tell("gone", name))
        room.on("participant_attributes_changed", look)
        room.on("participant_connected", look)
        try:
            await room.connect(self.url.replace("http", "ws", 1), self.token(name))
        except rtc.ConnectError:
            # the room went while we were on our way
            return
        if name not in self.rooms:
            self.in_background(room.disconnect())
            return
        tell("joined", name)
        if self.silent:
            self.settled.add(name)
            return
        look()
        # a source with a queue is a native thread that wakes a hundred times a second, and such
        # threads outlive their rooms: by the end of the suite they took a fifth of a core
        source = rtc.AudioSource(RATE, 1, queue_size_ms=0)
        try:
            await self.sound(name, room, source, active)
        finally:
            await source.aclose()

    async def sound(
        self, name: str, room: rtc.Room, source: rtc.AudioSource, active: asyncio.Event
    ) -> None:
        """Publish a track, muted, and sing once the call is answered."""
        track = rtc.LocalAudioTrack.create_audio_track(self.track, source)
        track.mute()
        options = rtc.TrackPublishOptions(
            source=rtc.TrackSource.SOURCE_MICROPHONE, dtx=False, red=False
        )
        await room.local_participant.publish_track(track, options)
        if name not in self.rooms:
            self.in_background(room.disconnect())
            return
        self.settled.add(name)
        await active.wait()
        track.unmute()
        await self.hum(source)

    async def hum(self, source: rtc.AudioSource) -> None:
        """Send a tone for ever."""
        # whole waves: one frame after the other is one tone
        wave = np.sin(2 * np.pi * TONE_HZ * np.arange(FRAME) / RATE)
        frame = rtc.AudioFrame((wave * 12000).astype(np.int16).tobytes(), RATE, 1, FRAME)
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await source.capture_frame(frame)
            due += FRAME_S
            await asyncio.sleep(due - loop.time())

    async def leave(self, name: str) -> None:
        """Leave a room without a word."""
        self.settled.discard(name)
        self.cancel(name)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.rooms[name].disconnect(), JOIN_S)
        tell("left", name)

    def token(self, room: str) -> str:
        """Mint the agent's token."""
        grants = api.VideoGrants(room_join=True, room=room)
        token = (
            api.AccessToken(self.key, self.secret).with_identity(self.identity).with_kind("agent")
        )
        return token.with_grants(grants).to_jwt()


class Rooms:
    """Asks which rooms there are; a token for all times, for it is asked all through the suite."""

    def __init__(self, http: aiohttp.ClientSession, url: str, key: str, secret: str) -> None:
        self.http = http
        self.url = url.replace("ws", "http", 1) + "/twirp/livekit.RoomService/ListRooms"
        grants = api.VideoGrants(room_list=True)
        token = api.AccessToken(key, secret).with_grants(grants).to_jwt()
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/protobuf"}

    async def names(self) -> set[str]:
        """Return the names of all rooms."""
        async with self.http.post(self.url, data=b"", headers=self.headers) as answer:
            answer.raise_for_status()
            listed = api.ListRoomsResponse.FromString(await answer.read())
        return {room.name for room in listed.rooms}


async def main(url: str, key: str, secret: str) -> None:
    """Obey until stdin closes."""
    puppets = Puppets(url, key, secret)
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as http:
        lk = Rooms(http, url, key, secret)
        watching = asyncio.create_task(puppets.watch(lk))
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            order: dict[str, Any] = json.loads(line)
            if "begin" in order:
                await puppets.begin(lk)
                tell("ready", order["begin"])
            if "rest" in order:
                puppets.rest()
            if "leave" in order:
                puppets.in_background(puppets.leave(order["leave"]))
            puppets.comes = order.get("comes", puppets.comes)
            puppets.silent = order.get("silent", puppets.silent)
            puppets.identity = order.get("identity", puppets.identity)
            puppets.track = order.get("track", puppets.track)
        watching.cancel()


if __name__ == "__main__":
    try:
        asyncio.run(asyncio.wait_for(main(*(os.environ[name] for name in VARIABLES)), 3600))
    finally:
        # the native threads do not survive the interpreter's own way out
        os._exit(0)
