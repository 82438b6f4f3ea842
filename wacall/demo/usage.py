"""What a call costs while it lasts, and whether any of its packets comes to Python.

A packet can reach a process only by a socket: a part without a UDP socket gets no RTP.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from wacall.demo.evidence import CallUsage, PartUsage
from wacall.stack.process_usage import cpu_seconds, pss_bytes, tree, udp_ports_of
from wacall.stack.stack import Stack

PYTHON_PARTS = {"controlplane": "control plane", "agent": "agent worker"}
_PARTS = {"sfu": "LiveKit SFU", "bridge": "media bridge", **PYTHON_PARTS}
_LOOK_EACH_S = 0.5


class UsageMeter:
    """Watches a stack's processes while a call lasts."""

    def __init__(self, stack: Stack) -> None:
        """Take the stack; parts that others run are not watched."""
        self._roots = {
            shown: stack.child(name).pid for name, shown in _PARTS.items() if name in stack.keepers
        }
        self._before: dict[str, float] = {}
        self._began = 0.0
        self._looks = 0
        self._udp: dict[str, int] = {}
        self.usage: CallUsage | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Measure for as long as the block runs; then `usage` tells."""
        self._began = time.monotonic()
        self._before = {part: cpu_seconds([pid]) for part, pid in self._roots.items()}
        looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            looking.cancel()
            await asyncio.wait([looking])
            self.usage = self._read()

    async def _look(self) -> None:
        before: dict[str, set[int]] = {}
        while True:
            for part in PYTHON_PARTS.values():
                if part in self._roots:
                    ports = udp_ports_of(tree(self._roots[part]))
                    # one that is there once asks for a name: media stays
                    stayed = len(ports & before.get(part, set()))
                    if stayed:
                        self._udp[part] = max(stayed, self._udp.get(part, 0))
                    before[part] = ports
            self._looks += 1
            await asyncio.sleep(_LOOK_EACH_S)

    def _read(self) -> CallUsage:
        took = max(time.monotonic() - self._began, 0.001)
        return CallUsage(
            seconds=took,
            parts=tuple(
                PartUsage(
                    part=part,
                    cores=max(0.0, cpu_seconds([pid]) - self._before[part]) / took,
                    megabytes=pss_bytes([pid]) / 1e6,
                )
                for part, pid in self._roots.items()
            ),
            looks=self._looks,
            python_udp=dict(self._udp),
        )
