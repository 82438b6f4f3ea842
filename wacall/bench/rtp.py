"""Keeps watch over the way that the phones' RTP packets take: through the SFU, never Python."""

import asyncio
import re
from collections.abc import Iterator

from simulators.meta.calls.user_call import SimulatedCall
from wacall.bench.figures import RtpAccount
from wacall.bench.stack import Bench
from wacall.stack.process_usage import tree, udp_ports_of

# foundation, component, transport, priority, address, port (RFC 8839 section 5.1)
_CANDIDATE = re.compile(r"^a=candidate:\S+ \d+ (?i:udp) \d+ \S+ (\d+) ", re.MULTILINE)
PACKETS_PER_S = 50
"""One every 20 ms, silence included, from phones and agents alike."""
_COUNTERS_REST_S = 3.0
"""The SFU reports while a call goes on every few seconds, and at its end."""
_COUNTERS_DEADLINE_S = 20.0
_POLL_S = 0.5


class RtpWitness:
    """Looks at sockets while calls run, and at both sides' counters when they are over."""

    def __init__(self, bench: Bench, before: tuple[int, int]) -> None:
        """Take the SFU's counters as they stand before the first call; use `begin`."""
        self._bench = bench
        self._before = before
        self._controlplane_ports: set[int] = set()
        self._outside: set[str] = set()
        self._calls = self._sent = self._heard = self._outside_packets = self._looks = 0
        self._before_media_s = 0.0

    @classmethod
    async def begin(cls, bench: Bench) -> "RtpWitness":
        """Wait until the SFU has counted all earlier calls, and begin."""
        return cls(bench, await _resting_counters(bench))

    def look(self, *calls: SimulatedCall) -> None:
        """Look at the sockets while these calls run.

        A phone answers only the ICE checks, and takes only the certificate, of who wrote the
        answer: so its far end is among the answer's candidates. Which one it is, its phone knows
        once ICE is up: every packet goes there, so to no socket of the worker's.
        """
        controlplane = {pid for root in self._bench.roots["control plane"] for pid in tree(root)}
        self._controlplane_ports |= udp_ports_of(controlplane)
        sfu_ports = udp_ports_of(self._bench.roots["SFU"])
        for call in calls:
            ports, peer = set(far_ports(call)), call.phone.peer
            if not ports or not ports <= sfu_ports or (peer and peer[1] not in sfu_ports):
                self._outside.add(call.wacid)
        self._looks += 1

    def close_account(self, call: SimulatedCall) -> None:
        """Take over an ended call's counts."""
        sent, heard = call.phone.packets_sent, call.phone.counts.packets
        self._calls += 1
        self._sent += sent
        self._heard += heard
        accepted, first = call.timings.accept_answered, call.timings.first_rtp
        if accepted is not None and first is not None:
            self._before_media_s += max(0.0, first - accepted)
        if call.wacid in self._outside:
            self._outside_packets += sent + heard

    async def account(self) -> RtpAccount:
        """Wait until the SFU has counted everything; draw up the account."""
        received, sent = await _resting_counters(self._bench)
        return RtpAccount(
            calls=self._calls,
            phones_sent=self._sent,
            phones_heard=self._heard,
            before_media=round(self._before_media_s * PACKETS_PER_S),
            sfu_received=received - self._before[0],
            sfu_sent=sent - self._before[1],
            outside_sfu=self._outside_packets,
            controlplane_udp_ports=sorted(self._controlplane_ports),
            looks=self._looks,
        )


async def _resting_counters(bench: Bench) -> tuple[int, int]:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _COUNTERS_DEADLINE_S
    counters, since = await bench.sfu_packets(), loop.time()
    while loop.time() - since < _COUNTERS_REST_S and loop.time() < deadline:
        await asyncio.sleep(_POLL_S)
        now = await bench.sfu_packets()
        if now != counters:
            counters, since = now, loop.time()
    return counters


def far_ports(call: SimulatedCall) -> Iterator[int]:
    """Return the UDP ports of the answer that the phone was given."""
    for request in call.requests:
        if request.action == "accept" and request.status == 200 and isinstance(request.body, dict):
            for port in _CANDIDATE.findall(request.body["session"]["sdp"]):
                yield int(port)
