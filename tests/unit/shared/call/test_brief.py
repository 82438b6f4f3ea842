"""The dispatch metadata."""

import json
import re
from dataclasses import replace

import pytest

from shared.call.brief import CallBrief
from shared.call.call import Direction
from shared.call.ids import CallId, PhoneNumberId

BRIEF = CallBrief(
    call_id=CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11"),
    direction=Direction.OUTBOUND,
    phone_number_id=PhoneNumberId("436666719526789"),
    profile="sales",
    ready_within_s=15.0,
    context={"order": 42, "note": "Zoë"},
    origin={"cta_payload": "bike-7", "deeplink_payload": "Zoë's flyer"},
)


def test_a_brief_survives_the_journey() -> None:
    """What the control plane writes is what the worker reads."""
    assert CallBrief.from_json(BRIEF.to_json()) == BRIEF


def test_fields_of_a_newer_version_are_ignored() -> None:
    """A worker of yesterday understands the control plane of today."""
    newer = json.dumps({**json.loads(BRIEF.to_json()), "v": 2, "mood": "good"})
    assert CallBrief.from_json(newer) == BRIEF


def test_fifteen_seconds_are_fifteen() -> None:
    """The agent is as patient as whoever waits for it."""
    assert CallBrief.from_json(BRIEF.to_json()).ready_within_s == 15.0


def test_a_brief_of_an_older_control_plane_says_nothing_of_patience() -> None:
    """While a new release rolls out: the old one waited 8 s."""
    older = json.loads(BRIEF.to_json())
    del older["ready_within_s"]
    assert CallBrief.from_json(json.dumps(older)) == replace(BRIEF, ready_within_s=8.0)


def test_a_brief_of_an_older_control_plane_says_nothing_of_the_origin() -> None:
    """Nothing came along with the call, as far as anybody knows."""
    older = json.loads(BRIEF.to_json())
    del older["origin"]
    assert CallBrief.from_json(json.dumps(older)) == replace(BRIEF, origin={})


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "{}", '{"v": 0}', '{"v": "1"}', BRIEF.to_json().replace("outbound", "up"),
        BRIEF.to_json().replace('"bike-7"', "7"), BRIEF.to_json().replace('"bike-7"', "null"),
        re.sub(r'"origin": {.*?}', '"origin": ["x"]', BRIEF.to_json()),
        re.sub(r'"context": {.*?}', '"context": ["x"]', BRIEF.to_json()),
        *(BRIEF.to_json().replace("15.0", time) for time in ("0", "-1", "NaN", "Infinity", "[]")),
    ],
)  # fmt: skip
def test_anything_else_is_refused_in_a_sentence(text: str) -> None:
    """A job that is no call of ours is told from one."""
    with pytest.raises(ValueError, match="not a call brief"):
        CallBrief.from_json(text)


def test_a_repr_hides_context_and_origin() -> None:
    """What the operator handed over, and what a button carried, may be personal."""
    assert "Zoë" not in repr(BRIEF)
