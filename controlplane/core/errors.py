"""The control plane's own errors, under those of `shared.call.errors`.

WacallError
PeerError            what they sent cannot be used
BadSignature, BadWebhook, BadSdp, BadRequest, KeyReused, LineUnclear
BodyTooLarge, BodyTooSlow, CompressedBody, ReferenceUsed
SdesOffer          (of BadSdp)
StopUnknown, StopDecided, FollowUpUnknown, FollowUpOver
BadHandshake       (controlplane.meta.signature)
UpstreamError        a service refused or failed
GraphError         (its children, one per code of Meta's: controlplane.meta.graph_errors;
                   LineUnknown)
WhipRefused, RoomRefused, RoomsUnseen, FilesOutOfReach
(the bridges': shared.bridge.errors)
TimedOut             nobody answered
AgentNotReady      (its children say what was seen instead: NoWorker, WorkersBusy,
                      AgentNotJoined, AgentMisnamed, AgentWithoutTrack)
WhipTimedOut
Draining             this replica takes no new calls
CallError            our own calls
CallEnded, AgentGaveUp, NoTakeover, NotTakenOver, NoRecording
"""

from shared.call.call import EndReason
from shared.call.errors import CallError, UpstreamError, WacallError


class PeerError(WacallError):
    """What the other side sent cannot be used."""

    status = 400
    code = "bad-request"


class BadSignature(PeerError):
    """The webhook's signature is missing or wrong; check WA_APP_SECRET, or its profile's secret."""

    status = 401
    code = "bad-signature"


class BadWebhook(PeerError):
    """The webhook's body is not JSON of Meta's shape."""

    code = "bad-webhook"


class BadRequest(PeerError):
    """The request's body or query is not what this route takes."""


class BodyTooLarge(PeerError):
    """The body is larger than this route takes."""

    status = 413
    code = "body-too-large"


class BodyTooSlow(PeerError):
    """The body did not come in time."""

    status = 408
    code = "too-slow"


class CompressedBody(PeerError):
    """The body is compressed; send it as it is."""

    status = 415
    code = "compressed-body"


class KeyReused(PeerError):
    """This Idempotency-Key has placed a call to somebody else; a new call needs a new key."""

    # draft-ietf-httpapi-idempotency-key-header, section 2.7
    status = 422
    code = "idempotency-key-reused"


class LineUnclear(PeerError):
    """Which business number is meant is not clear; say it with `from`."""

    status = 422
    code = "line-unclear"


class ReferenceUsed(PeerError):
    """This reference stands for other words, or others followed: not written; use another."""

    status = 409
    code = "reference-used"


class StopUnknown(PeerError):
    """There is no probable STOP with this id; `wacall consent list` shows those that wait."""

    status = 404
    code = "probable-stop-unknown"


class StopDecided(PeerError):
    """It was decided otherwise; `wacall consent withdraw` lifts a do-not-call."""

    status = 409
    code = "probable-stop-decided"


class FollowUpUnknown(PeerError):
    """There is no follow-up with this id; `wacall follow-ups list` shows them."""

    status = 404
    code = "follow-up-unknown"


class FollowUpOver(PeerError):
    """The follow-up was done, given up or canceled already."""

    status = 409
    code = "follow-up-over"


class BadSdp(PeerError):
    """The session description cannot be used."""

    code = "bad-sdp"
    reason = EndReason.BAD_OFFER


class SdesOffer(BadSdp):
    """The call is keyed by SDES, which LiveKit does not speak; set the number to DTLS.

    Its setting is `calling.srtp_key_exchange_protocol` (Meta: call settings).
    """

    code = "sdes-offer"


class RoomsUnseen(UpstreamError):
    """LiveKit does not tell which rooms there are; check LIVEKIT_URL."""

    status = 503
    code = "rooms-unseen"


class GraphError(UpstreamError):
    """The Graph API refused or failed."""

    code = "graph-refused"
    reason = EndReason.GRAPH_REFUSED


class LineUnknown(GraphError):
    """The call's business number is not served here any more, so Meta cannot be told of it."""

    code = "line-unknown"


class WhipRefused(UpstreamError):
    """LiveKit's WHIP endpoint refused the offer."""

    code = "whip-refused"
    reason = EndReason.WHIP_REFUSED


class RoomRefused(UpstreamError):
    """LiveKit's RoomService refused or could not be reached; check LIVEKIT_URL and the key."""

    code = "room-refused"
    reason = EndReason.ROOM_REFUSED


class FilesOutOfReach(UpstreamError):
    """Who has the recording, a media bridge or the project's storage, does not answer; try again.

    Or it refuses; it is asked again.
    """

    status = 503
    code = "recording-out-of-reach"


class Draining(WacallError):
    """This replica is shutting down; try again."""

    status = 503
    code = "draining"


class TimedOut(WacallError):
    """Nobody answered in time."""

    status = 504
    code = "timed-out"
    reason = EndReason.SETUP_TIMEOUT


class AgentNotReady(TimedOut):
    """The agent's audio was not there in time, and LiveKit did not say what is there instead."""

    code = "agent-not-ready"
    reason = EndReason.AGENT_NOT_READY


class NoWorker(AgentNotReady):
    """No worker took the call's job; start one under AGENT_NAME, at the same LiveKit."""

    code = "agent-no-worker"


class WorkersBusy(AgentNotReady):
    """No worker took the call's job, and one took an earlier one: they are full, or have gone."""

    code = "agent-workers-busy"

    def __init__(self) -> None:
        """Say where the limits are."""
        super().__init__(
            "No worker took the call's job, though an earlier call's was taken: the workers are "
            "full or have gone. AGENT_LOAD_THRESHOLD is their limit, and LiveKit gives no jobs to "
            "one that reports a load above 0.7; start more of them."
        )


class AgentNotJoined(AgentNotReady):
    """A worker took the call's job, but no agent came into the room; the worker's log says why."""

    code = "agent-not-joined"


class AgentMisnamed(AgentNotReady):
    """An agent joined under another identity than `agent`."""

    code = "agent-misnamed"


class AgentWithoutTrack(AgentNotReady):
    """The agent is in the room without a track `agent-audio`."""

    code = "agent-without-track"


class WhipTimedOut(TimedOut):
    """LiveKit's WHIP endpoint did not answer in time."""

    code = "whip-timed-out"
    reason = EndReason.WHIP_REFUSED


class CallEnded(CallError):
    """The call has already ended."""

    code = "call-ended"


class NoTakeover(CallError):
    """Nobody can speak in this agent's place now; the sentence says why."""

    code = "no-takeover"


class NotTakenOver(CallError):
    """No operator speaks in this call, so there is nothing to hand back."""

    code = "not-taken-over"


class NoRecording(CallError):
    """This call has no recording that can be heard; the sentence says why."""

    status = 404
    code = "no-recording"


class AgentGaveUp(CallError):
    """The agent joined and left again before the call was answered; its log says why."""

    code = "agent-gave-up"

    def __init__(self, reason: EndReason) -> None:
        """Take the reason that the agent left in the call's row."""
        super().__init__()
        self.reason = reason
