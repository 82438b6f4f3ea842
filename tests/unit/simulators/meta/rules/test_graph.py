"""The simulated Graph API's refusals, as a table."""

from typing import Any

import pytest

from simulators.meta.rules.graph import (
    CallState,
    CallView,
    GraphPolicy,
    check_action,
    check_body,
    check_line,
    check_version,
    unknown_path,
)
from tests.data.descriptions import ANSWER, META_OFFER

RINGING = CallView(state=CallState.RINGING, offer=META_OFFER)
PRE_ACCEPTED = CallView(state=CallState.PRE_ACCEPTED, offer=META_OFFER, pre_accepted_sdp=ANSWER)
ACCEPTED = CallView(state=CallState.ACCEPTED, offer=META_OFFER, pre_accepted_sdp=ANSWER)
ENDED = CallView(state=CallState.ENDED, offer=META_OFFER, pre_accepted_sdp=ANSWER)
POLICY = GraphPolicy()
OUTBOUND = CallView(state=CallState.RINGING, offer=META_OFFER, is_outbound=True)
TO = "+1 555 010-0123"
OFFER = {"sdp_type": "offer", "sdp": "v=0"}


def body(action: str, /, **changes: Any) -> dict[str, Any]:
    """Make a right body, then change it; `...` takes a field out."""
    right: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "call_id": "wacid.X",
        "action": action,
    }
    if action in ("pre_accept", "accept"):
        right["session"] = {"sdp_type": "answer", "sdp": ANSWER}
    return {key: value for key, value in (right | changes).items() if value is not ...}


@pytest.mark.parametrize(
    ("wrong", "code", "details"),
    [
        (None, 100, "JSON object"),
        ([], 100, "JSON object"),
        (body("accept", messaging_product=...), 100, "messaging_product"),
        (body("accept", messaging_product="sms"), 100, "messaging_product"),
        (body("accept", action=...), 100, "action"),
        (body("hold"), 100, "action"),
        (body("connect"), 100, "to or recipient"),
        (body("connect", to=15550100123), 100, "to must be"),
        (body("connect", to="my sister"), 100, "to must be"),
        (body("connect", to="+1 555"), 100, "to must be"),
        (body("connect", recipient="13491208655302741918"), 100, "recipient must be"),
        (body("connect", to="15550100123"), 100, "session"),
        (body("connect", to=TO, session={"sdp_type": "answer", "sdp": "v=0"}), 100, "sdp_type"),
        (body("connect", to=TO, session={"sdp_type": "offer"}), 100, "session.sdp"),
        (body("connect", to=TO, session=OFFER, connection={}), 100, "connection"),
        (body("connect", to=TO, session=OFFER, biz_opaque_callback_data=7), 100, "512"),
        (body("connect", to=TO, session=OFFER, recording="yes"), 100, "recording.status"),
        (
            body("connect", to=TO, session=OFFER, recording={"status": "ENABLED"}),
            100,
            "recording.purpose",
        ),
        (
            body(
                "connect", to=TO, session=OFFER, transcription={"status": "ENABLED", "purpose": "q"}
            ),
            100,
            "transcription.announcement_language",
        ),
        (body("accept", call_id=...), 100, "call_id"),
        (body("terminate", call_id=7), 100, "call_id"),
        (body("accept", session=...), 100, "session"),
        (body("accept", session="sdp"), 100, "session"),
        (body("accept", session={"sdp_type": "offer", "sdp": ANSWER}), 100, "sdp_type"),
        (body("pre_accept", session={"sdp": ANSWER}), 100, "sdp_type"),
        (body("accept", session={"sdp_type": "answer"}), 100, "session.sdp"),
        (body("accept", session={"sdp_type": "answer", "sdp": ""}), 100, "session.sdp"),
        (body("accept", connection={"webrtc": {"sdp": ANSWER}}), 100, "connection"),
        (body("accept", biz_opaque_callback_data="x" * 513), 100, "512"),
    ],
)
def test_malformed_bodies_are_refused(wrong: object, code: int, details: str) -> None:
    """Whatever is wrong with a body is said, with Meta's code and the rule."""
    refusal = check_body(wrong)
    assert refusal is not None
    assert (refusal.code, refusal.status) == (code, 400)
    assert details in (refusal.details or "")
    assert refusal.rule


@pytest.mark.parametrize("action", ["pre_accept", "accept", "reject", "terminate"])
def test_right_bodies_pass(action: str) -> None:
    """A right body passes, with the extra `to` that Meta's own example has."""
    assert check_body(body(action, to="15550100123")) is None


