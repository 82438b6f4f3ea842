"""Which calls somebody looks for; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

QUERY = ("q", "status", "direction", "profile", "reason", "outcome")
"""Names in a query; what is left out or empty is every call."""
_LONGEST = 100
_COLUMNS = {
    "status": "status",
    "direction": "direction",
    "profile": "profile",
    "reason": "end_reason",
    "outcome": "outcome",
}
# at least so many digits: two would show a fifth of all calls for nothing
_DIGITS = re.compile(r"\+?[0-9 ()./-]{3,}")
_ID = re.compile(r"[0-9a-f]{4,8}|[0-9a-f]{8}-[0-9a-f-]{0,27}")
_NIL, _LAST = "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"
# letters of names; the rest stands for any one character, so that nothing needs to be quoted
_ODD = re.compile(r"[^\w-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Conditions, all of which hold; the empty ones say nothing."""

    text: str = ""
    """The beginning of a call's id, a number's last digits, or part of a name."""
    status: str = ""
    direction: str = ""
    profile: str = ""
    reason: str = ""
    outcome: str = ""

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> "Wanted":
        """Read them by the names of `QUERY`.

        Raises:
            ValueError: one is too long, or no text; the sentence names it.
        """
        for name in QUERY:
            if len(query.get(name, "")) > _LONGEST:
                raise ValueError(f"{name} must have {_LONGEST} characters at most.")
            if not query.get(name, "").isprintable():
                # PostgreSQL's text takes no NUL, and nothing that is looked for has one
                raise ValueError(f"{name} must not have control characters.")
        return cls(text=query.get("q", ""), **{name: query.get(name, "") for name in _COLUMNS})

    def columns(self) -> dict[str, str]:
        """Return what columns of `calls` must be."""
        given = {column: str(getattr(self, name)) for name, column in _COLUMNS.items()}
        return {column: value for column, value in given.items() if value}

    def search(self) -> str:
        """Return what PostgREST's `or` takes for the text: number, name, id."""
        ways = [f"caller_name.ilike.%{_ODD.sub('_', self.text)}%"]
        if _DIGITS.fullmatch(self.text):
            ways.append(f"caller_phone.like.%{re.sub(r'[^0-9]', '', self.text)}")
        beginning = self.text.lower()
        if _ID.fullmatch(beginning):
            first, last = beginning + _NIL[len(beginning) :], beginning + _LAST[len(beginning) :]
            if all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one)
                   for one in (first, last)):  # fmt: skip
                ways.append(f"and(id.gte.{first},id.lte.{last})")
        return ",".join(ways)


EVERY_CALL = Wanted()
