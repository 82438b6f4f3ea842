"""The operators' routes about calls: which there are, one call's timeline, place one, hang up."""

import asyncio
import re
import uuid
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from controlplane.core.errors import BadRequest, CallEnded
from controlplane.core.explanation import why_ended
from controlplane.core.quality import without_points
from controlplane.errands.tables import ErrandRows
from controlplane.http.after_call_bodies import after_call_view
from controlplane.http.body import answer
from controlplane.http.call_bodies import (
    CallDetails,
    CallerView,
    CallList,
    CallPlaced,
    CallToPlace,
    CallView,
    EventView,
    TurnView,
)
from controlplane.http.call_story import recording_view, story_of
from controlplane.http.callees import Callees
from controlplane.http.follow_ups import follow_up_view, message_view
from controlplane.http.reading import iso, read_body, read_limit, read_time
from controlplane.use_cases.ending import CallEnder
from controlplane.use_cases.outbound import CallOrder, CallPlacer
from shared.call.call import Call, EndReason
from shared.call.errors import CallNotFound
from shared.call.ids import CallId
from shared.call.jobs import JobKind
from shared.call.records import EventRecord, TranscriptTurn
from shared.call.wanted import QUERY, Wanted
from shared.database.recordings import Recordings
from shared.database.store import CallStore

# draft-ietf-httpapi-idempotency-key-header, section 2.1: a string of printable ASCII
_KEY = re.compile(r"[\x20-\x7e]{1,200}")
# What the agent is told travels in LiveKit's dispatch metadata; a prompt has no room for more.
_MAX_CONTEXT = 16 * 1024


class CallRoutes:
    """`/calls...`, for whoever holds CONTROLPLANE_API_KEY."""

    def __init__(
        self,
        *,
        store: CallStore,
        placer: CallPlacer,
        ender: CallEnder,
        callees: Callees,
        errands: ErrandRows,
        recordings: Recordings,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the rows, who dials and hangs up, who reads numbers, and the clock."""
        self._recordings, self._clock = recordings, clock
        self._callees = callees
        self._store = store
        self._placer = placer
        self._ender = ender
        self._errands = errands

    async def list_calls(self, request: web.Request) -> web.Response:
        """`GET /calls?limit=50&before=<ISO time>&q=&status=&direction=&...`: newest first."""
        calls = await self._store.list_calls(
            limit=read_limit(request), before=read_time(request, "before"), wanted=_wanted(request)
        )
        return answer(CallList(calls=[_view(call) for call in calls]))

    async def show_call(self, request: web.Request) -> web.Response:
        """`GET /calls/{call_id}`: the call, its steps, and what was said."""
        call = await self.find(request)
        # together: one after the other they take eight round trips
        events, turns, measured, tools = await asyncio.gather(
            self._store.list_events(call.id),
            self._store.list_transcripts(call.id),
            self._store.list_measured(call.id),
            self._store.list_tool_calls(call.id),
        )
        follow_ups, messages, recording, after_call = await asyncio.gather(
            self._errands.follow_ups.of_call(call.id),
            self._errands.messages.of_call(call.id),
            self._recordings.get_recording(call.id),
            self._store.find_call_job(call.id, JobKind.AFTER_CALL),
        )
        return answer(
            CallDetails(
                **dict(_view(call)),
                why=why_ended(call, events),
                **story_of(call, events, measured, tools),
                timings_ms=dict(call.timings),
                timeline=[_event_view(event) for event in without_points(events)],
                transcript=[_turn_view(turn) for turn in turns],
                recording=recording_view(recording, self._clock()),
                follow_ups=[follow_up_view(one) for one in follow_ups],
                messages=[message_view(one) for one in messages],
                after_call=after_call_view(after_call),
            )
        )

    async def place(self, request: web.Request) -> web.Response:
        """`POST /calls {"to", "from"?, "profile"?, "context"?}`, `Idempotency-Key`: 202 `call_id`.

        The same key again is the same call: it is not dialed twice.
        """
        key = request.headers.get("Idempotency-Key")
        if key is not None and not _KEY.fullmatch(key):
            raise BadRequest("Idempotency-Key must have 1 to 200 printable ASCII characters.")
        body = await read_body(request, CallToPlace, _MAX_CONTEXT)
        placed = await self._placer.place(
            CallOrder(
                person=await self._callees.named(body.to, "to"),
                line=body.from_,
                profile=body.profile,
                context=body.context,
                idempotency_key=key,
            )
        )
        call = placed.call
        if not placed.warnings:
            return answer(CallPlaced(call_id=call.id, status=call.status), status=202)
        return answer(
            CallPlaced(call_id=call.id, status=call.status, warnings=list(placed.warnings)),
            status=202,
        )

    async def hang_up(self, request: web.Request) -> web.Response:
        """`POST /calls/{call_id}/hangup`: end the call now."""
        call = await self.find(request)
        if not await self._ender.finish(call, EndReason.OPERATOR_HANGUP):
            raise CallEnded
        ended = await self._store.get_call(call.id)
        return answer(_view(ended or call))

    async def find(self, request: web.Request) -> Call:
        """Find the call that a path names; raises `CallNotFound`."""
        try:
            call_id = CallId(str(uuid.UUID(request.match_info["call_id"])))
        except ValueError:
            raise CallNotFound from None
        call = await self._store.get_call(call_id)
        if call is None:
            raise CallNotFound
        return call


def _wanted(request: web.Request) -> Wanted:
    asked = {name: request.query.get(name, "").strip() for name in QUERY}
    try:
        return Wanted.asked(asked)
    except ValueError as error:
        raise BadRequest(str(error)) from None


def _view(call: Call) -> CallView:
    person = call.party.person
    return CallView(
        id=call.id,
        wacid=call.wacid,
        direction=call.direction,
        status=call.status,
        end_reason=call.end_reason,
        outcome=call.outcome,
        off_purpose_turns=call.off_purpose_turns,
        room=call.room,
        phone_number_id=call.phone_number_id,
        profile=call.profile,
        caller=CallerView(
            user_id=person.user_id if person is not None else None,
            phone=person.phone if person is not None else None,
            name=call.party.name,
        ),
        created_at=iso(call.created_at),
        answered_at=iso(call.answered_at),
        media_at=iso(call.media_at),
        ended_at=iso(call.ended_at),
        duration_s=call.duration_s,
        origin=dict(call.origin),
    )


def _event_view(event: EventRecord) -> EventView:
    return EventView(
        at=iso(event.received_at),
        source=event.source,
        kind=event.kind,
        outcome=event.outcome,
        payload=dict(event.payload),
    )


def _turn_view(turn: TranscriptTurn) -> TurnView:
    return TurnView(
        sequence=turn.sequence,
        at=iso(turn.spoken_at),
        speaker=turn.speaker,
        text=turn.text,
        interrupted=turn.interrupted,
    )
