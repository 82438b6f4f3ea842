"""The operators' routes about follow-ups: which there are; done, or not wanted any more."""

import uuid
from collections.abc import Callable
from datetime import datetime

from aiohttp import web

from controlplane.core.errors import BadRequest, FollowUpOver, FollowUpUnknown
from controlplane.core.follow_up import FollowUp, FollowUpStatus
from controlplane.core.message import Message
from controlplane.errands.tables import ErrandRows
from controlplane.http.body import answer
from controlplane.http.errand_bodies import FollowUpList, FollowUpView, MessageView
from controlplane.http.reading import iso, read_limit, read_time


class FollowUpRoutes:
    """`/follow-ups...`, for whoever holds CONTROLPLANE_API_KEY."""

    def __init__(self, *, rows: ErrandRows, clock: Callable[[], datetime]) -> None:
        """Take the rows, and the time."""
        self._rows = rows
        self._clock = clock

    async def list_newest(self, request: web.Request) -> web.Response:
        """`GET /follow-ups?status=open&limit=50&before=<ISO time>`: those due last first."""
        found = await self._rows.follow_ups.newest(
            status=_read_status(request),
            before=read_time(request, "before"),
            limit=read_limit(request),
        )
        return answer(FollowUpList(follow_ups=[follow_up_view(one) for one in found]))

    async def cancel(self, request: web.Request) -> web.Response:
        """`POST /follow-ups/{follow_up_id}/cancel`: it is not wanted any more."""
        return await self._close(request, FollowUpStatus.CANCELED)

    async def done(self, request: web.Request) -> web.Response:
        """`POST /follow-ups/{follow_up_id}/done`: somebody has done it."""
        return await self._close(request, FollowUpStatus.DONE)

    async def _close(self, request: web.Request, status: FollowUpStatus) -> web.Response:
        """Close an open one; the same twice is one."""
        try:
            follow_up_id = str(uuid.UUID(request.match_info["follow_up_id"]))
        except ValueError:
            raise FollowUpUnknown from None
        now = self._clock()
        closed = await self._rows.follow_ups.close(follow_up_id, status, now)
        if closed is None:
            closed = await self._rows.follow_ups.find(follow_up_id)
            if closed is None:
                raise FollowUpUnknown
            if closed.status is not status:
                raise FollowUpOver
        # what was written for it and has not left: nobody wants that either
        await self._rows.messages.cancel_of(follow_up_id, now)
        return answer(follow_up_view(closed))


def follow_up_view(follow_up: FollowUp) -> FollowUpView:
    """Show a follow-up."""
    return FollowUpView(
        id=follow_up.id,
        call_id=follow_up.call_id,
        due_at=iso(follow_up.due_at),
        time_zone=follow_up.time_zone,
        channel=follow_up.channel,
        kind=follow_up.kind,
        source=follow_up.source,
        purpose=follow_up.purpose,
        body=follow_up.body,
        is_for_people=follow_up.is_for_people,
        status=follow_up.status,
        attempts=follow_up.attempts,
        next_at=iso(follow_up.next_at),
        last_error=follow_up.last_error,
        finished_at=iso(follow_up.finished_at),
        placed_call_id=follow_up.placed_call_id,
    )


def message_view(message: Message) -> MessageView:
    """Show a text."""
    return MessageView(
        id=message.id,
        kind=message.kind,
        body=message.body,
        template=message.template,
        status=message.status,
        attempts=message.attempts,
        last_error=message.last_error,
        created_at=iso(message.created_at),
        finished_at=iso(message.finished_at),
    )


def _read_status(request: web.Request) -> FollowUpStatus | None:
    text = request.query.get("status")
    try:
        return FollowUpStatus(text) if text is not None else None
    except ValueError:
        known = ", ".join(FollowUpStatus)
        raise BadRequest(f"status must be one of {known}.") from None
