"""The tools of one call, wired: its records, its profile's actions, what ends it."""

import os
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from agents.actions.action_tools import action_tools
from agents.actions.sending import Sender
from agents.media.tool import Tool, Turn
from agents.settings import Settings
from agents.tools.desk import Desk
from agents.tools.off_purpose import OffPurpose
from agents.tools.toolbox import build_tools, filler_of
from shared.call.ids import CallId
from shared.database.store import CallNotes
from shared.process.env_file import EnvFileUnreadable, read_env_file
from shared.profiles.profile import Profile


def tools_of_call(
    call_id: CallId,
    profile: Profile,
    settings: Settings,
    *,
    store: Callable[[], Awaitable[CallNotes]],
    end_call: Callable[[Turn], Awaitable[str]],
    others: Iterable[Tool] = (),
) -> list[Tool]:
    """Make the tools that a call's model is offered; `others` are those of other parts."""
    desk = Desk(call_id=call_id, store=store, profile=profile, clock=_now)
    actions = action_tools(
        profile.actions,
        call_id=call_id,
        send=Sender(settings.action_private_hosts),
        secret_of=read_variable,
        filler=filler_of(profile),
        clock=_now,
    )
    return build_tools(desk, end_call, (OffPurpose(desk).tool(), *others, *actions))


def read_variable(name: str) -> str | None:
    """Read a variable that a profile names, from the environment or `.env`; `None`: not set.

    Read when it is needed: a profile may name a new one while the worker runs.
    """
    value = os.environ.get(name, "").strip()
    if value:
        return value
    file = Path.cwd() / ".env"
    try:
        written = read_env_file(file) if file.is_file() else {}
    except EnvFileUnreadable:
        return None
    return written.get(name, "").strip() or None


def _now() -> datetime:
    return datetime.now(UTC)
