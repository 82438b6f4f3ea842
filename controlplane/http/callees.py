"""Whom an operator's request names: read as it was written, spelled as Meta spells them."""

import re
from collections.abc import Awaitable, Callable

from controlplane.core.callee import ImpossibleNumber, read_callee
from controlplane.core.errors import BadRequest
from shared.call.person import Person

SpellingOf = Callable[[str], Awaitable[str | None]]
"""How Meta last spelled a number to us (`Ledger.spelling_of`)."""


class Callees:
    """Reads fields that name a person."""

    def __init__(self, spelling_of: SpellingOf) -> None:
        """Take who knows how Meta spells numbers."""
        self._spelling_of = spelling_of

    async def named(self, text: str, name: str) -> Person:
        """Return whom the field `name` of a body or a query means.

        Of a number's spellings Meta's own is taken, where it has told us of one: what goes back
        to Meta is what came from there. Such a number exists, whatever the tables say.

        Raises:
            BadRequest: it is neither a phone number with its country code nor a user id.
            StoreUnavailable: the database does not answer.
        """
        # a query's + that was not escaped has become a space
        text = re.sub(r"\A (?=[0-9])", "+", text)
        try:
            person = read_callee(text)
        except ImpossibleNumber as impossible:
            phone = await self._spelling_of(impossible.person.phone or "")
            if phone is None:
                raise BadRequest(f"{name} {impossible}.") from None
            return Person(phone=phone)
        except ValueError as error:
            raise BadRequest(f"{name} {error}.") from None
        if person.phone is None:
            return person
        return Person(phone=await self._spelling_of(person.phone) or person.phone)
