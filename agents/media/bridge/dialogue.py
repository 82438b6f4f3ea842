"""What is said in a call, folded from the events of OpenAI's session; pure.

Events may come twice (by the sideband, and by the leg's data channel), late, and in the order that
OpenAI likes; whoever feeds them says when each one came, in seconds of the wall clock. What was
held back by the leg is heard later than OpenAI believes: `released_at` makes up for it.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any

from agents.media.bridge.utterances import Call, Message, Response, Said

REPLAYED = "again_"
"""What the ids of items begin with that we repeat into a new session."""

_REMEMBERED = 4000
# a transcript that does not come in this time is not waited for by the turns behind it
_TRANSCRIPT_WITHIN_S = 8.0
# an answer that does not begin in this time is none that OpenAI gives by itself
_RESPONSE_WITHIN_S = 5.0
# OpenAI need not be told that it was cut so little earlier than it believes
_UNNOTICED_MS = 300


class Dialogue:
    """The conversation of one call, over any number of sessions."""

    def __init__(self) -> None:
        """Begin with nothing said."""
        self.released_at: float | None = None
        """Since when what leaves OpenAI reaches the caller; before that the leg keeps it."""
        self.speaks_since: float | None = None
        """Since when the caller has been speaking."""
        self.last_speech_at = 0.0
        self.is_understanding = False
        """Whether the caller has finished, and a response is to begin in a moment."""
        self._understanding_since = 0.0
        self._seen: set[str] = set()
        self._seen_order: deque[str] = deque()
        self._order: list[str] = []
        self.items: dict[str, Message | Call] = {}
        self.responses: dict[str, Response] = {}
        self._open: dict[str, Response] = {}
        self._answers: dict[str, Response] = {}
        self._home: dict[str, str] = {}
        self._first = 0
        self._calls: dict[str, Call] = {}
        self._unheard: set[str] = set()
        """What the caller says, or has said, and is not transcribed."""
        self._outputs: dict[str, str] = {}
        self.session = 1
        """Counts OpenAI's sessions: the leg's generation."""

    # --- events ---

    def take(self, event: Mapping[str, Any], now: float) -> bool:
        """Take one of OpenAI's events; `False` if it was here before."""
        name = str(event.get("event_id") or "")
        if name:
            if name in self._seen:
                return False
            self._seen.add(name)
            self._seen_order.append(name)
            if len(self._seen_order) > _REMEMBERED:
                self._seen.discard(self._seen_order.popleft())
        kind = str(event.get("type") or "")
        item_id = str(event.get("item_id") or "")
        response = self.responses.get(str(event.get("response_id") or ""))
        match kind:
            case "conversation.item.added" | "conversation.item.done":
                self._add(event.get("item"), event.get("previous_item_id"), now)
            case "conversation.item.deleted":
                self.items.pop(item_id, None)
            case "response.output_item.added" | "response.output_item.done":
                self._belongs(event, now)
            case "response.output_audio_transcript.delta":
                self._hear_words(item_id, str(event.get("delta") or ""))
            case "response.output_audio_transcript.done":
                self._know_words(item_id, event.get("transcript"))
            case "conversation.item.input_audio_transcription.completed":
                self._transcribe(item_id, event.get("transcript"), now)
            case "conversation.item.input_audio_transcription.failed":
                self._transcribe(item_id, "", now)
            case "conversation.item.truncated":
                self._truncate(item_id, event.get("audio_end_ms"), now)
            case "input_audio_buffer.speech_started":
                self._unheard.add(item_id)
                self._speech_started(now)
            case "input_audio_buffer.speech_stopped" | "input_audio_buffer.committed":
                self._speech_stopped(item_id, now)
            case "response.created" | "response.done":
                self._respond(event.get("response"), now)
            case "output_audio_buffer.started" if response is not None:
                response.started_at = response.started_at or now
            case "output_audio_buffer.stopped" if response is not None:
                response.stopped_at = response.stopped_at or now
            case "output_audio_buffer.cleared" if response is not None:
                response.cleared_at = response.cleared_at or now
        return True

    def _add(self, item: object, previous: object, now: float) -> None:
        if not isinstance(item, Mapping) or str(item.get("id", "")).startswith(REPLAYED):
            return
        item_id, kind = str(item.get("id", "")), item.get("type")
        known = self.items.get(item_id)
        if kind == "message" and item.get("role") in ("user", "assistant"):
            if known is None:
                known = self.items[item_id] = Message(id=item_id, role=item["role"], at=now)
                self._place(item_id, previous)
            if isinstance(known, Message):
                known.take(item)
        elif kind == "function_call":
            if known is None:
                known = Call(id=item_id, at=now, session=self.session)
                self.items[item_id] = self._calls[item_id] = known
                self._place(item_id, previous)
            if isinstance(known, Call):
                known.take(item)
                known.output = self._outputs.get(known.call_id, known.output)
        elif kind == "function_call_output":
            call_id, output = str(item.get("call_id", "")), str(item.get("output", ""))
            self._outputs[call_id] = output
            for call in self._calls.values():
                if call.call_id == call_id:
                    call.output = output

    def _place(self, item_id: str, previous: object) -> None:
        place = len(self._order)
        if isinstance(previous, str) and previous in self._order[self._first :]:
            place = self._order.index(previous, self._first) + 1
        self._order.insert(place, item_id)

    def _belongs(self, event: Mapping[str, Any], now: float) -> None:
        item = event.get("item")
        if not isinstance(item, Mapping):
            return
        self._add(item, None, now)
        self._adopt(self._response(str(event.get("response_id") or ""), now), item)

    @staticmethod
    def _id(item: Mapping[str, Any]) -> str:
        return str(item.get("id", ""))

    def _adopt(self, response: Response, item: Mapping[str, Any]) -> None:
        response.adopt(self._id(item), item)
        self._home[self._id(item)] = response.id

    def _response(self, response_id: str, now: float) -> Response:
        if response_id not in self.responses:
            response = Response(id=response_id, created_at=now)
            self.responses[response_id] = self._open[response_id] = response
        return self.responses[response_id]

    def _respond(self, body: object, now: float) -> None:
        if not isinstance(body, Mapping):
            return
        response = self._response(str(body.get("id", "")), now)
        for item in body.get("output") or ():
            if isinstance(item, Mapping):
                self._add(item, None, now)
                self._adopt(response, item)
        response.take(body, now)
        if response.ask:
            self._answers[response.ask] = response
        self.is_understanding = False

    def _hear_words(self, item_id: str, delta: str) -> None:
        item = self.items.get(item_id)
        if isinstance(item, Message) and not item.is_complete:
            item.text += delta

    def _know_words(self, item_id: str, transcript: object) -> None:
        item = self.items.get(item_id)
        if isinstance(item, Message) and isinstance(transcript, str):
            item.text, item.is_complete = transcript, True

    def _transcribe(self, item_id: str, transcript: object, now: float) -> None:
        self._unheard.discard(item_id)
        item = self.items.get(item_id)
        if item is None:
            # its own event is still to come, or was missed
            item = self.items[item_id] = Message(id=item_id, role="user", at=now)
            self._place(item_id, None)
        if isinstance(item, Message):
            item.text, item.is_complete = str(transcript or ""), True

    def _truncate(self, item_id: str, end_ms: object, now: float) -> None:
        item = self.items.get(item_id)
        if isinstance(item, Message) and isinstance(end_ms, int):
            response = self.response_of(item_id)
            heard = response.heard_ms(now, self.released_at) if response is not None else end_ms
            if item.cut_at_ms is None:
                item.cut_at_ms = min(end_ms, heard)
                item.is_untold_cut = end_ms - heard > _UNNOTICED_MS

    def _speech_started(self, now: float) -> None:
        self.speaks_since = self.speaks_since or now
        self.last_speech_at = now
        for response in self._open.values():
            if response.stopped_at is not None and not self.is_over(response, now):
                # OpenAI believes that all of it was heard, and the leg has just dropped the rest
                self._cut(response, now)

    def _speech_stopped(self, item_id: str, now: float) -> None:
        if self.speaks_since is not None:
            self.speaks_since = None
            self.is_understanding, self._understanding_since = True, now
        item = self.items.get(item_id)
        if not (isinstance(item, Message) and item.is_complete):
            self._unheard.add(item_id)

    def _cut(self, response: Response, now: float) -> None:
        response.cleared_at = response.cleared_at or now
        for message in self._messages(response):
            if message.cut_at_ms is None:
                message.cut_at_ms = response.heard_ms(now, self.released_at)
                message.is_untold_cut = True

    def cut_off(self, now: float) -> bool:
        """Have what is being said end here, with what was heard; return whether anything was."""
        was_speaking = False
        for response in self._open.values():
            if not response.status or not self.is_over(response, now):
                was_speaking = True
                self._cut(response, now)
                for message in self._messages(response):
                    message.is_untold_cut = False
            response.status = response.status or "failed"
            response.done_at = response.done_at or now
        return was_speaking

    def break_off(self, now: float) -> bool:
        """Have everything end here that is under way: the session is lost.

        Returns whether somebody is owed an answer: one was being given, or the caller had spoken.
        """
        owed = self.is_understanding or self.speaks_since is not None
        self.is_understanding, self.speaks_since = False, None
        self._unheard.clear()
        for item in self.items.values():
            if isinstance(item, Message) and item.role == "user":
                item.is_complete = True
        return self.cut_off(now) or owed

    def untold_cuts(self) -> list[tuple[str, int]]:
        """Return the items of which OpenAI believes that more was heard, and how much was, in ms.

        Each once.
        """
        found: list[tuple[str, int]] = []
        for item_id in self._order[self._first :]:
            item = self.items.get(item_id)
            if isinstance(item, Message) and item.is_untold_cut and item.cut_at_ms is not None:
                item.is_untold_cut = False
                found.append((item.id, int(item.cut_at_ms)))
        return found

    # --- what it comes to ---

    def answered(self, call: Call, output: str) -> None:
        """Note what a tool has answered: should a session tell of the call, it is no news."""
        call.output = self._outputs[call.call_id] = output

    def calls_to_run(self) -> list[Call]:
        """Return the calls of tools that nobody has begun to answer, oldest first."""
        return [
            call
            for call in self._calls.values()
            if call.is_complete and not call.is_begun and call.output is None
        ]

    def calls_without_answer(self, response: Response) -> list[Call]:
        """Return the calls of a response that the model still waits for."""
        found = (self.items.get(item_id) for item_id in response.items)
        return [item for item in found if isinstance(item, Call) and item.output is None]

    def response_of(self, item_id: str) -> Response | None:
        """Find the response that an item belongs to."""
        return self.responses.get(self._home.get(item_id, ""))

    def answer_to(self, ask: str) -> Response | None:
        """Find the response to a request of ours."""
        return self._answers.get(ask)

    def is_over(self, response: Response, now: float) -> bool:
        """Whether all of a response that will ever be heard has been."""
        return response.is_over(now, self.released_at)

    def has_words(self, response: Response) -> bool:
        """Whether anything was said in it."""
        return any(message.text.strip() for message in self._messages(response))

    @property
    def active(self) -> Response | None:
        """The response that OpenAI is making."""
        return next((one for one in self._open.values() if not one.status), None)

    def speaking(self, now: float) -> bool:
        """Whether the agent is to be heard, or about to be."""
        return any(
            one.started_at is not None and not self.is_over(one, now) for one in self._open.values()
        )

    def settle(self, now: float) -> list[Said]:
        """Return the turns that are finished, in their order, each once."""
        said: list[Said] = []
        if now - self._understanding_since > _RESPONSE_WITHIN_S:
            self.is_understanding = False
        for response in list(self._open.values()):
            response.is_settled = (
                bool(response.status)
                and self.is_over(response, now)
                and response.may_settle(self._messages(response), now)
            )
            if response.is_settled:
                del self._open[response.id]
        for item_id in self._order[self._first :]:
            item = self.items.get(item_id)
            if not isinstance(item, Message) or item.is_given_out:
                continue
            ready, is_late = self._is_ready(item, now)
            if ready:
                item.is_given_out = True
                turn = self._said(item)
                if turn.text:
                    said.append(turn)
            elif not is_late:
                break
        # the last one stays, for others may be placed behind it
        while self._first < len(self._order) - 1 and self._is_past(self._order[self._first]):
            self._first += 1
        return said

    def _is_past(self, item_id: str) -> bool:
        item = self.items.get(item_id)
        return not isinstance(item, Message) or item.is_given_out

    def _is_ready(self, item: Message, now: float) -> tuple[bool, bool]:
        """Whether a turn is finished; if not, whether those behind it wait no longer."""
        if item.role == "user":
            return item.is_complete, now - item.at > _TRANSCRIPT_WITHIN_S
        response = self.response_of(item.id)
        if response is None:
            return item.is_complete, False
        return response.is_settled, False

    def _said(self, item: Message) -> Said:
        response = self.response_of(item.id)
        if item.role == "user" or response is None:
            return Said(item=item.id, role=item.role, text=item.text.strip(), at=item.at)
        text, is_cut = response.said(item, self._messages(response), self.released_at)
        at = response.started_at or item.at
        return Said(item=item.id, role=item.role, text=text.strip(), at=at, interrupted=is_cut)

    @property
    def is_pending(self) -> bool:
        """Whether anything changes by the clock alone."""
        return bool(self._open) or self.is_hearing or self.is_understanding

    @property
    def is_hearing(self) -> bool:
        """Whether the caller speaks, or has said something that is not transcribed yet."""
        return bool(self._unheard)

    def history(self) -> list[Said | Call]:
        """Return everything that both sides know of, in order."""
        told: list[Said | Call] = []
        for item_id in self._order:
            item = self.items.get(item_id)
            if isinstance(item, Call):
                told.append(item)
            elif item is not None:
                said = self._said(item)
                if said.text:
                    told.append(said)
        return told

    def _messages(self, response: Response) -> list[Message]:
        found = (self.items.get(item_id) for item_id in response.items)
        return [item for item in found if isinstance(item, Message)]
