"""What the Graph API needs of calls, and of those who know what the business may start."""

from collections.abc import Mapping
from typing import Any, Protocol

from simulators.meta.rules.graph import CallView, Refusal


class GraphCall(Protocol):
    """What the API needs of a call."""

    @property
    def view(self) -> CallView:
        """The call as the rules see it."""

    def take(self, action: str, body: Mapping[str, Any], at: float) -> None:
        """Do what a request that passed the rules asks for."""

    def answer_sent(self, action: str, at: float) -> None:
        """Learn that Graph's 200 for an action goes out now."""

    def refused(self, action: str, refusal: Refusal, at: float) -> None:
        """Learn that a request was refused."""


class NewCall(GraphCall, Protocol):
    """What the API needs of a call that the business places."""

    @property
    def wacid(self) -> str:
        """The id that Meta gave it."""

    async def before_response(self) -> None:
        """Hold the response of `connect` back."""

    def response_over(self, at: float) -> None:
        """Learn that the response of `connect` leaves, or was lost."""


class Outgoing(Protocol):
    """Who knows what the business may start."""

    def check_connect(self, body: Mapping[str, Any]) -> Refusal | None:
        """Refuse a well-formed `connect` that a rule forbids."""

    async def connect(self, body: Mapping[str, Any], at: float) -> NewCall:
        """Place the call of a `connect` that was not refused."""

    def send_message(self, body: Any) -> Refusal | dict[str, Any]:
        """Take a message; return the response's body."""

    def settings(self) -> dict[str, Any]:
        """Build the number's calling settings."""

    def message_templates(self) -> dict[str, Any]:
        """List the account's approved templates."""

    def permissions(self, query: Mapping[str, str]) -> Refusal | dict[str, Any]:
        """Answer `GET call_permissions`."""


class Switchboard(Protocol):
    """Where the API finds calls."""

    @property
    def outbound(self) -> Outgoing:
        """The business's own undertakings."""

    def find(self, wacid: str) -> GraphCall | None:
        """Return the call with this id."""
