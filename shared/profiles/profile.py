"""A profile: what a line of a business is for, who answers it, and how. No I/O."""

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from shared.call.call import Direction
from shared.profiles.action import Action
from shared.profiles.hours import Hours
from shared.profiles.part import (
    Digits,
    Language,
    Languages,
    Name,
    Names,
    Part,
    Sentence,
    Slugs,
    Variable,
    Words,
    Zone,
)
from shared.profiles.phrases import Phrases, Spoken, spoken_in
from shared.profiles.tool_names import ALWAYS, BUILT_IN, CHOSEN, RECORDED

OUTCOMES = ("resolved", "lead", "follow_up", "not_interested", "off_topic", "wrong_number")
ACCESS_TOKEN, APP_SECRET = "WA_ACCESS_TOKEN", "WA_APP_SECRET"


class Line(Part):
    """One business number."""

    id: Digits
    """Meta's phone_number_id."""
    account: Digits | None = None
    """The WhatsApp Business Account that the number belongs to; what Meta tells of that account
    concerns this number. Without it nothing is refused for being another account's."""
    access_token: Variable = ACCESS_TOKEN
    """The variable that holds the Graph API's token for this number."""
    app_secret: Variable = APP_SECRET
    """The variable that holds the app's secret: webhooks of this number are signed by it."""


class Models(Part):
    """Which of OpenAI's models, in order of preference; the first one that the account has."""

    realtime: Names | None = None
    """Those that talk; without it OPENAI_REALTIME_MODEL."""
    responses: Names | None = None
    """Those that look through the call afterwards; without it OPENAI_RESPONSES_MODEL."""
    transcription: Name | None = None
    """The one that writes down what callers say; without it AGENT_TRANSCRIPTION_MODEL."""


class Listening(Part):
    """How it is noticed that the caller speaks; what is left out is AGENT_VAD_...'s."""

    threshold: float | None = Field(None, ge=0, le=1)
    """How sure the model must be that somebody speaks, 0 to 1; without it AGENT_VAD_THRESHOLD."""
    prefix_ms: int | None = Field(None, ge=0, le=5000)
    """How much audio before that belongs to it; without it AGENT_VAD_PREFIX_MS."""
    silence_ms: int | None = Field(None, ge=0, le=5000)
    """How much silence ends a turn; without it AGENT_VAD_SILENCE_MS."""
    noise_reduction: Literal["near_field", "far_field", "off"] | None = None
    """What OpenAI takes out of the sound before it listens: `near_field` (a phone at the ear),
    `far_field` (a speaker in a room) or `off`; without it AGENT_NOISE_REDUCTION."""


class Silence(Part):
    """What is done when nobody says anything."""

    ask_after_s: float = Field(12, gt=0)
    """Seconds of silence after which the agent asks whether somebody is there."""
    end_after_s: float = Field(12, gt=0)
    """Seconds of silence after that question until it says goodbye."""


class Recording(Part):
    """Calls are recorded; without this part they are not."""

    announcement: Words
    """How the caller is told, at the beginning of the first turn."""
    keep_days: int = Field(30, ge=1)
    """After how many days a recording is deleted; never later than its call."""


def _beside(value: str) -> str:
    if "/" in value or "\\" in value or value.startswith("."):
        raise ValueError("it must be the name of a file beside the profile, without a folder")
    return value


def _known(tools: tuple[str, ...]) -> tuple[str, ...]:
    for name in tools:
        if name not in BUILT_IN:
            raise ValueError(f"there is no tool of this name; there are {', '.join(BUILT_IN)}")
    return tools


