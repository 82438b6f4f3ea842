"""All tables of errands over one client, for whoever writes, shows or executes what they hold."""

from dataclasses import dataclass
from typing import Self

from controlplane.errands.due import Errands
from controlplane.errands.follow_ups import FollowUps
from controlplane.errands.messages import Messages
from controlplane.errands.missed_calls import MissedCalls
from shared.database.rest import RestClient


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrandRows:
    """The tables."""

    messages: Messages
    follow_ups: FollowUps
    missed_calls: MissedCalls
    errands: Errands

    @classmethod
    def over(cls, rest: RestClient) -> Self:
        """Make them over one client."""
        return cls(
            messages=Messages(rest),
            follow_ups=FollowUps(rest),
            missed_calls=MissedCalls(rest),
            errands=Errands(rest),
        )
