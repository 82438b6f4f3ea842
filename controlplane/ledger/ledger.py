"""The consent ledger in the database: what people allowed and forbade, and what follows from it."""

from collections.abc import Sequence
from datetime import datetime

from postgrest.types import ReturnMethod

from controlplane.core.consent import (
    CallHistory,
    CallPause,
    ConsentEntry,
    ConsentKind,
    ConsentRequest,
    ConsentState,
    LedgerState,
    PersonMoved,
)
from controlplane.core.policy import Limits
from controlplane.ledger import rows
from controlplane.ledger.names import names_filter
from controlplane.ledger.probable_stops import ProbableStops
from controlplane.ledger.sent_requests import SentRequests
from shared.call.errors import StoreUnavailable
from shared.call.ids import PhoneNumberId
from shared.call.person import Person
from shared.database.faults import UNIQUE_VIOLATION, Refused
from shared.database.rest import RestClient
from shared.database.rows import value_for_database

_STATE_COLUMNS = (
    "phone_number_id", "user_id", "phone", "kind", "state", "valid_until", "source", "at",
)  # fmt: skip


class Ledger:
    """`consents`, `consent_requests` and `call_pauses`. Every write may be repeated without harm.

    Methods raise `StoreUnavailable` when the database does not answer or refuses.
    """

    def __init__(self, rest: RestClient) -> None:
        """Take an open client."""
        self._rest = rest
        self.stops = ProbableStops(rest)
        self.requests = SentRequests(rest)

    async def add(self, entries: Sequence[ConsentEntry]) -> None:
        """Append entries; a source that is there already stays as it is."""
        new = [rows.consent_to_row(entry) for entry in entries]
        await self._rest.append("store consents", "consents", new, "source,kind,source_ref")

    async def add_new(self, entry: ConsentEntry) -> bool:
        """Append one entry; `False` if its source is there already, which stays as it is.

        After a lost answer the repeated request finds its own entry, and says `False`.
        """
        query = self._rest.table("consents").upsert(
            [rows.consent_to_row(entry)],
            returning=ReturnMethod.representation,
            on_conflict="source,kind,source_ref",
            ignore_duplicates=True,
        )
        return bool(await self._rest.rows("store a consent", query))

    async def entry(self, entry_id: str) -> ConsentEntry | None:
        """Read one entry."""
        found = await self._rest.first(
            "read a consent", "consents", rows.CONSENT_COLUMNS, "id", entry_id
        )
        return rows.consent_from_row(found) if found is not None else None

    async def newest(
        self, person: Person, kind: ConsentKind, *, line: PhoneNumberId
    ) -> ConsentEntry | None:
        """Read the last word about a person, by either name, of one kind to one line.

        A do-not-call is said to all lines.
        """
        query = self._rest.table("consents").select(*rows.CONSENT_COLUMNS).or_(names_filter(person))
        if kind is not ConsentKind.DO_NOT_CALL:
            query = query.eq("phone_number_id", line)
        query = query.eq("kind", kind.value).order("at", desc=True).order("seq", desc=True)
        found = await self._rest.rows("read the last consent", query.limit(1))
        return rows.consent_from_row(found[0]) if found else None

    async def is_forbidden(self, person: Person) -> bool:
        """Whether a person, by any of their names, must not be called."""
        answer = await self._rest.rpc(
            "read a do-not-call",
            "must_not_be_called",
            person_user_id=value_for_database(person.user_id),
            person_phone=person.phone,
        )
        return answer.data is True

    async def entries(
        self, *, person: Person | None = None, limit: int, before: datetime | None = None
    ) -> list[ConsentEntry]:
        """Read entries, newest first, said before `before`, of one person or of everybody."""
        query = self._rest.table("consents").select(*rows.CONSENT_COLUMNS)
        if person is not None:
            query = query.or_(names_filter(person))
        if before is not None:
            query = query.lt("at", value_for_database(before))
        query = query.order("at", desc=True).order("seq", desc=True).limit(limit)
        found = await self._rest.rows("list consents", query)
        return [rows.consent_from_row(row) for row in found]

    async def states(self, person: Person) -> list[ConsentState]:
        """Read what holds now for one person."""
        query = self._rest.table("consent_state").select(*_STATE_COLUMNS).or_(names_filter(person))
        found = await self._rest.rows("read consents", query.order("kind").limit(100))
        return [rows.consent_state_from_row(row) for row in found]

    async def standing(
        self, line: PhoneNumberId, person: Person, *, limits: Limits, now: datetime
    ) -> tuple[LedgerState, CallHistory]:
        """Read all that the policy has to know about one person and one line, in one request."""
        answer = await self._rest.rpc(
            "read what the policy needs",
            "call_standing",
            line=line,
            person_user_id=value_for_database(person.user_id),
            person_phone=person.phone,
            moment=value_for_database(now),
            connected_limit=limits.connected_per_day,
            initiation_limit=limits.initiations_per_day,
        )
        if not answer.rows:
            raise StoreUnavailable("The database gave no standing; its log says more.")
        return rows.standing_from_row(answer.rows[0])

    async def claim_request(self, request: ConsentRequest) -> bool:
        """Write a permission request before it is sent; `False` if somebody else was faster."""
        query = self._rest.table("consent_requests").insert(rows.consent_request_to_row(request))
        try:
            await self._rest.send("store a permission request", query)
        except Refused as refusal:
            if refusal.sqlstate != UNIQUE_VIOLATION:
                raise
            # the answer to an earlier attempt of ours may have been lost
            standing = await self._rest.first(
                "read a permission request", "consent_requests", ["id"], "id", request.id
            )
            return standing is not None
        return True

    async def settle_request(self, request_id: str, *, message_id: str | None) -> None:
        """Note that a request was sent, as which message; `None`: Meta refused it."""
        columns = {
            "message_id": value_for_database(message_id),
            "outcome": "sent" if message_id is not None else "refused",
        }
        query = self._rest.table("consent_requests").update(columns, returning=ReturnMethod.minimal)
        # Meta may have told already that it was not delivered
        query = query.eq("id", request_id).is_("outcome", "null")
        await self._rest.send("settle a permission request", query)

    async def erase(self, person: Person, *, forget_do_not_call: bool) -> dict[str, int]:
        """Forget a person with their calls; return how many rows went, by table.

        After a lost answer the repeated request finds nothing any more, and says 0.
        """
        answer = await self._rest.rpc(
            "erase a person",
            "erase_person",
            person_user_id=value_for_database(person.user_id),
            person_phone=person.phone,
            forget_do_not_call=forget_do_not_call,
        )
        return {str(table): int(count) for table, count in dict(answer.data).items()}

    async def link(self, moved: PersonMoved) -> None:
        """Note that a person changed their number or id; twice is one change.

        What they forbade goes along: the ledger has it under their new names, too.
        """
        await self._rest.rpc(
            "link a person's names",
            "link_person",
            link_id=moved.id,
            line=moved.phone_number_id,
            former_user_id=value_for_database(moved.former.user_id),
            former_phone=moved.former.phone,
            current_user_id=value_for_database(moved.current.user_id),
            current_phone=moved.current.phone,
            message=value_for_database(moved.source_ref),
            moment=value_for_database(moved.at),
        )

    async def spelling_of(self, phone: str) -> str | None:
        """Say how Meta last spelled a number to us; `None` if it never did."""
        answer = await self._rest.rpc("find a number", "meta_spelling", person_phone=phone)
        return str(answer.rows[0]["phone"]) if answer.rows else None

    async def add_pause(self, pause: CallPause) -> None:
        """Note until when Meta need not be tried again."""
        new = [rows.call_pause_to_row(pause)]
        await self._rest.append("store a pause", "call_pauses", new, "id")
