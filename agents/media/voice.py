"""The seam between a call's story and what carries its sound.

`agents.session` decides what happens when; a `Voice` joins the room, connects OpenAI, and moves
sound between the two. The session knows a voice by this file alone, and a voice knows nothing of
phases, database or briefs: whatever else can speak (a bridge that only forwards packets, say)
takes the place of `DecodingVoice` and of nothing besides.

    session  -- bring_up, watch, greet, unmute, begin, tell, say, last_words, aclose -->  voice
    session  -- stand_in, has_clip, play: where there is no model ------------------->  voice
    session  <-- caller_seen, media_up, caller_left, status_shown,
                 key_pressed, item_added, turn_measured, long_speech, tool_used,
                 lost, room_closed ---------------------------------------------    voice
    tools    -- a `Turn`: has what is being said been heard, or cut off? -->  voice

What was said but not heard (an interruption) is settled inside of the voice: an item that it adds
has the words that the caller heard.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from agents.media.measures import Measures
from agents.media.tape import Tape
from agents.media.tool import Tool, ToolUse, Turn
from shared.call.call import EndReason


class OpenAIUnreachable(Exception):
    """OpenAI did not give us a session; `shared.call.openai_refusal` says what the cause means."""

    def __init__(self, cause: str) -> None:
        """Take a slug: `timeout`, `http-401`, an error code of OpenAI's."""
        super().__init__((type(self).__doc__ or "").partition("\n")[0])
        self.cause = cause


class RoomUnreachable(Exception):
    """The room could not be joined, or the track not be published; check LIVEKIT_URL."""

    def __init__(self, cause: str) -> None:
        """Take the name of LiveKit's error."""
        super().__init__((type(self).__doc__ or "").partition("\n")[0])
        self.cause = cause


class CannotSpeak(Exception):
    """The session with OpenAI takes no requests just now, or any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechOptions:
    """How the agent speaks and listens, and where."""

    api_key: str = field(repr=False)
    base_url: str
    """Of OpenAI's API: `https://host/v1`."""
    connect_timeout_s: float
    """Until OpenAI has confirmed the session."""
    voice: str
    transcription_model: str
    vad_threshold: float
    vad_prefix_ms: int
    vad_silence_ms: int
    noise_reduction: Literal["near_field", "far_field", "off"] = "off"
    """What OpenAI takes out of what it hears: `near_field`, `far_field` or `off`."""


class CallObserver(Protocol):
    """Who is told of what happens on the call; nothing here may block or raise."""

    def caller_seen(self) -> None:
        """The caller's leg is in the room; may be told more than once."""

    def media_up(self) -> None:
        """The media of the caller's leg stands: it hears what is sent from now on."""

    def caller_left(self) -> None:
        """The caller's leg is gone, for whatever reason."""

    def status_shown(self, status: str | None) -> None:
        """The leg shows this `whatsapp.callStatus`; may be told more than once."""

    def key_pressed(self, key: str) -> None:
        """The customer pressed one of `room.KEYS`."""

    def item_added(self, item: object) -> None:
        """Something was said by one of both, or done; in order."""

    def turn_measured(self, measures: Measures) -> None:
        """One of the agent's turns is over; in order, some time after the words of it."""

    def agent_heard(self, at: float) -> None:
        """The agent begins to be heard, at this moment of the wall clock; each time it does."""

    def long_speech(self, lasted_s: float) -> None:
        """The first thing that the caller said has gone on for so long; told once, if at all."""

    def tool_used(self, use: ToolUse) -> None:
        """A call of a tool is over; each is told once by whoever runs it."""

    def lost(
        self, reason: EndReason = EndReason.OPENAI_UNREACHABLE, cause: str = "session-lost"
    ) -> None:
        """The session with OpenAI is lost for good, or what carries the sound; and why."""

    def room_closed(self) -> None:
        """The room is gone, or the agent was sent out of it."""


Models = Sequence[str]
"""In order of preference, at least one."""
MakeVoice = Callable[[CallObserver], "Voice"]


class Voice(Protocol):
    """The agent's voice and ears in one call."""

    @property
    def is_connected(self) -> bool:
        """Whether the room is there."""

    @property
    def is_quiet(self) -> bool:
        """Whether nobody speaks, nothing is about to be said, and no tool runs."""

    @property
    def has_operator(self) -> bool:
        """Whether a person of the business speaks with the caller in the agent's place."""

    @property
    def caller_speaks(self) -> bool:
        """Whether the caller does."""

    @property
    def tape(self) -> Tape | None:
        """What can record the call; `None`: nothing can, or there is no call yet."""

    @property
    def heard_at(self) -> float:
        """When the caller has begun to speak last, in seconds of the wall clock; 0: never."""

    async def bring_up(
        self, instructions: str, tools: Sequence[Tool], choose: Callable[[], Awaitable[Models]]
    ) -> None:
        """Join the room and connect OpenAI at the same time, then publish the track, muted.

        Nothing is sent and nobody is listened to yet. `choose` names OpenAI's models, the best
        one first; where that one cannot be had, the next one is.

        Raises:
            OpenAIUnreachable: no session with OpenAI.
            RoomUnreachable: no room, or no track in it.
        """

    def watch(self) -> None:
        """Tell of the caller from now on, beginning with what is there already."""

    def greet(self, instructions: str, words: str = "") -> None:
        """Have the greeting spoken now, though it is held back until `begin`.

        With `words` it is to be exactly these; where there is a clip of them, no model is waited
        for, and the model is told what was said.

        Raises:
            CannotSpeak: it cannot be asked for.
        """

    def unmute(self) -> None:
        """Let RTP flow, which WhatsApp takes for the answer: silence, until `begin`."""

    def begin(self) -> None:
        """Play what was held back, and listen."""

    def tell(self, sentence: str) -> None:
        """Tell the model something in writing, and have it answer once it has said what it says.

        It is told again should the customer speak, or a response of the model's own be in the way.

        Raises:
            CannotSpeak: it cannot be told.
        """

    def owes_answer(self, turn: Turn) -> bool:
        """Whether the model was told something that this turn is not the answer to."""

    async def say(self, instructions: str) -> bool:
        """Have the model say something now, wait until it is over; `False`: it was cut off.

        Raises:
            CannotSpeak: it cannot be said.
        """

    async def stand_in(self) -> None:
        """Be in the room without a model, after `bring_up` found none: clips can be played.

        Raises:
            RoomUnreachable: it cannot.
        """

    def has_clip(self, words: str) -> bool:
        """Whether these words can be said without a model."""

    async def play(self, words: str) -> bool:
        """Say something without a model, and wait until it was heard; `False`: it was not."""

    async def last_words(self) -> None:
        """Wait until what was said last has been told, which needs OpenAI's transcript; bounded."""

    async def aclose(self) -> None:
        """Stop, and free everything."""
