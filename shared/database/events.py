"""The table `call_events`: what happened, and what became of it."""

from collections.abc import Sequence
from datetime import datetime

from postgrest.types import ReturnMethod

from shared.call.ids import CallId, WhatsAppCallId
from shared.call.records import EventOutcome, EventRecord, EventSource, Settled
from shared.database import rows
from shared.database.tables import Tables


class Events(Tables):
    """Appends events, hands out those that nobody has worked on, and reads timelines."""

    async def add_events(self, events: Sequence[EventRecord]) -> None:
        """Append raw events in one request; an id that is there stays as it is."""
        new = [rows.event_to_row(event) for event in events]
        await self._rest.append("store events", "call_events", new, "id")

    async def claim_event(self, event: EventRecord) -> bool:
        """Append an event whose id stands for something that is to be done once; `False`: it is.

        `False` too when the answer to our own claim was lost: then nobody does it.
        """
        query = self._rest.table("call_events").upsert(
            rows.event_to_row(event), on_conflict="id", ignore_duplicates=True
        )
        return bool(await self._rest.rows("claim an event", query))

    async def settle_event(self, event_id: str, settled: Settled) -> None:
        """Note what became of an event; a call that is not named stays as it is."""
        columns = {"outcome": settled.outcome.value}
        if settled.call_id is not None:
            columns["call_id"] = settled.call_id
        query = self._rest.table("call_events").update(columns, returning=ReturnMethod.minimal)
        await self._rest.send("settle an event", query.eq("id", event_id))

    async def link_duplicates(self, wacid: WhatsAppCallId, call_id: CallId) -> None:
        """Name the call in those duplicates of its events that were stored before it was known."""
        query = self._rest.table("call_events").update(
            {"call_id": call_id}, returning=ReturnMethod.minimal
        )
        query = query.eq("wacid", wacid).eq("outcome", EventOutcome.DUPLICATE.value)
        await self._rest.send("link duplicates", query.is_("call_id", "null"))

    async def take_pending_events(
        self, *, received_before: datetime, taken_before: datetime, now: datetime
    ) -> list[EventRecord]:
        """Claim events of Meta that were stored but never worked on; each goes to one taker.

        Up to 100 at once, oldest first. Events whose claim got lost on the way come again when
        `taken_before` has passed the time of that claim.
        """
        answer = await self._rest.rpc(
            "take up events",
            "take_pending_events",
            received_before=rows.value_for_database(received_before),
            taken_before=rows.value_for_database(taken_before),
            taken_now=rows.value_for_database(now),
        )
        taken = [rows.event_from_row(row) for row in answer.rows]
        return sorted(taken, key=lambda event: event.received_at)

    async def find_connect(self, wacid: WhatsAppCallId) -> EventRecord | None:
        """Meta's newest `connect` of a call: its offer, or its answer to ours."""
        query = self._rest.table("call_events").select(*rows.EVENT_COLUMNS).eq("wacid", wacid)
        query = query.eq("source", EventSource.META.value).eq("kind", "connect")
        query = query.order("received_at", desc=True).limit(1)
        found = await self._rest.rows("find a connect", query)
        return rows.event_from_row(found[0]) if found else None

    async def list_events(self, call_id: CallId) -> list[EventRecord]:
        """The timeline of one call, oldest first."""
        found = await self._of_call("list events", "call_events", call_id, "received_at", "id")
        return [rows.event_from_row(row) for row in found]
