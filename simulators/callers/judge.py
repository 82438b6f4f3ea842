"""Compares what the database holds of a call with what a caller's script expects; pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.callers.script import Expected


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What the database holds of one call that is over."""

    end_reason: str | None
    outcome: str | None = None
    lead: Mapping[str, str] | None = field(default=None, repr=False)
    """Its columns that hold something; `None`: there is no lead."""
    follow_ups: tuple[tuple[str, str], ...] = ()
    """Channel and kind of each."""
    do_not_call: bool = False
    off_purpose_turns: int = 0
    interrupted: int = 0
    turns: int = 0
    """Of the caller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    wanted: str
    found: str
    holds: bool

    def to_json(self) -> dict[str, Any]:
        """Return it for a report."""
        return {
            "what": self.what, "wanted": self.wanted, "found": self.found, "holds": self.holds,
        }  # fmt: skip


def judge(expected: Expected, picture: Picture) -> list[Finding]:
    """Look at everything that is expected."""
    return list(_findings(expected, picture))


def _findings(expected: Expected, picture: Picture) -> Iterator[Finding]:
    yield _one_of("end_reason", expected.end_reason, picture.end_reason)
    if expected.outcome:
        yield _one_of("outcome", expected.outcome, picture.outcome)
    yield from _lead(expected, picture.lead)
    for wanted in expected.follow_ups:
        parts = wanted.channel, wanted.kind
        holds = any(
            all(part in (None, has) for part, has in zip(parts, one, strict=True))
            for one in picture.follow_ups
        )
        shown = ", ".join(" ".join(one) for one in picture.follow_ups) or "none"
        yield _finding("follow_ups", " ".join(filter(None, parts)), shown, holds)
    if expected.human_request is not None:
        asked = any(kind == "human-request" for _, kind in picture.follow_ups)
        yield _same("human_request", expected.human_request, asked)
    yield _same("do_not_call", expected.do_not_call, picture.do_not_call)
    if expected.off_purpose_at_most is not None:
        most, count = expected.off_purpose_at_most, picture.off_purpose_turns
        yield _finding("off_purpose_turns", f"at most {most}", str(count), count <= most)
    for what in ("off_purpose_turns", "interrupted", "turns"):
        least, count = getattr(expected, what), getattr(picture, what)
        if least:
            yield _finding(what, f"at least {least}", str(count), count >= least)


def _lead(expected: Expected, lead: Mapping[str, str] | None) -> Iterator[Finding]:
    if expected.no_lead:
        yield _finding("lead", "none", "none" if lead is None else "one", lead is None)
    for column, part in (expected.lead or {}).items():
        found = (lead or {}).get(column, "")
        holds = bool(found) and part.casefold() in found.casefold()
        yield _finding(f"lead.{column}", part or "something", found or "nothing", holds)


def _one_of(what: str, wanted: tuple[str, ...], found: str | None) -> Finding:
    return _finding(what, " or ".join(wanted), found or "none", found in wanted)


def _same(what: str, wanted: bool, found: bool) -> Finding:
    shown = {True: "yes", False: "no"}
    return _finding(what, shown[wanted], shown[found], wanted == found)


def _finding(what: str, wanted: str, found: str, holds: bool) -> Finding:
    return Finding(what=what, wanted=wanted, found=found, holds=holds)
