"""What has to happen at Meta, the phone and OpenAI for a call to go as it went. Pure.

What the model or our own processes did cannot be asked of a simulator: a call whose end was the
agent's own decision, or a process's death, is refused in words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.call.call import Direction, EndReason
from wacall.replay.bundle import BundledCall, Event

WORDLESS_S = 6.0
"""How long a conversation lasts whose words are not in the bundle: nobody speaks in it."""
LONGEST_S = 600.0
_LONGEST_RING_S = 40.0

# reason -> what the simulated OpenAI is told to do (`POST /sim/faults`)
_OPENAI: Mapping[EndReason, Mapping[str, Any]] = {
    EndReason.OPENAI_QUOTA: {"refuse_calls": -1, "refuse_connections": -1, "refuse_status": 429},
    EndReason.OPENAI_KEY_REFUSED: {
        "refuse_calls": -1, "refuse_connections": -1, "refuse_status": 401,
    },
    EndReason.OPENAI_UNREACHABLE: {
        "refuse_calls": -1, "refuse_connections": -1, "refuse_status": 503,
    },
}  # fmt: skip
_PATHLESS = (EndReason.MEDIA_TIMEOUT,)
_HANGS_UP = (EndReason.CALLER_HANGUP,)
_OUTBOUND_ENDS = (EndReason.NOT_ANSWERED, EndReason.REJECTED, EndReason.PEER_FAILED)


class CannotReplay(ValueError):
    """Nothing outside of this program made the call go as it went; the sentence says what did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPlan:
    """How the simulated world behaves; times in seconds."""

    direction: Direction
    media: str | None = None
    """`direct` or `bridge`: what WA_MEDIA was; None: the call did not come so far."""
    hangs_up_after_s: float | None = None
    """From the answer, or, unanswered, from the ringing; None: somebody else ends it."""
    answers: bool = True
    """Whether the phone of an outbound call is picked up; inbound: whether it waits for that."""
    rings_s: float = 1.0
    """Outbound: until it is picked up, or rejected."""
    rejects: bool = False
    fails_with: int | None = None
    """Outbound: the code with which Meta says that the call failed."""
    offer_age_s: float = 0.0
    connect_is_last: bool = False
    """Meta's `connect` came after its `terminate`."""
    has_path: bool = True
    """Whether the phone's media can be reached."""
    offer_shape: str | None = field(default=None, repr=False)
    """Inbound, of an offer that could not be used: that description, without its secrets."""
    graph_error: tuple[str, int] | None = None
    """Which request Meta refuses, and its code."""
    openai_faults: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()
    """What is not as it was, in sentences."""


def plan_of(call: BundledCall) -> ReplayPlan:
    """Say what has to happen.

    Raises:
        CannotReplay: it cannot be made to happen.
    """
    reason = EndReason(call.end_reason) if call.end_reason in set(EndReason) else None
    is_outbound = call.direction is Direction.OUTBOUND
    error = _graph_error(call)
    known = {*_OPENAI, *_PATHLESS, *_HANGS_UP, EndReason.STALE_OFFER, EndReason.BAD_OFFER}
    if is_outbound:
        known = (known - {EndReason.STALE_OFFER, EndReason.BAD_OFFER}) | {*_OUTBOUND_ENDS}
    if reason is EndReason.GRAPH_REFUSED and error is not None:
        known.add(reason)
    if reason is None or reason not in known:
        raise CannotReplay(
            f"A call that ended as `{call.end_reason}` cannot be made to end so by a phone, by "
            "Meta or by OpenAI alone: its agent, its operators or this program's own processes "
            "did it."
        )
    lasted_s, notes = _lasted(call)
    return ReplayPlan(
        direction=call.direction,
        media=_media(call),
        hangs_up_after_s=lasted_s if reason in _HANGS_UP else None,
        answers=call.answered_at is not None or reason in _PATHLESS,
        rings_s=_rings(call),
        rejects=reason is EndReason.REJECTED,
        fails_with=_meta_code(call) if reason is EndReason.PEER_FAILED else None,
        offer_age_s=_age(call),
        connect_is_last=_connect_is_last(call),
        has_path=reason not in _PATHLESS,
        offer_shape=_offer(call) if reason is EndReason.BAD_OFFER else None,
        graph_error=error if reason is EndReason.GRAPH_REFUSED else None,
        openai_faults=_OPENAI.get(reason, {}),
        words=call.words if call.answered_at is not None else (),
        notes=notes if reason in _HANGS_UP else (),
    )


