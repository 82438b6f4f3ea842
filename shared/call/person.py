"""Who is at the phone; pure."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """The person at the phone. The business-scoped id comes first; the number may be hidden.

    Source: Meta, business-scoped user ids (2026).
    """

    user_id: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    """Digits without `+`, as Meta writes them."""
    name: str | None = field(default=None, repr=False)
