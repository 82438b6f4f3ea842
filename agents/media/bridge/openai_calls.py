"""OpenAI's calls over WebRTC: made, watched and steered from the side, hung up.

Reference: `POST /v1/realtime/calls`, its `Location`, `?call_id=` and `/hangup`, as the client
library's `realtime.calls` and `realtime.connect` have them.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import openai
from websockets.exceptions import InvalidStatus, WebSocketException

from agents.media.voice import OpenAIUnreachable, SpeechOptions
from shared.call import openai_refusal
from shared.call.call import EndReason

_log = logging.getLogger(__name__)

_HANGUP_WITHIN_S = 3.0
_CONNECT_WITHIN_S = 5.0
_AGAIN_S = 0.2


# of the time that is left a model may take so much, while there are others
_SHARE = 0.6

Config = Callable[[str], dict[str, Any]]
"""Writes a session's settings for a model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A call that OpenAI has taken."""

    call_id: str
    answer: str = field(repr=False)
    """Its description, for the leg."""
    model: str


class SidebandLost(Exception):
    """The connection to a call's events has broken; it may be made again."""


class CallGone(Exception):
    """OpenAI knows no such call (any more)."""


class OpenAICalls:
    """Makes and ends calls; one client may serve all calls of an event loop."""

    def __init__(self, client: openai.AsyncOpenAI) -> None:
        """Take the client; it stays the caller's to close."""
        self._client = client.with_options(max_retries=0)

    async def create(self, sdp: str, session: dict[str, Any]) -> tuple[str, str]:
        """Offer a call; return OpenAI's answer and the call's id. Bounded by whoever asks.

        What fails on the way, or at OpenAI's end, is tried once more: a connection that was kept
        alive may just have been closed.

        Raises:
            OpenAIUnreachable: with the cause.
        """
        try:
            return await self._create(sdp, session)
        except OpenAIUnreachable as error:
            if error.cause != "connection" and not error.cause.startswith("http-5"):
                raise
        await asyncio.sleep(_AGAIN_S)
        return await self._create(sdp, session)

    async def create_first(
        self, sdp: str, models: Sequence[str], config: Config, within_s: float
    ) -> Made:
        """Offer a call to one model after the other until one takes it.

        What the account is refused no model is asked for again. They share `within_s`.

        Raises:
            OpenAIUnreachable: none took it; with the last one's cause.
        """
        until = monotonic() + within_s
        failure = OpenAIUnreachable("no-model")
        for place, model in enumerate(models):
            is_last = place + 1 == len(models)
            left_s = until - monotonic()
            if left_s <= 0:
                break
            try:
                async with asyncio.timeout(left_s if is_last else left_s * _SHARE):
                    answer, call_id = await self.create(sdp, config(model))
                return Made(call_id=call_id, answer=answer, model=model)
            except TimeoutError:
                failure = OpenAIUnreachable("timeout")
            except OpenAIUnreachable as error:
                failure = error
            if openai_refusal.is_fatal(failure.cause):
                break
            if not is_last:
                _log.warning(
                    "A Realtime model cannot be had; the next one is tried.",
                    extra={"action": "model-passed-over", "model": model, "cause": failure.cause},
                )
        raise failure

    async def _create(self, sdp: str, session: dict[str, Any]) -> tuple[str, str]:
        try:
            response = await self._client.realtime.calls.with_raw_response.create(
                sdp=sdp,
                session=session,  # type: ignore[arg-type]  # a dict as the API takes it
            )
            answer = response.content.decode()
            location = response.headers.get("Location", "")
        except openai.APIError as error:
            raise OpenAIUnreachable(cause_of(error)) from error
        call_id = location.rstrip("/").rpartition("/")[2]
        if not answer or not call_id:
            raise OpenAIUnreachable("no-call")
        return answer, call_id

    async def attach(self, call_id: str) -> "Attached":
        """Connect to a call's events.

        Raises:
            CallGone: there is no such call.
            SidebandLost: it did not come to it.
        """
        try:
            async with asyncio.timeout(_CONNECT_WITHIN_S):
                return Attached(await self._client.realtime.connect(call_id=call_id).enter())
        except InvalidStatus as error:
            if error.response.status_code == 404:
                raise CallGone from error
            raise SidebandLost from error
        except (WebSocketException, openai.OpenAIError, OSError, TimeoutError) as error:
            raise SidebandLost from error

    async def hang_up(self, call_id: str) -> None:
        """End a call; harmless when repeated, and never in the way for long."""
        try:
            async with asyncio.timeout(_HANGUP_WITHIN_S):
                await self._client.realtime.calls.hangup(call_id)
        except openai.NotFoundError:
            return  # it was over
        except (openai.APIError, TimeoutError) as error:
            # the end of the media ends it as well, later
            _log.warning(
                "OpenAI's call could not be hung up; it ends with its media.",
                extra={"action": "openai-hangup-failed", "error": type(error).__name__},
            )


class Attached:
    """A connection to a call's events."""

    def __init__(self, connection: Any) -> None:
        """Take the library's connection."""
        self._connection = connection

    async def receive(self) -> dict[str, Any]:
        """Wait for the next event.

        Raises:
            SidebandLost: the connection is gone.
        """
        try:
            event = json.loads(await self._connection.recv_bytes())
        except (WebSocketException, OSError, ValueError) as error:
            raise SidebandLost from error
        return event if isinstance(event, dict) else {}

    async def send(self, event: dict[str, Any]) -> None:
        """Send an event.

        Raises:
            SidebandLost: the connection is gone.
        """
        try:
            await self._connection.send(event)
        except (WebSocketException, openai.OpenAIError, OSError) as error:
            raise SidebandLost from error

    async def close(self) -> None:
        """Leave."""
        try:
            async with asyncio.timeout(_HANGUP_WITHIN_S):
                await self._connection.close()
        except (WebSocketException, OSError, TimeoutError):
            return


def cause_of(error: openai.APIError) -> str:
    """Name what OpenAI's error comes to: a code that means something to us, else the status."""
    if isinstance(error, openai.APITimeoutError):
        return "timeout"
    if isinstance(error, openai.APIStatusError):
        code = str(error.code or "")
        if openai_refusal.reason_of(code) is not EndReason.OPENAI_UNREACHABLE:
            return code
        return f"http-{error.status_code}"
    return "connection"


def openai_client(options: SpeechOptions) -> openai.AsyncOpenAI:
    """Make a client; it may serve all calls of an event loop."""
    return openai.AsyncOpenAI(
        api_key=options.api_key,
        base_url=options.base_url,
        timeout=options.connect_timeout_s,
        max_retries=0,
    )
