"""What the doctor makes of the app's webhook at Meta."""

import pytest

from controlplane.core.errors import GraphError
from controlplane.core.line import LineTerms, Secret
from controlplane.meta.app_setup import Subscription
from controlplane.meta.graph_errors import GraphNotReached, GraphRefused
from shared.call.ids import PhoneNumberId
from wacall.doctor.subscription import judge_handshake, judge_secret, judge_subscription

LINE = LineTerms(
    phone_number_id=PhoneNumberId("1"),
    token=Secret(variable="WA_ACCESS_TOKEN", value="EAA"),
    app_secret=Secret(variable="WA_APP_SECRET", value="secret"),
)
ALL = frozenset({"calls", "messages", "account_update", "account_settings_update"})
URL = "https://wacall.example.org/wa/webhook?x=secret"


def heard(fields: frozenset[str] = ALL, *, is_active: bool = True) -> Subscription:
    return Subscription(callback_url=URL, fields=fields, is_active=is_active)


@pytest.mark.parametrize(
    ("subscription", "status", "words"),
    [
        (heard(), "ok", "hears of calls"),
        (None, "fail", "no webhook"),
        (heard(is_active=False), "fail", "switched off"),
        (heard(ALL - {"calls"}), "fail", "`calls`"),
        (heard(ALL - {"messages"}), "warn", "not of messages"),
        (heard(frozenset({"calls"})), "warn", "account_update"),
    ],
)
def test_what_the_app_does_not_hear_of_is_named(
    subscription: Subscription | None, status: str, words: str
) -> None:
    """Without `calls` nothing rings; without the others permissions and STOP are not heard."""
    (finding,) = judge_subscription(subscription, "670")
    assert (finding.status, words in finding.message) == (status, True)
    assert bool(finding.fix) == (status != "ok")


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (GraphRefused(http_status=400, meta_code=190), "fail", "WA_APP_SECRET"),
        (GraphRefused(http_status=403, meta_code=200), "warn", "cannot be seen"),
        (GraphNotReached("The Graph API cannot be reached."), "warn", "cannot be seen"),
    ],
)
def test_a_wrong_app_secret_is_told_before_anybody_calls(
    error: GraphError, status: str, words: str
) -> None:
    """Meta itself knows whether the secret is the app's."""
    finding = judge_secret(error, "670", LINE)
    assert (finding.status, words in finding.message) == (status, True)
    assert finding.fix


@pytest.mark.parametrize(
    ("status", "answer", "found", "words"),
    [
        (200, "77", "ok", "leads to a control plane"),
        (200, "<html>", "fail", "no control plane: HTTP 200"),
        (404, "", "fail", "HTTP 404"),
        (301, "", "fail", "HTTP 301"),
        (403, '{"error": {"code": "bad-handshake"}}', "fail", "WA_VERIFY_TOKEN"),
        (403, "Forbidden", "fail", "HTTP 403"),
        (None, "ClientConnectorError", "warn", "does not answer from here"),
    ],
)
def test_what_stands_behind_the_callback_url_is_told(
    status: int | None, answer: str, found: str, words: str
) -> None:
    """As Meta's own handshake would find it; the query is shown to nobody."""
    finding = judge_handshake(URL, status, answer, "77")
    assert (finding.status, words in finding.message) == (found, True)
    assert "https://wacall.example.org/wa/webhook" in finding.message
    assert "secret" not in finding.message
