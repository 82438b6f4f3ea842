"""A profile's actions as tools of a call."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from agents.actions.request import request_of
from agents.actions.schema import check_arguments
from agents.actions.sending import Send
from agents.media.tool import Tool, ToolProblem, Turn
from shared.call.ids import CallId
from shared.profiles.action import Action

_log = logging.getLogger(__name__)

# Around what the action itself may take: the answer is checked, and told.
_MARGIN_S = 1.0


def action_tools(
    actions: Sequence[Action],
    *,
    call_id: CallId,
    send: Send,
    secret_of: Callable[[str], str | None],
    filler: str,
    clock: Callable[[], datetime],
) -> list[Tool]:
    """Make a tool of each action.

    `secret_of` reads a variable; `filler` says how the model bridges a long wait.
    """
    return [_tool(action, call_id, send, secret_of, filler, clock) for action in actions]


def _tool(
    action: Action,
    call_id: CallId,
    send: Send,
    secret_of: Callable[[str], str | None],
    filler: str,
    clock: Callable[[], datetime],
) -> Tool:
    async def run(given: Mapping[str, Any], turn: Turn) -> str:
        check_arguments(action.parameters, given)
        secret = secret_of(action.secret) if action.secret is not None else None
        if action.secret is not None and not secret:
            # never unsigned what is to be signed
            _log.error(
                "The variable with an action's key is not set; nothing was sent.",
                extra={
                    "action": "action-secret-missing",
                    "call": call_id,
                    "tool": action.name,
                    "variable": action.secret,
                },
            )
            raise ToolProblem(
                "Not done: this is not set up correctly. Apologise, and offer that somebody gets "
                "back to them.",
                slug="secret-missing",
            )
        request = request_of(
            action, given, call_id=call_id, given=turn.call_id, secret=secret, now=clock()
        )
        return (await send(request, action.timeout_s)).told()

    return Tool(
        name=action.name,
        description=action.description,
        parameters=action.parameters,
        run=run,
        filler=filler,
        within_s=action.timeout_s + _MARGIN_S,
    )
