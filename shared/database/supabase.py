"""The store in a Supabase project, by its REST API and its secret key."""

from typing import Self

from shared.database.agent_calls import AgentCalls
from shared.database.calls import Calls
from shared.database.events import Events
from shared.database.jobs import Jobs
from shared.database.notes import Notes
from shared.database.recordings import Recordings
from shared.database.rest import WITHIN_S, RestClient
from shared.database.setups import Setups
from shared.process.observing import ObserveRequest


class SupabaseStore(Calls, Setups, Events, Notes, AgentCalls, Jobs, Recordings):
    """`CallStore` and `AgentStore` in one: all tables over one client.

    Methods raise `StoreUnavailable` when the database does not answer or refuses; those that
    write for a call raise `CallNotFound` when there is none.
    """

    @classmethod
    async def connect(
        cls,
        url: str,
        key: str,
        *,
        within_s: float = WITHIN_S,
        observe: ObserveRequest = lambda *_: None,
    ) -> Self:
        """Prepare the client; nothing is sent yet.

        `within_s` bounds each request with all of its attempts; `observe` is told of each attempt.

        Raises:
            StoreUnavailable: the URL is none, or the key is empty.
        """
        return cls(await RestClient.connect(url, key, within_s=within_s, observe=observe))

    async def close(self) -> None:
        """Close the connections."""
        await self._rest.close()

    async def ping(self) -> None:
        """Ask the database anything; raise if it does not answer."""
        await self._rest.send("ask for a call", self._rest.table("calls").select("id").limit(1))
