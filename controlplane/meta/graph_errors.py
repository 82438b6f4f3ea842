"""Meta's refusals as named errors: what each code means, and what to do about it.

    GraphError                       (controlplane.errors)
      GraphUnreachable               nobody answered; the request may have been carried out
        GraphNotReached              no connection: it was not
      GraphRefused                   an answer, but not a success; children by Meta's code

Source: Meta, Calling API troubleshooting (error codes) and Graph API error handling. Meta's own
text can echo phone numbers: it stays in `detail`, for `call_events`, and out of `str` and `repr`.
"""

import json
import re
from collections.abc import Mapping
from typing import ClassVar

from controlplane.core.errors import GraphError
from controlplane.core.foreign import integer_of, object_of, text_of, word_of

_TRACE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OBJECT_MISSING = 33
"""Subcode of 100: the id in the URL, our phone number id, is unknown to this token."""
_STANDS = re.compile(
    r"(?<!not )in progress|\balready (been )?(accepted|answered|connected|ongoing)\b", re.IGNORECASE
)


class GraphUnreachable(GraphError):
    """The Graph API did not answer; check WA_GRAPH_BASE_URL and the way out of this network."""

    code = "graph-unreachable"
    is_retryable: ClassVar[bool] = True
    may_have_been_done: ClassVar[bool] = True
    """Whether the request may have reached Meta, so that only its answer was lost."""


class GraphNotReached(GraphUnreachable):
    """No connection to the Graph API: nothing was sent; check WA_GRAPH_BASE_URL and the network."""

    may_have_been_done: ClassVar[bool] = False


class GraphRefused(GraphError):
    """An error without an entry in our table; look its code up in Meta's list of error codes."""

    is_retryable: ClassVar[bool] = False
    """Whether the same request may succeed a moment later."""

    def __init_subclass__(cls) -> None:
        """Derive the code from the name: `TokenExpired` is `graph-token-expired`."""
        cls.code = "graph" + re.sub("([A-Z])", r"-\1", cls.__name__).lower()

    def __init__(
        self,
        *,
        http_status: int,
        meta_code: int | None = None,
        subcode: int | None = None,
        kind: str = "",
        fbtrace_id: str | None = None,
        detail: str | None = None,
    ) -> None:
        """Compose the sentence from the codes and from what the class says is to be done."""
        self.http_status = http_status
        self.meta_code = meta_code
        self.subcode = subcode
        # Meta's `type`, such as OAuthException
        self.kind = kind
        # what Meta's support asks for
        self.fbtrace_id = fbtrace_id
        # Meta's own words: may be personal data
        self.detail = detail
        parts = [f"HTTP {http_status}"]
        parts += [f"code {meta_code}"] if meta_code is not None else []
        parts += [f"subcode {subcode}"] if subcode is not None else []
        parts += [f"fbtrace_id {fbtrace_id}"] if fbtrace_id is not None else []
        advice = " ".join((type(self).__doc__ or "").split("\n\n")[0].split())
        super().__init__(f"Graph refused ({', '.join(parts)}). {advice}")

    @property
    def is_success(self) -> bool:
        """Whether Meta did what was asked, and only its words cannot be read."""
        return 200 <= self.http_status < 300

    @property
    def says_already_accepted(self) -> bool:
        """Whether Meta refuses an `accept` because an earlier one was carried out.

        Meta documents no code for it: 138003 (call already ongoing) or the words tell.
        """
        return isinstance(self, CallOngoing) or bool(_STANDS.search(self.detail or ""))

    @property
    def says_call_gone(self) -> bool:
        """Whether a refused `reject` or `terminate` means that there is no such call any more.

        Meta documents no code for it. Those requests hold nothing but the call's id, so that what
        can be wrong with them, once account, token and line are right, is the call.
        """
        if not 400 <= self.http_status < 500 or self.says_already_accepted:
            return False
        if isinstance(self, InvalidParameter):
            return self.subcode != _OBJECT_MISSING
        is_unlisted = self.meta_code not in ERRORS and str(self.meta_code).startswith("138")
        return is_unlisted or (self.http_status == 404 and self.meta_code is None)


class UnreadableReply(GraphRefused):
    """The answer is not Meta's JSON; check that WA_GRAPH_BASE_URL is the Graph API, not a proxy."""


class ServerFault(GraphRefused):
    """Meta has a temporary problem; try again, and look at Meta's status page if it stays."""

    is_retryable = True


class InvalidParameter(GraphRefused):
    """The call id, the SDP or WA_PHONE_NUMBER_ID is invalid; see the detail in call_events."""


class TokenExpired(GraphRefused):
    """The access token is expired or revoked; put a System User's token into WA_ACCESS_TOKEN."""


class PermissionMissing(GraphRefused):
    """The token lacks a permission; grant it whatsapp_business_messaging for this number."""