@pytest.mark.parametrize(
    ("action", "view", "details"),
    [
        ("pre_accept", None, "does not exist"),
        ("pre_accept", RINGING, None),
        ("pre_accept", PRE_ACCEPTED, None),
        ("pre_accept", ACCEPTED, "in progress"),
        ("pre_accept", ENDED, "has ended"),
        ("accept", None, "does not exist"),
        ("accept", RINGING, None),
        ("accept", PRE_ACCEPTED, None),
        ("accept", ACCEPTED, "in progress"),
        ("accept", ENDED, "has ended"),
        ("reject", None, "does not exist"),
        ("reject", RINGING, None),
        ("reject", PRE_ACCEPTED, None),
        ("reject", ACCEPTED, "use terminate"),
        ("reject", ENDED, "has ended"),
        ("terminate", None, "does not exist"),
        ("terminate", RINGING, None),
        ("terminate", PRE_ACCEPTED, None),
        ("terminate", ACCEPTED, None),
        ("terminate", ENDED, "has ended"),
    ],
)
def test_every_action_in_every_state(
    action: str, view: CallView | None, details: str | None
) -> None:
    """Each action is taken exactly in the states in which Meta takes it."""
    refusal = check_action(body(action), view, POLICY)
    if details is None:
        assert refusal is None
    else:
        assert refusal is not None
        assert refusal.code == 100
        assert details in (refusal.details or "")
        assert refusal.is_race == (view is ENDED)


def test_terminate_of_a_ringing_call_is_a_switch() -> None:
    """The docs do not forbid it; whoever wants to be stricter can."""
    strict = GraphPolicy(terminate_while_ringing=False)
    for view, refused in ((RINGING, True), (PRE_ACCEPTED, True), (ACCEPTED, False)):
        assert (check_action(body("terminate"), view, strict) is not None) == refused


@pytest.mark.parametrize("to", [{"to": TO}, {"recipient": "US.13491208655302741918"}])
def test_right_connects_pass(to: dict[str, str]) -> None:
    """A `connect` names a phone number or a user id, and may ask for a recording."""
    wish = {"status": "ENABLED", "purpose": "quality", "announcement_language": "en_US"}
    assert check_body(body("connect", session=OFFER, recording=wish, **to)) is None


@pytest.mark.parametrize("action", ["pre_accept", "accept", "reject"])
def test_business_initiated_calls_are_only_terminated(action: str) -> None:
    """What answers a user's call is refused for the business's own, ringing or not."""
    refusal = check_action(body(action), OUTBOUND, POLICY)
    assert refusal is not None
    assert "user-initiated" in (refusal.details or "")
    strict = GraphPolicy(terminate_while_ringing=False)
    assert check_action(body("terminate"), OUTBOUND, strict) is None


def test_accept_must_repeat_the_pre_accepted_sdp() -> None:
    """One byte of difference between pre_accept and accept is an SDP error."""
    session = {"sdp_type": "answer", "sdp": ANSWER.replace("cname:business", "cname:busineSs")}
    assert check_action(body("accept", session=session), RINGING, POLICY) is None
    refusal = check_action(body("accept", session=session), PRE_ACCEPTED, POLICY)
    assert refusal is not None
    assert (refusal.code, refusal.status) == (138008, 400)


def test_sdp_problems_carry_metas_code() -> None:
    """A broken SDP rule is 138008 with the reason in the details."""
    session = {"sdp_type": "answer", "sdp": ANSWER.replace("a=sendrecv", "a=recvonly")}
    refusal = check_action(body("pre_accept", session=session), RINGING, POLICY)
    assert refusal is not None
    assert refusal.body("trace") == {
        "error": {
            "message": "(#138008) SDP Validation error",
            "type": "OAuthException",
            "code": 138008,
            "error_data": {
                "messaging_product": "whatsapp",
                "details": "media must be sendrecv",
            },
            "fbtrace_id": "trace",
        }
    }


@pytest.mark.parametrize("version", ["v16.0", "v27.0", "24.0", "v24", "v24.1", ""])
def test_versions_without_calls_are_refused(version: str) -> None:
    """Versions before v17.0, unknown ones and malformed ones are no path of Graph."""
    refusal = check_version(version, POLICY)
    assert refusal is not None
    assert refusal.code == 2500
    assert check_version("v24.0", POLICY) is None


def test_line_and_path_are_checked() -> None:
    """Somebody else's number and an unknown path have Graph's own errors."""
    assert check_line("1", "1", "POST") is None
    refusal = check_line("2", "1", "POST")
    assert refusal is not None
    assert (refusal.code, refusal.subcode, refusal.type) == (100, 33, "GraphMethodException")
    assert unknown_path("x").status == 404
