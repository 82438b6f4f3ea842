"""What became of requests for permission, and whether a free-form one would reach somebody."""

import uuid
from datetime import datetime, timedelta

from postgrest.types import ReturnMethod

from controlplane.core.consent import SentRequest
from controlplane.ledger.names import names_filter
from shared.call.ids import PhoneNumberId
from shared.call.person import Person
from shared.database.rest import RestClient
from shared.database.rows import Row, moment_of, value_for_database

SENT_REQUEST_COLUMNS = ("id", "requested_at", "template", "outcome", "failure_code")

SERVICE_WINDOW = timedelta(hours=24)
"""From a person's last message or call (Meta: customer service windows)."""


class SentRequests:
    """`consent_requests`, once they have left. Methods raise `StoreUnavailable`."""

    def __init__(self, rest: RestClient) -> None:
        """Take an open client."""
        self._rest = rest

    async def fail(self, *, message_id: str, opaque: str | None, code: int | None) -> bool:
        """Note that Meta did not deliver a request after all: it does not count any more.

        It is found by what we gave Meta to give back, for its message's id may not be written yet,
        or never was; else by that id. `False`: it is no request of ours.
        """
        columns = {"outcome": "refused", "failure_code": code}
        ours = _uuid_in(opaque)
        query = self._rest.table("consent_requests").update(
            columns, returning=ReturnMethod.representation
        )
        query = query.eq("id", ours) if ours else query.eq("message_id", message_id)
        return bool(await self._rest.rows("note a failed request", query.select("id")))

    async def of(self, person: Person, *, limit: int) -> list[SentRequest]:
        """Read the requests to one person, newest first."""
        query = self._rest.table("consent_requests").select(*SENT_REQUEST_COLUMNS)
        query = query.or_(names_filter(person)).order("requested_at", desc=True).limit(limit)
        return [_from_row(row) for row in await self._rest.rows("list requests", query)]

    async def is_window_open(self, line: PhoneNumberId, person: Person, now: datetime) -> bool:
        """Whether a person wrote to the line, called it or answered it within 24 hours."""
        answer = await self._rest.rpc(
            "read whether somebody was heard of",
            "heard_since",
            line=line,
            person_user_id=value_for_database(person.user_id),
            person_phone=person.phone,
            since=value_for_database(now - SERVICE_WINDOW),
        )
        return answer.data is True


def _uuid_in(text: str | None) -> str | None:
    try:
        return str(uuid.UUID(text)) if text else None
    except ValueError:
        return None


def _from_row(row: Row) -> SentRequest:
    return SentRequest(
        id=row["id"],
        requested_at=moment_of(row["requested_at"]),
        template=row["template"],
        outcome=row["outcome"],
        failure_code=row["failure_code"],
    )
