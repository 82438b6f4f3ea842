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
    StopToDecide,
)
from controlplane.http.body import answer
from controlplane.http.callees import Callees
from controlplane.http.consent_views import request_view, stop_view
from controlplane.http.reading import iso, read_body, read_limit, read_time
from controlplane.ledger.ledger import Ledger
from controlplane.meta.graph import RequestTemplate
from controlplane.meta.lines import Lines
from controlplane.use_cases.papers import Papers
from controlplane.use_cases.permissions import Permissions
from controlplane.use_cases.wishes import Wishes
from shared.call.ids import PhoneNumberId


class ConsentRoutes:
    """`/consents...`, for whoever holds CONTROLPLANE_API_KEY."""

    def __init__(
        self,
        *,
        permissions: Permissions,
        papers: Papers,
        wishes: Wishes,
        ledger: Ledger,
        lines: Lines,
    ) -> None:
        """Take the ledger and its use cases, and the lines that consents are about."""
        self._lines = lines
        self._wishes = wishes
        self._permissions = permissions
        self._papers = papers
        self._ledger = ledger
        self._callees = Callees(ledger.spelling_of)

    async def request(self, request: web.Request) -> web.Response:
        """`POST /consents/request {"to", "from"?, "profile"?, "text"?, "template"?}`: ask them."""
        body = await read_body(request, PermissionToRequest)
        template = None
        if body.template is not None:
            template = RequestTemplate(**body.template.model_dump())
        asked = await self._permissions.request(
            await self._callees.named(body.to, "to"),
            line=self._line(body),
            text=body.text,
            template=template,
        )
        return answer(
            PermissionRequested(
                request_id=asked.id,
                requested_at=iso(asked.requested_at),
                template=asked.template,
            ),
            status=202,
        )

    async def list_entries(self, request: web.Request) -> web.Response:
        """`GET /consents?to=+15551234567&limit=50&before=<ISO time>`: newest first.

        With `to` also what holds now, kind by kind, and what became of requests. Beside them the
        messages that may be a STOP: of this person all, of everybody those that wait.
        """
        to = request.query.get("to")
        person = await self._callees.named(to, "to") if to is not None else None
        entries = await self._ledger.entries(
            person=person, limit=read_limit(request), before=read_time(request, "before")
        )
        views = [_view(entry) for entry in entries]
        limit = read_limit(request)
        if person is None:
            waiting = await self._ledger.stops.undecided(limit=limit)
            return answer(
                ConsentList(consents=views, probable_stops=[stop_view(one) for one in waiting])
            )
        states = [_state_view(state) for state in await self._ledger.states(person)]
        stops = await self._ledger.stops.of(person, limit=limit)
        requests = await self._ledger.requests.of(person, limit=limit)
        return answer(
            ConsentList(
                consents=views,
                state=states,
                probable_stops=[stop_view(one) for one in stops],
                requests=[request_view(one) for one in requests],
            )
        )

    async def import_entry(self, request: web.Request) -> web.Response:
        """`POST /consents/import {"to", "kind", "reference", "at"?, "valid_until"?, "note"?}`."""
        return await self._write(request, granted=True)

    async def withdraw(self, request: web.Request) -> web.Response:
        """`POST /consents/withdraw {"to", "kind", "reference", "at"?, "note"?}`."""
        return await self._write(request, granted=False)

    async def decide(self, request: web.Request) -> web.Response:
        """`POST /consents/decide {"id", "decision"}`: what a message was that may be a STOP."""
        body = await read_body(request, StopToDecide)
        return answer(stop_view(await self._wishes.decide(str(body.id), body.decision)))

    async def erase(self, request: web.Request) -> web.Response:
        """`POST /consents/erase {"to", "forget_do_not_call"?}`: counts of the rows that went."""
        body = await read_body(request, PersonToErase)
        erased = await self._permissions.erase(
            await self._callees.named(body.to, "to"), forget_do_not_call=body.forget_do_not_call
        )
        return answer(Erased(erased=erased))

    def _line(self, body: ConsentToWrite | PermissionToRequest) -> PhoneNumberId:
        line, _ = self._lines.plan.chosen(number=body.from_, profile=body.profile)
        return line.phone_number_id

    async def _write(self, request: web.Request, *, granted: bool) -> web.Response:
        body = await read_body(request, ConsentToWrite)
        now = datetime.now(UTC)
        if body.at is not None and body.at > now:
            raise BadRequest("at must not be in the future: it is when the person said it.")
        _check_validity(body, granted=granted, now=now)
        entry = await self._papers.write(
            await self._callees.named(body.to, "to"),
            body.kind,
            line=self._line(body),
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
