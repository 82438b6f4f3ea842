"""The caller's side of a session: sound in, turns found, words recognised, all of it announced."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulators.openai.config import RATE, SessionConfig
from simulators.openai.conversation import Conversation, Item, new_id
from simulators.openai.happening import Kind
from simulators.openai.input_audio import InputAudio, decode_audio
from simulators.openai.script import Script
from simulators.openai.vad import SpeechStarted, Vad
from simulators.speech import ear
from simulators.speech.process import SpeechFailed
from simulators.tasks import Tasks

# sound kept while nobody speaks: the longest prefix padding, and the detector's own delay
_KEPT_MS: Final = 5_200
# sentences in pieces are read as one; more than this is no sentence
_MOST_PIECES: Final = 5
_PAUSE: Final = np.zeros(RATE // 10, np.int16)

Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(slots=True, kw_only=True)
class Utterance:
    """What the caller said between two silences."""

    item: Item
    samples: NDArray[np.int16] = field(repr=False)
    # what the script reacts to: this piece, or the sentence it completes
    understood: asyncio.Task[str]


class Listening:
    """Owns the input buffer and the voice detector of one session."""

    def __init__(
        self,
        *,
        conversation: Conversation,
        script: Script,
        send: Send,
        note: Callable[..., None],
        on_speech: Callable[[], Awaitable[None]],
        on_turn: Callable[[], Awaitable[None]],
    ) -> None:
        self._conversation = conversation
        self._script = script
        self._send = send
        self._note = note
        self._on_speech = on_speech
        self._on_turn = on_turn
        self._audio = InputAudio()
        self._vad: Vad | None = None
        self._config: SessionConfig | None = None
        # the item that the present speech will become, and when it began
        self._speech: tuple[str, int] | None = None
        # utterances that no reply has answered yet, oldest first
        self.unanswered: list[Utterance] = []
        self._tasks = Tasks()

    def configure(self, config: SessionConfig) -> None:
        """Take over new settings; the detector starts afresh only if its own have changed."""
        old = self._config.audio.input.turn_detection if self._config else None
        detection = config.audio.input.turn_detection
        if self._config is None or detection != old:
            start = self._audio.end_ms
            self._vad = Vad(detection.vad(), rate=RATE, start_ms=start) if detection else None
            self._speech = None
        self._config = config

    async def append(self, sent: Any) -> None:
        """Carry out `input_audio_buffer.append`.

        Raises:
            RealtimeRefusal: this is no sound.
        """
        await self.take(decode_audio(sent))

    async def take(self, samples: NDArray[np.int16]) -> None:
        """Hear the next sound, 24 kHz mono."""
        self._audio.append(samples)
        if self._vad is None:
            return
        for change in self._vad.feed(samples):
            if isinstance(change, SpeechStarted):
                await self._speech_started(change.at_ms)
            else:
                await self._speech_stopped(change.at_ms)
        if self._speech is None:
            self._audio.forget_before(self._audio.end_ms - _KEPT_MS)

    async def hear_words(self, words: str) -> None:
        """Take words for speech that was heard between two silences."""
        await self._speech_started(self._audio.end_ms)
        if self._speech is None:
            return
        item_id, _ = self._speech
        self._speech = None
        await self._send(
            {
                "type": "input_audio_buffer.speech_stopped",
                "audio_end_ms": self._audio.end_ms,
                "item_id": item_id,
            }
        )
        self._note(Kind.SPEECH_STOPPED)
        await self._utter(np.zeros(RATE // 10, np.int16), item_id, words)
        await self._on_turn()

    async def commit(self) -> None:
        """Carry out `input_audio_buffer.commit`.

        Raises:
            RealtimeRefusal: the buffer holds less than 100 ms.
        """
        samples = self._audio.commit()
        item_id = self._speech[0] if self._speech else new_id("item")
        self._forget_speech()
        await self._utter(samples, item_id)

    async def clear(self) -> None:
        """Carry out `input_audio_buffer.clear`."""
        self._audio.forget_before(self._audio.end_ms)
        self._forget_speech()
        await self._send({"type": "input_audio_buffer.cleared"})

    async def close(self) -> None:
        """Stop understanding."""
        await self._tasks.close()

    def _forget_speech(self) -> None:
        self._speech = None
        detection = self._config.audio.input.turn_detection if self._config else None
        if detection is not None:
            self._vad = Vad(detection.vad(), rate=RATE, start_ms=self._audio.end_ms)

    async def _speech_started(self, at_ms: int) -> None:
        detection = self._config.audio.input.turn_detection if self._config else None
        padding = detection.prefix_padding_ms if detection else 0
        start_ms = max(self._audio.start_ms, at_ms - padding)
        item_id = new_id("item")
        self._speech = item_id, start_ms
        await self._send(
            {
                "type": "input_audio_buffer.speech_started",
                "audio_start_ms": start_ms,
                "item_id": item_id,
            }
        )
        self._note(Kind.SPEECH_STARTED)
        await self._on_speech()

    async def _speech_stopped(self, at_ms: int) -> None:
        if self._speech is None:
            return
        item_id, start_ms = self._speech
        self._speech = None
        await self._send(
            {
                "type": "input_audio_buffer.speech_stopped",
                "audio_end_ms": at_ms,
                "item_id": item_id,
            }
        )
        self._note(Kind.SPEECH_STOPPED)
        await self._utter(self._audio.cut(start_ms, at_ms), item_id)
        await self._on_turn()

    async def _utter(
        self, samples: NDArray[np.int16], item_id: str, words: str | None = None
    ) -> None:
        """Have speech become an item; `words` are what was said, where nobody need recognise it."""
        length_ms = len(samples) * 1000 // RATE
        item = Item(id=item_id, type="message", role="user", audio_ms=length_ms)
        previous = self._conversation.append(item)
        place = {"previous_item_id": previous}
        await self._send({"type": "input_audio_buffer.committed", **place, "item_id": item_id})
        for stage in ("added", "done"):
            kind = f"conversation.item.{stage}"
            await self._send({"type": kind, **place, "item": item.to_json()})
        pieces = [piece.samples for piece in self.unanswered[-_MOST_PIECES:]]
        task = self._tasks.spawn(self._understand(item, samples, pieces, words))
        self.unanswered.append(Utterance(item=item, samples=samples, understood=task))

    async def _understand(
        self,
        item: Item,
        samples: NDArray[np.int16],
        pieces: list[NDArray[np.int16]],
        words: str | None,
    ) -> str:
        try:
            own, whole = (words, words) if words else await self._recognise(samples, pieces)
        except SpeechFailed as error:
            await self._transcription_failed(item, str(error))
            return ""
        item.text = own
        self._note(Kind.HEARD, own, item=item.id)
        await self._transcribed(item)
        return whole

    async def _recognise(
        self, samples: NDArray[np.int16], pieces: list[NDArray[np.int16]]
    ) -> tuple[str, str]:
        """Return the piece's own transcript, and the words that the script reacts to."""
        script, grammar = self._script, self._script.grammar

        def fits(text: str) -> bool:
            return script.written(text) is not None

        # A pause at a comma ends a turn when the silence is set short: what could not be
        # answered before may be the beginning of this sentence.
        for count in range(len(pieces), 0, -1):
            if grammar is None:
                break
            before = np.concatenate([part for piece in pieces[-count:] for part in (piece, _PAUSE)])
            heard = await ear.hear(
                np.concatenate((before, samples)), RATE, grammar=grammar, accept=fits, free=False
            )
            if heard.words and fits(heard.text):
                begins_s = len(before) / RATE - 0.1
                own = " ".join(word.text for word in heard.words if word.start_s >= begins_s)
                return own, heard.text
        heard = await ear.hear(samples, RATE, grammar=grammar, accept=fits)
        return script.written(heard.text) or heard.text, heard.text

    async def _transcribed(self, item: Item) -> None:
        if self._config is None or self._config.audio.input.transcription is None:
            return
        kind = "conversation.item.input_audio_transcription"
        place = {"item_id": item.id, "content_index": 0}
        for number, word in enumerate(item.text.split(" ") if item.text else ()):
            await self._send({"type": f"{kind}.delta", **place, "delta": " " * (number > 0) + word})
        await self._send(
            {
                "type": f"{kind}.completed",
                **place,
                "transcript": item.text,
                "usage": {"type": "duration", "seconds": (item.audio_ms or 0) / 1000},
            }
        )

    async def _transcription_failed(self, item: Item, message: str) -> None:
        if self._config is None or self._config.audio.input.transcription is None:
            return
        await self._send(
            {
                "type": "conversation.item.input_audio_transcription.failed",
                "item_id": item.id,
                "content_index": 0,
                "error": {"type": "server_error", "code": "recogniser", "message": message},
            }
        )
