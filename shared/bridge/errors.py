"""What can go wrong with a media bridge, for control plane and agent alike.

UpstreamError
  BridgeUnreachable    no answer within the bound, or nobody there
    BridgeGone         nobody listens there: it runs no more
    NoBridge           none is configured, or none is well and has room
  BridgeRefused        it answered with an error; `refusal` is its own code
    LegUnknown         it has no such leg (any more)
"""

from shared.call.call import EndReason
from shared.call.errors import UpstreamError


class BridgeUnreachable(UpstreamError):
    """The media bridge does not answer; check BRIDGE_URL and that it runs."""

    status = 503
    code = "bridge-unreachable"
    reason = EndReason.BRIDGE_REFUSED


class BridgeGone(BridgeUnreachable):
    """No media bridge listens at its address; check BRIDGE_URL and that it runs."""

    code = "bridge-gone"


class NoBridge(BridgeUnreachable):
    """No media bridge takes a call; check BRIDGE_URL, and that one runs and is not full."""

    code = "no-bridge"


class BridgeRefused(UpstreamError):
    """The media bridge refused a request; its log says why."""

    code = "bridge-refused"
    reason = EndReason.BRIDGE_REFUSED

    def __init__(self, refusal: str, message: str) -> None:
        """Take the bridge's code, such as `full` or `no-peer`, and its sentence."""
        super().__init__(message)
        self.refusal = refusal


class LegUnknown(BridgeRefused):
    """The media bridge does not know this leg: it has ended, or the bridge was started anew."""

    code = "leg-unknown"
    reason = EndReason.BRIDGE_LOST
