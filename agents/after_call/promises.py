"""Promises that an agent made: which are real, which are backed, what the others become; pure."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from agents.after_call.findings import FoundPromise
from agents.after_call.material import Material
from agents.after_call.plan import KeptPromise, Standing
from shared.call.ids import CallId
from shared.call.records import FollowUp, ToolCall
from shared.profiles.tool_names import BUILT_IN, OUTBOUND

_NAMESPACE = UUID("0d9b8f0a-6f57-5c0d-8a58-5b1d6fd0d3c4")
# A quote of a word or two, such as "I will", could be found anywhere.
_LEAST_LETTERS = 8
_FURTHEST = timedelta(days=366)
# "Tomorrow at nine", read by a model, and a follow-up that the agent made of the same words.
_SAME_TIME = timedelta(minutes=15)
_KEEPS = frozenset({"scheduleFollowUp", "sendMessage", "requestHuman"})
# and the business's own actions; all other tools of ours write down what was said, which keeps no
# promise
_KEEPS_NONE = frozenset({*BUILT_IN, *OUTBOUND}) - _KEEPS


def settle_promises(
    found: Sequence[FoundPromise],
    material: Material,
    *,
    arranged: Sequence[FollowUp],
    may_call: bool,
    now: datetime,
) -> list[tuple[KeptPromise, FollowUp | None]]:
    """Say what becomes of each promise that was truly made.

    Args:
        found: what the model found; a quote that no turn of the agent holds is left out, and so is
            the same promise a second time.
        material: the conversation.
        arranged: all follow-ups of the call, those that the work after it has just made included.
        may_call: whether the person may still be called.
        now: when this is read.

    Returns:
        Each promise with the follow-up that it becomes, `None` if it is backed. The follow-up's id
        comes from the call, the turn, and the promise's place in that turn: whoever reads the
        conversation a second time writes the same rows, in whatever words.
    """
    texts = {
        turn.sequence: _folded(turn.text) for turn in material.turns if turn.speaker == "assistant"
    }
    placed: dict[tuple[int, int], FoundPromise] = {}
    for one in found:
        place = _place_of(one, texts)
        if place is not None:
            placed.setdefault(place, one)
    settled: list[tuple[KeptPromise, FollowUp | None]] = []
    known = list(arranged)
    ordinals: dict[int, int] = {}
    for (turn, _), one in sorted(placed.items(), key=lambda item: item[0]):
        ordinals[turn] = ordinals.get(turn, 0) + 1
        due_at = due_time(one.due_at, material, now)
        if _is_backed(one, material, due_at, known):
            settled.append((_kept(one, turn, Standing.BACKED), None))
            continue
        follow_up = _follow_up(
            one,
            material,
            follow_up_id=promise_id(material.call.id, turn, ordinals[turn]),
            due_at=due_at,
            may_call=may_call,
            now=now,
        )
        known.append(follow_up)
        is_flag = follow_up.channel == "task"
        standing = Standing.FLAGGED if is_flag else Standing.FOLLOW_UP
        settled.append((_kept(one, turn, standing, follow_up.id), follow_up))
    return settled


def promise_id(call_id: CallId, turn: int, ordinal: int) -> str:
    """Make the id of the follow-up of a promise."""
    return str(uuid5(_NAMESPACE, f"{call_id}|promise|{turn}|{ordinal}"))


def due_time(said: str | None, material: Material, now: datetime) -> datetime | None:
    """Read when a promise is due; `None`: no time was named, or none that can be meant."""
    if said is None:
        return None
    try:
        moment = datetime.fromisoformat(said.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=material.business.zone)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        return None
    return moment if now <= moment <= now + _FURTHEST else None


def is_arranged(channel: str, due_at: datetime, arranged: Sequence[FollowUp]) -> bool:
    """Whether a follow-up of this kind is arranged for about this time, in whatever words."""
    return any(
        one.channel == channel and abs(one.due_at - due_at) <= _SAME_TIME for one in arranged
    )


def _place_of(promise: FoundPromise, texts: dict[int, str]) -> tuple[int, int] | None:
    """Find the turn and the position of a quote: models miscount, so others are looked at too."""
    quote = _folded(promise.quote)
    if sum(letter.isalnum() for letter in quote) < _LEAST_LETTERS:
        return None
    for turn in (promise.turn, *texts):
        at = texts.get(turn, "").find(quote)
        if at >= 0:
            return turn, at
    return None


def _folded(text: str) -> str:
    """Leave of a text what two honest copies of it have in common: letters and digits."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"\w+", plain))


def _is_backed(
    promise: FoundPromise,
    material: Material,
    due_at: datetime | None,
    arranged: Sequence[FollowUp],
) -> bool:
    number = promise.backed_by
    if number is not None and 1 <= number <= len(material.tool_calls):
        call = material.tool_calls[number - 1]
        if call.error is None and call.name not in _KEEPS_NONE and _fits(call, promise.remedy):
            return True
    return due_at is not None and is_arranged(promise.remedy, due_at, arranged)


def _fits(call: ToolCall, remedy: str) -> bool:
    """Whether a call of a tool can keep a promise of this kind: being called is no price list."""
    if call.name == "sendMessage":
        return remedy == "message"
    if call.name != "scheduleFollowUp":
        return True
    # a person of the business can keep any
    return remedy == "task" or call.arguments.get("channel", "call") in (remedy, "task", "email")


def _follow_up(
    promise: FoundPromise,
    material: Material,
    *,
    follow_up_id: str,
    due_at: datetime | None,
    may_call: bool,
    now: datetime,
) -> FollowUp:
    channel, body = promise.remedy, None
    if promise.remedy == "message" and promise.message:
        # "I will send it to you" is meant for now
        body = promise.message
    elif promise.remedy != "call" or due_at is None or not may_call:
        channel = "task"
    return FollowUp(
        id=follow_up_id,
        call_id=material.call.id,
        due_at=due_at or now,
        channel=channel,
        purpose=promise.purpose or promise.quote,
        time_zone=material.business.zone.key,
        source="workflow",
        kind="promise",
        body=body,
    )


def _kept(
    promise: FoundPromise, turn: int, standing: Standing, follow_up_id: str | None = None
) -> KeptPromise:
    return KeptPromise(
        turn=turn,
        quote=promise.quote,
        standing=standing,
        backed_by=promise.backed_by if standing is Standing.BACKED else None,
        follow_up=follow_up_id,
    )
