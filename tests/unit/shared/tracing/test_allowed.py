"""Nothing leaves in a span but what is on the list, and of the kind that it has there."""

import pytest

from shared.tracing.allowed import ALLOWED, allowed, allowed_name

CALL = "0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11"
PERSONAL = (
    "+15551234567", "15551234567", "wa15551234567", "Ada Lovelace", "v=0\r\no=- 1", "a?b=c",
    "wacid.HBgLMTU1NTEyMzQ1NjcVAgARGBI=", "Bearer EAAB", "https://host/path?token=x", "10.0.0.9",
    "hello there, I would like to order", "", "x" * 65, "phone\n", 15551234567, -15551234567.0,
    float("inf"), float("nan"),
)  # fmt: skip


@pytest.mark.parametrize("value", PERSONAL, ids=repr)
def test_nothing_personal_passes_under_any_name(value: str | float) -> None:
    """Whoever writes it there by mistake, or a library of a later release."""
    assert allowed(dict.fromkeys([*ALLOWED, "lk.pii.user_input", "http.url"], value)) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wacall.call", CALL),
        ("wacall.reason", "caller-hangup"),
        ("wacall.request", "update_call"),
        ("wacall.request", "store_a_tool's_call"),
        ("wacall.model", "gpt-realtime-2025-08-28"),
        ("wacall.duration_s", 61.5),
        ("wacall.turn", 3),
        ("wacall.transcribed", False),
        ("lk.response.ttft", 0.31),
    ],
)
def test_what_is_on_the_list_passes(name: str, value: str | float) -> None:
    """And under no other name, or as another kind."""
    assert allowed({name: value}) == {name: value}
    assert allowed({f"{name}.x": value}) == {}
    assert allowed({name: [value]}) == {}


@pytest.mark.parametrize(
    "name", ["database store_a_tool's_call", "webhook connect", "set-up pre_accept"]
)
def test_a_name_of_ours_is_kept(name: str) -> None:
    """A service and a request, an event, a step."""
    assert allowed_name(name) == name


@pytest.mark.parametrize("name", ["", "GET /calls?to=+15551234567", "tool 15551234567", "Ada\n"])
def test_another_name_is_not(name: str) -> None:
    """Not even that of a library's span."""
    assert allowed_name(name) == "other"
