"""The table `recordings`: begun, settled, moved, and gone."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from shared.call.errors import CallNotFound
from shared.call.ids import CallId
from shared.call.recording import RecordedFile, Recording, RecordingStatus
from shared.database import rows
from shared.database.tables import Tables

_COLUMNS = rows.TABLES["recordings"]


class Recordings(Tables):
    """Writes which calls are recorded, and finds what has to go."""

    async def add_recording(self, recording: Recording) -> None:
        """Write that a call is recorded; the same id twice is one row."""
        await self._rest.append("store a recording", "recordings", [_to_row(recording)], "id")

    async def settle_recording(
        self,
        recording_id: str,
        status: RecordingStatus,
        *,
        files: Sequence[RecordedFile],
        at: datetime,
        began_at: datetime | None = None,
    ) -> bool:
        """End a recording that still goes on; `False`: it is over already, or there is none.

        `began_at`: the files' beginning, of whoever knows it better than the row, which was
        written before it.
        """
        columns = {
            "status": status.value,
            "files": _files(files),
            "ended_at": rows.value_for_database(at),
        }
        if began_at is not None:
            columns["began_at"] = rows.value_for_database(began_at)
        query = self._rest.table("recordings").update(columns).eq("id", recording_id)
        query = query.eq("status", RecordingStatus.RECORDING.value)
        answer = await self._rest.send("settle a recording", query)
        if answer.rows or answer.attempts == 1:
            return bool(answer.rows)
        # the answer to an earlier attempt was lost: perhaps it was us
        found = await self._rest.first(
            "settle a recording", "recordings", _COLUMNS, "id", recording_id
        )
        return found is not None and rows.row_has(found, columns)

    async def recording_consent(self, call_id: CallId, granted: bool) -> None:
        """Write that the call's person was told and went on, or refused; twice is one entry.

        Raises:
            CallNotFound: there is no such call, or a person without a name.
        """
        written = await self._rest.rpc(
            "write a consent to be recorded",
            "recording_consent",
            of_call=call_id,
            is_granted=granted,
        )
        if written.data is not True:
            raise CallNotFound

    async def get_recording(self, call_id: CallId) -> Recording | None:
        """The call's recording."""
        row = await self._rest.first("read a recording", "recordings", _COLUMNS, "call_id", call_id)
        return _from_row(row) if row else None

    async def open_recordings(self, *, at_most: int) -> list[Recording]:
        """Recordings that go on as far as the rows say, oldest first."""
        query = self._rest.table("recordings").select(*_COLUMNS)
        query = query.eq("status", RecordingStatus.RECORDING.value).not_.is_("call_id", "null")
        query = query.order("began_at").limit(at_most)
        return [_from_row(row) for row in await self._rest.rows("list recordings", query)]

    async def kept_in_folders(
        self, *, at_most: int, but: Collection[str] = (), but_at: Collection[str] = ()
    ) -> list[Recording]:
        """Recordings that are kept, in the folder of a media bridge, oldest first.

        `but` these ids, and `but_at` these places.
        """
        query = self._rest.table("recordings").select(*_COLUMNS)
        query = query.eq("status", RecordingStatus.KEPT.value).is_("deleted_at", "null")
        query = query.not_.is_("call_id", "null").like("place", "folder %")
        if but:
            query = query.not_.in_("id", list(but))
        if but_at:
            query = query.not_.in_("place", list(but_at))
        query = query.order("began_at").limit(at_most)
        return [_from_row(row) for row in await self._rest.rows("list recordings", query)]

    async def recordings_to_delete(self, now: datetime, *, at_most: int) -> list[Recording]:
        """Recordings whose files have to go: their time is over, their call gone, or refused."""
        moment = rows.value_for_database(now)
        query = self._rest.table("recordings").select(*_COLUMNS).is_("deleted_at", "null")
        query = query.or_(f"keep_until.lte.{moment},call_id.is.null,status.in.(declined,lost)")
        query = query.order("began_at").limit(at_most)
        return [_from_row(row) for row in await self._rest.rows("list recordings to delete", query)]

    async def move_recording(self, recording_id: str, *, from_place: str, to_place: str) -> bool:
        """Write that the files are elsewhere now; `False`: meanwhile they have to go.

        Said again, it is true again.
        """
        query = self._rest.table("recordings").update({"place": to_place}).eq("id", recording_id)
        query = query.in_("place", [from_place, to_place]).is_("deleted_at", "null")
        query = query.eq("status", RecordingStatus.KEPT.value).not_.is_("call_id", "null")
        return bool((await self._rest.send("move a recording", query)).rows)

    async def recording_gone(self, recording_id: str) -> None:
        """Write that the files are deleted; where their time was over, the transcript goes too."""
        await self._rest.rpc("note a deletion", "recording_gone", of_recording=recording_id)


def _files(files: Sequence[RecordedFile]) -> list[dict[str, Any]]:
    return [{"name": file.name, "side": file.side, "bytes": file.bytes} for file in files]


def _to_row(recording: Recording) -> dict[str, Any]:
    names = tuple(name for name in _COLUMNS if name not in ("files", "deleted_at"))
    return rows.columns_of(recording, names) | {"files": _files(recording.files)}


def _from_row(row: rows.Row) -> Recording:
    return Recording(
        id=row["id"],
        call_id=CallId(row["call_id"]) if row["call_id"] else None,
        status=RecordingStatus(row["status"]),
        place=row["place"],
        files=tuple(RecordedFile(name=one["name"], bytes=one["bytes"]) for one in row["files"]),
        began_at=rows.moment_of(row["began_at"]),
        ended_at=rows.time_of(row["ended_at"]),
        keep_until=rows.time_of(row["keep_until"]),
        deleted_at=rows.time_of(row["deleted_at"]),
    )
