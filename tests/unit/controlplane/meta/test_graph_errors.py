"""Meta's codes as named errors."""

import json
import re
from typing import Any

import pytest

from controlplane.core.errors import GraphError
from controlplane.meta.graph_errors import (
    ERRORS,
    CallOngoing,
    ConnectionFault,
    GraphRefused,
    InvalidParameter,
    PermissionMissing,
    RateLimited,
    SdpRefused,
    ServerFault,
    TokenExpired,
    UnreadableReply,
    error_from_response,
)
from shared.call.call import EndReason

NUMBER = "15550001111"


def refusal(status: int, code: Any, **more: Any) -> GraphRefused:
    """Read a refusal of Meta's shape."""
    error = {"message": f"(#{code}) to +{NUMBER}", "type": "OAuthException", "code": code, **more}
    return error_from_response(status, json.dumps({"error": error}).encode())


DOCUMENTED = [100, 190, 10, 200, 4, 80007, 613, 131009, 131026, 131030, 131044, 131055]
DOCUMENTED += [*range(138000, 138010), *range(138011, 138016), 138017, 138018]


@pytest.mark.parametrize("code", DOCUMENTED)
def test_every_documented_code_has_a_name_and_advice(code: int) -> None:
    """Nobody has to look Meta's table up to know what to do."""
    error = refusal(400, code)
    assert type(error) is ERRORS[code]
    assert type(error) is not GraphRefused
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
    assert isinstance(error, InvalidParameter)
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
    ("status", "code", "kind", "is_retryable"),
    [
        (500, 138004, ConnectionFault, True),
        (500, 138007, ERRORS[138007], False),
        (500, 1, ServerFault, True),
        (503, 2, ServerFault, True),
        (500, 999999, ServerFault, True),
        (400, 999999, GraphRefused, False),
        (400, "x", GraphRefused, False),
        (400, "138003", CallOngoing, False),
        (401, 190, TokenExpired, False),
        (403, 230, PermissionMissing, False),
        (429, 613, RateLimited, False),
        (400, 138008, SdpRefused, False),
    ],
)
def test_what_may_be_repeated(
    status: int, code: Any, kind: type[GraphRefused], is_retryable: bool
) -> None:
    """Only what a moment can cure; unknown codes go by their HTTP status."""
    error = refusal(status, code)
    assert type(error) is kind
    assert error.is_retryable is is_retryable


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (502, b"<html>Bad gateway</html>", ServerFault),
        (500, b"", ServerFault),
        (429, b"slow down", RateLimited),
        (404, b"<html>", UnreadableReply),
        (302, b"", UnreadableReply),
        (400, b'{"error":"text"}', UnreadableReply),
        (400, b"[1]", UnreadableReply),
        (400, b"\xff\xfe", UnreadableReply),
        (400, b"[" * 100_000, UnreadableReply),
    ],
)
def test_bodies_that_are_not_metas(status: int, body: bytes, kind: type[GraphRefused]) -> None:
    """Proxies, load balancers and wrong addresses answer too."""
    error = error_from_response(status, body)
    assert type(error) is kind
    assert f"HTTP {status}" in str(error)


@pytest.mark.parametrize(
    ("status", "code", "more", "is_gone"),
    [
        (400, 100, {}, True),
        (404, 100, {}, True),
        (400, 100, {"error_subcode": 33}, False),
        (400, 138099, {}, True),
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


def test_codes_of_ours_are_slugs_of_their_own() -> None:
    """They are metric labels and what clients of our API see."""
    kinds: set[type[GraphRefused]] = {*ERRORS.values(), UnreadableReply}
    slugs = {kind.code for kind in kinds}
    assert len(slugs) == len(kinds)
    assert TokenExpired.code == "graph-token-expired"
    assert all(re.fullmatch(r"graph(-[a-z]+)+", slug) for slug in slugs)
