"""Tie together what is done some time: texts, follow-ups, missed calls."""

from collections.abc import Callable

import aiohttp

from controlplane.errands.tables import ErrandRows
from controlplane.ledger.ledger import Ledger
from controlplane.meta.graph import GraphClient
from controlplane.operators.webhook import OperatorWebhook
from controlplane.settings import Settings
from controlplane.use_cases.errands import ErrandRunner, process_name
from controlplane.use_cases.following_up import FollowUpRunner
from controlplane.use_cases.missed_calls import MissedCallWriter
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.outbound import CallPlacer
from controlplane.use_cases.outbox import Outbox
from shared.call.ids import PhoneNumberId
from shared.process.observing import ObserveRequest


def make_people(
    settings: Settings, http: aiohttp.ClientSession, *, observe: ObserveRequest
) -> OperatorWebhook | None:
    """Return who tells the operator's people; `None` if nobody is configured."""
    url, secret = settings.operator_webhook_url, settings.operator_webhook_secret
    if url is None or secret is None:
        return None
    return OperatorWebhook(
        http,
        url=url.get_secret_value(),
        secret=secret.get_secret_value(),
        timeout_s=settings.operator_webhook_timeout_s,
        observe=observe,
    )


def make_outbox(settings: Settings, near: Neighbours, rows: ErrandRows, ledger: Ledger) -> Outbox:
    """Return who sends texts, each by its line's own way to Graph."""

    def texts_of(number: PhoneNumberId) -> GraphClient | None:
        line = near.lines.find(number)
        return line.graph if line is not None else None

    return Outbox(
        near,
        messages=rows.messages,
        follow_ups=rows.follow_ups,
        ledger=ledger,
        texts_of=texts_of,
        template=settings.wa_follow_up_template,
        owner=process_name(),
    )


def make_errand_runner(
    settings: Settings,
    near: Neighbours,
    rows: ErrandRows,
    *,
    outbox: Outbox,
    placer: CallPlacer,
    people: OperatorWebhook | None,
    is_draining: Callable[[], bool],
) -> ErrandRunner:
    """Return who looks for what is due, and has it done."""
    following = FollowUpRunner(
        near,
        follow_ups=rows.follow_ups,
        messages=rows.messages,
        placer=placer,
        people=people,
        owner=process_name(),
    )

    def text_of(number: PhoneNumberId) -> str:
        # switched off is switched off, whatever profiles say
        text = settings.missed_call_text
        return text and (near.lines.agent_of(number).missed_call_text or text)

    missed = MissedCallWriter(
        jobs=rows.missed_calls,
        messages=rows.messages,
        text_of=text_of,
        wait_s=settings.missed_call_wait_s,
        clock=near.clock,
        owner=process_name(),
    )
    return ErrandRunner(
        rows.errands,
        messages=outbox.turn,
        follow_ups=following.turn,
        missed_calls=missed.turn,
        tells_people=people is not None,
        missed_wait_s=settings.missed_call_wait_s,
        metrics=near.metrics,
        clock=near.clock,
        is_draining=is_draining,
    )
