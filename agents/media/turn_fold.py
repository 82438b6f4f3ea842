"""How long the agent's turns took and what they used, folded from OpenAI's events; pure.

A turn is what the person said and everything that the model made of it, calls of tools and the
replies to them included; or, if nobody said anything, what the model was asked for: a greeting, a
question into the silence. Whoever feeds the events drops those that come twice, and says when each
came, in seconds of the wall clock. When the agent is truly to be heard, only who sends its packets
knows: `talk_began` and `talk_ended`; without them OpenAI's own word counts.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from agents.media.measures import Measures
from agents.media.open_turn import OpenTurn, transcribed_s

_TRANSCRIPT_WITHIN_S = 8.0
_QUIET_WITHIN_S = 5.0
# so many ids of measured turns are known again by whoever takes a call over
_REMEMBERED = 100


class TurnFold:
    """The turns of one call, over any number of sessions."""

    def __init__(self, *, silence_ms: int, model: str = "") -> None:
        """Take how much silence ends the person's speech: OpenAI notices the end that much later.

        `input_audio_buffer.speech_stopped`: "includes the min_silence_duration_ms".
        """
        self._silence_s = silence_ms / 1000
        self.model = model
        """Of the session; may change with it."""
        self.number = 0
        """So many turns were told of."""
        self.told: deque[str] = deque(maxlen=_REMEMBERED)
        """What OpenAI calls their parts."""
        self._turns: list[OpenTurn] = []
        self._homes: dict[str, OpenTurn] = {}
        self._began_ms: dict[str, int] = {}
        self._talks = False
        self._is_told_of_talk = False

    def resume(self, number: int, told: Iterable[str]) -> None:
        """Go on after another process, which has told of these; their events may come again."""
        self.number = number
        self.told.extend(told)

    # --- events ---

    def take(self, event: Mapping[str, Any], at: float) -> None:
        """Take one of OpenAI's events."""
        item = str(event.get("item_id") or "")
        turn = self._homes.get(str(event.get("response_id") or ""))
        match event.get("type"):
            case "input_audio_buffer.speech_started":
                start_ms = event.get("audio_start_ms")
                self._began_ms[item] = start_ms if isinstance(start_ms, int) else 0
                self._spoken_over(at)
            case "input_audio_buffer.speech_stopped":
                self._person_finished(item, event.get("audio_end_ms"), at, self._silence_s)
            case "input_audio_buffer.committed" if item not in self._homes:
                # nobody heard the end: the call was over in the middle of a word
                self._person_finished(item, None, at, 0.0)
            case "conversation.item.input_audio_transcription.completed":
                self._transcribe(item, event)
            case "conversation.item.input_audio_transcription.failed":
                self._transcribe(item, {})
            case "response.created" | "response.done":
                self._respond(event.get("response"), at)
            case "output_audio_buffer.started" | "response.output_audio.delta" if turn is not None:
                if turn.model_at is None:
                    turn.model_at = at
                self._talks = self._talks or not self._is_told_of_talk
            case "output_audio_buffer.stopped" | "output_audio_buffer.cleared":
                if not self._is_told_of_talk:
                    self._end_talk(at)

    def talk_began(self, at: float) -> None:
        """Learn that the agent is to be heard: its first packet has left."""
        self._talks = self._is_told_of_talk = True
        for turn in reversed(self._turns):
            if turn.responses:
                turn.audio_at = turn.audio_at or at
                return

    def talk_ended(self, at: float) -> None:
        """Learn that it is to be heard no more, and when its last packet left."""
        self._is_told_of_talk = True
        self._end_talk(at)

    def break_off(self) -> None:
        """Have everything end that is under way: the session is lost."""
        for turn in self._turns:
            turn.fail()

    def _spoken_over(self, at: float) -> None:
        sounding = [turn for turn in self._turns if turn.is_heard]
        if self._talks and sounding and sounding[-1].spoken_over_at is None:
            sounding[-1].spoken_over_at = at

    def _end_talk(self, at: float) -> None:
        self._talks = False
        for turn in self._turns:
            if turn.spoken_over_at is not None and turn.quiet_at is None:
                turn.quiet_at = at

    def _person_finished(self, item: str, end_ms: object, at: float, lag_s: float) -> None:
        if item in self._homes:
            return
        turn = self._open(item, at - lag_s)
        turn.item, turn.finished_at, turn.noticed_at = item, at - lag_s, at
        began_ms = self._began_ms.pop(item, None)
        if began_ms is not None and isinstance(end_ms, int):
            turn.speech_s = max(0.0, (end_ms - began_ms) / 1000 - lag_s)

    def _transcribe(self, item: str, event: Mapping[str, Any]) -> None:
        turn = self._homes.get(item)
        if turn is not None and turn.transcribed is None:
            turn.transcribed = bool(str(event.get("transcript") or "").strip())
            turn.use({"transcription_s": transcribed_s(event.get("usage"), turn.speech_s)})

    def _respond(self, body: object, at: float) -> None:
        if not isinstance(body, Mapping):
            return
        response = str(body.get("id") or "")
        turn = self._homes.get(response)
        if turn is None:
            newest = self._turns[-1] if self._turns else None
            is_more = newest is not None and newest.awaits_more
            turn = newest if newest is not None and is_more else self._open(response, at)
            self._homes[response] = turn
        turn.respond(response, body)
        turn.model = self.model or None

    def _open(self, name: str, began_at: float) -> OpenTurn:
        turn = OpenTurn(began_at=began_at, is_told=name in self.told)
        self._turns.append(turn)
        self._homes[name] = turn
        return turn

    # --- what it comes to ---

    def settle(self, now: float) -> list[Measures]:
        """Return the turns that are over, in their order, each once.

        The newest one is not: the model may have more to say to it.
        """
        over: list[Measures] = []
        while len(self._turns) > 1 and self._is_over(self._turns[0], now):
            over.extend(self._tell_first())
        return over

    def finish(self) -> list[Measures]:
        """Return the turns that are left: nothing more will be told."""
        over: list[Measures] = []
        while self._turns:
            over.extend(self._tell_first())
        return over

    @staticmethod
    def _is_over(turn: OpenTurn, now: float) -> bool:
        if turn.is_made and turn.transcribed is None and turn.noticed_at is not None:
            if now - turn.noticed_at <= _TRANSCRIPT_WITHIN_S:
                return False
        if turn.spoken_over_at is not None and turn.quiet_at is None:
            if now - turn.spoken_over_at <= _QUIET_WITHIN_S:
                return False
        return turn.is_made

    def _tell_first(self) -> list[Measures]:
        turn = self._turns.pop(0)
        names = [name for name, home in self._homes.items() if home is turn]
        for name in names:
            del self._homes[name]
        if turn.is_told:
            return []
        self.told.extend(names)
        self.number += 1
        return [turn.measures(self.number)]
