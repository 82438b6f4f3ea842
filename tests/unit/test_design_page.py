"""docs/design.md shows the lifecycle as the code has it."""

from controlplane.core.lifecycle import TRANSITIONS
from shared.call.call import FINAL_STATUSES, LIVE_STATUSES, CallStatus
from tests import paths

PAGE = paths.ROOT / "docs" / "design.md"


def diagram() -> str:
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
    assert f"```mermaid\n{diagram()}\n" in PAGE.read_text("utf-8")
