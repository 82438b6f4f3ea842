from datetime import timedelta

import pytest

from agents.after_call.staging import StagedNotes
from shared.call.records import Lead
from tests.unit.agents.after_call.conversations import CALL_ID, NOW, follow_up


async def test_of_a_lead_only_the_gaps_are_filled() -> None:
    """What the agent wrote, or a later call corrected, is not overwritten by a second reading."""
    staged = StagedNotes(known=Lead(call_id=CALL_ID, name="Martin", may_market=False), arranged=())
    await staged.upsert_lead(Lead(call_id=CALL_ID, name="Martha", email="m@example.org"))
    await staged.upsert_lead(Lead(call_id=CALL_ID, name="Martha", may_market=True))
    assert staged.leads == [Lead(call_id=CALL_ID, email="m@example.org")]


async def test_without_a_lead_all_is_new() -> None:
    """And written whole."""
    staged = StagedNotes(known=None, arranged=())
    await staged.upsert_lead(Lead(call_id=CALL_ID, name="Martha"))
    assert staged.leads == [Lead(call_id=CALL_ID, name="Martha")]


@pytest.mark.parametrize(
    ("channel", "later", "planned"),
    [
        ("call", timedelta(minutes=5), 0),
        ("call", timedelta(hours=1), 1),
        ("message", timedelta(minutes=5), 1),
    ],
)
async def test_what_is_arranged_is_not_planned_again(
    channel: str, later: timedelta, planned: int
) -> None:
    """In the call, or a moment ago."""
    staged = StagedNotes(known=None, arranged=[follow_up("call", NOW)])
    for number in range(2):
        await staged.add_follow_up(follow_up(channel, NOW + later, f"new-{number}"))
    assert len(staged.follow_ups) == planned
    assert all(one.source == "workflow" for one in staged.follow_ups)


async def test_a_do_not_call_is_planned() -> None:
    """It is written with everything else."""
    staged = StagedNotes(known=None, arranged=())
    await staged.do_not_call(CALL_ID)
    assert staged.is_not_to_be_called