class RateLimited(GraphRefused):
    """Too many requests; slow down and try again in some minutes."""


class SenderUnsupported(GraphRefused):
    """Call buttons are not supported for the country of this business number."""


class RecipientTooOld(GraphRefused):
    """The person's WhatsApp is too old for this message; do not ask this person again."""


class RecipientNotAllowed(GraphRefused):
    """A test number reaches listed numbers only; add the recipient in the app's dashboard."""


class PaymentMissing(GraphRefused):
    """No valid payment method; attach one to the WhatsApp Business account."""


class NumberInSipMode(GraphRefused):
    """The number is in SIP mode, which excludes Graph calls; disable `sip` in its settings."""


class CallingNotEnabled(GraphRefused):
    """Calling is off for this number; set `calling.status` to ENABLED in its settings."""


class ReceiverUncallable(GraphRefused):
    """The person cannot be called (no WhatsApp, old client or terms); do not try again."""


class ConcurrencyLimit(GraphRefused):
    """Too many calls at once on this number; wait until some have ended."""


class CallOngoing(GraphRefused):
    """There is already a call with this person."""


class ConnectionFault(GraphRefused):
    """Meta could not connect; try once more."""

    is_retryable = True


class InitiationRateLimit(GraphRefused):
    """Calls are placed too quickly; slow down."""


class NoCallPermission(GraphRefused):
    """The person has not permitted calls; send a call permission request first."""


class ConnectTimeout(GraphRefused):
    """Meta waited in vain for the SDP to be applied; look at the set-up times of this call."""


class SdpRefused(GraphRefused):
    """Meta takes the SDP for invalid; compare it with "Why WHIP in the SFU" in docs/design.md."""


class PermissionRequestLimit(GraphRefused):
    """This person was asked for permission too often (1 a day, 2 a week); wait."""


class NoConversation(GraphRefused):
    """There is no conversation with this person yet; exchange a message or template first."""


class DailyCallLimit(GraphRefused):
    """This person was called too often in 24 hours; the details say when the next call may be."""


class OutboundUnavailable(GraphRefused):
    """Business-initiated calls are not available for this number's country."""


class CallingPaused(GraphRefused):
    """Meta has paused calling on this number for low quality; see the WhatsApp Manager."""


class MessagingLimitTooLow(GraphRefused):
    """Calling needs a messaging limit of 2000 a day; verify the business to raise it."""


class PermissionAlreadyPermanent(GraphRefused):
    """The person has permitted calls for good; just call."""


class PrerequisitesMissing(GraphRefused):
    """The app is not ready for calls; subscribe it to the webhook field `calls`."""


ERRORS: Mapping[int, type[GraphRefused]] = {
    1: ServerFault,
    2: ServerFault,
    3: PermissionMissing,
    4: RateLimited,
    10: PermissionMissing,
    100: InvalidParameter,
    190: TokenExpired,
    **dict.fromkeys(range(200, 300), PermissionMissing),
    613: RateLimited,
    80007: RateLimited,
    131009: SenderUnsupported,
    131026: RecipientTooOld,
    131030: RecipientNotAllowed,
    131044: PaymentMissing,
    131055: NumberInSipMode,
    138000: CallingNotEnabled,
    138001: ReceiverUncallable,
    138002: ConcurrencyLimit,
    138003: CallOngoing,
    138004: ConnectionFault,
    138005: InitiationRateLimit,
    138006: NoCallPermission,
    138007: ConnectTimeout,
    138008: SdpRefused,
    138009: PermissionRequestLimit,
    138011: NoConversation,
    138012: DailyCallLimit,
    138013: OutboundUnavailable,
    138014: CallingPaused,
    138015: MessagingLimitTooLow,
    138017: PermissionAlreadyPermanent,
    138018: PrerequisitesMissing,
}


def error_from_response(status: int, body: bytes) -> GraphRefused:
    """Name the error of an answer that is no success, whatever its body is."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    error = object_of(data).get("error")
    if not isinstance(error, Mapping):
        kind = ServerFault if status >= 500 else RateLimited if status == 429 else UnreadableReply
        return kind(http_status=status)
    code = integer_of(error.get("code"))
    named = ERRORS.get(code) if code is not None else None
    if named is None:
        named = ServerFault if status >= 500 else GraphRefused
    trace = text_of(error.get("fbtrace_id"))
    said = (error.get("message"), object_of(error.get("error_data")).get("details"))
    return named(
        http_status=status,
        meta_code=code,
        subcode=integer_of(error.get("error_subcode")),
        kind=word_of(error.get("type")),
        fbtrace_id=trace if trace and _TRACE.fullmatch(trace) else None,
        detail=": ".join(filter(None, map(text_of, said))) or None,
    )
