"""One media bridge's control: HTTP with JSON (docs/bridge.md). No call's sound comes by here."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import aiohttp

from shared.bridge.address import BridgeAddress
from shared.bridge.errors import BridgeGone, BridgeRefused, BridgeUnreachable, LegUnknown
from shared.bridge.events import LegEvent
from shared.bridge.legs import Gate, LegSpec, LegState, PeerSide, Side, call_of_leg
from shared.call.recording import SOUND_STATUSES, Sound
from shared.process.observing import ObserveRequest

SERVICE = "bridge"
_MAX_LINE = 256 * 1024
# a living bridge writes something every 2 s
_SILENT_S = 6.0
_OGG = "audio/ogg"
_CHUNK = 64 * 1024

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeHealth:
    """What is needed to choose between bridges."""

    instance: str
    """Another one after each start."""
    legs: int
    max: int
    """So many it takes."""
    draining: bool

    @property
    def has_room(self) -> bool:
        """Whether it takes another leg."""
        return not self.draining and self.legs < self.max

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """Read its answer.

        Raises:
            KeyError, TypeError, ValueError: this is no bridge's.
        """
        return cls(
            instance=str(body["instance"]),
            legs=int(body["legs"]),
            max=int(body["max"]),
            draining=bool(body["draining"]),
        )


class BridgeClient:
    """Gives one bridge its orders.

    Everything raises `BridgeUnreachable` without an answer within the bound, `BridgeRefused` for an
    answer that is an error, and, about a leg, `LegUnknown` once it has ended.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        address: BridgeAddress,
        *,
        token: str,
        timeout_s: float,
        observe: ObserveRequest = lambda *_: None,
    ) -> None:
        """Take a session whose connector reaches the address; `token` may be empty on loopback."""
        self._http = http
        self.address = address
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout_s = timeout_s
        self._observe = observe

    # --- legs ---

    async def make(self, spec: LegSpec) -> str:
        """Make a leg; return our offer, or our answer to the peer's.

        Of which call it is stands on the bridge's log lines about it. That goes in the query, which
        a bridge of an older release does not read; an unknown field of the body it would refuse.
        """
        call = call_of_leg(spec.id)
        path = f"/legs?label={call[0]}" if call is not None else "/legs"
        made = await self._request("make-leg", "POST", path, spec.to_json())
        return str(made["sdp"])

    async def answer(self, leg: str, sdp: str) -> None:
        """Give a leg its peer's answer to our newest offer."""
        await self._about("answer-leg", "POST", leg, "/answer", {"sdp": sdp})

    async def enter(self, leg: str) -> None:
        """Have a leg come into its room although its peer has not answered."""
        await self._about("enter-leg", "POST", leg, "/enter")

    async def renew(self, leg: str, peer: PeerSide) -> str:
        """Connect the peer anew under the same participant; return our description."""
        made = await self._about("renew-leg", "POST", leg, "/renew", peer.to_json())
        return str(made["sdp"])

    async def gate(
        self, leg: str, stream: Side, gate: Gate, *, release_within_s: float = 0
    ) -> None:
        """Decide what may leave to one side.

        What is `HELD` opens by itself once that side has sent its first packet, for then it hears
        us, and after `release_within_s` at the latest; with 0 it stays held.
        """
        body = {"stream": stream, "state": gate, "release_within_s": release_within_s}
        await self._about("gate-leg", "POST", leg, "/gate", body)

    async def play(self, leg: str, stream: Side, clip: str) -> None:
        """Play a file of BRIDGE_CLIPS before what the source sends."""
        await self._about("play-clip", "POST", leg, "/play", {"stream": stream, "clip": clip})

    async def play_sound(self, leg: str, stream: Side, clip: str, sound: bytes) -> None:
        """Play an Ogg Opus file of 20 ms frames before what the source sends.

        `clip` names it in the event `PLAYED`.
        """
        path = f"/legs/{leg}/play?stream={stream.value}&clip={clip}"
        await self._request("play-clip", "POST", path, sound=sound)

    async def capture(self, leg: str, stream: Side) -> None:
        """Keep what leaves to one side from now on, a minute at most."""
        await self._about("capture-leg", "POST", leg, "/capture", {"stream": stream})

    async def captured(self, leg: str, stream: Side) -> bytes:
        """End that; return it as a clip that can be played, without silence at its ends.

        `BridgeRefused` if nothing was said.
        """
        path = f"/legs/{leg}/capture?stream={stream.value}"
        return bytes(await self._ask("capture-leg", "DELETE", path, read=lambda got: got.read()))

    async def clear(self, leg: str, stream: Side) -> int:
        """Drop what waits to leave; return how many frames of 20 ms that were."""
        answer = await self._about("clear-leg", "POST", leg, "/clear", {"stream": stream})
        return int(answer["dropped"])

    async def source(self, leg: str, participant: str) -> None:
        """Let a participant speak in the peer's place; `""`: the peer again."""
        await self._about("source-leg", "POST", leg, "/source", {"participant": participant})

    async def attributes(self, leg: str, attributes: Mapping[str, str]) -> None:
        """Set attributes of the leg's participant."""
        await self._about("attributes-leg", "POST", leg, "/attributes", dict(attributes))

    async def record(self, leg: str, name: str) -> None:
        """Write both directions into the folder of this name in BRIDGE_RECORDINGS."""
        await self._about("record-leg", "POST", leg, f"/record?name={name}")

    async def stop_recording(self, leg: str) -> None:
        """End the files."""
        await self._about("record-leg", "DELETE", leg, "/record")

    async def state(self, leg: str) -> LegState:
        """Look at a leg."""
        return _read(LegState.read, await self._about("look-leg", "GET", leg))

    async def end(self, leg: str) -> bool:
        """End a leg; return whether it was there. Harmless when repeated."""
        try:
            await self._about("end-leg", "DELETE", leg)
        except LegUnknown:
            return False
        return True

    # --- recordings: they outlive their legs ---

    async def recorded(self, name: str) -> dict[str, int]:
        """Look at a recording: its files, and how many bytes each has; none: it is not there."""
        try:
            answer = await self._request("look-recording", "GET", f"/recordings/{name}")
        except BridgeRefused as error:
            if error.refusal == "no-recording":
                return {}
            raise
        return {str(file["name"]): int(file["bytes"]) for file in answer["files"]}

    @contextlib.asynccontextmanager
    async def sound(self, name: str, file: str, part: str | None) -> AsyncIterator[Sound]:
        """Open one of its files, or a part of it, as HTTP's `Range` writes that.

        It comes as fast as it is read, and is nowhere held whole.
        """
        began, outcome = time.monotonic(), "error"
        # what is compressed on the way has other bytes than those that were asked for
        headers = (
            self._headers | {"Accept-Encoding": "identity"} | ({"Range": part} if part else {})
        )
        try:
            async with self._http.get(
                f"{self.address.url}/recordings/{name}/{file}",
                headers=headers,
                timeout=aiohttp.ClientTimeout(
                    sock_connect=self._timeout_s, sock_read=self._timeout_s
                ),
            ) as response:
                outcome = f"http-{response.status}"
                if response.status not in SOUND_STATUSES:
                    raise await _refusal(response)
                outcome = "ok"
                chunks = response.content.iter_chunked(_CHUNK)
                yield Sound.of(response.status, response.headers, chunks)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _unreachable(error) from error
        finally:
            self._observe(SERVICE, "read-recording", outcome, time.monotonic() - began)

    async def forget_recording(self, name: str) -> None:
        """Delete a recording; harmless when repeated."""
        await self._request("forget-recording", "DELETE", f"/recordings/{name}")

    # --- the bridge ---

    async def health(self) -> BridgeHealth:
        """Ask how full it is."""
        return _read(BridgeHealth.read, await self._request("look", "GET", "/health"))

    async def leg_states(self) -> dict[str, LegState]:
        """Look at all of its legs at once; by name."""
        answer = await self._request("list-legs", "GET", "/legs")
        return _read(
            lambda body: {str(leg["id"]): LegState.read(leg) for leg in body["legs"]}, answer
        )

    async def legs(self) -> frozenset[str]:
        """Ask for the names of its legs."""
        answer = await self._request("list-legs", "GET", "/legs")
        return frozenset(str(leg["id"]) for leg in answer["legs"])

    @contextlib.asynccontextmanager
    async def events(self, *, instance: str, after: int) -> AsyncIterator["EventStream"]:
        """Listen to what happens, from after `after` on if the bridge is still that `instance`.

        Else from its beginning, as far back as it remembers.
        """
        query = {"instance": instance, "after": str(after)}
        try:
            async with self._http.get(
                f"{self.address.url}/events",
                params=query,
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(sock_connect=self._timeout_s, sock_read=_SILENT_S),
                read_bufsize=_MAX_LINE,
            ) as response:
                if response.status != 200:
                    raise await _refusal(response)
                yield EventStream(response)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise _unreachable(error) from error

    # --- how all of them ask ---

    async def _about(
        self, action: str, method: str, leg: str, path: str = "", body: object = None
    ) -> dict[str, Any]:
        return await self._request(action, method, f"/legs/{leg}{path}", body)

    async def _request(
        self, action: str, method: str, path: str, body: object = None, sound: bytes | None = None
    ) -> dict[str, Any]:
        answer = await self._ask(action, method, path, body, sound)
        if not isinstance(answer, dict):
            raise BridgeUnreachable(_NO_BRIDGES)
        return answer

    async def _ask(
        self,
        action: str,
        method: str,
        path: str,
        body: object = None,
        sound: bytes | None = None,
        read: Callable[[aiohttp.ClientResponse], Awaitable[Any]] = lambda got: got.json(),
    ) -> Any:
        began = time.monotonic()
        outcome = "error"
        headers = self._headers if sound is None else self._headers | {"Content-Type": _OGG}
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._http.request(
                    method, f"{self.address.url}{path}", json=body, data=sound, headers=headers
                ) as response,
            ):
                if response.status >= 400:
                    outcome = f"http-{response.status}"
                    raise await _refusal(response)
                answer = await read(response)
            outcome = "ok"
            return answer
        except TimeoutError as error:
            outcome = "timeout"
            raise BridgeUnreachable from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _unreachable(error) from error
        finally:
            self._observe(SERVICE, action, outcome, time.monotonic() - began)


