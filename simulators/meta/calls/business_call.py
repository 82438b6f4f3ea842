"""One business-initiated call: the phone is offered media, rings, is picked up or not, ends."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from simulators.meta.api.request import GraphRequest
from simulators.meta.calls.call import MetaCall
from simulators.meta.people.call_plan import Timing, Violation
from simulators.meta.people.callee_plan import (
    AnswerWebhook,
    CalleePlan,
    OutboundTimings,
    Reaction,
    Statuses,
    outbound_violations,
)
from simulators.meta.people.person import Person
from simulators.meta.rules.graph import CallState, CallView
from simulators.meta.webhooks.calls import Line, envelope, make_wacid
from simulators.meta.webhooks.delivery import Delivery, Post
from simulators.meta.webhooks.outbound import (
    BUSINESS_INITIATED,
    answer_call,
    answer_change,
    call_status,
    statuses_change,
)
from simulators.phone.phone import CallOver
from simulators.phone.read_sdp import read_offer
from simulators.phone.write_sdp import DTMF_PAYLOAD_TYPE


class OutboundCall(MetaCall):
    """A call that the business has placed to a person."""

    timings: OutboundTimings
    direction = BUSINESS_INITIATED

    def __init__(
        self,
        *,
        person: Person,
        offer: str,
        opaque: str | None,
        line: Line,
        timing: Timing,
        post: Post,
        requests: Sequence[GraphRequest],
        on_event: Callable[["OutboundCall", str], None] | None = None,
        on_picked_up: Callable[["OutboundCall"], None] | None = None,
        on_ended: Callable[["OutboundCall"], None] | None = None,
    ) -> None:
        plan = person.plan
        super().__init__(
            wacid=make_wacid(line.display_phone_number, person.phone),
            user=person.caller,
            line=line,
            plan=plan,
            timing=timing,
            post=post,
            requests=requests,
            on_event=partial(on_event, self) if on_event else None,
            on_ended=partial(on_ended, self) if on_ended else None,
        )
        self.person = person
        self.plan: CalleePlan = plan
        self.timings = OutboundTimings()
        self.answer_delivery: Delivery | None = None
        self.status_deliveries: dict[str, Delivery] = {}
        """By status: RINGING, ACCEPTED, REJECTED."""
        self.offer = offer
        """What the business offered."""
        self.answer_sdp = ""
        """What it was answered."""
        self._opaque = opaque
        offered = read_offer(offer)
        self._negotiated = {offered.opus, offered.telephone_event or DTMF_PAYLOAD_TYPE}
        self._on_picked_up = on_picked_up
        self._response_over = asyncio.Event()
        self._answer_posted = asyncio.Event()
        self._ringing = asyncio.Event()

    # --- for whoever plays the person ---

    async def rings(self, deadline_s: float) -> None:
        """Wait until the person's phone rings.

        Raises:
            TimeoutError: not within `deadline_s` seconds.
            CallOver: the call ended without having rung.
        """
        async with asyncio.timeout(deadline_s):
            await self._ringing.wait()
        if self.timings.ringing is None:
            raise CallOver

    @property
    def was_answered(self) -> bool:
        """Whether the person has picked up."""
        return self.timings.picked_up is not None

    def pick_up(self) -> None:
        """Pick up as the person: they may talk, and ACCEPTED is on its way."""
        if self.state is not CallState.RINGING:
            return
        self.timings.picked_up = time.monotonic()
        self.phone.allow_media()
        self._answer()
        self._tell("picked-up")
        if self.plan.statuses not in (Statuses.NO_ACCEPTED, Statuses.NONE):
            self._status("ACCEPTED")
        self._ring_late()
        self._settled.set()
        if self._on_picked_up is not None:
            self._on_picked_up(self)

    def reject(self) -> None:
        """Decline as the person: REJECTED, then `terminate`."""
        if self.state is not CallState.RINGING:
            return
        self.timings.rejected = time.monotonic()
        self._tell("rejected")
        if self.plan.statuses is not Statuses.NONE:
            self._status("REJECTED")
        self._ring_late()
        self._finish(by="user", status="COMPLETED")

    def mute(self) -> None:
        """Send no RTP any more, as a phone does whose microphone is lost; the call stays up."""
        self.phone.mute_packets = True

    @property
    def has_rung(self) -> bool:
        """Whether the person could notice the call."""
        return self.timings.ringing is not None

    # --- for the simulator ---

    async def open(self, at: float) -> None:
        """Let the phone answer the offer, and the call take its course.

        Raises:
            OSError: no UDP port can be had for the phone.
        """
        self.timings.offer_received = at
        answer = await self.phone.answer(self.offer, setup=self.plan.setup)
        if self.plan.edit_answer is not None:
            answer = self.plan.edit_answer(answer)
        self.answer_sdp = answer
        self._tell("offered")
        self._tasks.spawn(self._proceed())

    # --- for the Graph API ---

    @property
    def view(self) -> CallView:
        """The call as the rules see it."""
        return CallView(state=self.state, offer=self.offer, is_outbound=True)

    def take(self, action: str, body: Mapping[str, Any], at: float) -> None:
        """End the call: while it rings, that cancels it."""
        self._tell(f"{action}-taken")
        self._finish(by="business", status="COMPLETED")

    def answer_sent(self, action: str, at: float) -> None:
        """Learn that Graph's 200 for an action goes out now."""
        self._tell(f"{action}-answered")

    async def before_response(self) -> None:
        """Hold the response of `connect` back as long as the plan says."""
        if self.plan.answer_webhook is AnswerWebhook.BEFORE_RESPONSE:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._timing.webhook_timeout_s):
                    await self._answer_posted.wait()
                    if self.answer_delivery is not None:
                        await self.answer_delivery.done.wait()

    def response_over(self, at: float) -> None:
        """Learn that the response of `connect` leaves, or was lost."""
        self.timings.response_sent = at
        self._response_over.set()

    # --- inside ---

    async def _proceed(self) -> None:
        plan = self.plan
        await asyncio.sleep(plan.answer_delay_s)
        if plan.answer_webhook is not AnswerWebhook.BEFORE_RESPONSE:
            await self._response_over.wait()
        if plan.statuses is not Statuses.BEFORE_ANSWER:
            self._post_answer()
        await asyncio.sleep(plan.ringing_delay_s)
        await self._ring()
        if plan.statuses is Statuses.BEFORE_ANSWER and self.state is not CallState.ENDED:
            self._post_answer()

    async def _ring(self) -> None:
        plan = self.plan
        self._tasks.spawn(self._give_up_ringing())
        match plan.reaction:
            case Reaction.BUSY:
                self.reject()
                return
            case Reaction.UNREACHABLE:
                return
        if self.state is CallState.RINGING:
            self.timings.ringing = time.monotonic()
            self._tell("rings")
            if plan.statuses in (
                Statuses.IN_ORDER,
                Statuses.NO_ACCEPTED,
                Statuses.BEFORE_ANSWER,
            ):
                self._status("RINGING")
            self._ringing.set()
        if plan.reaction is Reaction.IGNORES:
            return
        await asyncio.sleep(plan.after_s)
        match plan.reaction:
            case Reaction.ANSWERS:
                self.pick_up()
            case Reaction.REJECTS:
                self.reject()
            case Reaction.FAILS:
                self._finish(by="meta", status="FAILED", error_code=plan.error_code)

    def _ring_late(self) -> None:
        if self.plan.statuses is Statuses.SWAPPED and self.has_rung:
            self._status("RINGING")

    def _post_answer(self) -> None:
        plan = self.plan
        if plan.answer_webhook is AnswerWebhook.NEVER or self.state is CallState.ENDED:
            self._answer_posted.set()
            return
        call = answer_call(
            self.wacid,
            self._user,
            self.line,
            self.answer_sdp,
            int(time.time()),
            self._opaque,
            legacy=plan.legacy_connection,
        )
        change = answer_change(self.line, [self._user] if plan.with_contacts else [], call)
        self.answer_delivery = self._send(envelope(self.line, [change]), plan.connect_copies)
        self._answer_posted.set()
        self._tasks.spawn(self._follow_answer(self.answer_delivery))

    async def _follow_answer(self, delivery: Delivery) -> None:
        await delivery.started.wait()
        self.timings.answer_sent = delivery.first_sent_at
        await delivery.done.wait()
        self.timings.answer_acknowledged = delivery.acknowledged_at
        self._tell("answer-given-up" if delivery.given_up else "answer-acknowledged")

    def _status(self, status: str) -> None:
        opaque = self._opaque if self.plan.status_opaque else None
        one = call_status(self.wacid, self._user, status, int(time.time()), opaque)
        body = envelope(self.line, [statuses_change(self.line, [one])])
        self.status_deliveries[status] = self._send(body, self.plan.status_copies)

    def _finish(self, *, by: str, status: str, error_code: int | None = None) -> None:
        # whoever waits for the ringing learns that there is none
        self._ringing.set()
        super()._finish(by=by, status=status, error_code=error_code)

    def _media_violations(self) -> list[Violation]:
        return outbound_violations(
            self.phone.counts,
            negotiated=self._negotiated,
            dtls_failed=self.phone.dtls_failed,
        )
