"""Why an agent leaves its call: written where the control plane finds it."""

import asyncio
import logging
from datetime import UTC, datetime

from agents.store_link import Link
from shared.call.call import EndReason
from shared.call.ids import CallId
from shared.call.records import EventRecord, EventSource

_log = logging.getLogger(__name__)

# Until the store has taken what a call's end depends on; the control plane notices anyway, later.
_STORE_TIMEOUT_S = 5.0


async def write_reason(
    link: Link, call_id: CallId, reason: EndReason, cause: str | None = None
) -> None:
    """Ask for the end of a call, within 5 s; never raises.

    With a `cause`, a slug, an error is written beside it.
    """
    try:
        async with asyncio.timeout(_STORE_TIMEOUT_S):
            store = await link.store()
            await store.request_end(call_id, reason)
            if cause is not None:
                await store.add_events([_error(call_id, reason, cause)])
    except Exception as error:
        _log.error(
            "The reason to leave could not be written.",
            extra={
                "action": "reason-unwritten",
                "call": call_id,
                "reason": reason.value,
                "error": type(error).__name__,
            },
        )


async def turn_away(link: Link, call_id: CallId, problem: ValueError) -> None:
    """End a call that no profile can lead."""
    _log.error(
        "A call has no profile that can be used.",
        extra={"action": "call-unprofiled", "call": call_id, "error": str(problem)},
    )
    await write_reason(link, call_id, EndReason.INTERNAL, "profile")


async def write_outcome(link: Link, call_id: CallId, outcome: str, summary: str) -> None:
    """Write what came of a call.

    Raises:
        StoreUnavailable, CallNotFound: it could not be written.
    """
    await (await link.store()).log_outcome(call_id, outcome, summary)


def _error(call_id: CallId, reason: EndReason, cause: str) -> EventRecord:
    return EventRecord.note(
        EventSource.AGENT,
        "error",
        datetime.now(UTC),
        {"reason": reason.value, "cause": cause},
        call_id=call_id,
    )
