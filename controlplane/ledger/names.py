"""A person as a filter of PostgREST's."""

import re

from shared.call.number import number_key
from shared.call.person import Person

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def names_filter(person: Person) -> str:
    """Return the filter for one person, by either name, in whatever spelling.

    Quoted, for dots mean something in it; a name with other characters than Meta's ids and digits
    have is nobody's, and could mean anything.
    """
    key = number_key(person.phone) if person.phone else None
    names = (("user_id", person.user_id), ("phone_key", key))
    known = [(column, name) for column, name in names if name and _NAME.fullmatch(name)]
    return ",".join(f'{column}.eq."{name}"' for column, name in known) or "id.is.null"
