"""The operators' consent routes: ask for permission, see the ledger, add to it, erase."""

from datetime import UTC, datetime

from aiohttp import web

from controlplane.core.consent import ConsentEntry, ConsentKind, ConsentState
from controlplane.core.errors import BadRequest
from controlplane.http.bodies import (
    ConsentList,
    ConsentStateView,
    ConsentToWrite,
    ConsentView,
    Erased,
    PermissionRequested,
    PermissionToRequest,
    PersonToErase,
    answer,
)
from controlplane.http.callees import Callees
from controlplane.http.reading import iso, read_body, read_limit, read_time
from controlplane.ledger.ledger import Ledger
from controlplane.meta.graph import RequestTemplate
from controlplane.use_cases.papers import Papers
from controlplane.use_cases.permissions import Permissions


class ConsentRoutes:
    """`/consents...`, for whoever holds CONTROLPLANE_API_KEY."""

    def __init__(self, *, permissions: Permissions, papers: Papers, ledger: Ledger) -> None:
        """Take the ledger and its use cases."""
        self._permissions = permissions
        self._papers = papers
        self._ledger = ledger
        self._callees = Callees(ledger.spelling_of)

    async def request(self, request: web.Request) -> web.Response:
        """`POST /consents/request {"to", "text"?, "template"?}`: ask for the permission to call."""
        body = await read_body(request, PermissionToRequest)
        template = None
        if body.template is not None:
            template = RequestTemplate(**body.template.model_dump())
        asked = await self._permissions.request(
            await self._callees.named(body.to, "to"), text=body.text, template=template
        )
        return answer(
            PermissionRequested(request_id=asked.id, requested_at=iso(asked.requested_at)),
            status=202,
        )

    async def list_entries(self, request: web.Request) -> web.Response:
        """`GET /consents?to=+15551234567&limit=50&before=<ISO time>`: newest first.

        With `to` also what holds now, kind by kind.
        """
        to = request.query.get("to")
        person = await self._callees.named(to, "to") if to is not None else None
        entries = await self._ledger.entries(
            person=person, limit=read_limit(request), before=read_time(request, "before")
        )
        views = [_view(entry) for entry in entries]
        if person is None:
            return answer(ConsentList(consents=views))
        states = [_state_view(state) for state in await self._ledger.states(person)]
        return answer(ConsentList(consents=views, state=states))

    async def import_entry(self, request: web.Request) -> web.Response:
        """`POST /consents/import {"to", "kind", "reference", "at"?, "valid_until"?, "note"?}`."""
        return await self._write(request, granted=True)

    async def withdraw(self, request: web.Request) -> web.Response:
        """`POST /consents/withdraw {"to", "kind", "reference", "at"?, "note"?}`."""
        return await self._write(request, granted=False)

    async def erase(self, request: web.Request) -> web.Response:
        """`POST /consents/erase {"to", "forget_do_not_call"?}`: counts of the rows that went."""
        body = await read_body(request, PersonToErase)
        erased = await self._permissions.erase(
            await self._callees.named(body.to, "to"), forget_do_not_call=body.forget_do_not_call
        )
        return answer(Erased(erased=erased))

    async def _write(self, request: web.Request, *, granted: bool) -> web.Response:
        body = await read_body(request, ConsentToWrite)
        now = datetime.now(UTC)
        if body.at is not None and body.at > now:
            raise BadRequest("at must not be in the future: it is when the person said it.")
        _check_validity(body, granted=granted, now=now)
        entry = await self._papers.write(
            await self._callees.named(body.to, "to"),
            body.kind,
            granted=granted,
            reference=body.reference,
            at=body.at,
            valid_until=body.valid_until,
            note=body.note,
        )
        return answer(_view(entry), status=201)


def _check_validity(body: ConsentToWrite, *, granted: bool, now: datetime) -> None:
    if body.valid_until is None:
        return
    if not granted:
        raise BadRequest("valid_until belongs to a grant; leave it out.")
    if body.kind is ConsentKind.DO_NOT_CALL:
        raise BadRequest(
            "valid_until belongs to a permission: a do_not_call holds until it is withdrawn."
        )
    if body.valid_until <= now:
        raise BadRequest(
            "valid_until has passed: this grant allows nothing any more, so it is not written."
        )


def _view(entry: ConsentEntry) -> ConsentView:
    return ConsentView(
        id=entry.id,
        phone_number_id=entry.phone_number_id,
        user_id=entry.person.user_id,
        phone=entry.person.phone,
        kind=entry.kind,
        granted=entry.granted,
        source=entry.source,
        source_ref=entry.source_ref,
        valid_until=iso(entry.valid_until),
        at=iso(entry.at),
        note=entry.note,
    )


def _state_view(state: ConsentState) -> ConsentStateView:
    return ConsentStateView(
        phone_number_id=state.phone_number_id,
        kind=state.kind,
        state=state.state,
        valid_until=iso(state.valid_until),
        source=state.source,
        at=iso(state.at),
    )
