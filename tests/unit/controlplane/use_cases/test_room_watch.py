"""What LiveKit's list of a room's participants means for an answered call."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from controlplane.livekit.rooms import Presence
from controlplane.use_cases.room_watch import reason_by_presence
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party, Person

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
# ACCEPTED has come, the leg stands, its first packet has been seen
TALKING = Call(
    id=CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    wacid=None,
    direction=Direction.OUTBOUND,
    status=CallStatus.ACTIVE,
    phone_number_id=PhoneNumberId("1"),
    party=Party(person=Person(phone="15551234567")),
    created_at=NOW,
    answered_at=NOW,
    media_at=NOW,
    caller_sid="PA_1",
)
BOTH = Presence(agent="agent", agent_track_ready=True, caller_sid="PA_1", caller_publishes=True)
NO_CALLER = replace(BOTH, caller_sid=None, caller_publishes=False)


@pytest.mark.parametrize(
    ("call", "who", "reason"),
    [
        (TALKING, BOTH, None),
        (TALKING, None, EndReason.ROOM_LOST),
        (TALKING, replace(BOTH, agent=None), EndReason.AGENT_LOST),
        (TALKING, NO_CALLER, EndReason.MEDIA_LOST),
        (TALKING, replace(BOTH, caller_sid="PA_2"), EndReason.MEDIA_LOST),
        (replace(TALKING, media_at=None), NO_CALLER, EndReason.MEDIA_TIMEOUT),
        # picked up before Meta's answer could be built into a leg: its coming is awaited
        (replace(TALKING, media_at=None, caller_sid=None), NO_CALLER, None),
        # whoever built the leg died before it wrote it down
        (replace(TALKING, caller_sid=None), NO_CALLER, EndReason.MEDIA_LOST),
        # the phone is heard already; its leg is on the way into the room
        (replace(TALKING, caller_sid=None, bridge="http://127.0.0.1:1"), NO_CALLER, None),
        (replace(TALKING, end_requested=EndReason.AGENT_HANGUP), None, EndReason.AGENT_HANGUP),
    ],
    ids=[
        "both-there", "no-room", "no-agent", "caller-gone", "another-caller", "never-came",
        "not-built-yet", "leg-unknown", "leg-on-its-way", "agent-hung-up",
    ],
)  # fmt: skip
def test_an_answered_call_lives_while_both_are_there(
    call: Call, who: Presence | None, reason: EndReason | None
) -> None:
    assert reason_by_presence(call, who) is reason