class Profile(Part):
    """One business's line."""

    # what the file itself tells: its name, and the Markdown beside it
    name: Name
    instructions: str = Field(repr=False)
    # what the model is told to open with, where an AGENT_PROMPT_FILE says it in its own words
    opening: str = Field("", repr=False)
    outbound_opening: str = Field("", repr=False)

    business: Words
    """What the business is called."""
    purpose: Sentence
    """What this line is for, in one sentence; everything else is declined."""
    numbers: tuple[Line, ...] = ()
    """The business numbers that this profile answers; without any it answers where AGENT_PROFILE
    or `POST /calls` names it."""
    prompt: Annotated[str, AfterValidator(_beside)] = ""
    """The Markdown file beside this one that tells the agent of the business; without it the one
    of the same name."""
    languages: Languages = ("en",)
    """What it speaks, such as `[es, en]`; the first one is begun in."""
    time_zone: Zone = "UTC"
    """The clock that the business lives by, such as `Europe/Madrid`."""
    greeting: Words = Field(repr=False)
    """What the agent says first, word by word; it tells that the call is transcribed."""
    outbound_greeting: Words | None = Field(None, repr=False)
    """The same when the business has called; without it `greeting`."""
    voice: Name | None = None
    """OpenAI's voice; without it AGENT_VOICE."""
    models: Models = Models()
    """OpenAI's models."""
    listening: Listening = Listening()
    """How it is noticed that the caller speaks."""
    tools: Annotated[Names, AfterValidator(_known)] = CHOSEN
    """What the agent may do; those that lead out of the call and to a person it always may."""
    actions: tuple[Action, ...] = ()
    """Tools of your own, done by your servers."""
    hours: Hours | None = None
    """When the business is open; without it the agent does not know."""
    calls_outside_hours: bool = False
    """Whether people are called outside of `hours`, too; CALL_HOURS holds in any case."""
    max_duration_s: float | None = Field(None, gt=0)
    """After how many seconds a call ends in any case; without it MAX_CALL_DURATION_S."""
    cost_cap_usd: float | None = Field(None, gt=0)
    """What the model of one call may cost, in USD: then the agent takes its leave; the lower one of
    this and CALL_COST_CAP_USD."""
    daily_cost_cap_usd: float | None = Field(None, gt=0)
    """What a day's calls of this profile may cost, in USD, counted from midnight UTC: then no more
    are placed until the next day; DAILY_COST_CAP_USD is about all calls."""
    silence: Silence = Silence()
    """What is done when nobody says anything."""
    recording: Recording | None = None
    """Whether calls are recorded; without it they are not."""
    after_call: bool = True
    """Whether a model looks through each call when it is over."""
    voicemail: Words | None = Field(None, repr=False)
    """What is left on a machine that answers when the business has called; without it nothing."""
    missed_call_text: Words | None = Field(None, repr=False)
    """What somebody is sent whose call nobody has answered; without it MISSED_CALL_TEXT."""
    outcomes: Slugs = OUTCOMES
    """What may come of a call."""
    phrases: dict[Language, Phrases] = Field(default_factory=dict, repr=False)
    """What is said where no model says it, by language; what is left out is said as we would."""

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        for what, names in (
            ("numbers", [line.id for line in self.numbers]),
            ("actions", [action.name for action in self.actions]),
        ):
            if len(set(names)) < len(names):
                raise ValueError(f"`{what}` names one twice")
        return self

    @property
    def language(self) -> str:
        """The language that a call begins in."""
        return self.languages[0]

    @property
    def zone(self) -> ZoneInfo:
        """The business's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def tools_offered(self) -> tuple[str, ...]:
        """The tools that come with wacall and that the model is given, by name."""
        allowed = (*ALWAYS, *self.tools, *(RECORDED if self.recording is not None else ()))
        return tuple(
            name
            for name in BUILT_IN
            if name in allowed and (name not in RECORDED or self.recording is not None)
        )

    def greeting_for(self, direction: Direction) -> str:
        """The words that a call of this direction is opened with; empty: the opening has them.

        Whoever is recorded is told so first.
        """
        words = self.greeting
        if direction is Direction.OUTBOUND and self.outbound_greeting:
            words = self.outbound_greeting
        return f"{self.recording.announcement} {words}" if self.recording is not None else words

    def spoken(self, language: str | None = None) -> Spoken:
        """All phrases, in a language or the profile's first one."""
        return spoken_in(language or self.language, self.phrases)

    def line(self, phone_number_id: str) -> Line | None:
        """The number among those that it serves."""
        return next((line for line in self.numbers if line.id == phone_number_id), None)
