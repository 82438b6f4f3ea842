"""The worker's settings, read from the environment once and checked whole."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

OPENAI_HOST = "api.openai.com"


def _url(value: str, schemes: Mapping[str, str]) -> str:
    parts = urlsplit(value.strip())
    scheme = schemes.get(parts.scheme, parts.scheme)
    if scheme not in schemes.values() or not parts.hostname:
        raise ValueError("must be a URL such as https://host or wss://host")
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _signal_url(value: str) -> str:
    return _url(value, {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"})


def _http_url(value: str) -> str:
    return _url(value, {"ws": "http", "wss": "https", "http": "http", "https": "https"})


def _names(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(name.strip() for name in value.split(",") if name.strip())


SignalUrl = Annotated[str, AfterValidator(_signal_url)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names), Field(min_length=1)]
Seconds = Annotated[float, Field(gt=0)]
Required = Annotated[SecretStr, Field(min_length=1)]


class Settings(BaseModel):
    """One field per variable; the alias is the variable's name."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    livekit_url: SignalUrl = Field(alias="LIVEKIT_URL")
    livekit_api_key: str = Field(alias="LIVEKIT_API_KEY", min_length=1)
    livekit_api_secret: Required = Field(alias="LIVEKIT_API_SECRET")

    openai_api_key: SecretStr | None = Field(None, alias="OPENAI_API_KEY")
    openai_base_url: HttpUrl = Field(f"https://{OPENAI_HOST}/v1", alias="OPENAI_BASE_URL")
    realtime_models: Names = Field(
        ("gpt-5-realtime-preview", "gpt-realtime-2.1", "gpt-realtime"),
        alias="OPENAI_REALTIME_MODEL",
    )

    supabase_url: HttpUrl = Field(alias="SUPABASE_URL")
    supabase_secret_key: Required = Field(alias="SUPABASE_SECRET_KEY")

    agent_name: str = Field("whatsapp-agent", alias="AGENT_NAME", min_length=1)
    voice: str = Field("verse", alias="AGENT_VOICE", min_length=1)
    vad_threshold: float = Field(0.5, alias="AGENT_VAD_THRESHOLD", ge=0, le=1)
    vad_prefix_ms: int = Field(80, alias="AGENT_VAD_PREFIX_MS", ge=0, le=5000)
    vad_silence_ms: int = Field(220, alias="AGENT_VAD_SILENCE_MS", ge=0, le=5000)
    transcription_model: str = Field(
        "gpt-transcribe", alias="AGENT_TRANSCRIPTION_MODEL", min_length=1
    )
    """The older whisper-1 and gpt-4o-transcribe end on 2027-02-26 (OpenAI, deprecations)."""
    prompt_file: Path | None = Field(None, alias="AGENT_PROMPT_FILE")

    openai_timeout_s: Seconds = Field(4, alias="AGENT_CONNECT_TIMEOUT_S")
    """Until OpenAI has confirmed the session; less than the control plane's wait for the agent."""
    answer_timeout_s: Seconds = Field(120, alias="AGENT_ANSWER_TIMEOUT_S")
    """How long the agent stays in a room whose call is never answered."""
    health_port: int = Field(8081, alias="AGENT_HEALTH_PORT", ge=0, le=65535)
    idle_processes: int = Field(2, alias="AGENT_IDLE_PROCESSES", ge=0)
    """Processes kept warm; each runs one call."""
    load_threshold: float = Field(0.7, alias="AGENT_LOAD_THRESHOLD", gt=0)
    """CPU load above which no further calls are taken; `inf` takes them all."""
    drain_timeout_s: int = Field(1800, alias="AGENT_DRAIN_TIMEOUT_S", ge=1)
    """After SIGTERM: how long running calls may go on."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", alias="LOG_LEVEL")
    log_format: Literal["text", "json"] = Field("text", alias="LOG_FORMAT")

    @model_validator(mode="after")
    def _needs_key(self) -> Self:
        """OpenAI itself needs a key; a stand-in elsewhere may not."""
        if self.openai_api_key is None and urlsplit(self.openai_base_url).hostname == OPENAI_HOST:
            raise ValueError("OPENAI_API_KEY is not set; OpenAI refuses calls without it")
        if self.prompt_file is not None and not self.prompt_file.is_file():
            raise ValueError("AGENT_PROMPT_FILE names no file that can be read")
        return self

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            ValueError: one sentence naming the first variable that is missing or malformed.
        """
        values = {name: value for name, value in environ.items() if value.strip() != ""}
        values.setdefault("SUPABASE_SECRET_KEY", values.get("SUPABASE_SERVICE_ROLE_KEY", ""))
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise ValueError(_sentence_about(error)) from None


def _sentence_about(error: ValidationError) -> str:
    problem = error.errors(include_input=False, include_url=False)[0]
    text = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return f"{text}."
    name = str(problem["loc"][0])
    if problem["type"] in ("missing", "string_too_short", "too_short"):
        return f"{name} is not set; put it into the environment or into .env (see .env.example)."
    return f"{name} is malformed: {text}."
