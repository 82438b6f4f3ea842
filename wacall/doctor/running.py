"""The doctor at the running control plane: what came to its webhooks, and what it turned away."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping
from typing import Any

from controlplane.core.arrivals import REFUSED, Arrival
from wacall.doctor.findings import Finding, ok, warn
from wacall.doctor.findings import fail as failed
from wacall.operators.client import OperatorRefused, ask

_ASKED = 3
"""Times, each on a connection of its own: behind a proxy another replica may answer."""
_ROOM_EVENT_WITHIN_S, _PAUSE_S = 4.0, 0.25

Statuses = Mapping[str, Mapping[str, Any]]
"""What `/status` says, by replica."""


async def statuses(environ: Mapping[str, str]) -> Statuses:
    """Ask for what came to the webhooks.

    Raises:
        OperatorRefused: nobody answers, or not as a control plane does.
    """
    found = {}
    for _ in range(_ASKED):
        answer = await ask(environ, "GET", "/status")
        found[str(answer.get("replica"))] = answer
    return found


def counts(found: Statuses) -> Counter[Arrival]:
    """Add up what came to all replicas, by kind."""
    counted: Counter[Arrival] = Counter()
    for status in found.values():
        for one in status.get("arrivals", ()):
            with contextlib.suppress(ValueError):
                counted[Arrival(one["kind"])] += int(one["count"])
    return counted


def judge_arrivals(found: Statuses) -> list[Finding]:
    """Say what was turned away; it is a failure while nothing of that kind has gone well."""
    counted = counts(found)
    told = []
    for replica, status in sorted(found.items()):
        for one in status.get("arrivals", ()):
            if one["kind"] not in tuple(REFUSED) or _is_noise(one["kind"], counted):
                continue
            judge = failed if _keeps_calls_away(one["kind"], counted) else warn
            number = one.get("phone_number_id")
            of = f" (the last one of number id {number})" if number else ""
            told.append(
                judge(
                    "webhook",
                    f"{replica} turned away {one['count']} since {_minute(status.get('since'))}, "
                    f"the last one at {_minute(one['last_at'])}: {one['kind']}{of}.",
                    str(one.get("meaning") or "See docs/operations.md."),
                )
            )
    if not told:
        came = counted[Arrival.META]
        so_far = f"has taken {came} webhooks" if came else "has seen no webhook yet"
        told.append(ok("webhook", f"The running control plane {so_far} and turned none away."))
    return told


def _is_noise(kind: str, counted: Counter[Arrival]) -> bool:
    """Strangers post without a signature; it is told only if nothing else has ever come."""
    return kind == Arrival.UNSIGNED and counted[Arrival.META] > 0


def _keeps_calls_away(kind: str, counted: Counter[Arrival]) -> bool:
    came = counted[Arrival.META]
    match kind:
        case Arrival.BAD_SIGNATURE | Arrival.BAD_VERIFY_TOKEN:
            return came == 0
        case Arrival.OTHER_NUMBER:
            return came <= counted[Arrival.OTHER_NUMBER]
        case _:
            return False


def _minute(moment: object) -> str:
    return f"{str(moment)[:16].replace('T', ' ')} UTC"


def judge_silence(error: OperatorRefused) -> Finding:
    """Say that there is no control plane to ask; whether calls can be taken is seen without it."""
    return warn(
        "controlplane",
        f"The running control plane cannot be asked what it refused. {error}",
        "Look again while it runs, with its CONTROLPLANE_API_KEY.",
    )


async def find_room_event(environ: Mapping[str, str], before: Counter[Arrival]) -> Finding:
    """Say whether LiveKit's webhook came for the doctor's own room, which was just made."""
    deadline = asyncio.get_running_loop().time() + _ROOM_EVENT_WITHIN_S
    while asyncio.get_running_loop().time() < deadline:
        try:
            finding = judge_room_event(before, counts(await statuses(environ)))
        except OperatorRefused as error:
            return judge_silence(error)
        if finding is not None:
            return finding
        await asyncio.sleep(_PAUSE_S)
    return warn(
        "livekit",
        "No webhook of LiveKit's reached the control plane when a room was made: the end of a call "
        "is noticed late, by looking.",
        "Name the control plane's /livekit/webhook in webhook.urls of LiveKit's configuration, and "
        "LIVEKIT_API_KEY in webhook.api_key.",
    )


def judge_room_event(before: Counter[Arrival], seen: Counter[Arrival]) -> Finding | None:
    """Compare what had come before the room with what has come since; `None`: nothing yet."""
    if seen[Arrival.LIVEKIT] > before[Arrival.LIVEKIT]:
        return ok("livekit", "LiveKit's webhook reaches the control plane.")
    if seen[Arrival.BAD_ROOM_SIGNATURE] > before[Arrival.BAD_ROOM_SIGNATURE]:
        return warn(
            "livekit",
            "LiveKit's webhook reaches the control plane, but is signed with another key.",
            "Set webhook.api_key in LiveKit's configuration to LIVEKIT_API_KEY.",
        )
    return None
