"""The Graph API's refusals for calls, as pure functions: request and state in, refusal out.

Each refusal has Meta's code and body and cites the rule behind it. Where Meta documents no code
of its own, the generic 100 ("invalid parameter") is used, as its error table says.
"""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from simulators.meta.rules.answer import AnswerPolicy, problems

ACTIONS = ("connect", "pre_accept", "accept", "reject", "terminate")
MIN_VERSION = 17
"""Meta, calling reference: v17.0 is the oldest version with calls."""
MAX_OPAQUE = 512
"""Meta, calling reference: characters of `biz_opaque_callback_data`."""
_PHONE = re.compile(r"^\+?\d(?:[ ().-]*\d){6,14}$")
_USER_ID = re.compile(r"^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$")
_MAX_PURPOSE = 250
_VERSION = re.compile(r"^v(\d{1,2})\.0$")


class CallState(StrEnum):
    """Where a call stands on Meta's side."""

    RINGING = "ringing"
    PRE_ACCEPTED = "pre-accepted"
    ACCEPTED = "accepted"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphPolicy:
    """Where Meta's behaviour is not documented; the defaults are the milder reading."""

    answer: AnswerPolicy = field(default_factory=AnswerPolicy)
    max_version: int = 26
    """v26.0 was the newest in September 2026."""
    terminate_while_ringing: bool = True
    """Take `terminate` before `accept`: no page forbids it, and an outbound call is canceled so.
    `False` makes `reject` the only way out of a ringing call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """What the rules need to know of a call."""

    state: CallState
    offer: str = field(repr=False)
    pre_accepted_sdp: str | None = field(default=None, repr=False)
    is_outbound: bool = False
    """The business has placed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One error answer of the Graph API."""

    status: int
    code: int
    message: str
    rule: str
    """Where the rule comes from; never sent."""
    details: str | None = None
    type: str = "OAuthException"
    subcode: int | None = None
    is_race: bool = False
    """Two sides acted at once: no fault of the business's program."""

    def body(self, fbtrace_id: str) -> dict[str, Any]:
        """Build Meta's error body."""
        error: dict[str, Any] = {"message": self.message, "type": self.type, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        if self.details is not None:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        error["fbtrace_id"] = fbtrace_id
        return {"error": error}


def check_version(version: str, policy: GraphPolicy) -> Refusal | None:
    """Refuse a version path that has no calls."""
    match = _VERSION.match(version)
    if match and MIN_VERSION <= int(match[1]) <= policy.max_version:
        return None
    return Refusal(
        status=400,
        code=2500,
        message=f"Unknown path components: /{version}",
        rule="Meta, calling reference: minimum version v17.0",
    )


def check_line(phone_number_id: str, ours: str, method: str) -> Refusal | None:
    """Refuse an object id that the token cannot see."""
    if phone_number_id == ours:
        return None
    return Refusal(
        status=400,
        code=100,
        subcode=33,
        type="GraphMethodException",
        message=f"Unsupported {method.lower()} request. Object with ID '{phone_number_id}' does "
        "not exist, cannot be loaded due to missing permissions, or does not support this "
        "operation.",
        rule="Meta, Graph API error 100/33",
    )


def check_fields(asked: Iterable[str], known: Container[str]) -> Refusal | None:
    """Refuse a read of a field that a phone number does not have."""
    for name in asked:
        if name not in known:
            return Refusal(
                status=400,
                code=100,
                message=f"(#100) Tried accessing nonexisting field ({name}) on node type "
                "(WhatsAppBusinessPhoneNumber)",
                rule="Meta, Graph API error 100",
            )
    return None


def unknown_path(path: str) -> Refusal:
    """Refuse a path that Graph does not know."""
    return Refusal(
        status=404,
        code=803,
        message=f"(#803) Some of the aliases you requested do not exist: {path}",
        rule="Meta, Graph API error 803",
    )


def check_body(body: object) -> Refusal | None:
    """Refuse a body that is no well-formed call action, whatever the call's state."""
    if not isinstance(body, dict):
        return _invalid("The body must be a JSON object", "Meta, calling reference: JSON body")
    if body.get("messaging_product") != "whatsapp":
        return _invalid(
            "The parameter messaging_product is required and must be whatsapp",
            "Meta, calling reference: messaging_product",
        )
    action = body.get("action")
    if action not in ACTIONS:
        wanted = ", ".join(name.upper() for name in ACTIONS)
        return _invalid(f"Param action must be one of {{{wanted}}}", "Meta, calling reference")
    if action == "connect":
        return check_address(body) or _check_session(body, "offer") or _check_captures(body)
    if not isinstance(body.get("call_id"), str) or not body["call_id"]:
        return _invalid("The parameter call_id is required", "Meta, calling reference: call_id")
    return _check_session(body, "answer") if action in ("pre_accept", "accept") else None


def check_address(body: Mapping[str, Any]) -> Refusal | None:
    """Refuse a body that names nobody: `to` is a phone number, `recipient` a user id."""
    to, recipient = body.get("to"), body.get("recipient")
    if to is None and recipient is None:
        return _invalid("The parameter to or recipient is required", "Meta, calling reference: to")
    if to is not None and not (isinstance(to, str) and _PHONE.match(to)):
        return _invalid("to must be a phone number", "Meta, calling reference: to")
    if recipient is not None and not (isinstance(recipient, str) and _USER_ID.match(recipient)):
        return _invalid(
            "recipient must be a business-scoped user id", "Meta, business-scoped user ids"
        )
    return None


def check_action(
    body: Mapping[str, Any], call: CallView | None, policy: GraphPolicy
) -> Refusal | None:
    """Refuse a well-formed action that the call's state or the SDP forbids."""
    if call is None:
        return _invalid("The call_id does not exist", "Meta, calling reference: unknown call id")
    action = body["action"]
    if call.is_outbound and action != "terminate":
        return _invalid(f"{action} is for user-initiated calls", "Meta, calling reference: actions")
    if call.state is CallState.ENDED:
        return _invalid(
            f"The call has ended; {action} is not possible",
            "Meta, troubleshooting: action on a terminated call",
            is_race=True,
        )
    if action in ("pre_accept", "accept"):
        return _check_answer(action, body["session"]["sdp"], call, policy)
    if action == "reject" and call.state is CallState.ACCEPTED:
        return _invalid("The call is in progress; use terminate", "Meta, calling: reject")
    if (
        action == "terminate"
        and call.state is not CallState.ACCEPTED
        and not (policy.terminate_while_ringing or call.is_outbound)
    ):
        return _invalid("The call is not in progress; use reject", "Meta, calling: terminate")
    return None


def _check_session(body: Mapping[str, Any], sdp_type: str) -> Refusal | None:
    if "connection" in body:
        return _invalid("connection is not supported, use session", "Meta: legacy field retired")
    session = body.get("session")
    if not isinstance(session, dict):
        return _invalid("The parameter session is required", "Meta, calling reference: session")
    if session.get("sdp_type") != sdp_type:
        # Meta's parameter table says "offer" for all; examples and practice say "answer" for
        # pre_accept and accept.
        return _invalid(f"session.sdp_type must be {sdp_type}", "Meta, calling: examples")
    if not isinstance(session.get("sdp"), str) or not session["sdp"]:
        return _invalid("session.sdp must be a string", "Meta, calling reference: session.sdp")
    opaque = body.get("biz_opaque_callback_data")
    if opaque is not None and (not isinstance(opaque, str) or len(opaque) > MAX_OPAQUE):
        return _invalid(
            f"biz_opaque_callback_data must be a string of at most {MAX_OPAQUE} characters",
            "Meta, calling reference: biz_opaque_callback_data",
        )
    return None


def _check_captures(body: Mapping[str, Any]) -> Refusal | None:
    for name in ("recording", "transcription"):
        wish = body.get(name)
        if wish is None:
            continue
        rule = "Meta, call recording: status, purpose and announcement_language"
        if not isinstance(wish, dict) or wish.get("status") not in ("ENABLED", "DISABLED"):
            return _invalid(f"{name}.status must be ENABLED or DISABLED", rule)
        purpose, language = wish.get("purpose"), wish.get("announcement_language")
        if not isinstance(purpose, str) or not 0 < len(purpose) <= _MAX_PURPOSE:
            return _invalid(f"{name}.purpose must have 1 to {_MAX_PURPOSE} characters", rule)
        if not isinstance(language, str) or not language:
            return _invalid(f"{name}.announcement_language is required", rule)
    return None


def _check_answer(action: str, sdp: str, call: CallView, policy: GraphPolicy) -> Refusal | None:
    if call.state is CallState.ACCEPTED:
        return _invalid(f"The call is in progress; {action} is not possible", "Meta, calling")
    if call.pre_accepted_sdp is not None and sdp != call.pre_accepted_sdp:
        return _bad_sdp(
            f"The SDP of {action} differs from the SDP of pre_accept",
            "Meta, user-initiated calls: accept with the SDP of pre_accept",
        )
    for problem in problems(sdp, call.offer, policy.answer):
        return _bad_sdp(problem.what, problem.rule)
    return None


def _invalid(details: str, rule: str, *, is_race: bool = False) -> Refusal:
    return Refusal(
        status=400,
        code=100,
        message="(#100) Invalid parameter",
        details=details,
        rule=rule,
        is_race=is_race,
    )


def _bad_sdp(details: str, rule: str) -> Refusal:
    return Refusal(
        status=400,
        code=138008,
        message="(#138008) SDP Validation error",
        details=details,
        rule=rule,
    )
