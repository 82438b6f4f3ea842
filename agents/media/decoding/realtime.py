"""The OpenAI Realtime session: made as the settings say, and watched.

livekit-plugins-openai connects in the background and says nothing about it; a call must know
whether its session is up before the phone is answered, and whether words of the caller are still
being transcribed when it ends.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
from livekit.agents import APIConnectOptions
from livekit.agents.llm import RealtimeModelError
from livekit.plugins.openai.realtime import RealtimeModel, RealtimeSession
from openai.types.realtime import AudioTranscription
from openai.types.realtime.realtime_audio_input_turn_detection import ServerVad

from agents.media.voice import OpenAIUnreachable, SpeechOptions

# OpenAI ends a session after 60 minutes; the plugin would renew it every 20 and lose words.
_MAX_SESSION_S = 55 * 60.0
# A first try may meet a closing socket. A second failure, or a refusal, is an answer.
_FAILURES_BEFORE_UP = 2


class WatchedRealtimeModel(RealtimeModel):
    """A `RealtimeModel` that knows how its session does."""

    def __init__(self, *, heed: Callable[[dict[str, Any]], None], **options: Any) -> None:
        """Take the options of `RealtimeModel`; `heed` is told of each of OpenAI's events."""
        super().__init__(**options)
        self._heed = heed
        self._up: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._settled = asyncio.Event()
        self._settled.set()
        self._unheard: set[str] = set()
        self._uncommitted = False
        self._failures = 0
        self._live: RealtimeSession | None = None

    def session(self, *, turn_detection_disabled: bool = False) -> RealtimeSession:
        """Make a session and watch it."""
        session = super().session(turn_detection_disabled=turn_detection_disabled)
        session.on("openai_server_event_received", self._on_event)
        session.on("error", self._on_error)
        self._live = session
        return session

    async def wait_until_up(self, timeout_s: float) -> None:
        """Return once OpenAI has confirmed the session with our settings.

        Raises:
            OpenAIUnreachable: it refused, failed, or did not answer in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.shield(self._up)
        except TimeoutError:
            raise OpenAIUnreachable("timeout") from None

    async def wait_for_last_words(self, timeout_s: float) -> None:
        """Give OpenAI time to transcribe what the caller said last."""
        if self._live is None or self._settled.is_set():
            return
        if self._uncommitted:
            # the caller left in the middle of a word: no silence will end this turn
            self._live.commit_audio()
        try:
            async with asyncio.timeout(timeout_s):
                await self._settled.wait()
        except TimeoutError:
            return

    def _on_event(self, event: dict[str, Any]) -> None:
        self._heed(event)
        item = str(event.get("item_id", ""))
        match event.get("type"):
            case "session.updated":
                self._failures = 0
                if not self._up.done():
                    self._up.set_result(None)
            case "error":
                detail = event.get("error")
                code = detail.get("code") or detail.get("type") if isinstance(detail, dict) else ""
                self._fail(str(code or "error"))
            case "input_audio_buffer.speech_started":
                self._uncommitted = True
                self._unheard.add(item)
                self._settled.clear()
            case "input_audio_buffer.committed":
                self._uncommitted = False
            case (
                "conversation.item.input_audio_transcription.completed"
                | "conversation.item.input_audio_transcription.failed"
            ):
                self._unheard.discard(item)
                if not self._unheard:
                    self._settled.set()

    def _on_error(self, error: RealtimeModelError) -> None:
        self._failures += 1
        cause = error.error.__cause__
        if isinstance(cause, aiohttp.WSServerHandshakeError):
            self._fail(f"http-{cause.status}")
        elif not error.recoverable or self._failures >= _FAILURES_BEFORE_UP:
            self._fail("connection")
        if not error.recoverable:
            self._settled.set()  # nothing will be transcribed any more

    def _fail(self, cause: str) -> None:
        if not self._up.done():
            self._up.set_exception(OpenAIUnreachable(cause))
            self._up.exception()  # it may be that nobody waits any more


def realtime_model(
    options: SpeechOptions,
    model: str,
    http: aiohttp.ClientSession,
    heed: Callable[[dict[str, Any]], None] = lambda _: None,
) -> WatchedRealtimeModel:
    """Make the model of one call; `http` stays the caller's to close."""
    return WatchedRealtimeModel(
        heed=heed,
        model=model,
        voice=options.voice,
        modalities=["audio"],
        input_audio_transcription=AudioTranscription(model=options.transcription_model),
        input_audio_noise_reduction=None
        if options.noise_reduction == "off"
        else options.noise_reduction,
        turn_detection=ServerVad(
            type="server_vad",
            threshold=options.vad_threshold,
            prefix_padding_ms=options.vad_prefix_ms,
            silence_duration_ms=options.vad_silence_ms,
            create_response=True,
            interrupt_response=True,
        ),
        api_key=options.api_key,
        base_url=options.base_url,
        http_session=http,
        max_session_duration=_MAX_SESSION_S,
        conn_options=APIConnectOptions(
            max_retry=3, retry_interval=1.0, timeout=options.connect_timeout_s
        ),
    )
