"""Who is at the phone; pure."""

from dataclasses import dataclass, field

from shared.call.number import digits_of, number_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What identifies somebody, and keys the ledger: a business-scoped id, a number, or both.

    The id comes first; the number may be hidden, and may have a new owner one day. The checks are
    those of the ledger's tables.

    Source: Meta, business-scoped user ids (2026).

    Raises:
        ValueError: neither is there, or the number is not digits alone. It shows neither.
    """

    user_id: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    """Digits without `+`, as Meta writes them."""

    def __post_init__(self) -> None:
        if self.user_id is None and self.phone is None:
            raise ValueError("a person has a business-scoped user id or a phone number")
        if self.user_id == "":
            raise ValueError("a business-scoped user id is not empty")
        if self.phone is not None and digits_of(self.phone) != self.phone:
            raise ValueError("a person's phone number is digits, and nothing else")

    @classmethod
    def of(cls, user_id: str | None, phone: str | None) -> "Person | None":
        """Clean what others wrote; `None` if it names nobody. Never raises.

        What they write around and between the digits goes; without a digit there is no number.
        """
        user_id = (user_id or "").strip() or None
        phone = digits_of(phone)
        return cls(user_id=user_id, phone=phone) if user_id or phone else None

    @property
    def key(self) -> str:
        """Return what somebody is compared by: the id, else what all spellings of the number share.

        One person may still have two keys, an id and a number; the ledger knows which belong
        together.
        """
        return self.user_id or number_key(self.phone or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """The other side of a call, as far as it is known: who, and the name that they go by."""

    person: Person | None = None
    """None: nobody is known, as in an event that concerns the whole account."""
    name: str | None = field(default=None, repr=False)
