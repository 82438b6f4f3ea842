"""What control plane and worker read alike from the environment; both settings build on it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError

from shared.process.problems import words_for

_TO_HTTP = {"ws": "http", "wss": "https"}
_TO_WS = {"http": "ws", "https": "wss"}


def _http_url(value: str) -> str:
    """Accept http(s) and ws(s) alike, as LiveKit's own tools do; return http(s) without a tail."""
    parts = urlsplit(value.strip())
    scheme = _TO_HTTP.get(parts.scheme, parts.scheme)
    if scheme not in _TO_WS or not parts.hostname:
        raise ValueError("must be a URL such as https://host or wss://host")
    return urlunsplit((scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _signal_url(value: str) -> str:
    """Accept the same; return ws(s), which LiveKit's clients want."""
    parts = urlsplit(_http_url(value))
    return urlunsplit(parts._replace(scheme=_TO_WS[parts.scheme]))


def names_or_none(value: object) -> object:
    """Read a list with commas between; `none` is an empty one, since an empty variable is unset."""
    if not isinstance(value, str):
        return value
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    return () if names == ("none",) else names


def _listening_host(value: str) -> str:
    """Refuse what looks like an address of IPv4 and is none, such as 999.1.1.1."""
    if re.fullmatch(r"[0-9.]+", value):
        try:
            ip_address(value)
        except ValueError:
            raise ValueError("it must be an IP address of this machine, or its name") from None
    return value


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError("it names no folder")
    return path


ListeningHost = Annotated[str, Field(min_length=1), AfterValidator(_listening_host)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
SignalUrl = Annotated[str, AfterValidator(_signal_url)]
Seconds = Annotated[float, Field(gt=0)]
Folder = Annotated[Path, AfterValidator(_folder)]
Required = Annotated[SecretStr, Field(min_length=1)]


class SettingsUnfit(ValueError):
    """The environment is not fit to start with: every variable that is wrong, and no value."""

    def __init__(self, *, missing: Sequence[str] = (), sentences: Sequence[str] = ()) -> None:
        """Take the names of what is not set, and a sentence for each other problem."""
        self.missing = tuple(dict.fromkeys(missing))
        self.sentences = tuple(dict.fromkeys(sentences))
        super().__init__("\n".join(filter(None, [_not_set(self.missing), *self.sentences])))

    @classmethod
    def of_all(cls, problems: Iterable[ValueError]) -> Self:
        """Make one of several, each variable named once; others count as a sentence."""
        missing: list[str] = []
        sentences: list[str] = []
        for one in problems:
            if isinstance(one, SettingsUnfit):
                missing += one.missing
                sentences += one.sentences
            else:
                sentences.append(str(one))
        return cls(missing=missing, sentences=sentences)


def _not_set(names: Sequence[str]) -> str:
    if not names:
        return ""
    if len(names) == 1:
        listed, verb, it = names[0], "is", "it"
    else:
        listed, verb, it = f"{', '.join(names[:-1])} and {names[-1]}", "are", "them"
    return (
        f"{listed} {verb} not set; put {it} into the environment or into .env (see .env.example)."
    )


class ServiceSettings(BaseModel):
    """One field per variable; the alias is the variable's name."""

    # the sentence under a field is its description: docs/settings.md is made of them
    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    livekit_api_key: str = Field(alias="LIVEKIT_API_KEY", min_length=1)
    """LiveKit's API key."""
    livekit_api_secret: Required = Field(alias="LIVEKIT_API_SECRET")
    """LiveKit's API secret; 32 characters or more."""
    supabase_url: HttpUrl = Field(alias="SUPABASE_URL")
    """The Supabase project; empty: `wacall up` starts a local stand-in."""
    supabase_secret_key: Required = Field(alias="SUPABASE_SECRET_KEY")
    """The project's secret key; SUPABASE_SERVICE_ROLE_KEY is accepted too."""
    agent_profile: str = Field("default", alias="AGENT_PROFILE", pattern=r"^[A-Za-z0-9_-]+$")
    """The profile of calls that name none, and whose number is no profile's."""
    profiles_dir: Folder | None = Field(None, alias="PROFILES_DIR")
    """The folder of your profiles; they go before those that come with wacall."""
    agent_name: str = Field("whatsapp-agent", alias="AGENT_NAME", min_length=1)
    """LiveKit dispatch name of the worker."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", alias="LOG_LEVEL")
    """What is logged."""
    log_format: Literal["text", "json"] = Field("text", alias="LOG_FORMAT")
    """For people, or one JSON object a line for machines."""
    otel_endpoint: HttpUrl | None = Field(None, alias="OTEL_EXPORTER_OTLP_ENDPOINT")
    """Where an OpenTelemetry collector takes traces by OTLP over HTTP; empty: none are made."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings; an empty variable counts as not set.

        Raises:
            SettingsUnfit: every variable that is missing or malformed, by name.
        """
        values = {name: value for name, value in environ.items() if value.strip() != ""}
        values.setdefault("SUPABASE_SECRET_KEY", values.get("SUPABASE_SERVICE_ROLE_KEY", ""))
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise _unfit(
                error, {name: field.alias for name, field in cls.model_fields.items()}
            ) from None


def _unfit(error: ValidationError, aliases: Mapping[str, str | None]) -> SettingsUnfit:
    """Name every variable that is not right, and show no value."""
    missing: list[str] = []
    sentences: list[str] = []
    for problem in error.errors(include_input=False, include_url=False):
        text = words_for(problem)
        name = str(problem["loc"][0]) if problem["loc"] else ""
        # a default that was refused is told under the field's own name
        name = aliases.get(name) or name
        if not name:
            # of several variables together; the sentence names them
            sentences.append(f"{text}.")
        elif problem["type"] in ("missing", "string_too_short", "too_short"):
            missing.append(name)
        else:
            sentences.append(f"{name} is malformed: {text}.")
    return SettingsUnfit(missing=missing, sentences=sentences)
