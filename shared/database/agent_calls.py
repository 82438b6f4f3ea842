"""Which worker has the agent's side of which call: kept, seen, taken over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.call.agent_lease import HeldCall, TakenCall
from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn
from shared.call.records import TranscriptTurn
from shared.database import rows
from shared.database.tables import Tables


class AgentCalls(Tables):
    """The agents of live calls, and the workers that have them."""

    async def seen_agents(self) -> list[HeldCall]:
        """Live calls whose agent is up, with what their workers wrote last."""
        answer = await self._rest.rpc("look at the agents", "agents_seen")
        return rows.held_calls(answer.data)

    async def beat(self, worker: str, until: datetime) -> list[HeldCall]:
        """Write that a worker lives, and return what `seen_agents` does."""
        answer = await self._rest.rpc(
            "say that a worker lives",
            "agent_beat",
            worker_id=worker,
            worker_until=rows.value_for_database(until),
        )
        return rows.held_calls(answer.data)

    async def keep_agent(
        self,
        call_id: CallId,
        worker: str,
        state: Mapping[str, Any],
        turns: Sequence[TranscriptTurn],
        measured: Sequence[MeasuredTurn] = (),
    ) -> bool:
        """Write a call's state, its newest turns and what they took, all or nothing.

        `False`: another worker has the call, and nothing was written.
        """
        new = [rows.transcript_to_row(turn) for turn in turns]
        answer = await self._rest.rpc(
            "keep an agent's state",
            "agent_keep",
            of_call=call_id,
            by_worker=worker,
            new_state=rows.value_for_database(state),
            turns=new,
            measured=[rows.measured_to_row(turn) for turn in measured],
        )
        return answer.data is True

    async def has_last_words(self, call_id: CallId) -> bool:
        """Whether the agent of a call has written all that was said in it."""
        columns = ("state",)
        row = await self._rest.first(
            "look for a call's last words", "agent_calls", columns, "call_id", call_id
        )
        return row is not None and row["state"].get("done") is True

    async def take_agent(self, call: HeldCall, worker: str) -> TakenCall | None:
        """Take a call over from whoever had it as `call` says; `None` if that has changed."""
        answer = await self._rest.rpc(
            "take an agent over",
            "agent_take",
            of_call=call.call_id,
            from_worker=call.worker,
            seen_until=rows.value_for_database(call.until),
            to_worker=worker,
        )
        if not isinstance(answer.data, dict):
            return None
        return TakenCall(
            call_id=call.call_id, takes=answer.data["takes"], state=answer.data["state"]
        )

    async def leave_worker(self, worker: str) -> None:
        """Write that a worker is gone: its calls, if any, are anybody's."""
        await self._rest.rpc("sign a worker off", "agent_leave", worker_id=worker)
