"""A phone whose sound is a browser's: its peer connection talks with the business itself.

Here is only what is told about it: descriptions to and fro, what the page reports, the milestones.
No sound comes by, so nothing is recorded, and what is counted is what the browser counts.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from simulators.phone.browser_sdp import for_browser, in_metas_shape
from simulators.phone.ice_lite import Loss
from simulators.phone.phone import Phone

ANSWER_S = 10.0
"""How long a page may take to describe itself: it asks its own machine only."""


class Page(Protocol):
    """The open page that the phone is."""

    def tell(self, kind: str, **said: Any) -> None:
        """Send the page a message; a page that is gone hears nothing."""


class BrowserPhone(Phone):
    """One browser's phone for one call."""

    def __init__(
        self,
        page: Page,
        *,
        offered: str = "",
        addresses: list[str] | None = None,
        loss: Loss | None = None,
        waits_for_media: bool = False,
        end_grace_s: float = 1.0,
        on_milestone: Callable[[str, float], None] | None = None,
    ) -> None:
        """Take the page, and what its browser has `offered` if its user calls.

        The rest is as for every phone; addresses and loss are the browser's own affair.
        """
        super().__init__(end_grace_s=end_grace_s, on_milestone=on_milestone)
        self._page = page
        self._offered = offered
        self._described: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._sent = 0
        self._told: set[str] = set()

    # --- life ---

    async def open(self) -> str:
        """Return the browser's offer in Meta's shape.

        Raises:
            ValueError: it cannot carry a call.
        """
        self.offer = in_metas_shape(self._offered)
        return self.offer

    def apply_answer(self, sdp: str) -> None:
        """Pass the business's answer on."""
        self._page.tell("answer", sdp=for_browser(sdp, self._offered))

    async def answer(self, offer: str, *, setup: str = "active") -> str:
        """Let the browser answer the business's offer; it chooses the DTLS role itself.

        Raises:
            ConnectionError: the page does not answer.
            ValueError: what it answers cannot carry a call.
        """
        self._page.tell("offer", sdp=offer)
        try:
            async with asyncio.timeout(ANSWER_S):
                described = await self._described
        except TimeoutError:
            raise ConnectionError("the page does not answer the business's offer") from None
        return in_metas_shape(described, mid=None)

    def ring(self) -> None:
        """Let the page ring."""
        self._page.tell("ringing")

    def described(self, sdp: str) -> None:
        """Take the browser's answer to the business's offer."""
        if not self._described.done():
            self._described.set_result(sdp)

    def answered(self) -> None:
        """Let the microphone be heard from now on."""
        if not self._answered:
            self._answered = True
            self._page.tell("accepted")

    def end(self) -> None:
        """Let the page close its connection; whoever waits for something learns that it is over."""
        if self._ended_at is None:
            super().end()
            self._page.tell("over")

    def vanish(self) -> None:
        """Let the page drop everything without a word."""
        if self._ended_at is None:
            super().end()
            self._page.tell("vanished")

    # --- talking and listening ---

    @property
    def packets_sent(self) -> int:
        """RTP packets that left the browser."""
        return self._sent

    def press_keys(self, keys: str) -> asyncio.Future[bool]:
        """Let the browser press keys.

        Raises:
            ValueError: no phone has one of these keys.
        """
        pressed = super().press_keys(keys)
        self._sender.hush()
        self._page.tell("keys", keys=keys)
        return pressed

    def report(self, told: Mapping[str, Any]) -> None:
        """Take what the browser counts: numbers of the whole call, and what has come to pass."""
        now, counts = self.now, self.counts
        if self._ended_at is not None:
            return
        received = _number(told, "received")
        if received > counts.packets:
            counts.packets = received
            counts.last_packet_at = now
            if counts.first_packet_at is None:
                counts.first_packet_at = now
            if not self._receiver.may_hear:
                counts.early = received
        counts.lost = max(counts.lost, _number(told, "lost"))
        self._sent = max(self._sent, _number(told, "sent"))
        if told.get("ice") is True and self._is_new("ice-up"):
            self.ice_up_at = now
            self._passed("ice-up", now)
        if told.get("dtls") is True and self._is_new("dtls-up"):
            self.dtls_up_at = now
            self._passed("dtls-up", now)
        if told.get("failed") is True and self.ice_up_at is not None and self._is_new("failed"):
            self.dtls_failed = self.dtls_up_at is None
            if self.dtls_failed:
                self._passed("dtls-failed", now)
        if counts.packets and self._is_new("first-rtp"):
            self._passed("first-rtp", now)
        if told.get("audible") is True and self._is_new("first-audible"):
            counts.first_audible_at = now
            if not self._receiver.may_hear:
                counts.early_audible += 1
            self._passed("first-audible", now)
        self._waiting.wake()

    def page_left(self) -> None:
        """Learn that nobody is at the page any more: who waits for its answer waits in vain."""
        if not self._described.done():
            self._described.set_exception(ConnectionError("the page was closed"))
            # whoever does not wait need not hear of it
            self._described.exception()

    def _is_new(self, milestone: str) -> bool:
        is_new = milestone not in self._told
        self._told.add(milestone)
        return is_new


def _number(told: Mapping[str, Any], name: str) -> int:
    value = told.get(name)
    return value if type(value) is int and value > 0 else 0
