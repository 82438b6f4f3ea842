"""The worker's settings, read from the environment once and checked whole."""

from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from agents.media.voice import SpeechOptions
from shared.bridge.settings import BridgeSettings
from shared.prices.price_file import PricesFile
from shared.process.settings import HttpUrl, ListeningHost, Seconds, SignalUrl, names_or_none
from shared.profiles.profile import Listening, Models, Profile

OPENAI_HOST = "api.openai.com"
_Value = TypeVar("_Value")


def _split(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _names(value: object) -> object:
    return _split(value) if isinstance(value, str) else value


def _readable(file: Path) -> Path:
    if not file.is_file():
        raise ValueError("it names no file that can be read")
    return file


def _own(folder: Path) -> Path:
    try:
        return folder.expanduser()
    except RuntimeError:
        raise ValueError("it is in a home that this user has not; name a folder") from None


def _else(given: _Value | None, ours: _Value) -> _Value:
    return ours if given is None else given


def _hosts(value: object) -> object:
    return _split(value.lower()) if isinstance(value, str) else value


Hosts = Annotated[tuple[str, ...], BeforeValidator(_hosts)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names), Field(min_length=1)]
ClipsDir = Annotated[Path, AfterValidator(_own)]
PromptFile = Annotated[Path, AfterValidator(_readable)]


