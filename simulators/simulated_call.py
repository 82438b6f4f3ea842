"""One user-initiated call on Meta's side: rings, is answered, ends; tells all of it."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from simulators.call_plan import (
    CallEnd,
    CallPlan,
    CallTimings,
    Timing,
    Violation,
    media_violations,
)
from simulators.graph import GraphRequest
from simulators.graph_rules import CallState, CallView, Refusal
from simulators.phone import CallOver, Phone
from simulators.webhooks import (
    Caller,
    Delivery,
    Json,
    Line,
    Terminated,
    call_errors,
    calls_change,
    connect_call,
    envelope,
    make_wacid,
    terminate_call,
    unknown_changes,
)

NO_MEDIA = 138021
"""Meta: terminate-webhook code of a call without media from the business."""


class SimulatedCall:
    """A call as its user and Meta see it."""

    def __init__(
        self,
        *,
        plan: CallPlan,
        line: Line,
        timing: Timing,
        post: Callable[[Json, int, float], Delivery],
        requests: Sequence[GraphRequest],
        on_event: Callable[["SimulatedCall", str], None] | None = None,
    ) -> None:
        self.plan = plan
        self.line = line
        self.wacid = make_wacid(plan.caller.phone, line.display_phone_number)
        self.state = CallState.RINGING
        self.timings = CallTimings()
        self.connect_delivery: Delivery | None = None
        self.terminate_delivery: Delivery | None = None
        self.end: CallEnd | None = None
        self.placed_at = time.monotonic()
        self.phone = Phone(
            addresses=list(plan.addresses),
            loss=plan.loss,
            waits_for_media=plan.waits_for_media,
            end_grace_s=timing.end_grace_s,
            on_milestone=self._milestone,
        )
        self._timing = timing
        self._post = post
        self._requests = requests
        self._on_event = on_event
        self._answered_wall: int | None = None
        self._answered_at: float | None = None
        self._vanished = False
        self._opaque: str | None = None
        self._offer = ""
        self._sdp: str | None = None
        self._refusals: list[Refusal] = []
        # accepted, or ended
        self._settled = asyncio.Event()
        self._ended = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    # --- for whoever places calls ---

    async def accepted(self, deadline_s: float) -> None:
        """Wait until `accept` has been answered with 200.

        Raises:
            TimeoutError: not within `deadline_s` seconds.
            CallOver: the call ended unanswered.
        """
        async with asyncio.timeout(deadline_s):
            await self._settled.wait()
        if self.timings.accept_answered is None:
            raise CallOver

    async def ended(self, deadline_s: float) -> CallEnd:
        """Wait until the call is over and its `terminate` webhook was delivered or given up.

        Raises:
            TimeoutError: not within `deadline_s` seconds.
        """
        async with asyncio.timeout(deadline_s):
            await self._ended.wait()
            if self.terminate_delivery is not None:
                await self.terminate_delivery.wait(deadline_s)
        if self.end is None:
            raise RuntimeError("the call has ended without an end")
        return self.end

    def hang_up(self) -> None:
        """Hang up as the user; media stops at once, the `terminate` webhook follows."""
        self._finish(by="user", status="COMPLETED")

    def vanish(self) -> None:
        """Lose the phone: media stops, and nobody is told anything."""
        self._vanished = True
        self.phone.vanish()
        self._tell("vanished")

    @property
    def requests(self) -> list[GraphRequest]:
        """The Graph requests for this call, oldest first."""
        return [request for request in self._requests if request.wacid == self.wacid]

    @property
    def violations(self) -> list[Violation]:
        """Meta's rules that the business broke in this call; empty is good."""
        refused = [
            Violation(what=refusal.details or refusal.message, rule=refusal.rule)
            for refusal in self._refusals
            if not refusal.is_race
        ]
        return refused + media_violations(self.phone.counts, dtls_failed=self.phone.dtls_failed)

    async def write_recording(self, path: Path) -> None:
        """Write the call as stereo .wav: left the phone, right what it heard."""
        await asyncio.to_thread(self.phone.write_recording, path)

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
            offer,
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
            self._spawn(self._connect_after_terminate(body))
        else:
            self._connect_sent(
                self._post(body, self.plan.connect_copies, self.plan.connect_delay_s)
            )
        self._spawn(self._give_up_ringing())

    async def close(self) -> None:
        """Free everything; nothing more is sent."""
        self.state = CallState.ENDED
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.phone.close()

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

    def refused(self, action: str, refusal: Refusal, at: float) -> None:
        """Learn that a request was refused."""
        self._refusals.append(refusal)
        self._tell(f"{action}-refused: {refusal.details or refusal.message}")

    # --- inside ---

    @property
    def _payloads(self) -> dict[str, str]:
        both = {
            "deeplink_payload": self.plan.deeplink_payload,
            "cta_payload": self.plan.cta_payload,
        }
        return {key: value for key, value in both.items() if value is not None}

    def _answer(self) -> None:
        self.state = CallState.ACCEPTED
        self._answered_at, self._answered_wall = time.monotonic(), int(time.time())
        self.phone.answered()
        self._spawn(self._watch_media())

    def _finish(self, *, by: str, status: str, error_code: int | None = None) -> None:
        if self.state is CallState.ENDED:
            return
        self.state = CallState.ENDED
        self.phone.end()
        now = self.timings.ended = time.monotonic()
        at = int(time.time())
        if self._answered_wall is not None and self._answered_at is not None:
            at = self._answered_wall + round(now - self._answered_at)
        end = Terminated(
            status=status, at=at, started_at=self._answered_wall, error_code=error_code
        )
        self.end = CallEnd(by=by, status=status, duration_s=end.duration_s, error_code=error_code)
        call = terminate_call(
            self.wacid, self.plan.caller, self.line, end, self._payloads, self._opaque
        )
        errors = call_errors(error_code) if error_code is not None else []
        change = calls_change(self.line, [self.plan.caller], [call], errors)
        self.terminate_delivery = self._post(
            envelope(self.line, [change]), self.plan.terminate_copies, 0.0
        )
        self._tell(f"ended by {by}: {status}")
        self._settled.set()
        self._ended.set()
        self._spawn(self._linger())

    async def _linger(self) -> None:
        await asyncio.sleep(self._timing.linger_s)
        await self.phone.close()

    async def _give_up_ringing(self) -> None:
        await asyncio.sleep(self._timing.ring_s)
        if self.state in (CallState.RINGING, CallState.PRE_ACCEPTED):
            # an unanswered call is COMPLETED, without a duration
            self._finish(by="meta", status="COMPLETED")

    async def _watch_media(self) -> None:
        while self.state is CallState.ACCEPTED and not self._vanished:
            wait_s = self._media_deadline() - time.monotonic()
            if wait_s <= 0:
                self._finish(by="meta", status="FAILED", error_code=NO_MEDIA)
                return
            # the first packet moves the deadline, perhaps to an earlier time
            await asyncio.sleep(min(wait_s, self._timing.mid_call_media_s))

    def _media_deadline(self) -> float:
        counts = self.phone.counts
        if counts.last_packet_at is None:
            return (self._answered_at or 0.0) + self._timing.first_media_s
        # RTCP alone keeps a call alive in mid-call; at the start nothing promises that
        last = max(counts.last_packet_at, counts.last_rtcp_at or 0.0)
        return self.phone.monotonic(last) + self._timing.mid_call_media_s

    async def _connect_after_terminate(self, body: Json) -> None:
        await self._ended.wait()
        if self.terminate_delivery is not None:
            await self.terminate_delivery.wait(self._timing.webhook_timeout_s)
        self._connect_sent(self._post(body, self.plan.connect_copies, self.plan.connect_delay_s))

    def _connect_sent(self, delivery: Delivery) -> None:
        self.connect_delivery = delivery
        self._spawn(self._follow(delivery))

    async def _follow(self, delivery: Delivery) -> None:
        await delivery.started.wait()
        self.timings.webhook_sent = delivery.first_sent_at
        await delivery.done.wait()
        self.timings.webhook_acknowledged = delivery.acknowledged_at
        self._tell("connect-given-up" if delivery.given_up else "connect-acknowledged")

    def _milestone(self, name: str, at_s: float) -> None:
        field_name = name.replace("-", "_")
        if hasattr(self.timings, field_name):
            setattr(self.timings, field_name, self.phone.monotonic(at_s))
        self._tell(name)

    def _tell(self, what: str) -> None:
        if self._on_event is not None:
            self._on_event(self, what)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
