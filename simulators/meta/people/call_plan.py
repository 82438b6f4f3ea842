"""What a simulated call is to be like, and what is kept of it. Pure data."""

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, field, fields

from simulators.meta.webhooks.calls import Caller
from simulators.meta.webhooks.delivery import RETRY_DELAYS_S, TIMEOUT_S
from simulators.phone.ice_lite import Loss
from simulators.phone.phone import Phone
from simulators.phone.receiving import Reception
from simulators.phone.write_sdp import OPUS_PAYLOAD_TYPE


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Meta's clocks, in seconds."""

    ring_s: float = 60.0
    """Meta: about 30 to 60 s from `connect` to `accept`, then "not answered"."""
    first_media_s: float = 20.0
    """Meta: without media from the start the client disconnects after 20 s."""
    mid_call_media_s: float = 30.0
    """Meta: without media in mid-call the client disconnects after 30 s."""
    webhook_timeout_s: float = TIMEOUT_S
    retry_delays_s: Sequence[float] = RETRY_DELAYS_S
    end_grace_s: float = 1.0
    """How long after the end packets may still come: the business has to hear of it first."""
    linger_s: float = 3.0
    """How long the ended phone's port stays open, to count who still sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhonePlan:
    """What may be odd about a call's phone and its end, whoever placed the call."""

    addresses: Sequence[str] = ("127.0.0.1",)
    loss: Loss = field(default_factory=Loss)
    waits_for_media: bool = False
    terminate_copies: int = 1
    make_phone: Callable[..., Phone] | None = None
    """The user's own phone, such as a browser; None: the simulator's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan(PhonePlan):
    """Who calls, and everything that is to be odd about it."""

    caller: Caller = field(default_factory=Caller)
    phone_number_id: str | None = None
    """Another of the account's lines, for events that are not the business's."""
    age_s: float = 0.0
    """How old the `connect` claims to be."""
    connect_copies: int = 1
    connect_delay_s: float = 0.0
    connect_last: bool = False
    """Hold the `connect` back until the `terminate` was taken (an instant hang-up, reordered)."""
    with_unknown: bool = False
    """Events that nobody knows ride in the same POST, before the `connect`."""
    edit_offer: Callable[[str], str] | None = None
    """Spoil the offer."""
    wrap_offer: Callable[[str], str] | None = None
    """What somebody between Meta and the business does to the offer's text."""
    cta_payload: str | None = None
    deeplink_payload: str | None = None
    button_opaque: str | None = None
    """`biz_opaque_callback_data` of the call button."""


@dataclass(slots=True, kw_only=True)
class MediaTimings:
    """When what happened to a call's media, as `time.monotonic()`; None: not (yet)."""

    ice_up: float | None = None
    dtls_up: float | None = None
    first_rtp: float | None = None
    first_audible: float | None = None
    ended: float | None = None

    def since_ms(self, begun: float | None) -> dict[str, float]:
        """Milliseconds from `begun`, for every step that happened, in order of time."""
        if begun is None:
            return {}
        steps = {
            item.name: (value - begun) * 1000
            for item in fields(self)
            if (value := getattr(self, item.name)) is not None
        }
        return dict(sorted(steps.items(), key=lambda step: step[1]))


@dataclass(slots=True, kw_only=True)
class CallTimings(MediaTimings):
    """When what happened in a user's call, as `time.monotonic()`; None: not (yet)."""

    webhook_sent: float | None = None
    webhook_acknowledged: float | None = None
    pre_accept: float | None = None
    pre_accept_answered: float | None = None
    accept: float | None = None
    """The request that was taken came."""
    accept_answered: float | None = None
    """Its 200 went out."""

    def since_webhook_ms(self) -> dict[str, float]:
        """Milliseconds from the first `connect` POST, for every step that happened."""
        return self.since_ms(self.webhook_sent)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnd:
    """How the call ended, as its `terminate` webhook told."""

    by: str
    """`user`, `business` or `meta`."""
    status: str
    duration_s: int | None
    """None if it was never answered."""
    error_code: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One of Meta's rules that the business broke."""

    what: str
    rule: str


def media_violations(counts: Reception, *, dtls_failed: bool) -> list[Violation]:
    """Judge what arrived at the phone in a user's call."""
    found = []
    if counts.early:
        found.append(
            Violation(
                what=f"{counts.early} RTP packets before accept had returned 200",
                rule="Meta, user-initiated calls: hold media until accept returned 200",
            )
        )
    return found + stream_violations(
        counts, negotiated={OPUS_PAYLOAD_TYPE}, dtls_failed=dtls_failed
    )


def stream_violations(
    counts: Reception, *, negotiated: Set[int], dtls_failed: bool
) -> list[Violation]:
    """Judge what arrived at the phone in any call."""
    found = []
    if len(counts.ssrcs) > 1:
        found.append(
            Violation(
                what=f"{len(counts.ssrcs)} SSRCs in one call",
                rule="Meta, calling reference: a single SSRC for the whole call",
            )
        )
    if counts.payload_types - negotiated:
        found.append(
            Violation(
                what=f"payload types {sorted(counts.payload_types)}",
                rule="RFC 3264: only what was negotiated",
            )
        )
    if counts.after_end:
        found.append(
            Violation(
                what=f"{counts.after_end} RTP packets after the call had ended",
                rule="Meta, calling reference: terminate ends the media",
            )
        )
    if dtls_failed:
        found.append(
            Violation(
                what="the DTLS handshake failed",
                rule="RFC 5763: the certificate must have the answer's fingerprint",
            )
        )
    return found
