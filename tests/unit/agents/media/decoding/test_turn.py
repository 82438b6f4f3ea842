"""A turn of livekit-agents', as a tool sees it."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from livekit.agents.llm import RealtimeError

from agents.media.decoding.turn import ToolTurn


@dataclass
class Call:
    call_id: str = "call_1"


@dataclass
class Session:
    """An `AgentSession`, as far as a filler needs one; `RunContext` has no public constructor."""

    agent_state: str = "thinking"
    user_state: str = "listening"
    fails: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)

    def generate_reply(self, **given: Any) -> None:
        if self.fails:
            raise RealtimeError("no session")
        self.asked.append(given)


@dataclass
class Context:
    session: Session
    function_call: Call = field(default_factory=Call)


def turn_in(session: Session) -> ToolTurn:
    return ToolTurn(cast(Any, Context(session)))


def test_a_turn_knows_the_models_own_id_of_the_call() -> None:
    """By it the same call is one, whoever runs it."""
    assert turn_in(Session()).call_id == "call_1"


@pytest.mark.parametrize(
    ("session", "asked"),
    [
        (Session(), [{"instructions": "One moment.", "tool_choice": "none"}]),
        (Session(agent_state="speaking"), []),
        (Session(user_state="speaking"), []),
        (Session(fails=True), []),
    ],
)
def test_a_wait_is_bridged_while_nobody_speaks(
    session: Session, asked: list[dict[str, Any]]
) -> None:
    """By words alone; a session that takes no requests breaks no tool."""
    turn_in(session).fill("One moment.")
    assert session.asked == asked