class Settings(BridgeSettings):
    """One field per variable; the alias is the variable's name."""

    livekit_url: SignalUrl = Field(alias="LIVEKIT_URL")
    """The SFU; empty: `wacall up` starts one of its own."""

    openai_base_url: HttpUrl = Field(f"https://{OPENAI_HOST}/v1", alias="OPENAI_BASE_URL")
    """Where OpenAI's API is, as in OpenAI's own clients."""
    openai_api_key: SecretStr | None = Field(None, alias="OPENAI_API_KEY", validate_default=True)
    """OpenAI's key; a stand-in at OPENAI_BASE_URL may not need one."""
    realtime_models: Names = Field(
        ("gpt-5-realtime-preview", "gpt-realtime-2.1", "gpt-realtime"),
        alias="OPENAI_REALTIME_MODEL",
    )
    """In order of preference; the first one that the account has is used."""
    responses_models: Annotated[tuple[str, ...], BeforeValidator(names_or_none)] = Field(
        ("gpt-5", "gpt-5.5"), alias="OPENAI_RESPONSES_MODEL"
    )
    """Look through conversations that are over, in order of preference; `none`: nobody does."""

    media: Literal["bridge", "worker"] = Field("bridge", alias="AGENT_MEDIA")
    """What carries the agent's sound: a media bridge, as it is, or the worker, which decodes it."""
    voice: str = Field("verse", alias="AGENT_VOICE", min_length=1)
    """The Realtime voice."""
    vad_threshold: float = Field(0.5, alias="AGENT_VAD_THRESHOLD", ge=0, le=1)
    """How sure the model must be that somebody speaks, 0 to 1."""
    vad_prefix_ms: int = Field(80, alias="AGENT_VAD_PREFIX_MS", ge=0, le=5000)
    """How much audio before the detected speech belongs to it."""
    vad_silence_ms: int = Field(220, alias="AGENT_VAD_SILENCE_MS", ge=0, le=5000)
    """How much silence ends a turn."""
    noise_reduction: Literal["near_field", "far_field", "off"] = Field(
        "near_field", alias="AGENT_NOISE_REDUCTION"
    )
    """What OpenAI takes out before it listens: `near_field` (a phone at the ear), `far_field` (a
    speaker in a room) or `off`."""
    transcription_model: str = Field(
        "gpt-transcribe", alias="AGENT_TRANSCRIPTION_MODEL", min_length=1
    )
    """Writes down what the caller says; whisper-1 and gpt-4o-transcribe end on 2027-02-26."""
    prompt_file: PromptFile | None = Field(None, alias="AGENT_PROMPT_FILE")
    """A prompt that is a whole business in one file; it takes the place of AGENT_PROFILE's."""

    model_unreachable: Literal["reject", "apologise"] = Field("reject", alias="MODEL_UNREACHABLE")
    """What becomes of a caller when no model can be reached: it stops ringing, or the call is
    answered, an apology is said, and a text follows."""
    call_cost_cap_usd: float | None = Field(None, alias="CALL_COST_CAP_USD", gt=0)
    """What the model of one call may cost, in USD: then the agent takes its leave. For calls whose
    sound goes by a media bridge."""
    clips_dir: ClipsDir = Field(Path("~/.cache/wacall/clips"), alias="CLIPS_DIR")
    """Where words are kept that the model has said once, to be played without it: greeting,
    apology, farewell; `none`: it says none beforehand."""

    prices_file: PricesFile | None = Field(None, alias="PRICES_FILE")
    """Your own prices, a TOML file like shared/prices/prices.toml: what stands in it goes before
    what is shipped."""

    action_private_hosts: Hosts = Field((), alias="ACTION_PRIVATE_HOSTS")
    """Hosts that profiles' actions may reach at private addresses and by http; for development."""

    openai_timeout_s: Seconds = Field(4, alias="AGENT_CONNECT_TIMEOUT_S")
    """Until OpenAI has confirmed the session; less than the control plane's wait for the agent."""
    answer_timeout_s: Seconds = Field(120, alias="AGENT_ANSWER_TIMEOUT_S")
    """How long the agent stays in a room whose call is never answered."""
    health_host: ListeningHost = Field("127.0.0.1", alias="AGENT_HEALTH_HOST")
    """The address of the worker's health page; 0.0.0.0 in a container of its own network."""
    health_port: int = Field(8081, alias="AGENT_HEALTH_PORT", ge=0, le=65535)
    """Port of the worker's health page; a free one under `wacall up`."""
    idle_processes: int = Field(2, alias="AGENT_IDLE_PROCESSES", ge=0)
    """Processes kept warm; each runs one call."""
    load_threshold: float = Field(0.7, alias="AGENT_LOAD_THRESHOLD", gt=0)
    """CPU load above which no further calls are taken; `inf` takes them all."""
    drain_timeout_s: int = Field(1800, alias="AGENT_DRAIN_TIMEOUT_S", ge=1)
    """After SIGTERM: how long running calls may go on."""

    @model_validator(mode="after")
    def _has_a_bridge(self) -> Self:
        if self.media == "bridge" and not self.bridge_urls:
            raise ValueError(
                "AGENT_MEDIA is `bridge`, and BRIDGE_URL is not set; name a media bridge there, "
                "or set AGENT_MEDIA to `worker`"
            )
        return self

    def clips_folder(self) -> Path | None:
        """The folder of CLIPS_DIR; `None`: no clips are made."""
        return None if self.clips_dir == Path("none") else self.clips_dir

    def openai_key(self) -> str:
        """The key; a stand-in without keys still wants a header."""
        return self.openai_api_key.get_secret_value() if self.openai_api_key is not None else "none"

    def speech(self, profile: Profile | None = None) -> SpeechOptions:
        """How the agent speaks and listens, and where: as the profile says, else as these do."""
        voice = profile.voice if profile is not None else None
        models = profile.models if profile is not None else Models()
        listening = profile.listening if profile is not None else Listening()
        return SpeechOptions(
            api_key=self.openai_key(),
            base_url=self.openai_base_url,
            connect_timeout_s=self.openai_timeout_s,
            voice=_else(voice, self.voice),
            transcription_model=_else(models.transcription, self.transcription_model),
            vad_threshold=_else(listening.threshold, self.vad_threshold),
            vad_prefix_ms=_else(listening.prefix_ms, self.vad_prefix_ms),
            vad_silence_ms=_else(listening.silence_ms, self.vad_silence_ms),
            noise_reduction=_else(listening.noise_reduction, self.noise_reduction),
        )

    @field_validator("openai_api_key")
    @classmethod
    def _needs_key(cls, key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        """OpenAI itself needs a key; a stand-in elsewhere may not."""
        url = info.data.get("openai_base_url", "")
        if key is None and urlsplit(url).hostname == OPENAI_HOST:
            # told together with what else is not set
            raise PydanticCustomError("missing", "OpenAI refuses calls without it")
        return key
