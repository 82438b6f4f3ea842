"""The agent's part in one call as a table: phase x event -> phase. Nothing else.

    setting_up --SET_UP--> ready --GREETING_DUE--> prepared <--LEG_LEFT, MEDIA_UP--> linked
                                                      |                               |
                                                   ANSWERED                        ANSWERED
                                                      v                               v
                                                   answered --MEDIA_UP, MEDIA_LATE--> talking

    talking --PARTING--> parting --HELD_BACK--> talking
    ready, prepared, linked --NEVER_ANSWERED--> over
    answered, talking, parting --LEG_LEFT-----> over
    every phase but over    --ENDED-----------> over

What arrives may be late, repeated or out of order (LiveKit tells of one leg in up to three events,
in any order with its attributes): a pair that is not in the table means nothing.
"""

from collections.abc import Mapping
from enum import StrEnum


class Phase(StrEnum):
    """How far the agent is."""

    SETTING_UP = "setting_up"
    """On its way into the room, and to OpenAI."""
    READY = "ready"
    """OpenAI is there and the track is published, muted: the phone may be answered."""
    PREPARED = "prepared"
    """The greeting is being spoken into an output that holds it back."""
    LINKED = "linked"
    """The same, and the media of the caller's leg stands."""
    ANSWERED = "answered"
    """Silence may be heard; the media does not stand yet."""
    TALKING = "talking"
    """Speaks and listens."""
    PARTING = "parting"
    """Says goodbye, and will hang up unless the customer has something more."""
    OVER = "over"

    @property
    def is_live(self) -> bool:
        """Whether somebody counts on the agent: its end has to be explained."""
        return self not in (Phase.SETTING_UP, Phase.OVER)

    @property
    def is_answered(self) -> bool:
        """Whether the agent may be heard."""
        return self in (Phase.ANSWERED, Phase.TALKING, Phase.PARTING)


class PhaseEvent(StrEnum):
    """What can happen to it."""

    SET_UP = "set-up"
    GREETING_DUE = "greeting-due"
    """Somebody will listen soon: who calls will be answered in a moment; who is called may never
    pick up, so there the leg has to show."""
    MEDIA_UP = "media-up"
    """ICE and DTLS of the caller's leg stand: what is said before reaches nobody."""
    MEDIA_LATE = "media-late"
    """They did not in time; then the agent speaks all the same."""
    LEG_LEFT = "leg-left"
    """Before the answer a leg may come and go (WHIP tries again under the same identity), and the
    control plane decides. Afterwards whoever leaves has hung up or was lost."""
    ANSWERED = "answered"
    """The phone was picked up, or `accept` was taken."""
    NEVER_ANSWERED = "never-answered"
    PARTING = "parting"
    """The model wants to hang up."""
    HELD_BACK = "held-back"
    """The customer spoke over the goodbye, or pressed a key."""
    ENDED = "ended"
    """Hung up by whomever, given up, or the worker stops."""


TRANSITIONS: Mapping[Phase, Mapping[PhaseEvent, Phase]] = {
    Phase.SETTING_UP: {
        PhaseEvent.SET_UP: Phase.READY,
        PhaseEvent.ENDED: Phase.OVER,
    },
    Phase.READY: {
        PhaseEvent.GREETING_DUE: Phase.PREPARED,
        PhaseEvent.NEVER_ANSWERED: Phase.OVER,
        PhaseEvent.ENDED: Phase.OVER,
    },
    Phase.PREPARED: {
        PhaseEvent.MEDIA_UP: Phase.LINKED,
        PhaseEvent.ANSWERED: Phase.ANSWERED,
        PhaseEvent.NEVER_ANSWERED: Phase.OVER,
        PhaseEvent.ENDED: Phase.OVER,
    },
    Phase.LINKED: {
        PhaseEvent.LEG_LEFT: Phase.PREPARED,
        PhaseEvent.ANSWERED: Phase.TALKING,
        PhaseEvent.NEVER_ANSWERED: Phase.OVER,
        PhaseEvent.ENDED: Phase.OVER,
    },
    Phase.ANSWERED: {
        PhaseEvent.MEDIA_UP: Phase.TALKING,
        PhaseEvent.MEDIA_LATE: Phase.TALKING,
        PhaseEvent.LEG_LEFT: Phase.OVER,
        PhaseEvent.ENDED: Phase.OVER,
    },
    Phase.TALKING: {
        PhaseEvent.PARTING: Phase.PARTING,
        PhaseEvent.LEG_LEFT: Phase.OVER,
        PhaseEvent.ENDED: Phase.OVER,
    },
    Phase.PARTING: {
        PhaseEvent.HELD_BACK: Phase.TALKING,
        PhaseEvent.LEG_LEFT: Phase.OVER,
        PhaseEvent.ENDED: Phase.OVER,
    },
    Phase.OVER: {},
}


def after(phase: Phase, event: PhaseEvent) -> Phase | None:
    """Return the phase after `event`, or `None` when the event means nothing here."""
    return TRANSITIONS[phase].get(event)
