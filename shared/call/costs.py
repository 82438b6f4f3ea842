"""What calls have cost, by whom they were for. Pure data, none of it personal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileCosts:
    """One profile's calls together."""

    profile: str | None
    """None: of calls that no profile took."""
    usd: float
    """The models in the conversations, and Meta; what goes on counts so far."""
    unpriced: int = 0
    """Answered calls that are over, and of which a part has no price: that part is in no sum."""
