"""The operators' routes about calls: which there are, one call's timeline, place one, hang up."""

import uuid
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from controlplane.core.errors import BadRequest, CallEnded
from controlplane.http.reading import callee_in, iso, read_body, read_limit, read_time
from controlplane.use_cases.ending import CallEnder
from controlplane.use_cases.outbound import CallOrder, CallPlacer
from shared.call.call import Call, EndReason
from shared.call.errors import CallNotFound
from shared.call.ids import CallId
from shared.call.records import EventRecord, TranscriptTurn
from shared.database.store import CallStore

_MAX_KEY = 200
# What the agent is told travels in LiveKit's dispatch metadata; a prompt has no room for more.
_MAX_CONTEXT = 16 * 1024


class _CallBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: Annotated[str, Field(min_length=1, max_length=200)]
    profile: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=100)] | None = None
    context: dict[str, Any] = Field(default_factory=dict)


class CallRoutes:
    """`/calls...`, for whoever holds CONTROLPLANE_API_KEY."""

    def __init__(
        self, *, store: CallStore, placer: CallPlacer, ender: CallEnder, profile: str
    ) -> None:
        """Take the store, who dials and who hangs up, and the profile of calls that name none."""
        self._store = store
        self._placer = placer
        self._ender = ender
        self._profile = profile

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

    async def place(self, request: web.Request) -> web.Response:
        """`POST /calls {"to", "profile"?, "context"?}`, header `Idempotency-Key`: 202 `call_id`.

        The same key again is the same call: it is not dialed twice.
        """
        key = request.headers.get("Idempotency-Key")
        if key is not None and not 1 <= len(key) <= _MAX_KEY:
            raise BadRequest(f"Idempotency-Key must have 1 to {_MAX_KEY} characters.")
        if len(await request.read()) > _MAX_CONTEXT:
            raise BadRequest(f"The body must not be larger than {_MAX_CONTEXT // 1024} KiB.")
        body = await read_body(request, _CallBody)
        placed = await self._placer.place(
            CallOrder(
                party=callee_in(body.to, "to"),
                profile=body.profile or self._profile,
                context=body.context,
                idempotency_key=key,
            )
        )
        answer: dict[str, Any] = {"call_id": placed.call.id, "status": placed.call.status.value}
        if placed.warnings:
            answer["warnings"] = list(placed.warnings)
        return web.json_response(answer, status=202)

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
