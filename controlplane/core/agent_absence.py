"""Why a call's agent was not ready in time, by what LiveKit shows of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from controlplane.core.errors import (
    AgentMisnamed,
    AgentNotJoined,
    AgentNotReady,
    AgentWithoutTrack,
    NoWorker,
    WorkersBusy,
)
from shared.call.room import AGENT_IDENTITY, AGENT_TRACK

_SHOWN_NAMES = 4
_SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentInRoom:
    """A participant of LiveKit's kind `agent`: a program, never a person."""

    identity: str
    tracks: Sequence[str] = ()
    """The names of what it publishes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSeen:
    """What LiveKit shows when the wait for a call's agent is over."""

    agents: Sequence[AgentInRoom] = ()
    """All agents in the room, whatever they call themselves."""
    job_taken_as: str | None = None
    """The identity under which a worker took the call's job; `None`: none is known to have."""
    taken_before: bool = False
    """Whether this process has seen an earlier call's job be taken."""


def why_not_ready(seen: AgentSeen) -> AgentNotReady:
    """Say what is wrong, in the order in which an agent comes: a job, a name, a track."""
    ours = next((agent for agent in seen.agents if agent.identity == AGENT_IDENTITY), None)
    if ours is not None:
        has = f"it has: {_shown(ours.tracks)}" if ours.tracks else "it has none"
        return AgentWithoutTrack(
            f"The agent is in the room without a track `{AGENT_TRACK}` ({has}); publish it before "
            "the caller is there, as docs/own-agent.md shows."
        )
    if seen.agents and seen.job_taken_as != AGENT_IDENTITY:
        names = _shown([agent.identity for agent in seen.agents])
        return AgentMisnamed(
            f"An agent joined as {names}, and `{AGENT_IDENTITY}` is awaited; accept the job with "
            f'identity="{AGENT_IDENTITY}".'
        )
    if seen.job_taken_as is not None:
        return AgentNotJoined()
    return WorkersBusy() if seen.taken_before else NoWorker()


def _shown(names: Sequence[str]) -> str:
    """Name a few, cut short: they are what somebody's program says."""
    few = [
        "".join(letter if letter.isprintable() else "?" for letter in name[:_SHOWN_CHARACTERS])
        or "(no name)"
        for name in names[:_SHOWN_NAMES]
    ]
    return ", ".join([*few, "..."] if len(names) > len(few) else few)
