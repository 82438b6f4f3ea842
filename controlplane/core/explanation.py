"""Why a call ended as it did, as a sentence for the people who ask, with what to do. Pure."""

from collections.abc import Mapping, Sequence

from controlplane.core.foreign import text_of, word_of
from shared.call import openai_refusal
from shared.call.call import Call, EndReason
from shared.call.records import EventRecord, EventSource

_TOLD_BY = (EventSource.CONTROLPLANE, EventSource.AGENT)
_TOLD_AS = ("error", "note")

SENTENCES: Mapping[EndReason, str] = {
    EndReason.CALLER_HANGUP: "The other side hung up.",
    EndReason.AGENT_HANGUP: "The agent hung up.",
    EndReason.OPERATOR_HANGUP: "An operator hung up.",
    EndReason.CALLER_SILENT: "The caller said nothing any more, also when the agent had asked.",
    EndReason.VOICEMAIL: "A machine answered, not a person.",
    EndReason.COST_CAP: "The model had cost as much as one call's may; the agent took its leave.",
    EndReason.MAX_DURATION: "The call was longer than MAX_CALL_DURATION_S allows.",
    EndReason.MEDIA_LOST: "The phone's media was lost in mid-call; mostly its network.",
    EndReason.MEDIA_TIMEOUT: "The call was answered, and the phone's media never came up; check "
    "the SFU's UDP ports and the address that it announces.",
    EndReason.MEDIA_SILENT: "The phone was there, and its sound stopped coming; mostly its "
    "network.",
    EndReason.STALE_OFFER: "The offer reached us too late to be answered; was the control plane "
    "away, or is its clock wrong?",
    EndReason.BAD_OFFER: "The session description cannot be used; the timeline says why.",
    EndReason.AGENT_NOT_READY: "No agent was ready in time; is a worker registered under "
    "AGENT_NAME, and does OpenAI answer it?",
    EndReason.AGENT_LOST: "The agent left without a reason, or its process died; see its log.",
    **openai_refusal.SENTENCES,
    EndReason.ROOM_REFUSED: "LiveKit gave no room; check LIVEKIT_URL and the key.",
    EndReason.ROOM_LOST: "LiveKit closed the room in mid-call; was the SFU restarted?",
    EndReason.WHIP_REFUSED: "LiveKit did not take the caller's leg; see its log.",
    EndReason.HOP_REFUSED: "The media hop, which there was before the media bridges, refused.",
    EndReason.BRIDGE_REFUSED: "No media bridge took the call; check BRIDGE_URL, that one runs "
    "and is not full, and its log.",
    EndReason.BRIDGE_LOST: "The media bridge that carried the call died; its log says why.",
    EndReason.GRAPH_REFUSED: "Meta refused a request, or did not answer; the timeline says which.",
    EndReason.PEER_FAILED: "Meta reports that the call failed; the timeline has its code.",
    EndReason.SETUP_TIMEOUT: "The set-up took too long; the timings say where. `wacall doctor` "
    "looks at every neighbour.",
    EndReason.REJECTED: "The person declined the call.",
    EndReason.BUSY: "The call was refused: as many calls as could be taken were there already; see "
    "MAX_CONCURRENT_CALLS, and whatsapp_calls_refused_total.",
    EndReason.CALLER_LIMIT: "The call was refused: this person calls more than "
    "MAX_CALLS_PER_CALLER or MAX_CALLS_PER_CALLER_PER_HOUR allows.",
    EndReason.NOT_ANSWERED: "Nobody picked up.",
    EndReason.SHUTDOWN: "The service was stopped while the call went on.",
    EndReason.INTERNAL: "Something went wrong here; the timeline and the log say more.",
}
"""What each reason means where nothing on the timeline says more."""


def why_ended(call: Call, events: Sequence[EventRecord]) -> str | None:
    """Say why the call ended, by the last error or note on its timeline, else by its reason.

    `None` while it goes on. Meta's own words are in it, and may be personal: for operators.
    """
    if call.end_reason is None:
        return None
    told = [event for event in events if event.source in _TOLD_BY and event.kind in _TOLD_AS]
    payload = told[-1].payload if told else {}
    sentence = text_of(payload.get("message")) or SENTENCES[call.end_reason]
    cause, detail = word_of(payload.get("cause")), text_of(payload.get("meta_detail"))
    if cause:
        sentence += f" The cause: {cause}."
    return f"{sentence} Meta says: {detail}" if detail else sentence
