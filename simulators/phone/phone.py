"""A WhatsApp user's phone behind Meta's relay: ICE-lite, DTLS-SRTP, real Opus both ways.

Knows nothing of the Graph API: it makes an offer or answers one, talks, listens and counts.
All times are seconds on the phone's own axis, which begins when the phone opens.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from simulators.phone.ice_lite import IceLite, Loss
from simulators.phone.read_sdp import read_answer, read_offer
from simulators.phone.receiving import Receiver, Reception
from simulators.phone.recording import Pcm, Timeline, write_stereo
from simulators.phone.rtp import FRAME_MS, is_rtcp
from simulators.phone.secured import SecuredPath
from simulators.phone.sending import Sender
from simulators.phone.waiting import Waiting
from simulators.phone.write_sdp import DTMF_PAYLOAD_TYPE, OfferParameters, write_answer, write_offer
from simulators.tasks import Tasks

_FRAME_S = FRAME_MS / 1000
_CATCH_UP_FRAMES = 10
"""After a stall, at most so many packets go out at once."""
_REPORT_EVERY_FRAMES = 125


class CallOver(Exception):
    """The call has ended; what was waited for will not happen."""


class Phone:
    """One phone for one call. Then `answered()` starts its talk.

    It rings the business: open it, give its `offer` away, apply the answer. Or the business rings
    it: let it `answer` the business's offer.
    """

    def __init__(
        self,
        *,
        addresses: list[str] | None = None,
        loss: Loss | None = None,
        waits_for_media: bool = False,
        end_grace_s: float = 1.0,
        on_milestone: Callable[[str, float], None] | None = None,
    ) -> None:
        """Prepare a phone.

        `addresses` are its relay's host candidates, IPv4 first. A phone that `waits_for_media`
        sends nothing before the business does, as WhatsApp may. Packets that come within
        `end_grace_s` after the end are nobody's fault. `on_milestone` is told of `ice-up`,
        `dtls-up`, `dtls-failed`, `first-rtp` and `first-audible`, once each, with the time.
        """
        self.offer = ""
        """What the user's own call offers; empty when the business calls."""
        self.dtls_up_at: float | None = None
        self.ice_up_at: float | None = None
        self.dtls_failed = False
        self.muted = False
        """Send silence instead of what is said."""
        self.mute_packets = False
        """Send no RTP at all."""
        self._addresses = addresses or ["127.0.0.1"]
        self._waits_for_media = waits_for_media
        self._end_grace_s = end_grace_s
        self._on_milestone = on_milestone
        self._zero = time.monotonic()
        self._ice = IceLite(on_media=self._media_received, loss=loss or Loss())
        self._ssrc = secrets.randbelow(0xFFFFFFFF) + 1
        self._sender = Sender(self._ssrc)
        self._waiting = Waiting()
        self._receiver = Receiver(on_frame=self._waiting.wake)
        self._path = SecuredPath(self._ice)
        self._answered = False
        self._ended_at: float | None = None
        self._tasks = Tasks()

    # --- life ---

    async def open(self) -> str:
        """Bind the sockets and return the offer.

        Raises:
            OSError: no UDP port can be had on the phone's addresses.
        """
        self.offer = write_offer(await self._open_relay())
        return self.offer

    def apply_answer(self, sdp: str) -> None:
        """Let the media path come up with the business's answer.

        Raises:
            ValueError: the answer lacks what ICE or DTLS need.
        """
        answer = read_answer(sdp)
        we_are = "server" if answer.setup == "active" else "client"
        self._connect_to(answer.ufrag, answer.fingerprint, we_are)

    async def answer(self, offer: str, *, setup: str = "active") -> str:
        """Bind the sockets, let the media path come up with the business's offer, and answer it.

        `setup` is the DTLS role that the answer claims if the offer leaves the choice: `active`,
        `passive`, or wrongly `actpass`, which makes the phone wait as `passive` does.

        Raises:
            ValueError: the offer lacks what ICE or DTLS need.
            OSError: no UDP port can be had on the phone's addresses.
        """
        theirs = read_offer(offer)
        if theirs.setup != "actpass" and setup == "active":
            # RFC 8842 section 5.3: to an `active` offer there is one answer
            setup = "passive"
        self._sender.opus = self._receiver.opus = theirs.opus
        # Meta sends keys with 126 even to those who did not offer them
        self._sender.telephone_event = theirs.telephone_event or DTMF_PAYLOAD_TYPE
        parameters = await self._open_relay()
        we_are = "client" if setup == "active" else "server"
        self._connect_to(theirs.ufrag, theirs.fingerprint, we_are)
        return write_answer(
            parameters,
            setup=setup,
            mid=theirs.mid,
            opus=theirs.opus,
            telephone_event=theirs.telephone_event,
        )

    def answered(self) -> None:
        """Talk from now on: the business, or the phone's user, has accepted."""
        if not self._answered:
            self._answered = True
            self._tasks.spawn(self._talk())

    def allow_media(self) -> None:
        """Count nothing as early from now on: `accept` has returned 200, or the user picked up."""
        self._receiver.may_hear = True

    def end(self) -> None:
        """Send nothing any more; count what still arrives for a while.

        No goodbye on the media path, as from Meta's relay: the webhook tells.
        """
        if self._ended_at is None:
            self._ended_at = self.now
            self._sender.hush()
            self._ice.stop_answering()
            self._waiting.wake()
            self._waiting.give_up(CallOver)

    vanish = end

    async def close(self, linger_s: float = 0.0) -> None:
        """End, count late packets for `linger_s`, then free everything."""
        self.end()
        await asyncio.sleep(linger_s)
        self._ice.close()
        await self._tasks.close()
        await self._path.stop()

    # --- talking and listening ---

    @property
    def now(self) -> float:
        """Seconds since the phone was opened."""
        return time.monotonic() - self._zero

    def axis(self, monotonic_s: float) -> float:
        """Convert a `time.monotonic()` reading to the phone's axis."""
        return monotonic_s - self._zero

    def monotonic(self, axis_s: float) -> float:
        """Convert a time on the phone's axis to a `time.monotonic()` reading."""
        return axis_s + self._zero

    @property
    def counts(self) -> Reception:
        """What arrived."""
        return self._receiver.counts

    @property
    def packets_sent(self) -> int:
        """RTP packets that left the phone, lost ones included."""
        return self._sender.packets

    @property
    def peer(self) -> tuple[str, int] | None:
        """Whose address the business has nominated: all media goes there; `None` before ICE."""
        return self._ice.peer

    @property
    def heard(self) -> Timeline:
        """What came out of the phone's speaker, 48 kHz."""
        return self._receiver.heard

    @property
    def said(self) -> Timeline:
        """What the phone sent, 16 kHz."""
        return self._sender.said

    async def say(self, pcm: Pcm, rate: int) -> bool:
        """Speak mono 16-bit sound; return when its last 20 ms have been sent.

        False if `hush` or the end of the call cut it off.
        """
        return await self.say_soon(pcm, rate)

    def say_soon(self, pcm: Pcm, rate: int) -> asyncio.Future[bool]:
        """Queue sound and return at once; the future is done when it has been spoken."""
        spoken = self._sender.say(pcm, rate)
        if self._ended_at is not None:
            self._sender.hush()
        return spoken

    def press_keys(self, keys: str) -> asyncio.Future[bool]:
        """Send keys as RFC 4733 events; the future is done when the last one has been sent.

        Raises:
            ValueError: no phone has one of these keys.
        """
        pressed = self._sender.press(keys)
        if self._ended_at is not None:
            self._sender.hush()
        return pressed

    def hush(self) -> None:
        """Stop talking in the middle of the word, and press no more keys."""
        self._sender.hush()

    @property
    def hears_speech(self) -> bool:
        """Whether the other side speaks right now."""
        return self._receiver.speaking(self.now)

    async def wait_connected(self, deadline_s: float) -> None:
        """Wait until DTLS is up.

        Raises:
            TimeoutError: not within `deadline_s` seconds.
        """
        await self.wait_until(lambda: self.dtls_up_at is not None, deadline_s)

    async def wait_agent_speaking(self, deadline_s: float) -> float:
        """Wait until the other side speaks; return when this speaking began.

        Raises:
            TimeoutError: it stayed quiet for `deadline_s` seconds.
            CallOver: the call ended first.
        """
        await self.wait_until(lambda: self.hears_speech, deadline_s)
        return self._receiver.loud_since or 0.0

    async def wait_agent_quiet(self, quiet_ms: float, deadline_s: float) -> float:
        """Wait until the other side has been quiet for `quiet_ms`; return when it last spoke.

        Raises:
            TimeoutError: it went on for `deadline_s` seconds.
            CallOver: the call ended first.
        """
        begun = self.now

        def is_quiet() -> bool:
            last = self._receiver.last_loud_at
            return self.now - (begun if last is None else last) >= quiet_ms / 1000

        await self.wait_until(is_quiet, deadline_s)
        return self._receiver.last_loud_at or 0.0

    async def wait_until(self, condition: Callable[[], bool], deadline_s: float) -> None:
        """Wait for a condition; looked at on every packet in and out.

        Raises:
            TimeoutError: not within `deadline_s` seconds.
            CallOver: the phone has ended the call before.
        """
        await self._waiting.until(condition, deadline_s)

    def write_recording(self, path: Path) -> None:
        """Write a stereo .wav: left what the phone sent, right what it heard, on one axis."""
        write_stereo(path, self.said, self.heard)

    # --- inside ---

    async def _open_relay(self) -> OfferParameters:
        self._zero = time.monotonic()
        await self._ice.open(self._addresses)
        return OfferParameters(
            addresses=self._addresses,
            port=self._ice.port,
            ufrag=self._ice.ufrag,
            pwd=self._ice.pwd,
            fingerprint=self._path.fingerprint,
            ssrc=self._ssrc,
            session_id=time.time_ns() // 1_000_000,
            stream_id=str(uuid4()),
        )

    def _connect_to(self, ufrag: str, fingerprint: str, we_are: str) -> None:
        self._ice.expect(ufrag)
        self._path.prepare(we_are)
        self._tasks.spawn(self._connect(fingerprint))

    async def _connect(self, fingerprint: str) -> None:
        # ICE comes first: a DTLS client has nowhere to send its Hello before (Meta: wait for ICE)
        await self._ice.nominated.wait()
        self.ice_up_at = self.now
        self._passed("ice-up", self.ice_up_at)
        if not await self._path.shake_hands(fingerprint):
            self.dtls_failed = True
            self._passed("dtls-failed", self.now)
            return
        self.dtls_up_at = self.now
        self._passed("dtls-up", self.dtls_up_at)
        self._waiting.wake()

    def _media_received(self, data: bytes) -> None:
        if not self._path.is_up:
            return
        now = self.now
        if self._ended_at is not None:
            if now - self._ended_at > self._end_grace_s and not is_rtcp(data):
                self.counts.after_end += 1
            return
        if is_rtcp(data):
            if self._path.read_rtcp(data) is None:
                self.counts.malformed += 1
            else:
                self.counts.last_rtcp_at = now
        elif (packet := self._path.read_rtp(data)) is None:
            self.counts.malformed += 1
        else:
            self._take_rtp(packet, now)

    def _take_rtp(self, data: bytes, now: float) -> None:
        counts = self.counts
        silent, inaudible = counts.first_packet_at is None, counts.first_audible_at is None
        self._receiver.take(data, now)
        if silent and counts.first_packet_at is not None:
            self._passed("first-rtp", counts.first_packet_at)
        if inaudible and counts.first_audible_at is not None:
            self._passed("first-audible", counts.first_audible_at)

    def _passed(self, milestone: str, at_s: float) -> None:
        if self._on_milestone is not None:
            self._on_milestone(milestone, at_s)

    async def _talk(self) -> None:
        due = self.now
        frame = 0
        while self._ended_at is None:
            behind = int((self.now - due) / _FRAME_S)
            if behind > _CATCH_UP_FRAMES:
                for _ in range(behind):
                    self._sender.skip_frame()
                due += behind * _FRAME_S
            self._send_frame(due)
            if frame % _REPORT_EVERY_FRAMES == 0 and self._path.is_up:
                self._path.send_rtcp(self._sender.report(time.time()))
            self._waiting.wake()
            frame += 1
            due += _FRAME_S
            # an absolute clock: what one turn takes, the next one waits less
            await asyncio.sleep(max(0.0, due - self.now))

    def _send_frame(self, due: float) -> None:
        waits = self._waits_for_media and self.counts.first_packet_at is None
        if not self._path.is_up or waits or self.mute_packets:
            self._sender.skip_frame()
            return
        self._path.send_rtp(self._sender.next_packet(due, muted=self.muted))
