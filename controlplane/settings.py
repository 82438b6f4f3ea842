"""The control plane's settings, read from the environment once and checked whole."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from controlplane.core.callee import CallHours
from shared.bridge.settings import BridgeSettings
from shared.call.ids import PhoneNumberId
from shared.database.retention import LONGEST_DAYS
from shared.prices.price_file import PricesFile
from shared.process.settings import (
    HttpUrl,
    ListeningHost,
    Required,
    Seconds,
    SettingsUnfit,
    names_or_none,
)


def _call_hours(value: str) -> str:
    CallHours(value)
    return value


_LOST_CALL = "Sorry, our call was cut off by a technical fault on our side. Please call us again."
_MISSED_CALL = "Sorry that we missed your call. Please call us again."
_TEMPLATE = r"^[a-z0-9_]{1,512}(:[A-Za-z_]{2,10})?$"


def _or_none(default: str) -> AfterValidator:
    """Let `none` switch a text off: an empty variable is one that is not set."""
    known = {"none": "", "default": default}
    return AfterValidator(lambda value: known.get(value.strip().casefold(), value))


def _webhook_url(value: SecretStr) -> SecretStr:
    """Refuse what nothing can be posted to; a query stays, where some services have their key."""
    parts = urlsplit(value.get_secret_value().strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a URL such as https://host/path")
    return SecretStr(urlunsplit(parts))


# openssl's shortest habit is 16 bytes, 32 digits; words that people think of are shorter
_SHORTEST_KEY = 16
_FEWEST_CHARACTERS = 6


def _hard_to_guess(value: SecretStr) -> SecretStr:
    """Refuse a key that strangers would find by trying."""
    key = value.get_secret_value()
    if len(key) < _SHORTEST_KEY or len(set(key)) < _FEWEST_CHARACTERS:
        raise ValueError(
            f"it could be guessed; take {_SHORTEST_KEY} characters or more, such as those that "
            "`openssl rand -hex 32` makes"
        )
    return value


def _media(value: object) -> object:
    if value == "hop":
        raise ValueError(
            "`hop` is no more; `bridge` does the same, over the media bridges of BRIDGE_URL"
        )
    return value


_OF_THE_NUMBER = ("WA_APP_SECRET", "WA_ACCESS_TOKEN", "WA_PHONE_NUMBER_ID")


def missing_number(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Name the variables of the one business number that are missing; profiles may have others."""
    if environ.get("PROFILES_DIR", "").strip():
        return ()
    return tuple(name for name in _OF_THE_NUMBER if not environ.get(name, "").strip())


RETIRED = (
    "RTPENGINE_URL", "HOP_INTERFACES", "HOP_DTMF_LISTEN", "HOP_TIMEOUT_S", "HOP_CHECK_INTERVAL_S",
    "HOP_IP", "HOP_ADVERTISED_IP", "HOP_PORT_MIN", "HOP_PORT_MAX", "HOP_CONTROL_PORT", "HOP_REDIS",
)  # fmt: skip
"""Variables of the media hop, whose place the media bridges have taken: nobody reads them."""


def retired(environ: Mapping[str, str]) -> list[str]:
    """Name the variables that are set although nobody reads them any more."""
    return [name for name in RETIRED if environ.get(name, "").strip()]


