"""One user-initiated call: rings at the business, is answered, ends; tells all of it."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from simulators.meta.api.request import GraphRequest
from simulators.meta.calls.call import MetaCall
from simulators.meta.people.call_plan import (
    CallPlan,
    CallTimings,
    Timing,
    Violation,
    media_violations,
)
from simulators.meta.rules.graph import CallState, CallView
from simulators.meta.webhooks.calls import (
    Caller,
    Json,
    Line,
    calls_change,
    connect_call,
    envelope,
    make_wacid,
    unknown_changes,
)
from simulators.meta.webhooks.delivery import Delivery, Post
from simulators.phone.phone import Phone


class SimulatedCall(MetaCall):
    """A user-initiated call."""

    timings: CallTimings
    direction = "USER_INITIATED"

    def __init__(
        self,
        *,
        plan: CallPlan,
        line: Line,
        timing: Timing,
        post: Post,
        requests: Sequence[GraphRequest],
        on_event: Callable[["SimulatedCall", str], None] | None = None,
        on_accepted: Callable[["SimulatedCall"], None] | None = None,
        make_phone: Callable[..., Phone] = Phone,
    ) -> None:
        super().__init__(
            wacid=make_wacid(plan.caller.phone, line.display_phone_number),
            user=plan.caller,
            line=line,
            plan=plan,
            timing=timing,
            post=post,
            requests=requests,
            on_event=partial(on_event, self) if on_event else None,
            on_ended=None,
            make_phone=make_phone,
        )
        self.plan = plan
        self.timings = CallTimings()
        self.connect_delivery: Delivery | None = None
        self._on_accepted = on_accepted
        self._offer = ""
        self._sdp: str | None = None
        told = {
            "deeplink_payload": plan.deeplink_payload,
            "cta_payload": plan.cta_payload,
            "biz_opaque_callback_data": plan.button_opaque,
        }
        self._payloads = {key: value for key, value in told.items() if value is not None}

    # --- for whoever places calls ---

    @property
    def was_answered(self) -> bool:
        """Whether `accept` has been answered with 200."""
        return self.timings.accept_answered is not None

    # --- for the simulator ---

    async def open(self) -> Json:
        """Prepare the phone; return the call's part of a `connect` webhook.

        Raises:
            OSError: no UDP port can be had for the phone.
        """
        offer = await self.phone.open()
        if self.plan.edit_offer is not None:
            offer = self.plan.edit_offer(offer)
        self._offer = offer
        return connect_call(
            self.wacid,
            self.plan.caller,
            self.line,
            self.plan.wrap_offer(offer) if self.plan.wrap_offer is not None else offer,
            int(time.time() - self.plan.age_s),
            self._payloads,
        )

    def body(self, calls: Sequence[Json], callers: Sequence[Caller]) -> Json:
        """Build the `connect` webhook that carries these calls."""
        unknown = unknown_changes(self.line, int(time.time())) if self.plan.with_unknown else []
        return envelope(self.line, [*unknown, calls_change(self.line, callers, calls)])

    def ring(self, body: Json, delivery: Delivery | None = None) -> None:
        """Let the phone ring: send the `connect`, unless another call's POST carries it."""
        self._tell("rings")
        if delivery is not None:
            self._connect_sent(delivery)
        elif self.plan.connect_last:
            self._tasks.spawn(self._connect_after_terminate(body))
        else:
            self._connect_sent(
                self._post(body, self.plan.connect_copies, self.plan.connect_delay_s)
            )
        self._tasks.spawn(self._give_up_ringing())

    # --- for the Graph API ---

    @property
    def view(self) -> CallView:
        """The call as the rules see it."""
        return CallView(state=self.state, offer=self._offer, pre_accepted_sdp=self._sdp)

    def take(self, action: str, body: Mapping[str, Any], at: float) -> None:
        """Do what a request that passed the rules asks for."""
        self._tell(f"{action}-taken")
        match action:
            case "pre_accept" | "accept":
                if self._sdp is None:
                    self._sdp = body["session"]["sdp"]
                    self.phone.apply_answer(body["session"]["sdp"])
                if action == "pre_accept":
                    self.timings.pre_accept = self.timings.pre_accept or at
                    self.state = CallState.PRE_ACCEPTED
                else:
                    self.timings.accept = at
                    self._opaque = body.get("biz_opaque_callback_data")
                    self._answer()
                    if self._on_accepted is not None:
                        self._on_accepted(self)
            case "reject" | "terminate":
                self._finish(by="business", status="COMPLETED")

    def answer_sent(self, action: str, at: float) -> None:
        """Learn that Graph's 200 for an action goes out now."""
        if action == "pre_accept":
            self.timings.pre_accept_answered = at
        elif action == "accept":
            self.timings.accept_answered = at
            self.phone.allow_media()
            self._settled.set()
        self._tell(f"{action}-answered")

    # --- inside ---

    def _media_violations(self) -> list[Violation]:
        return media_violations(self.phone.counts, dtls_failed=self.phone.dtls_failed)

    async def _connect_after_terminate(self, body: Json) -> None:
        await self._ended.wait()
        if self.terminate_delivery is not None:
            await self.terminate_delivery.wait(self._timing.webhook_timeout_s)
        self._connect_sent(self._post(body, self.plan.connect_copies, self.plan.connect_delay_s))

    def _connect_sent(self, delivery: Delivery) -> None:
        self.connect_delivery = delivery
        self._tasks.spawn(self._follow(delivery))

    async def _follow(self, delivery: Delivery) -> None:
        await delivery.started.wait()
        self.timings.webhook_sent = delivery.first_sent_at
        await delivery.done.wait()
        self.timings.webhook_acknowledged = delivery.acknowledged_at
        self._tell("connect-given-up" if delivery.given_up else "connect-acknowledged")
