"""docs/design.md shows the call's life and the agent's part in it as the code has them."""

from agents import phase
from controlplane.core.lifecycle import TRANSITIONS
from shared.call.call import FINAL_STATUSES, LIVE_STATUSES, CallStatus
from tests import paths

PAGE = paths.ROOT / "docs" / "design.md"


def lifecycle_diagram() -> str:
    """Draw the table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> ringing: inbound", "    [*] --> dialing: outbound"]
    for status in CallStatus:
        lines += [
            f"    {status.value} --> {to.value}: {event.value}"
            for event, to in TRANSITIONS[status].items()
        ]
    live = " ".join(status.value for status in CallStatus if status in LIVE_STATUSES)
    final = " ".join(status.value for status in CallStatus if status in FINAL_STATUSES)
    lines += [f"    %% every one of {live} --ended--> one of {final}"]
    return "\n".join(lines)


def test_the_drawn_lifecycle_is_the_tables() -> None:
    """Whoever changes the table draws it again: this is what belongs into the page."""
    assert f"```mermaid\n{lifecycle_diagram()}\n" in PAGE.read_text("utf-8")


def phase_diagram() -> str:
    """Draw the agent's table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {phase.Phase.SETTING_UP}"]
    lines += [
        f"    {before} --> {to}: {event}"
        for before, moves in phase.TRANSITIONS.items()
        for event, to in moves.items()
        if event is not phase.PhaseEvent.ENDED
    ]
    ending = " ".join(
        before for before, moves in phase.TRANSITIONS.items() if phase.PhaseEvent.ENDED in moves
    )
    lines += [f"    %% every one of {ending} --ended--> {phase.Phase.OVER}"]
    return "\n".join(lines)


def test_the_drawn_phases_are_the_tables() -> None:
    """Whoever changes the agent's table draws it again: this is what belongs into the page."""
    assert f"```mermaid\n{phase_diagram()}\n" in PAGE.read_text("utf-8")