class Settings(BridgeSettings):
    """One field per variable; the alias is the variable's name."""

    host: ListeningHost = Field("127.0.0.1", alias="HOST")
    """The address that the control plane listens at; 0.0.0.0 in a container of its own network."""
    port: int = Field(4000, alias="PORT", ge=0, le=65535)
    """The control plane's HTTP port; 0 for any free one."""
    operator_port: int | None = Field(None, alias="OPERATOR_PORT", ge=1, le=65535)
    """A port of its own for /calls, /consents, /metrics, /healthz and /readyz; PORT then has the
    webhooks alone."""
    operator_host: ListeningHost = Field("127.0.0.1", alias="OPERATOR_HOST")
    """The address that OPERATOR_PORT listens at; never one of the internet's."""
    max_connections: int = Field(512, alias="MAX_CONNECTIONS", ge=1)
    """How many HTTP connections may be open at once; more are answered 503."""
    max_connections_per_client: int = Field(256, alias="MAX_CONNECTIONS_PER_CLIENT", ge=1)
    """How many of them from one address; a proxy in front is one."""

    wa_verify_token: Required = Field(alias="WA_VERIFY_TOKEN")
    """A word of your own, typed into the dashboard's webhook form as well."""
    wa_app_secret: SecretStr | None = Field(None, alias="WA_APP_SECRET")
    """The app's secret (App settings > Basic): it signs every webhook. Needed unless the profiles
    of PROFILES_DIR name others for all their numbers."""
    wa_access_token: SecretStr | None = Field(None, alias="WA_ACCESS_TOKEN")
    """A system user's token with whatsapp_business_messaging and _management; needed likewise."""
    wa_phone_number_id: PhoneNumberId | None = Field(
        None, alias="WA_PHONE_NUMBER_ID", pattern=r"^\d+$"
    )
    """The id of the business number, not the number itself; needed unless the profiles of
    PROFILES_DIR name numbers. Beside those it is the one that is meant where none is named."""
    wa_business_account_id: str | None = Field(
        None, alias="WA_BUSINESS_ACCOUNT_ID", pattern=r"^\d+$"
    )
    """The WhatsApp Business account's id, for `wacall doctor`, if the token does not tell it."""
    wa_graph_base_url: HttpUrl = Field("https://graph.facebook.com", alias="WA_GRAPH_BASE_URL")
    """Where the Graph API is."""
    wa_graph_version: str = Field("v24.0", alias="WA_GRAPH_VERSION", pattern=r"^v\d+\.\d+$")
    """Version of the Graph API, as it stands in paths."""
    wa_pre_accept: bool = Field(True, alias="WA_PRE_ACCEPT")
    """Let ICE and DTLS come up before the call is accepted (Meta, user-initiated calls)."""
    pick_up_wait_s: float = Field(1, alias="PICK_UP_WAIT_S", ge=0, le=5)
    """With WA_PRE_ACCEPT: how long the phone's media path is waited for before the call is
    accepted, so that who is answered hears the agent at once; 0: not at all."""
    wa_dtls_role_rewrite: bool = Field(True, alias="WA_DTLS_ROLE_REWRITE")
    """Make LiveKit the DTLS client towards Meta, as Meta recommends."""

    livekit_url: HttpUrl = Field(alias="LIVEKIT_URL")
    """The SFU; empty: `wacall up` starts one of its own."""
    livekit_public_url: HttpUrl | None = Field(None, alias="LIVEKIT_PUBLIC_URL")
    """The SFU as operators' browsers reach it; without it LIVEKIT_URL."""

    wa_media: Annotated[Literal["direct", "bridge"], BeforeValidator(_media)] = Field(
        "direct", alias="WA_MEDIA"
    )
    """Inbound: whether WhatsApp's media comes to LiveKit itself, or through a media bridge."""
    media_check_interval_s: Seconds = Field(5, alias="MEDIA_CHECK_INTERVAL_S")
    """How often live calls on media bridges are asked for their media."""
    media_dead_s: Seconds = Field(20, alias="MEDIA_DEAD_S")
    """Nothing from the phone's side of the network at a media bridge for so long: it is gone."""
    media_mute_s: float = Field(60, alias="MEDIA_MUTE_S", ge=0)
    """No audio from the phone for so long, though it is there; 0 to let it be."""

    controlplane_api_key: Annotated[SecretStr, AfterValidator(_hard_to_guess)] | None = Field(
        None, alias="CONTROLPLANE_API_KEY"
    )
    """Bearer token of operators, 16 characters or more (`openssl rand -hex 32`); without it their
    routes answer 403."""

    lost_call_text: Annotated[str, _or_none(_LOST_CALL)] = Field(
        "default", alias="LOST_CALL_TEXT", max_length=4096, validate_default=True
    )
    """Written to a person whose call broke off on our side: your words, or `none` for nothing."""
    missed_call_text: Annotated[str, _or_none(_MISSED_CALL)] = Field(
        "default", alias="MISSED_CALL_TEXT", max_length=4096, validate_default=True
    )
    """Written to a person whose call nobody answered, once an hour at most: your words, or `none`
    for nothing, whatever profiles say."""
    missed_call_wait_s: float = Field(10, alias="MISSED_CALL_WAIT_S", ge=0)
    """How long after a missed call that is: who calls again at once, and is answered, gets none."""
    wa_follow_up_template: str | None = Field(
        None, alias="WA_FOLLOW_UP_TEMPLATE", pattern=_TEMPLATE
    )
    """Template with one body parameter, for texts outside the 24-hour window: `name`, or
    `name:language`; without it they are not sent."""
    operator_webhook_url: Annotated[SecretStr, AfterValidator(_webhook_url)] | None = Field(
        None, alias="OPERATOR_WEBHOOK_URL"
    )
    """Where people are told what they have to do: requests for a person, tasks, e-mails. Without
    it `wacall follow-ups` alone shows them."""
    operator_webhook_secret: Annotated[SecretStr, AfterValidator(_hard_to_guess)] | None = Field(
        None, alias="OPERATOR_WEBHOOK_SECRET"
    )
    """Key of the signature on what is posted there, 16 characters or more."""
    operator_webhook_timeout_s: Seconds = Field(10, alias="OPERATOR_WEBHOOK_TIMEOUT_S", le=30)
    """How long it may take to answer."""

    wa_test_number: bool = Field(False, alias="WA_TEST_NUMBER")
    """The business number is a test number or a sandbox's: Meta's limits for these hold."""
    wa_permission_template: str | None = Field(
        None,
        alias="WA_PERMISSION_TEMPLATE",
        pattern=_TEMPLATE,
    )
    """Template that asks for permission outside the 24-hour window: `name`, or `name:language`."""
    openai_api_key: SecretStr | None = Field(None, alias="OPENAI_API_KEY")
    """With OPENAI_RESPONSES_MODEL: to ask a model whether a message is a STOP."""
    openai_base_url: HttpUrl | None = Field(None, alias="OPENAI_BASE_URL")
    """Where OpenAI's API is; as in OpenAI's own clients."""
    openai_responses_models: Annotated[tuple[str, ...], BeforeValidator(names_or_none)] = Field(
        (), alias="OPENAI_RESPONSES_MODEL"
    )
    """Models that read, in order of preference. The worker looks through conversations that are
    over, with `gpt-5,gpt-5.5` where this is not set; the control plane reads messages that may say
    STOP, only where it is set. `none`: nobody does either."""
    stop_read_timeout_s: Seconds = Field(20, alias="STOP_READ_TIMEOUT_S")
    """How long a model may take for that; the sender is not called meanwhile."""
    call_hours: Annotated[str, AfterValidator(_call_hours)] = Field("always", alias="CALL_HOURS")
    """When people may be called, by their own clock: `Mon-Fri 09:00-18:00; Sat 10:00-14:00`."""

    prices_file: PricesFile | None = Field(None, alias="PRICES_FILE")
    """Your own prices, a TOML file like shared/prices/prices.toml: what stands in it goes before
    what is shipped."""
    daily_cost_cap_usd: float | None = Field(None, alias="DAILY_COST_CAP_USD", gt=0)
    """What a day's calls may cost, in USD, counted from midnight UTC: then no more are placed until
    the next day. Who calls is answered."""
    max_concurrent_calls: int = Field(100, alias="MAX_CONCURRENT_CALLS", ge=0)
    """Live calls of all replicas together; more are refused as busy. 0 for no ceiling."""
    max_calls_per_caller: int = Field(0, alias="MAX_CALLS_PER_CALLER", ge=0)
    """Live calls of one person; more are refused. 0 for no ceiling."""
    max_calls_per_caller_per_hour: int = Field(0, alias="MAX_CALLS_PER_CALLER_PER_HOUR", ge=0)
    """Inbound calls of one person within an hour; more are refused. 0 for no ceiling."""
    agent_ready_timeout_s: Seconds = Field(8, alias="AGENT_READY_TIMEOUT_S")
    """How long a call waits for its agent."""
    setup_timeout_s: Seconds = Field(20, alias="SETUP_TIMEOUT_S")
    """From the offer to the accepted call; Meta waits about 30 s (user-initiated calls)."""
    ring_timeout_s: Seconds = Field(45, alias="RING_TIMEOUT_S")
    """Outbound: how long the phone may ring."""
    stale_offer_s: Seconds = Field(25, alias="STALE_OFFER_S")
    """An offer older than this is not answered: the call is missed."""
    media_timeout_s: Seconds = Field(10, alias="MEDIA_TIMEOUT_S")
    """Answered, but phone and SFU never reached each other: the call is ended."""
    max_call_duration_s: Seconds = Field(1800, alias="MAX_CALL_DURATION_S")
    """A call is ended after this."""
    whip_timeout_s: Seconds = Field(2.5, alias="WHIP_TIMEOUT_S", lt=3)
    """How long WHIP may take; at 3 s LiveKit begins a second attempt under the same identity."""
    livekit_timeout_s: Seconds = Field(3, alias="LIVEKIT_TIMEOUT_S")
    """How long one request to LiveKit may take."""
    graph_timeout_s: Seconds = Field(5, alias="GRAPH_TIMEOUT_S")
    """How long one request to the Graph API may take."""
    database_dead_s: Seconds = Field(30, alias="DATABASE_DEAD_S")
    """No answer on our connections to the database for so long, though others get one: /healthz
    turns 503, so that something restarts the process."""
    drain_timeout_s: float = Field(30, alias="DRAIN_TIMEOUT_S", ge=0)
    """With DRAIN_ENDS_CALLS: how long running calls may go on after SIGTERM."""
    drain_ends_calls: bool = Field(False, alias="DRAIN_ENDS_CALLS")
    """End what still runs after the drain: for when the SFU goes down with this process."""
    sweep_interval_s: Seconds = Field(1, alias="SWEEP_INTERVAL_S")
    """How often deadlines and events that were left lying are looked for."""
    line_check_interval_s: Seconds = Field(60, alias="LINE_CHECK_INTERVAL_S")
    """How often Meta is asked whether token, number and calling settings let calls through."""
    reconcile_interval_s: Seconds = Field(5, alias="RECONCILE_INTERVAL_S")
    """How often live calls are compared with LiveKit's rooms, should a webhook get lost."""

    retention_call_days: int = Field(180, alias="RETENTION_CALL_DAYS", ge=1, le=LONGEST_DAYS)
    """Days after its end that a call is kept, with its transcript, lead and follow-ups."""
    retention_event_days: int = Field(30, alias="RETENTION_EVENT_DAYS", ge=1, le=LONGEST_DAYS)
    """Days that raw events are kept."""
    retention_request_days: int = Field(30, alias="RETENTION_REQUEST_DAYS", ge=7, le=LONGEST_DAYS)
    """Days that requests for permission are kept; Meta's limits look back over a week."""
    retention_pause_days: int = Field(30, alias="RETENTION_PAUSE_DAYS", ge=0, le=LONGEST_DAYS)
    """Days after their end that pauses are kept."""

    recordings_bucket: str | None = Field(
        None, alias="RECORDINGS_BUCKET", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
    )
    """A private bucket of the Supabase project's storage, to which recordings are moved once their
    calls are over; without it they stay with the media bridge that made them."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings; an empty variable counts as not set.

        Raises:
            SettingsUnfit: every variable that is missing or malformed, by name.
        """
        missing = SettingsUnfit(missing=missing_number(environ))
        try:
            settings = super().from_env(environ)
        except SettingsUnfit as error:
            raise SettingsUnfit.of_all([missing, error]) from None
        if missing.missing:
            raise missing
        return settings

    @model_validator(mode="after")
    def _signed_webhook(self) -> Self:
        if self.operator_webhook_url is not None and self.operator_webhook_secret is None:
            raise ValueError(
                "OPERATOR_WEBHOOK_URL needs OPERATOR_WEBHOOK_SECRET, by which the receiver knows "
                "that it was us; make one with `openssl rand -hex 32`"
            )
        return self

    @model_validator(mode="after")
    def _two_ports(self) -> Self:
        if self.operator_port == self.port:
            raise ValueError(
                "OPERATOR_PORT and PORT are the same; set OPERATOR_PORT to another one"
            )
        return self
