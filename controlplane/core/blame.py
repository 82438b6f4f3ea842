"""Whose side a call's end was on, and what to do about it. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from shared.call.call import EndReason


class Blame(StrEnum):
    """Who has to act, or nobody."""

    META = "meta"
    BUSINESS = "business"
    """Account, number, key, template, settings, or the operator's own wish."""
    CALLER = "caller"
    """The person at the other end, whoever called."""
    NETWORK = "network"
    OPENAI = "openai"
    LIVEKIT = "livekit"
    US = "us"
    """This program, its agent, or its media bridge."""


Verdict = tuple[Blame, str]
"""Whose side, and what to do: a sentence."""

_NOTHING = "Nothing needs to be done."
_PHONE = "Call again later; if many calls end so, look at the network between Meta and here."

VERDICTS: Mapping[EndReason, Verdict] = {
    EndReason.CALLER_HANGUP: (Blame.CALLER, _NOTHING),
    EndReason.AGENT_HANGUP: (Blame.US, _NOTHING),
    EndReason.OPERATOR_HANGUP: (Blame.BUSINESS, _NOTHING),
    EndReason.CALLER_SILENT: (
        Blame.CALLER,
        "Nothing, for one call; if many end so, check that the phone's sound comes in.",
    ),
    EndReason.VOICEMAIL: (Blame.CALLER, "Call again at another time, or send a text."),
    EndReason.COST_CAP: (
        Blame.BUSINESS,
        "Raise CALL_COST_CAP_USD, or the profile's `cost_cap_usd`, if calls may cost more.",
    ),
    EndReason.MAX_DURATION: (Blame.BUSINESS, "Raise MAX_CALL_DURATION_S if calls may last longer."),
    EndReason.MEDIA_LOST: (Blame.NETWORK, _PHONE),
    EndReason.MEDIA_TIMEOUT: (
        Blame.NETWORK,
        "Open the SFU's and the bridge's UDP ports in the firewall, and check the address that "
        "they announce; `wacall doctor` looks at both.",
    ),
    EndReason.MEDIA_SILENT: (Blame.NETWORK, _PHONE),
    EndReason.STALE_OFFER: (
        Blame.US,
        "Keep a control plane running, and its clock right; see that Meta reaches the webhook.",
    ),
    EndReason.BAD_OFFER: (
        Blame.META,
        "Read the timeline for what is wrong with it, and report it with that to this project.",
    ),
    EndReason.AGENT_NOT_READY: (
        Blame.US,
        "Start a worker with the same AGENT_NAME, and read its log.",
    ),
    EndReason.AGENT_LOST: (Blame.US, "Read the worker's log for this call."),
    EndReason.OPENAI_UNREACHABLE: (
        Blame.NETWORK,
        "Check OPENAI_BASE_URL, and that the worker's network reaches it.",
    ),
    EndReason.OPENAI_KEY_REFUSED: (
        Blame.BUSINESS,
        "Set an OPENAI_API_KEY whose project may use the Realtime API.",
    ),
    EndReason.OPENAI_QUOTA: (
        Blame.BUSINESS,
        "Add credit or raise the limits of OPENAI_API_KEY's project at OpenAI.",
    ),
    EndReason.OPENAI_MODEL_UNKNOWN: (
        Blame.BUSINESS,
        "Name a model in OPENAI_REALTIME_MODEL that the project has.",
    ),
    EndReason.MODEL_LOST: (
        Blame.OPENAI,
        "Look at OpenAI's status page, and at the network between the worker and OpenAI.",
    ),
    EndReason.ROOM_REFUSED: (Blame.LIVEKIT, "Check LIVEKIT_URL and its key; read LiveKit's log."),
    EndReason.ROOM_LOST: (Blame.LIVEKIT, "Find out whether LiveKit was restarted; read its log."),
    EndReason.WHIP_REFUSED: (Blame.LIVEKIT, "Read LiveKit's log for this room."),
    EndReason.BRIDGE_REFUSED: (
        Blame.US,
        "Check BRIDGE_URL, and that a media bridge runs there and has room.",
    ),
    EndReason.BRIDGE_LOST: (Blame.US, "Read the media bridge's log; more bridges share the risk."),
    EndReason.HOP_REFUSED: (Blame.US, "Move to media bridges: set BRIDGE_URL or leave it empty."),
    EndReason.GRAPH_REFUSED: (
        Blame.META,
        "Read Meta's code on the timeline; `wacall doctor` checks number and token.",
    ),
    EndReason.PEER_FAILED: (Blame.META, "Read Meta's code on the timeline, and call again later."),
    EndReason.SETUP_TIMEOUT: (
        Blame.US,
        "Find the slow step among the steps; `wacall doctor` looks at every neighbour.",
    ),
    EndReason.REJECTED: (Blame.CALLER, "Nothing: do not call again at once."),
    EndReason.BUSY: (Blame.BUSINESS, "Raise MAX_CONCURRENT_CALLS, or add workers and bridges."),
    EndReason.CALLER_LIMIT: (
        Blame.BUSINESS,
        "Raise MAX_CALLS_PER_CALLER or MAX_CALLS_PER_CALLER_PER_HOUR if this person may call more.",
    ),
    EndReason.NOT_ANSWERED: (Blame.CALLER, "Call again at another time, or send a text."),
    EndReason.SHUTDOWN: (Blame.BUSINESS, "Drain before a stop, so that calls end by themselves."),
    EndReason.INTERNAL: (Blame.US, "Read the log of this call, and report it to this project."),
}
"""What holds where Meta has told no code."""

# only of these ends does Meta's code say more than our own reason
_META_KNOWS = frozenset({EndReason.GRAPH_REFUSED, EndReason.PEER_FAILED})


def verdict_on(reason: EndReason | None, by_code: Verdict | None) -> Verdict | None:
    """Say whose side it was and what to do; `None` while the call goes on.

    `by_code` is what Meta's code on the timeline means, if there was one.
    """
    if reason is None:
        return None
    return by_code if by_code is not None and reason in _META_KNOWS else VERDICTS[reason]
