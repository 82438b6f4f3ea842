"""What every call has on Meta's side, whoever placed it: a phone, watched media, one end."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path

from simulators.meta.api.request import GraphRequest
from simulators.meta.people.call_plan import CallEnd, MediaTimings, PhonePlan, Timing, Violation
from simulators.meta.rules.graph import CallState, Refusal
from simulators.meta.webhooks.calls import (
    Caller,
    Json,
    Line,
    Terminated,
    call_errors,
    calls_change,
    envelope,
    terminate_call,
)
from simulators.meta.webhooks.delivery import Delivery, Post
from simulators.phone.phone import CallOver, Phone
from simulators.tasks import Tasks

NO_MEDIA = 138021
"""Meta: terminate-webhook code of a call without media from the business."""


class MetaCall(ABC):
    """A call as its user and Meta see it; both kinds of calls build on it."""

    timings: MediaTimings
    direction: str
    """In Meta's words."""

    def __init__(
        self,
        *,
        wacid: str,
        user: Caller,
        line: Line,
        plan: PhonePlan,
        timing: Timing,
        post: Post,
        requests: Sequence[GraphRequest],
        on_event: Callable[[str], None] | None,
        on_ended: Callable[[], None] | None,
        make_phone: Callable[..., Phone] = Phone,
    ) -> None:
        self.wacid = wacid
        self.line = line
        self.phone = (plan.make_phone or make_phone)(
            addresses=list(plan.addresses),
            loss=plan.loss,
            waits_for_media=plan.waits_for_media,
            end_grace_s=timing.end_grace_s,
            on_milestone=self._milestone,
        )
        self.state = CallState.RINGING
        self.terminate_delivery: Delivery | None = None
        self.end: CallEnd | None = None
        self.placed_at = time.monotonic()
        self._user = user
        self._timing = timing
        self._post = post
        self._requests = requests
        self._terminate_copies = plan.terminate_copies
        self._on_event = on_event
        self._on_ended = on_ended
        self._answered_wall: int | None = None
        self._answered_at: float | None = None
        self._vanished = False
        self._opaque: str | None = None
        self._payloads: dict[str, str] = {}
        self._previous: Delivery | None = None
        """A webhook that the next one follows."""
        self._refusals: list[Refusal] = []
        # answered, or ended
        self._settled = asyncio.Event()
        self._ended = asyncio.Event()
        self._tasks = Tasks()

    # --- for whoever looks at calls ---

    async def accepted(self, deadline_s: float) -> None:
        """Wait until the call is answered.

        Raises:
            TimeoutError: not within `deadline_s` seconds.
            CallOver: the call ended unanswered.
        """
        async with asyncio.timeout(deadline_s):
            await self._settled.wait()
        if not self.was_answered:
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
    def is_over(self) -> bool:
        """Whether the call has ended."""
        return self.state is CallState.ENDED

    @property
    def user(self) -> Caller:
        """The person at the phone."""
        return self._user

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
        return refused + self._media_violations()

    async def write_recording(self, path: Path) -> None:
        """Write the call as stereo .wav: left the phone, right what it heard."""
        await asyncio.to_thread(self.phone.write_recording, path)

    async def close(self) -> None:
        """Free everything; nothing more is sent."""
        self.state = CallState.ENDED
        await self._tasks.close()
        await self.phone.close()

    def refused(self, action: str, refusal: Refusal, at: float) -> None:
        """Learn that a request was refused."""
        self._refusals.append(refusal)
        self._tell(f"{action}-refused: {refusal.details or refusal.message}")

    # --- for the two kinds of calls ---

    @property
    @abstractmethod
    def was_answered(self) -> bool:
        """Whether the call was answered, in its caller's terms."""

    @abstractmethod
    def _media_violations(self) -> list[Violation]:
        """Judge what arrived at the phone."""

    def _answer(self) -> None:
        self.state = CallState.ACCEPTED
        self._answered_at, self._answered_wall = time.monotonic(), int(time.time())
        self.phone.answered()
        self._tasks.spawn(self._watch_media())

    def _send(self, body: Json, copies: int = 1, delay_s: float = 0.0) -> Delivery:
        """Post a webhook after the one before has been taken."""
        self._previous = self._post(body, copies, delay_s, self._previous)
        return self._previous

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
            self.wacid, self._user, self.line, end, self._payloads, self._opaque, self.direction
        )
        errors = call_errors(error_code) if error_code is not None else []
        change = calls_change(self.line, [self._user], [call], errors)
        self.terminate_delivery = self._post(
            envelope(self.line, [change]), self._terminate_copies, 0.0, self._previous
        )
        self._tell(f"ended by {by}: {status}")
        self._settled.set()
        self._ended.set()
        if self._on_ended is not None:
            self._on_ended()
        self._tasks.spawn(self._linger())

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
        answered_at = self._answered_at or 0.0
        if counts.last_packet_at is None:
            return answered_at + self._timing.first_media_s
        # RTCP alone keeps a call alive in mid-call; at the start nothing promises that
        last = max(counts.last_packet_at, counts.last_rtcp_at or 0.0)
        return max(self.phone.monotonic(last), answered_at) + self._timing.mid_call_media_s

    def _milestone(self, name: str, at_s: float) -> None:
        field_name = name.replace("-", "_")
        if hasattr(self.timings, field_name):
            setattr(self.timings, field_name, self.phone.monotonic(at_s))
        self._tell(name)

    def _tell(self, what: str) -> None:
        if self._on_event is not None:
            self._on_event(what)
