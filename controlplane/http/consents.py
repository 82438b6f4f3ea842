"""The operators' consent routes: ask for permission, see the ledger, add to it, erase."""

from datetime import UTC, datetime
from typing import Annotated, Any, Self

from aiohttp import web
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    model_validator,
)

from controlplane.core.consent import (
    ConsentEntry,
    ConsentKind,
    ConsentSource,
    ConsentState,
    make_entry,
)
from controlplane.core.errors import BadRequest
from controlplane.http.reading import callee_in, iso, read_body, read_limit, read_time
from controlplane.ledger.ledger import Ledger
from controlplane.meta.graph import RequestTemplate
from controlplane.use_cases.permissions import Permissions
from shared.call.ids import PhoneNumberId

_Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
# a body text of an interactive message (Meta: call permission request)
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1024)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _TemplateBody(_Body):
    name: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,512}$")]
    language: Annotated[str, Field(pattern=r"^[A-Za-z_]{2,10}$")]
    parameters: tuple[_Text, ...] = ()


class _RequestBody(_Body):
    to: _Word
    text: _Text | None = None
    template: _TemplateBody | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.text is not None and self.template is not None:
            raise ValueError("text belongs to a free-form request; leave it out with a template")
        return self


class _EntryBody(_Body):
    to: _Word
    kind: ConsentKind
    reference: _Word
    """Where the paper is: a file number, a form's id."""
    at: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    note: _Text | None = None


class _EraseBody(_Body):
    to: _Word
    forget_do_not_call: StrictBool = False


class ConsentRoutes:
    """`/consents...`, for whoever holds CONTROLPLANE_API_KEY."""

    def __init__(
        self, *, permissions: Permissions, ledger: Ledger, phone_number_id: PhoneNumberId
    ) -> None:
        """Take the ledger and its use cases."""
        self._permissions = permissions
        self._ledger = ledger
        self._phone_number_id = phone_number_id

    async def request(self, request: web.Request) -> web.Response:
        """`POST /consents/request {"to", "text"?, "template"?}`: ask for the permission to call."""
        body = await read_body(request, _RequestBody)
        template = None
        if body.template is not None:
            template = RequestTemplate(**body.template.model_dump())
        asked = await self._permissions.request(
            callee_in(body.to, "to"), text=body.text, template=template
        )
        return web.json_response(
            {"request_id": asked.id, "requested_at": iso(asked.requested_at)}, status=202
        )

    async def list_entries(self, request: web.Request) -> web.Response:
        """`GET /consents?to=+15551234567&limit=50&before=<ISO time>`: newest first.

        With `to` also what holds now, kind by kind.
        """
        to = request.query.get("to")
        party = callee_in(to, "to") if to is not None else None
        entries = await self._ledger.entries(
            party=party, limit=read_limit(request), before=read_time(request, "before")
        )
        found: dict[str, Any] = {"consents": [_entry_json(entry) for entry in entries]}
        if party is not None:
            states = await self._ledger.states(party)
            found["state"] = [_state_json(state) for state in states]
        return web.json_response(found)

    async def import_entry(self, request: web.Request) -> web.Response:
        """`POST /consents/import {"to", "kind", "reference", "at"?, "valid_until"?, "note"?}`."""
        return await self._write(request, granted=True)

    async def withdraw(self, request: web.Request) -> web.Response:
        """`POST /consents/withdraw {"to", "kind", "reference", "at"?, "note"?}`."""
        return await self._write(request, granted=False)

    async def erase(self, request: web.Request) -> web.Response:
        """`POST /consents/erase {"to", "forget_do_not_call"?}`: counts of the rows that went."""
        body = await read_body(request, _EraseBody)
        erased = await self._permissions.erase(
            callee_in(body.to, "to"), forget_do_not_call=body.forget_do_not_call
        )
        return web.json_response({"erased": erased})

    async def _write(self, request: web.Request, *, granted: bool) -> web.Response:
        body = await read_body(request, _EntryBody)
        now = datetime.now(UTC)
        if body.at is not None and body.at > now:
            raise BadRequest("at must not be in the future: it is when the person said it.")
        if body.valid_until is not None and not granted:
            raise BadRequest("valid_until belongs to a grant; leave it out.")
        word = "granted" if granted else "withdrawn"
        party = callee_in(body.to, "to")
        entry = make_entry(
            phone_number_id=self._phone_number_id,
            party=party,
            kind=body.kind,
            granted=granted,
            source=ConsentSource.OPERATOR,
            # one paper may speak for several people, and be withdrawn by the same file
            source_ref=f"{body.reference}:{word}:{party.user_id or party.phone}",
            valid_until=body.valid_until,
            at=body.at or now,
            note=body.note,
        )
        await self._permissions.write([entry])
        return web.json_response(_entry_json(entry), status=201)


def _entry_json(entry: ConsentEntry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "phone_number_id": entry.phone_number_id,
        "user_id": entry.party.user_id,
        "phone": entry.party.phone,
        "kind": entry.kind.value,
        "granted": entry.granted,
        "source": entry.source.value,
        "source_ref": entry.source_ref,
        "valid_until": iso(entry.valid_until),
        "at": iso(entry.at),
        "note": entry.note,
    }


def _state_json(state: ConsentState) -> dict[str, Any]:
    return {
        "phone_number_id": state.phone_number_id,
        "kind": state.kind.value,
        "state": state.state,
        "valid_until": iso(state.valid_until),
        "source": state.source.value,
        "at": iso(state.at),
    }
