"""The settings of a Realtime session, and how `session.update` may change them.

Field names, ranges and defaults are those of OpenAI's `RealtimeSessionCreateRequest`; what the
simulator does not act on is checked and kept all the same.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError

from simulators.openai.errors import RealtimeRefusal
from simulators.openai.vad import VadSettings

RATE: Final = 24_000
VOICES: Final = (
    *("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"),
)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Pcm(_Part):
    type: Literal["audio/pcm"] = "audio/pcm"
    rate: Literal[24000] = RATE


class _NoiseReduction(_Part):
    type: Literal["near_field", "far_field"]


class _Transcription(_Part):
    model: str | None = None
    language: str | None = None
    languages: list[str] | None = None
    prompt: str | None = None
    keywords: list[str] | None = None
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | None = None


class ServerVad(_Part):
    """Turn detection by silence."""

    type: Literal["server_vad"]
    threshold: float = Field(0.5, ge=0.0, le=1.0)
    prefix_padding_ms: int = Field(300, ge=0, le=5000)
    silence_duration_ms: int = Field(500, ge=0, le=10_000)
    idle_timeout_ms: int | None = Field(None, ge=5000, le=30_000)
    create_response: StrictBool = True
    interrupt_response: StrictBool = True

    def vad(self) -> VadSettings:
        """Return the settings for the voice detector."""
        return VadSettings(threshold=self.threshold, silence_ms=max(self.silence_duration_ms, 20))


class SemanticVad(_Part):
    """Turn detection by meaning; the simulator treats it as `server_vad` with its defaults."""

    type: Literal["semantic_vad"]
    eagerness: Literal["low", "medium", "high", "auto"] = "auto"
    create_response: StrictBool = True
    interrupt_response: StrictBool = True

    @property
    def prefix_padding_ms(self) -> int:
        """As in `server_vad` by default."""
        return 300

    def vad(self) -> VadSettings:
        """Return the settings for the voice detector."""
        return VadSettings()


TurnDetection = Annotated[ServerVad | SemanticVad, Field(discriminator="type")]


class _Input(_Part):
    format: _Pcm = _Pcm()
    noise_reduction: _NoiseReduction | None = None
    transcription: _Transcription | None = None
    turn_detection: TurnDetection | None = ServerVad(type="server_vad")


class _CustomVoice(_Part):
    id: str


class _Output(_Part):
    format: _Pcm = _Pcm()
    voice: (
        Literal[
            "alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"
        ]
        | _CustomVoice
    ) = "alloy"
    speed: float = Field(1.0, ge=0.25, le=1.5)


class _Audio(_Part):
    input: _Input = _Input()
    output: _Output = _Output()


class FunctionTool(_Part):
    """A function that the model may call."""

    type: Literal["function"]
    name: str = Field(min_length=1, max_length=64, pattern=r"^[a-zA-Z0-9_-]+$")
    description: str | None = None
    parameters: dict[str, Any] = {}
    strict: bool | None = None


class _ChosenFunction(_Part):
    type: Literal["function"]
    name: str


class SessionConfig(_Part):
    """The `session` object as a client may set it."""

    type: Literal["realtime"]
    model: str
    output_modalities: list[Literal["text", "audio"]] = Field(["audio"], min_length=1, max_length=1)
    instructions: str = "You are a helpful, witty, and friendly AI."
    audio: _Audio = _Audio()
    tools: list[FunctionTool] = []
    tool_choice: Literal["auto", "none", "required"] | _ChosenFunction = "auto"
    parallel_tool_calls: bool | None = None
    max_output_tokens: Annotated[int, Field(ge=1, le=4096)] | Literal["inf"] = "inf"
    tracing: Literal["auto"] | dict[str, Any] | None = None
    truncation: Literal["auto", "disabled"] | dict[str, Any] = "auto"
    reasoning: dict[str, Any] | None = None
    prompt: dict[str, Any] | None = None
    include: list[Literal["item.input_audio_transcription.logprobs"]] | None = None

    def updated(self, change: Any, *, has_spoken: bool) -> "SessionConfig":
        """Return the settings after a `session.update`; what it does not name stays.

        Raises:
            RealtimeRefusal: a field is unknown, of a wrong type or out of range, or the voice is
                changed although the model has spoken.
        """
        if not isinstance(change, dict):
            raise RealtimeRefusal(
                "missing_required_parameter",
                "Missing required parameter: 'session'.",
                param="session",
            )
        if "type" not in change:
            raise RealtimeRefusal(
                "missing_required_parameter",
                "Missing required parameter: 'session.type'.",
                param="session.type",
            )
        merged = _merged(self.model_dump(mode="json"), change)
        try:
            config = SessionConfig.model_validate(merged)
        except ValidationError as error:
            raise _refusal(error) from error
        if has_spoken and config.audio.output.voice != self.audio.output.voice:
            raise RealtimeRefusal(
                "cannot_update_voice",
                "Cannot update a conversation's voice if assistant audio is present.",
                param="session.audio.output.voice",
            )
        return config


# objects that are replaced as a whole: what an update leaves out of them takes its default
_WHOLE: Final = {"turn_detection", "transcription", "noise_reduction", "tool_choice", "format"}
# settings whose null means "as it was by default"
_NULL_IS_DEFAULT: Final = {"voice", "speed", "tool_choice", "instructions", "max_output_tokens"}


def _merged(old: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    merged = dict(old)
    for key, value in change.items():
        if value is None and key in _NULL_IS_DEFAULT:
            continue
        inner = old.get(key)
        if isinstance(value, dict) and isinstance(inner, dict) and key not in _WHOLE:
            merged[key] = _merged(inner, value)
        else:
            merged[key] = value
    return merged


def _refusal(error: ValidationError) -> RealtimeRefusal:
    found = error.errors(include_url=False)[0]
    # names of union members and discriminators are pydantic's, not OpenAI's
    inner = {"server_vad", "semantic_vad", "_CustomVoice", "_ChosenFunction"}
    place = [
        f"[{part}]" if isinstance(part, int) else f".{part}"
        for part in found["loc"]
        if part not in inner and not str(part).startswith(("literal[", "int", "dict[", "constr"))
    ]
    param = "session" + "".join(place)
    kind, given = found["type"], found["input"]
    if kind == "extra_forbidden":
        return RealtimeRefusal("unknown_parameter", f"Unknown parameter: '{param}'.", param=param)
    if kind in ("missing", "union_tag_not_found"):
        param = f"{param}.type" if kind == "union_tag_not_found" else param
        return RealtimeRefusal(
            "missing_required_parameter", f"Missing required parameter: '{param}'.", param=param
        )
    if param == "session.audio.output.voice" and isinstance(given, str):
        supported = ", ".join(f"'{voice}'" for voice in VOICES)
        return RealtimeRefusal(
            "invalid_value",
            f"Invalid value: '{given}'. Supported values are: {supported}.",
            param=param,
        )
    if kind in ("literal_error", "union_tag_invalid"):
        given = given.get("type") if isinstance(given, dict) else given
        expected = found.get("ctx", {}).get("expected") or found["ctx"]["expected_tags"]
        return RealtimeRefusal(
            "invalid_value",
            f"Invalid value: '{given}'. Supported values are: {expected}.",
            param=param,
        )
    code = "invalid_type" if kind.endswith("_type") else "invalid_value"
    word = "type" if code == "invalid_type" else "value"
    return RealtimeRefusal(code, f"Invalid {word} for '{param}': {found['msg']}.", param=param)