def media_of(plans: Sequence[ReplayPlan]) -> str:
    """Return the WA_MEDIA that several calls have in common.

    Raises:
        CannotReplay: they need two; outbound calls always go by a bridge, whatever it is.
    """
    inbound = [plan.media for plan in plans if plan.direction is Direction.INBOUND]
    wanted = {media for media in inbound if media is not None}
    if len(wanted) > 1:
        raise CannotReplay(
            "Some of the calls came directly (WA_MEDIA=direct), others by a media bridge "
            "(WA_MEDIA=bridge): replay the one kind after the other."
        )
    return wanted.pop() if wanted else "bridge"


def _media(call: BundledCall) -> str | None:
    stages = {name.removesuffix("_ms") for name in call.timings_ms}
    if call.direction is Direction.OUTBOUND or "leg" in stages:
        return "bridge"
    return "direct" if "whip" in stages else None


def _lasted(call: BundledCall) -> tuple[float, tuple[str, ...]]:
    lasted_s = (call.ended_at - (call.answered_at or call.created_at)).total_seconds()
    if call.answered_at is None or (call.words and lasted_s <= LONGEST_S):
        return min(max(lasted_s, 0.2), LONGEST_S), ()
    if call.words:
        return LONGEST_S, (f"It is cut to {LONGEST_S:.0f} s.",)
    if lasted_s <= WORDLESS_S:
        return max(lasted_s, 0.2), ()
    return WORDLESS_S, (
        "What was said is not in the bundle (`wacall export --with-transcript`), so nobody speaks: "
        f"the conversation is cut to {WORDLESS_S:.0f} s.",
    )


def _rings(call: BundledCall) -> float:
    until = call.answered_at or call.ended_at
    rang = next(
        (
            event.at
            for event in call.of_meta("status")
            if _find(event.payload, "status") == "RINGING"
        ),
        call.created_at,
    )
    return min(max((until - rang).total_seconds(), 0.2), _LONGEST_RING_S)


def _age(call: BundledCall) -> float:
    """How old the offer was when it came; Meta's timestamps are whole seconds."""
    for event in call.of_meta("connect"):
        told = _find(event.payload, "timestamp")
        if str(told).isdecimal():
            age_s = event.at.timestamp() - int(str(told))
            return age_s if 2 <= age_s <= 3600 else 0.0
    return 0.0


def _connect_is_last(call: BundledCall) -> bool:
    ends, begins = call.of_meta("terminate"), call.of_meta("connect")
    return bool(ends and begins) and ends[0].at < begins[0].at


def _offer(call: BundledCall) -> str | None:
    for event in call.of_meta("connect"):
        sdp = _find(event.payload, "sdp")
        if isinstance(sdp, str):
            return sdp
    return None


def _graph_error(call: BundledCall) -> tuple[str, int] | None:
    """Return the request that Meta refused, and its code, from what we wrote down."""
    for event in _errors(call):
        code = _find(event.payload, "meta_code")
        if isinstance(code, int):
            step = str(_find(event.payload, "after_step") or "")
            return _refused_after(call.direction, step), code
    return None


def _refused_after(direction: Direction, step: str) -> str:
    if direction is Direction.OUTBOUND:
        return "connect"
    return "accept" if step in ("pre_accept", "media") else "pre_accept"


def _meta_code(call: BundledCall) -> int:
    for event in (*call.of_meta("terminate"), *call.of_meta("status"), *_errors(call)):
        for name in ("code", "meta_code"):
            code = _find(event.payload, name)
            if isinstance(code, int):
                return code
    raise CannotReplay("Meta's code of the failure is not in the bundle.")


def _errors(call: BundledCall) -> Iterator[Event]:
    yield from (event for event in call.timeline if event.kind == "error")


def _find(value: Any, name: str) -> Any:
    """Find a field at any depth of what a webhook had, outermost first; None: it is not there."""
    if isinstance(value, Mapping):
        if name in value:
            return value[name]
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            found = _find(one, name)
            if found is not None:
                return found
    return None
