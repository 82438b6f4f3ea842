"""Probable STOPs and requests for permission, as operators are shown them. Pure."""

from controlplane.core.consent import SentRequest
from controlplane.core.wishes import ProbableStop
from controlplane.http.bodies import ProbableStopView, RequestView
from controlplane.http.reading import iso
from controlplane.meta.code_table import UNLISTED, known_as


def stop_view(stop: ProbableStop) -> ProbableStopView:
    """Show a message, and what was decided."""
    return ProbableStopView(
        id=stop.id,
        user_id=stop.person.user_id,
        phone=stop.person.phone,
        said=stop.said,
        at=iso(stop.at),
        until=iso(stop.until),
        decision=stop.decision,
        decided_at=iso(stop.decided_at),
    )


def request_view(request: SentRequest) -> RequestView:
    """Show a request; of one that was not delivered, Meta's code and what it means."""
    code = request.failure_code
    return RequestView(
        id=request.id,
        requested_at=iso(request.requested_at),
        template=request.template,
        outcome=request.outcome,
        failure_code=code,
        reason=(known_as(code) or UNLISTED).advice if code is not None else None,
    )