_NO_BRIDGES = "What answers is no media bridge; check BRIDGE_URL."


class EventStream:
    """What a bridge tells, as it tells it."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        """Take the open response."""
        self._response = response
        self.instance = response.headers.get("Bridge-Instance", "")

    async def __aiter__(self) -> AsyncIterator[LegEvent]:
        """Yield event after event until the bridge ends the stream, or says nothing for too long.

        Raises:
            BridgeUnreachable: what comes is no bridge's.
        """
        async for line in self._response.content:
            try:
                event = LegEvent.read(line)
            except ValueError as error:
                raise BridgeUnreachable(_NO_BRIDGES) from error
            if event is not None:
                yield event


def _read(read: Callable[[Mapping[str, Any]], _Read], body: Mapping[str, Any]) -> _Read:
    try:
        return read(body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BridgeUnreachable(_NO_BRIDGES) from error


def _unreachable(error: Exception) -> BridgeUnreachable:
    """Tell a bridge that runs no more from one that is out of reach."""
    reason = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(reason, ConnectionRefusedError | FileNotFoundError):
        return BridgeGone()
    return BridgeUnreachable()


async def _refusal(response: aiohttp.ClientResponse) -> Exception:
    """Read an error's body: `{"error": {"code": ..., "message": ...}}`."""
    try:
        error = (await response.json())["error"]
        code, message = str(error["code"]), str(error["message"])
    except (aiohttp.ContentTypeError, ValueError, KeyError, TypeError):
        return BridgeUnreachable(_NO_BRIDGES)
    if code == "no-leg":
        return LegUnknown(code, message)
    if code == "not-authorized":
        return BridgeRefused(code, "The media bridge refuses us; check BRIDGE_TOKEN on both sides.")
    return BridgeRefused(code, message)
