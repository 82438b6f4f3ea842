"""What another worker needs to go on with a call."""

import json

import pytest

from agents.media.bridge.voice_state import VoiceState

STATE = VoiceState(
    bridge="http://127.0.0.1:7890",
    leg="wa-1.agent",
    openai_call="rtc_1",
    model="gpt-realtime-2.1",
    generation=2,
    expires_at=12.5,
    is_unmuted=True,
    has_begun=True,
    released_at=3.5,
    given_out=("item_1", "item_2"),
    measured=1,
    measured_parts=("item_1", "resp_1"),
    operator="operator-2",
    operators_past=("operator-1",),
)


@pytest.mark.parametrize("state", [STATE, VoiceState.read(STATE.to_json() | {"released_at": None})])
def test_a_state_survives_the_database(state: VoiceState) -> None:
    """As JSON."""
    assert VoiceState.read(json.loads(json.dumps(state.to_json()))) == state


def test_an_earlier_releases_state_is_understood() -> None:
    """Its worker measured no turns, and knew no operators."""
    body = STATE.to_json()
    del body["measured"], body["measured_parts"], body["operator"], body["operators_past"]
    state = VoiceState.read(body)
    assert (state.measured, state.measured_parts) == (0, ())
    assert (state.operator, state.operators_past) == ("", ())


@pytest.mark.parametrize("junk", [{}, {"bridge": "x"}, STATE.to_json() | {"generation": "x"}])
def test_what_is_no_state_is_refused(junk: dict[str, object]) -> None:
    """Another version's, perhaps."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        VoiceState.read(junk)
