"""Why a person must not be called: the reasons, each with its sentence. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why not; the `code` of the answer to whoever asked."""

    DO_NOT_CALL = "do-not-call"
    BUSINESS_COUNTRY = "business-country"
    QUALITY_PAUSED = "quality-paused"
    UNCALLABLE = "uncallable"
    NO_PERMISSION = "no-permission"
    PERMISSION_EXPIRED = "permission-expired"
    UNANSWERED = "unanswered-limit"
    CONNECTED_LIMIT = "connected-limit"
    LIVE_CALL = "live-call"
    INITIATION_LIMIT = "initiation-limit"
    CONCURRENCY_LIMIT = "concurrency-limit"
    COST_LIMIT = "cost-limit"
    RATE_LIMITED = "rate-limited"
    OUTSIDE_HOURS = "outside-hours"
    BUSINESS_CLOSED = "business-closed"
    PROBABLE_STOP = "probable-stop"
    REQUEST_LIMIT = "request-limit"
    ALREADY_PERMITTED = "already-permitted"
    TEMPLATE_NEEDED = "template-needed"


SENTENCES: Mapping[Reason, str] = {
    Reason.DO_NOT_CALL: "This person asked not to be called.",
    Reason.BUSINESS_COUNTRY: "Business numbers of this country cannot place WhatsApp calls.",
    Reason.QUALITY_PAUSED: "Meta has paused this number's calls; look into the WhatsApp Manager.",
    Reason.UNCALLABLE: "This person cannot be called: no WhatsApp, or one that is too old.",
    Reason.NO_PERMISSION: "This person has not permitted calls; request it with /consents/request.",
    Reason.PERMISSION_EXPIRED: "This person's permission has expired; request it anew.",
    Reason.UNANSWERED: "This person left so many calls in a row unanswered that the permission "
    "ended; request it anew.",
    Reason.CONNECTED_LIMIT: "This person had all the calls that Meta allows in 24 hours.",
    Reason.LIVE_CALL: "There is already a call with this person.",
    Reason.INITIATION_LIMIT: "This number has placed all the calls that Meta allows in 24 hours.",
    Reason.CONCURRENCY_LIMIT: "This number has as many calls at once as Meta allows.",
    Reason.COST_LIMIT: "Today's calls have cost as much as DAILY_COST_CAP_USD, or the profile's "
    "`daily_cost_cap_usd`, lets them; who calls is still answered.",
    Reason.RATE_LIMITED: "Meta asks to slow down.",
    Reason.OUTSIDE_HOURS: "It is outside of CALL_HOURS where this person lives.",
    Reason.BUSINESS_CLOSED: "It is outside of the hours of the profile that the call is for.",
    Reason.PROBABLE_STOP: "This person wrote something that may be a STOP; decide it with "
    "`wacall consent decide`, `wacall consent list` shows it.",
    Reason.REQUEST_LIMIT: "This person was asked for permission as often as Meta allows.",
    Reason.ALREADY_PERMITTED: "This person has permitted calls for good; just call.",
    Reason.TEMPLATE_NEEDED: "This person has neither written nor called within 24 hours, so that "
    "only a template reaches them: set WA_PERMISSION_TEMPLATE, or name one with `--template`.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """Do not; nothing may reach Graph."""

    reason: Reason
    retry_at: datetime | None = None
    """When the clock alone will have changed it; None: time does not help."""

    @property
    def sentence(self) -> str:
        """The reason in words, for whoever asked."""
        return SENTENCES[self.reason]
