"""The operators' routes: what calls there are, one call's timeline, hang up."""

import uuid
from datetime import datetime
from typing import Any

from aiohttp import web

from controlplane.core.errors import BadRequest, CallEnded
from controlplane.use_cases.ending import CallEnder
from shared.call.call import Call, EndReason
from shared.call.errors import CallNotFound
from shared.call.ids import CallId
from shared.call.records import EventRecord, TranscriptTurn
from shared.database.store import CallStore

_DEFAULT_LIMIT, _MAX_LIMIT = 50, 200


class OperatorRoutes:
    """`/calls...`, for whoever holds CONTROLPLANE_API_KEY."""

    def __init__(self, *, store: CallStore, ender: CallEnder) -> None:
        """Take the store and the way in which calls end."""
        self._store = store
        self._ender = ender

    async def list_calls(self, request: web.Request) -> web.Response:
        """`GET /calls?limit=50&before=<ISO time>`: newest first."""
        calls = await self._store.list_calls(
            limit=read_limit(request), before=read_time(request, "before")
        )
        return web.json_response({"calls": [_call_json(call) for call in calls]})

    async def show_call(self, request: web.Request) -> web.Response:
        """`GET /calls/{call_id}`: the call, its events and what was said."""
        call = await self._find(request)
        events = await self._store.list_events(call.id)
        turns = await self._store.list_transcripts(call.id)
        return web.json_response(
            {
                **_call_json(call),
                "timings_ms": dict(call.timings),
                "timeline": [_event_json(event) for event in events],
                "transcript": [_turn_json(turn) for turn in turns],
            }
        )

    async def hang_up(self, request: web.Request) -> web.Response:
        """`POST /calls/{call_id}/hangup`: end the call now."""
        call = await self._find(request)
        if not await self._ender.finish(call, EndReason.OPERATOR_HANGUP):
            raise CallEnded
        ended = await self._store.get_call(call.id)
        return web.json_response(_call_json(ended or call))

    async def _find(self, request: web.Request) -> Call:
        try:
            call_id = CallId(str(uuid.UUID(request.match_info["call_id"])))
        except ValueError:
            raise CallNotFound from None
        call = await self._store.get_call(call_id)
        if call is None:
            raise CallNotFound
        return call


def read_limit(request: web.Request) -> int:
    """Read `limit` of the query.

    Raises:
        BadRequest: it is no whole number from 1 to 200.
    """
    text = request.query.get("limit", str(_DEFAULT_LIMIT))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MAX_LIMIT:
        raise BadRequest(f"limit must be a whole number from 1 to {_MAX_LIMIT}.")
    return int(text)


def read_time(request: web.Request, name: str) -> datetime | None:
    """Read a time of the query.

    Raises:
        BadRequest: it is none, or has no zone.
    """
    text = request.query.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"{name} must be a time such as 2026-01-31T12:00:00Z.") from None
    if moment.tzinfo is None:
        raise BadRequest(f"{name} needs a time zone, such as Z.")
    return moment


def iso(moment: datetime | None) -> str | None:
    """Write a time as JSON holds it."""
    return moment.isoformat() if moment is not None else None


def _call_json(call: Call) -> dict[str, Any]:
    return {
        "id": call.id,
        "wacid": call.wacid,
        "direction": call.direction.value,
        "status": call.status.value,
        "end_reason": call.end_reason.value if call.end_reason is not None else None,
        "outcome": call.outcome,
        "room": call.room,
        "phone_number_id": call.phone_number_id,
        "caller": {
            "user_id": call.party.user_id,
            "phone": call.party.phone,
            "name": call.party.name,
        },
        "created_at": iso(call.created_at),
        "answered_at": iso(call.answered_at),
        "media_at": iso(call.media_at),
        "ended_at": iso(call.ended_at),
        "duration_s": call.duration_s,
    }


def _event_json(event: EventRecord) -> dict[str, Any]:
    return {
        "at": iso(event.received_at),
        "source": event.source.value,
        "kind": event.kind,
        "outcome": event.outcome.value if event.outcome is not None else None,
        "payload": dict(event.payload),
    }


def _turn_json(turn: TranscriptTurn) -> dict[str, Any]:
    return {
        "sequence": turn.sequence,
        "at": iso(turn.spoken_at),
        "speaker": turn.speaker,
        "text": turn.text,
        "interrupted": turn.interrupted,
    }
