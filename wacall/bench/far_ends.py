"""The far ends for load: phones and an OpenAI in one Go program, which cost next to nothing.

`simulators/load` says what they do. Here they are started, given something to say, and driven.
"""

import asyncio
import contextlib
import json
import os
import shutil
import struct
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import aiohttp
import numpy as np

from simulators.phone.phone import Phone
from simulators.phone.recording import Pcm
from simulators.phone.rtp import parse_rtp
from simulators.phone.sending import Sender
from simulators.phone.write_sdp import OfferParameters, write_offer
from simulators.tasks import Tasks
from wacall.bench.talk import PhoneReport
from wacall.environment import with_tools
from wacall.stack.processes import Child, ChildFailed

PROGRAM = "wacall-load"
OWN_TIME_MS = 540.0
"""From the caller's last sound to the first of the reply, at the far end itself (`OwnTime`)."""
_SOUND_S = 3.0
_PHONE_RATE = 16_000
_OPENAI_RATE = 24_000
_READY_S = 10.0
_REQUEST_S = 5.0
_STOP_S = 1.0


class FarEndsFailed(Exception):
    """The far ends refused what was asked of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FarEnds:
    """The running program."""

    child: Child
    url: str
    http: aiohttp.ClientSession

    @property
    def openai_url(self) -> str:
        """As OPENAI_BASE_URL has it."""
        return f"{self.url}/v1"

    async def ask(self, method: str, path: str, body: object = None) -> Mapping[str, Any]:
        """Send a request; return the answer.

        Raises:
            FarEndsFailed: it was refused, or nobody answers.
        """
        try:
            async with self.http.request(method, f"{self.url}{path}", json=body) as response:
                answer = await response.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise FarEndsFailed(f"The far ends do not answer ({type(error).__name__}).") from None
        if response.status >= 400:
            raise FarEndsFailed(f"The far ends refused: {answer['error']['message']}")
        return answer or {}

    def make_phone(self, **options: Any) -> "FarPhone":
        """Make a phone, as `WhatsAppSimulator` wants them made."""
        return FarPhone(self, **options)

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, directory: Path) -> AsyncIterator[Self]:
        """Start them.

        Raises:
            ChildFailed: they are not built, or do not get ready.
        """
        program = shutil.which(PROGRAM, path=with_tools(dict(os.environ)).get("PATH"))
        if program is None:
            raise ChildFailed(
                "The far ends for load are not built: run `make setup`, which says why."
            )
        frames, samples = directory / "sound.frames", directory / "sound.samples"
        directory.mkdir(parents=True, exist_ok=True)
        frames.write_bytes(await opus_frames())
        samples.write_bytes(voice(_OPENAI_RATE).astype("<i2").tobytes())
        url: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def take(_: str, line: str) -> None:
            with contextlib.suppress(ValueError):
                told = json.loads(line)
                if isinstance(told, dict) and told.get("kind") == "ready" and not url.done():
                    url.set_result(str(told["url"]))

        child = await Child.start(
            "far ends",
            [program, "-frames", frames, "-samples", samples],
            env={"PATH": os.defpath},
            log=directory / "far-ends.log",
            echo=take,
        )
        try:
            await child.wait_until(partial(_is_done, url), timeout_s=_READY_S)
            timeout = aiohttp.ClientTimeout(total=_REQUEST_S)
            async with aiohttp.ClientSession(timeout=timeout) as http:
                yield cls(child=child, url=url.result(), http=http)
        finally:
            await child.stop(grace_s=_STOP_S)


class FarPhone(Phone):
    """A phone whose media is the far ends'; it counts and measures there."""

    def __init__(self, far: FarEnds, **options: Any) -> None:
        super().__init__(**options)
        self.report: PhoneReport | None = None
        """What the call was like, once it has ended."""
        self.may_hear_at: float | None = None
        """Unix time at which `accept` had returned 200."""
        self._far = far
        self._path_there = ""
        self._doing = Tasks()
        self._failed: FarEndsFailed | None = None

    async def open(self) -> str:
        """Make the phone there; return its offer.

        Raises:
            FarEndsFailed: there is none to be had.
        """
        made = await self._far.ask("POST", "/phones")
        self._path_there = f"/phones/{made['id']}"
        self.offer = write_offer(
            OfferParameters(
                addresses=[made["address"]],
                port=made["port"],
                ufrag=made["ufrag"],
                pwd=made["pwd"],
                fingerprint=made["fingerprint"],
                ssrc=made["ssrc"],
                session_id=time.time_ns() // 1_000_000,
                stream_id="far",
            )
        )
        return self.offer

    def apply_answer(self, sdp: str) -> None:
        """Let the media path come up."""
        self._doing.spawn(self._do("POST", "/answer", {"sdp": sdp}))

    def answered(self) -> None:
        """Talk from now on."""
        self._doing.spawn(self._do("POST", "/talk"))

    def allow_media(self) -> None:
        """Note when `accept` had returned."""
        self.may_hear_at = time.time()

    async def look(self) -> PhoneReport:
        """Tell what it was like until now.

        Raises:
            FarEndsFailed: one of the phone's requests had been refused.
        """
        if self._failed is not None:
            raise self._failed
        if self.report is not None:
            return self.report
        told = await self._far.ask("GET", self._path_there)
        return PhoneReport.from_json(told, accepted_at=self.may_hear_at)

    def end(self) -> None:
        """Hang up."""
        if self._path_there and self._ended_at is None:
            self._doing.spawn(self._leave())
        super().end()

    vanish = end

    async def close(self, linger_s: float = 0.0) -> None:
        """End, and free everything."""
        self.end()
        await self._doing.close()
        await super().close(linger_s)

    async def _do(self, method: str, path: str, body: object = None) -> Mapping[str, Any]:
        try:
            return await self._far.ask(method, self._path_there + path, body)
        except FarEndsFailed as error:
            self._failed = error
            return {}

    async def _leave(self) -> None:
        if told := await self._do("DELETE", ""):
            self.report = PhoneReport.from_json(told, accepted_at=self.may_hear_at)


async def _is_done(future: asyncio.Future[str]) -> bool:
    return future.done()


def voice(rate: int) -> Pcm:
    """Make a sound like a voice that takes no breath: a buzz of changing pitch, and some noise."""
    at = np.arange(int(_SOUND_S * rate)) / rate
    pitch = 120 + 20 * np.sin(2 * np.pi * 3 * at)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    buzz = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 25))
    noise = np.random.default_rng(1).standard_normal(len(at))
    return (4000 * (buzz + 0.2 * noise)).clip(-32_000, 32_000).astype(np.int16)


async def opus_frames() -> bytes:
    """Encode it as a phone does: 20 ms of Opus each, after its length in two bytes."""
    sender = Sender(ssrc=1)
    sender.say(voice(_PHONE_RATE), _PHONE_RATE)
    packed = b""
    for _ in range(int(_SOUND_S * 50)):
        payload = parse_rtp(sender.next_packet(0.0, muted=False)).payload
        packed += struct.pack("!H", len(payload)) + payload
    return packed
