"""Messages that may be a STOP, in the database: pauses with words, for an operator to decide."""

from datetime import datetime

from postgrest.types import ReturnMethod

from controlplane.core.wishes import ProbableStop, StopDecision
from controlplane.ledger.names import names_filter
from shared.call.denial import Reason
from shared.call.ids import PhoneNumberId
from shared.call.person import Person
from shared.database.rest import RestClient
from shared.database.rows import Row, moment_of, time_of, value_for_database

PROBABLE_STOP_COLUMNS = (
    "id", "phone_number_id", "user_id", "phone", "reason", "until", "at", "said", "decision",
    "decided_at",
)  # fmt: skip


class ProbableStops:
    """The rows of `call_pauses` that hold words. Methods raise `StoreUnavailable`."""

    def __init__(self, rest: RestClient) -> None:
        """Take an open client."""
        self._rest = rest

    async def add(self, stop: ProbableStop) -> None:
        """Pause the calls of a person; a message that is there already stays as it is."""
        row = {
            "id": stop.id,
            "phone_number_id": stop.phone_number_id,
            "user_id": value_for_database(stop.person.user_id),
            "phone": stop.person.phone,
            "reason": Reason.PROBABLE_STOP.value,
            "until": value_for_database(stop.until),
            "at": value_for_database(stop.at),
            "said": value_for_database(stop.said),
        }
        await self._rest.append("store a probable STOP", "call_pauses", [row], "id")

    async def find(self, stop_id: str) -> ProbableStop | None:
        """Read one."""
        query = self._rest.table("call_pauses").select(*PROBABLE_STOP_COLUMNS).eq("id", stop_id)
        query = query.eq("reason", Reason.PROBABLE_STOP.value)
        found = await self._rest.rows("read a probable STOP", query.limit(1))
        return _from_row(found[0]) if found else None

    async def undecided(self, *, limit: int) -> list[ProbableStop]:
        """Read what nobody has decided yet, newest first, of everybody."""
        query = self._rest.table("call_pauses").select(*PROBABLE_STOP_COLUMNS)
        query = query.eq("reason", Reason.PROBABLE_STOP.value).is_("decision", "null")
        found = await self._rest.rows(
            "list probable STOPs", query.order("at", desc=True).limit(limit)
        )
        return [_from_row(row) for row in found]

    async def of(self, person: Person, *, limit: int) -> list[ProbableStop]:
        """Read those of one person, newest first, decided or not."""
        query = self._rest.table("call_pauses").select(*PROBABLE_STOP_COLUMNS)
        query = query.eq("reason", Reason.PROBABLE_STOP.value).or_(names_filter(person))
        found = await self._rest.rows(
            "list a person's probable STOPs", query.order("at", desc=True).limit(limit)
        )
        return [_from_row(row) for row in found]

    async def decide(self, stop: ProbableStop, decision: StopDecision, at: datetime) -> bool:
        """Note what it was found to be, and end its pause; `False` if it was decided before."""
        columns = {
            "decision": decision.value,
            "decided_at": value_for_database(at),
            "until": value_for_database(min(stop.until, at)),
        }
        query = self._rest.table("call_pauses").update(
            columns, returning=ReturnMethod.representation
        )
        query = query.eq("id", stop.id).is_("decision", "null").select("id")
        return bool(await self._rest.rows("decide a probable STOP", query))


def _from_row(row: Row) -> ProbableStop:
    decision = row["decision"]
    return ProbableStop(
        id=row["id"],
        phone_number_id=PhoneNumberId(row["phone_number_id"]),
        person=Person(user_id=row["user_id"], phone=row["phone"]),
        said=row["said"] or "",
        at=moment_of(row["at"]),
        until=moment_of(row["until"]),
        decision=StopDecision(decision) if decision is not None else None,
        decided_at=time_of(row["decided_at"]),
    )
