"""People on WhatsApp whom the business may call: who they are, what they allow, what they do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from simulators.meta.people.callee_plan import CalleePlan
from simulators.meta.people.permissions import DAY_S, Permission
from simulators.meta.webhooks.calls import Caller, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyPlan:
    """How a person answers permission requests by themselves."""

    accept: bool = True
    permanent: bool = False
    after_s: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """What stands in the chat of a person and the business."""

    at: float
    """By the simulated Meta's clock, UNIX seconds."""
    is_from_business: bool
    text: str = field(repr=False)
    request_id: str | None = None
    """The permission request that this line is: it has buttons as long as it is open."""


@dataclass(slots=True, kw_only=True, eq=False)
class Person:
    """One user; made by `People.add`."""

    caller: Caller = field(repr=False)
    plan: CalleePlan = field(default_factory=CalleePlan)
    """How coming calls are taken; may be replaced between calls."""
    replies: ReplyPlan | None = None
    """None: requests wait for `reply_to_request`."""
    permission: Permission = field(default_factory=Permission, repr=False)
    callable: bool = True
    """False: WhatsApp is too old, or its terms are not accepted; calls are refused (138001)."""
    old_client: bool = False
    """Permission requests cannot be delivered (131026)."""
    fails_with: int | None = None
    """Messages are taken, and fail a moment later with this code."""
    nudged: bool = False
    """WhatsApp has asked whether the business's calls are still welcome."""
    inbox: list[Json] = field(default_factory=list, repr=False)
    """Bodies of the messages that the business sent."""
    chat: list[ChatLine] = field(default_factory=list, repr=False)
    """What both have written, in order."""
    _window_until: float = 0.0

    @property
    def phone(self) -> str:
        """Digits without `+`."""
        return self.caller.phone

    @property
    def user_id(self) -> str:
        """The business-scoped user id."""
        return self.caller.user_id

    @property
    def country(self) -> str:
        """ISO code, the first part of the business-scoped user id."""
        return self.user_id.partition(".")[0]

    def wrote(self, text: str, now: float) -> None:
        """Put down in the chat what the person writes or chooses."""
        self.chat.append(ChatLine(at=now, is_from_business=False, text=text))

    def open_window(self, now: float) -> None:
        """Open or refresh the customer-service window: a message or a call from the user."""
        self._window_until = now + DAY_S

    def window_is_open(self, now: float) -> bool:
        """Tell whether free-form messages may be sent."""
        return now < self._window_until


class People:
    """Everybody on the simulated WhatsApp; others have no account."""

    def __init__(self) -> None:
        self._people: list[Person] = []

    def add(self, person: Person) -> Person:
        """Give a person an account.

        Raises:
            ValueError: the phone number or the user id is taken.
        """
        if self.find(person.phone) or self.find(person.user_id):
            raise ValueError("there is a person with this phone number or user id already")
        self._people.append(person)
        return person

    def find(self, phone_or_user_id: str) -> Person | None:
        """Return the person with this phone number (digits) or business-scoped user id."""
        return next(
            (
                person
                for person in self._people
                if phone_or_user_id in (person.phone, person.user_id, person.caller.parent_user_id)
            ),
            None,
        )

    def __iter__(self) -> Iterator[Person]:
        return iter(self._people)

    def __len__(self) -> int:
        return len(self._people)

    def __getitem__(self, index: int) -> Person:
        return self._people[index]

    def numbered(self) -> Sequence[tuple[int, Person]]:
        """Return everybody with a number from 1 on."""
        return list(enumerate(self._people, 1))
