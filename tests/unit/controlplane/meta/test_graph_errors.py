"""Meta's codes as named errors."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from controlplane.core.errors import GraphError
from controlplane.meta.code_table import TABLE, UNLISTED, known_as
from controlplane.meta.graph_errors import GraphRefused, UnreadableReply, error_from_response
from shared.call.call import EndReason

NUMBER = "15550001111"


def refusal(status: int, code: Any, **more: Any) -> GraphRefused:
    """Read a refusal of Meta's shape."""
    error = {"message": f"(#{code}) to +{NUMBER}", "type": "OAuthException", "code": code, **more}
    return error_from_response(status, json.dumps({"error": error}).encode())


NUMBERS = [number for entry in TABLE for number in entry.numbers]


@pytest.mark.parametrize("code", NUMBERS)
def test_every_documented_code_has_a_name_and_advice(code: int) -> None:
    """Nobody has to look Meta's table up to know what to do."""
    error = refusal(400, code)
    assert error.known is known_as(code)
    assert error.known is not UNLISTED
    assert f"code {code}" in str(error)
    assert re.search(r"[.] [A-Z].{20,}\.$", str(error))
    assert isinstance(error, GraphError)
    assert error.reason is EndReason.GRAPH_REFUSED


def test_marks_for_metas_support_are_kept() -> None:
    """Code, subcode, type, HTTP status and trace id, as attributes and in the sentence."""
    error = refusal(
        400,
        100,
        error_subcode=33,
        fbtrace_id="AbC_12-x",
        error_data={"messaging_product": "whatsapp", "details": "no such call"},
    )
    assert error.code == "graph-invalid-parameter"
    assert (error.http_status, error.meta_code, error.subcode) == (400, 100, 33)
    assert (error.kind, error.fbtrace_id) == ("OAuthException", "AbC_12-x")
    assert error.detail == f"(#100) to +{NUMBER}: no such call"
    assert str(error).startswith(
        "Graph refused (HTTP 400, code 100, subcode 33, fbtrace_id AbC_12-x). "
    )


def test_metas_words_stay_out_of_messages() -> None:
    """Meta echoes phone numbers, and an odd trace id could be anything."""
    error = refusal(400, 100, fbtrace_id=f"+{NUMBER}", type=f"to {NUMBER}")
    assert NUMBER not in f"{error} {error!r}"
    assert (error.fbtrace_id, error.kind) == (None, "")


@pytest.mark.parametrize(
    ("status", "code", "name", "is_retryable"),
    [
        (500, 138004, "connection-fault", True),
        (500, 138007, "connect-timeout", False),
        (500, 1, "server-fault", True),
        (503, 2, "server-fault", True),
        (500, 131000, "server-fault", True),
        (400, 131016, "server-fault", True),
        (500, 999999, "server-fault", True),
        (400, 999999, "refused", False),
        (400, "x", "refused", False),
        (400, "138003", "call-ongoing", False),
        (401, 190, "token-expired", False),
        (401, 0, "token-expired", False),
        (403, 230, "permission-missing", False),
        (429, 613, "rate-limited", False),
        # a code that nobody knows, but HTTP says what it is about
        (429, 999999, "rate-limited", False),
        (400, 138008, "sdp-refused", False),
    ],
)
def test_what_may_be_repeated(status: int, code: Any, name: str, is_retryable: bool) -> None:
    """Only what a moment can cure; unknown codes go by their HTTP status."""
    error = refusal(status, code)
    assert error.code == f"graph-{name}"
    assert error.is_retryable is is_retryable


@pytest.mark.parametrize("status", [200, 400, 403, 429, 500])
@pytest.mark.parametrize("code", [4, 80007, 130429, 131056, 613, 138005])
def test_a_rate_is_a_rate_whatever_the_http_status(status: int, code: int) -> None:
    """Meta sends these with 400 and 403 as well as with 429."""
    pause = refusal(status, code).known.pause
    assert pause is not None
    assert pause.is_rate


def test_a_refusal_carries_the_time_that_its_headers_ask_for() -> None:
    """With Meta's body, and with none at all."""
    body = json.dumps({"error": {"code": 130429}}).encode()
    headers = {"Retry-After": "7"}
    assert error_from_response(400, body, headers).asked_wait == timedelta(seconds=7)
    assert error_from_response(429, b"slow down", headers).asked_wait == timedelta(seconds=7)
    assert error_from_response(400, body).asked_wait is None


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (502, b"<html>Bad gateway</html>", "server-fault"),
        (500, b"", "server-fault"),
        (429, b"slow down", "rate-limited"),
        (404, b"<html>", "unreadable-reply"),
        (302, b"", "unreadable-reply"),
        (400, b'{"error":"text"}', "unreadable-reply"),
        (400, b"[1]", "unreadable-reply"),
        (400, b"\xff\xfe", "unreadable-reply"),
        (400, b"[" * 100_000, "unreadable-reply"),
    ],
)
def test_bodies_that_are_not_metas(status: int, body: bytes, name: str) -> None:
    """Proxies, load balancers and wrong addresses answer too."""
    error = error_from_response(status, body)
    assert error.code == f"graph-{name}"
    assert isinstance(error, UnreadableReply) is (name == "unreadable-reply")
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize(
    ("status", "code", "more", "is_gone"),
    [
        (400, 100, {}, True),
        (404, 100, {}, True),
        (400, 100, {"error_subcode": 33}, False),
        (400, 138099, {}, True),
        # what Meta otherwise tells of calls that are over
        (400, 138021, {}, True),
        (400, 138000, {}, False),
        (401, 190, {}, False),
        (429, 4, {}, False),
        (500, 100, {}, False),
        (400, 100, {"error_data": {"details": "The call is in progress; use terminate"}}, False),
        (400, 100, {"error_data": {"details": "The call is not in progress"}}, True),
    ],
)
def test_refused_hang_up_of_a_call_that_is_gone(
    status: int, code: int, more: dict[str, Any], is_gone: bool
) -> None:
    """The call's id is all that such a request holds; account and line faults are told apart."""
    assert refusal(status, code, **more).says_call_gone is is_gone


@pytest.mark.parametrize(
    ("code", "details", "stands"),
    [
        (138003, "", True),
        (100, "The call is in progress", True),
        (100, "Call was already accepted", True),
        (100, "Call has already been answered", True),
        (100, "Call has already ended", False),
        (100, "The call is not in progress", False),
        (138008, "SDP Validation error", False),
    ],
)
def test_refused_accept_of_a_call_that_stands(code: int, details: str, stands: bool) -> None:
    """Only plain words or 138003 count as a first `accept` that got through."""
    assert refusal(400, code, error_data={"details": details}).says_already_accepted is stands
