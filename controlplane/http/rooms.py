"""The operators' routes into the rooms: who is there, listen, take over, whisper, hand back."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from controlplane.core.live_rooms import LinkSeen, LiveRoom, PersonSeen, TrackSeen
from controlplane.http.body import answer
from controlplane.http.reading import iso, read_body
from controlplane.http.room_bodies import (
    HandBack,
    ParticipantView,
    RoomList,
    RoomPassView,
    RoomView,
    Told,
    TrackView,
    WordsToWhisper,
)
from controlplane.use_cases.room_look import Look, RoomLook, RoomPass
from shared.call.call import Call
from shared.call.room import AGENT_IDENTITY

FindCall = Callable[[web.Request], Awaitable[Call]]
"""Finds the call that a request is about; raises `CallNotFound`."""


class RoomRoutes:
    """`/rooms`, and `/calls/{call_id}/...` about its room, for whoever holds the key."""

    def __init__(self, look: RoomLook, find: FindCall) -> None:
        """Take the story, and who finds calls."""
        self._look, self._find = look, find

    async def list_rooms(self, _: web.Request) -> web.Response:
        """`GET /rooms`: the rooms of live calls beside their rows."""
        return answer(room_list(await self._look.look()))

    async def listen(self, request: web.Request) -> web.Response:
        """`POST /calls/{call_id}/listen`: hear it, unseen."""
        return _pass(await self._look.listen(await self._find(request)))

    async def take_over(self, request: web.Request) -> web.Response:
        """`POST /calls/{call_id}/takeover`: speak in the agent's place."""
        return _pass(await self._look.take_over(await self._find(request)))

    async def whisper(self, request: web.Request) -> web.Response:
        """`POST /calls/{call_id}/whisper`: tell the agent something."""
        call = await self._find(request)
        body = await read_body(request, WordsToWhisper)
        await self._look.whisper(call, body.text)
        return answer(Told(call_id=call.id), status=202)

    async def hand_back(self, request: web.Request) -> web.Response:
        """`POST /calls/{call_id}/handback`: have the agent speak again."""
        call = await self._find(request)
        body = await read_body(request, HandBack)
        await self._look.hand_back(call, body.note or "")
        return answer(Told(call_id=call.id))


def room_list(look: Look) -> RoomList:
    """Write what was found."""
    return RoomList(rooms=[_room(room, look) for room in look.rooms])


def _room(room: LiveRoom, look: Look) -> RoomView:
    since = look.wants_human.get(room.call_id) if room.call_id is not None else None
    people = room.people
    return RoomView(
        call_id=room.call_id,
        room=room.name,
        age_s=None if room.age_s is None else round(room.age_s, 1),
        status=room.call.status if room.call is not None else None,
        agent_state=room.agent_state,
        taken_over=room.is_taken_over,
        wants_human=None if room.is_taken_over else iso(since),
        trouble=room.trouble,
        participants=None
        if people is None
        else [_person(one, room.links.get(one.identity), room.agent_state) for one in people],
    )


def _person(one: PersonSeen, link: LinkSeen | None, agent_state: str | None) -> ParticipantView:
    talking = None
    if one.identity == AGENT_IDENTITY and agent_state is not None:
        talking = agent_state == "speaking"
    return ParticipantView(
        identity=one.identity,
        kind=one.kind,
        state=one.state,
        tracks=[_track(track, link, talking) for track in one.tracks],
    )


def _track(track: TrackSeen, link: LinkSeen | None, talking: bool | None) -> TrackView:
    return TrackView(
        sid=track.sid,
        name=track.name,
        codec=track.codec,
        muted=track.muted,
        bitrate_bps=None,
        lost=link.lost if link is not None else None,
        jitter_ms=round(link.jitter_ms, 1) if link is not None else None,
        quality=None,
        talking=talking,
    )


def _pass(found: RoomPass) -> web.Response:
    view = RoomPassView(url=found.url, token=found.token, expires_in_s=found.expires_in_s)
    return answer(view, status=201)
