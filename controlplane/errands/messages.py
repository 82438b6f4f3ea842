"""The table `messages`: texts that wait, each claimed by one process for a while."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from postgrest.types import ReturnMethod

from controlplane.core.errand import Verdict
from controlplane.core.message import Message, MessageStatus
from controlplane.errands.rows import (
    FREED,
    MESSAGE_COLUMNS,
    message_from_row,
    settled_columns,
)
from shared.call.errors import CallNotFound
from shared.call.ids import CallId
from shared.database.notes import Notes
from shared.database.rest import PAGE
from shared.database.rows import value_for_database
from shared.database.tables import Tables

_OPEN = MessageStatus.OPEN.value


class Messages(Tables):
    """Writes, claims and settles texts. Methods raise `StoreUnavailable`."""

    async def write(self, message_id: str, call_id: CallId, *, kind: str, body: str) -> bool:
        """Write a text to the person of a call; the same id twice is one.

        `False`: there is no such call, or it names nobody.
        """
        try:
            await Notes(self._rest).write_message(message_id, call_id, kind, body)
        except CallNotFound:
            return False
        return True

    async def add(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write texts in one request, whole rows; an id that is there stays as it is."""
        new = [dict(value_for_database(row)) for row in rows]
        await self._rest.append("write messages", "messages", new, "id")

    async def find(self, message_id: str) -> Message | None:
        """Read one."""
        row = await self._rest.first(
            "read a message", "messages", MESSAGE_COLUMNS, "id", message_id
        )
        return message_from_row(row) if row is not None else None

    async def of_call(self, call_id: CallId) -> list[Message]:
        """Read the texts of a call, oldest first; at most 1000."""
        query = self._rest.table("messages").select(*MESSAGE_COLUMNS).eq("call_id", call_id)
        query = query.order("created_at").order("id").limit(PAGE)
        return [message_from_row(row) for row in await self._rest.rows("list messages", query)]

    async def take(
        self, owner: str, now: datetime, until: datetime, *, at_most: int
    ) -> list[Message]:
        """Claim those that are due; nobody else has them before `until`."""
        answer = await self._rest.rpc(
            "take messages",
            "take_messages",
            taker=owner,
            moment=value_for_database(now),
            until=value_for_database(until),
            at_most=at_most,
        )
        return [message_from_row(row) for row in answer.rows]

    async def hand_over(self, message: Message, owner: str, at: datetime) -> bool:
        """Write that a text is given to Meta, before it is; `False`: it is another's, or over."""
        columns = {"handed_at": value_for_database(at)}
        query = self._rest.table("messages").update(columns, returning=ReturnMethod.representation)
        query = query.eq("id", message.id).eq("owner", owner).eq("status", _OPEN)
        # a repeated request finds its own time
        query = query.or_(f'handed_at.is.null,handed_at.eq."{columns["handed_at"]}"')
        return bool(await self._rest.rows("hand a message over", query.select("id")))

    async def sent(
        self, message_id: str, wamid: str, at: datetime, *, template: str | None = None
    ) -> Message | None:
        """Note that Meta took a text, by its answer or its status; `None`: it was over already.

        A status may come after a text was given up of which nobody knew.
        """
        if not _is_ours(message_id):
            return None
        columns: dict[str, object] = {
            "status": MessageStatus.SENT.value,
            "message_id": value_for_database(wamid),
            "last_error": None,
            "finished_at": value_for_database(at),
            **FREED,
        }
        if template is not None:
            columns["template"] = template
        return await self._change_handed(
            "note a sent message", message_id, columns, unless_open=MessageStatus.FAILED
        )

    async def settle(
        self,
        message: Message,
        verdict: Verdict,
        *,
        template: str | None,
        is_unknown: bool,
        at: datetime,
    ) -> Message | None:
        """Write what became of a try, and whether Meta may have the text all the same.

        `None`: it was over already.
        """
        columns = settled_columns(verdict, done="sent", attempts=message.attempts, at=at)
        columns["template"] = template
        if not is_unknown:
            columns["handed_at"] = None
        return await self._change("settle a message", message.id, columns)

    async def undelivered(self, message_id: str, why: str, at: datetime) -> Message | None:
        """Note that Meta did not deliver a text that it took; return it, `None`: none of ours."""
        if not _is_ours(message_id):
            return None
        columns: dict[str, object] = {
            "status": MessageStatus.FAILED.value,
            # its earlier statuses may come late, and say nothing any more
            "handed_at": None,
            "last_error": why,
            "finished_at": value_for_database(at),
            **FREED,
        }
        return await self._change_handed(
            "note an undelivered message", message_id, columns, unless_open=MessageStatus.SENT
        )

    async def reopen(self, message_id: str, template: str, at: datetime) -> None:
        """Have a text sent again that was not delivered, with a template."""
        columns = {
            "status": _OPEN,
            "template": template,
            "handed_at": None,
            "finished_at": None,
            "next_at": value_for_database(at),
        }
        query = self._rest.table("messages").update(columns, returning=ReturnMethod.minimal)
        query = query.eq("id", message_id).eq("status", MessageStatus.FAILED.value)
        await self._rest.send("send a message again", query)

    async def cancel_of(self, follow_up_id: str, at: datetime) -> None:
        """Leave a follow-up's texts that were not given to Meta."""
        columns = {
            "status": MessageStatus.CANCELED.value,
            "finished_at": value_for_database(at),
        }
        query = self._rest.table("messages").update(columns, returning=ReturnMethod.minimal)
        query = query.eq("follow_up_id", follow_up_id).eq("status", _OPEN)
        await self._rest.send("cancel messages", query.is_("handed_at", "null"))

    async def _change_handed(
        self, what: str, message_id: str, columns: dict[str, object], *, unless_open: MessageStatus
    ) -> Message | None:
        """Change a text that Meta was given and that is open, or was settled so; else `None`."""
        query = self._rest.table("messages").update(columns, returning=ReturnMethod.representation)
        query = query.eq("id", message_id).in_("status", [_OPEN, unless_open.value])
        query = query.not_.is_("handed_at", "null")
        found = await self._rest.rows(what, query)
        return message_from_row(found[0]) if found else None

    async def _change(
        self, what: str, message_id: str, columns: dict[str, object]
    ) -> Message | None:
        query = self._rest.table("messages").update(columns, returning=ReturnMethod.representation)
        query = query.eq("id", message_id).eq("status", _OPEN)
        found = await self._rest.rows(what, query)
        return message_from_row(found[0]) if found else None


def _is_ours(message_id: str) -> bool:
    """Whether it can be an id of ours: others may write in the business's name, too."""
    try:
        return bool(uuid.UUID(message_id))
    except ValueError:
        return False
