"""Whether the database's client is dead while the database lives. Pure.

An outage and a dead client look alike from inside: nothing is answered. Only a connection that is
not the client's can tell them apart; a restart heals the one and not the other. So the client
counts as dead once it was tried and left without an answer for long, *and* two looks on fresh
connections, some time apart, were answered all the while. After an outage the client thus has the
time between the looks to find back by itself.

Times are monotonic, in seconds.
"""

from dataclasses import dataclass, replace

_NO_ANSWER = frozenset({"timeout", "unreachable", "cancelled"})
"""What became of an attempt that says nothing of the database (`shared.database.faults`); an
attempt that was cancelled may have waited for a connection until its caller's patience ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientLimits:
    """How long is too long."""

    silent_s: float = 30
    """For so long nothing was answered on the client, though it was tried."""
    apart_s: float = 10
    """Between the first and the last answered look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientHealth:
    """What is known of the client since its last answer."""

    silent_since: float | None = None
    """When it was first tried in vain since then; `None`: it was not."""
    first_look_at: float | None = None
    last_look_at: float | None = None
    """Of the answered looks, none of which failed in between."""

    def attempted(self, outcome: str, now: float) -> "ClientHealth":
        """Add an attempt of the client's that has come to its end."""
        if outcome not in _NO_ANSWER:
            return ClientHealth()
        return self if self.silent_since is not None else replace(self, silent_since=now)

    def wants_look(self, now: float, limits: ClientLimits) -> bool:
        """Whether it is time to try a fresh connection."""
        return self.silent_since is not None and now - self.silent_since >= limits.silent_s

    def looked(self, *, is_answered: bool, now: float) -> "ClientHealth":
        """Add a look at the database on a fresh connection."""
        if not is_answered:
            return replace(self, first_look_at=None, last_look_at=None)
        first = now if self.first_look_at is None else self.first_look_at
        return replace(self, first_look_at=first, last_look_at=now)

    def is_dead(self, now: float, limits: ClientLimits) -> bool:
        """Whether only a restart helps."""
        if self.first_look_at is None or self.last_look_at is None:
            return False
        apart_s = self.last_look_at - self.first_look_at
        return self.wants_look(now, limits) and apart_s >= limits.apart_s
