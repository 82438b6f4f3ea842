"""The table of the agent's part in a call: every pair, and its invariants."""

import pytest

from agents.phase import TRANSITIONS, Phase, PhaseEvent, after

LEGAL = {
    (Phase.SETTING_UP, PhaseEvent.SET_UP): Phase.READY,
    (Phase.READY, PhaseEvent.GREETING_DUE): Phase.PREPARED,
    (Phase.PREPARED, PhaseEvent.MEDIA_UP): Phase.LINKED,
    (Phase.PREPARED, PhaseEvent.ANSWERED): Phase.ANSWERED,
    (Phase.LINKED, PhaseEvent.LEG_LEFT): Phase.PREPARED,
    (Phase.LINKED, PhaseEvent.ANSWERED): Phase.TALKING,
    (Phase.ANSWERED, PhaseEvent.MEDIA_UP): Phase.TALKING,
    (Phase.ANSWERED, PhaseEvent.MEDIA_LATE): Phase.TALKING,
    (Phase.ANSWERED, PhaseEvent.LEG_LEFT): Phase.OVER,
    (Phase.TALKING, PhaseEvent.PARTING): Phase.PARTING,
    (Phase.TALKING, PhaseEvent.LEG_LEFT): Phase.OVER,
    (Phase.PARTING, PhaseEvent.HELD_BACK): Phase.TALKING,
    (Phase.PARTING, PhaseEvent.LEG_LEFT): Phase.OVER,
    **{
        (phase, PhaseEvent.NEVER_ANSWERED): Phase.OVER
        for phase in (Phase.READY, Phase.PREPARED, Phase.LINKED)
    },
    **{(phase, PhaseEvent.ENDED): Phase.OVER for phase in Phase if phase is not Phase.OVER},
}


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("event", PhaseEvent)
def test_every_pair_moves_as_listed_or_not_at_all(phase: Phase, event: PhaseEvent) -> None:
    """A pair outside the list is ignored; one inside moves where the list says."""
    assert after(phase, event) is LEGAL.get((phase, event))


def test_every_phase_has_a_row() -> None:
    """No phase is forgotten in the table, and none that was left is entered again by itself."""
    assert set(TRANSITIONS) == set(Phase)
    assert not any(to is phase for phase, moves in TRANSITIONS.items() for to in moves.values())


def test_over_is_a_sink() -> None:
    """Nothing leads out of a call that is over."""
    assert not TRANSITIONS[Phase.OVER]


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.OVER])
def test_every_phase_can_be_ended(phase: Phase) -> None:
    """A call can end from wherever it is."""
    assert after(phase, PhaseEvent.ENDED) is Phase.OVER


def test_nobody_is_heard_before_the_answer_and_nobody_is_muted_after_it() -> None:
    """From unanswered to answered leads the answer alone, and only the end leads back."""
    for phase, moves in TRANSITIONS.items():
        for event, to in moves.items():
            if phase.is_answered:
                assert to.is_answered or to is Phase.OVER
            else:
                assert to.is_answered == (event is PhaseEvent.ANSWERED)


def test_every_event_means_something_somewhere() -> None:
    """None is left over."""
    assert {event for moves in TRANSITIONS.values() for event in moves} == set(PhaseEvent)


@pytest.mark.parametrize("phase", Phase)
def test_the_end_is_explained_while_somebody_counts_on_the_agent(phase: Phase) -> None:
    """Neither before the phone may be answered nor once it is over."""
    assert phase.is_live == (phase not in (Phase.SETTING_UP, Phase.OVER))
