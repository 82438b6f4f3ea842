"""The errors that both services know; the control plane's own stand in `controlplane.core.errors`.

    WacallError
      UpstreamError        a service refused or failed
        StoreUnavailable   (its children Refused, AccessDenied: shared.database.faults)
      CallError            our own calls
        CallNotFound
      CallDenied           the policy said no; its `code` is the policy's reason

Each leaf knows the sentence that it says by default, the HTTP status it has towards whoever asked
(`status`), a kebab-case `code`, and the reason with which it ends a call's set-up (`reason`).
No message contains a phone number, a name, SDP or a token.
"""

from typing import ClassVar

from shared.call.call import EndReason
from shared.call.denial import Denied


class WacallError(Exception):
    """Something went wrong in one of our own services."""

    status: ClassVar[int] = 500
    code: str = "internal"
    reason: EndReason = EndReason.INTERNAL

    def __init__(self, message: str | None = None) -> None:
        """Take a sentence; without one, the class's docstring is the message."""
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0])


class UpstreamError(WacallError):
    """A service that we depend on refused or failed."""

    status = 502
    code = "upstream"


class StoreUnavailable(UpstreamError):
    """The database cannot be reached; check SUPABASE_URL and SUPABASE_SECRET_KEY."""

    status = 503
    code = "store-unavailable"


class CallError(WacallError):
    """The call is not what the request takes it for."""

    status = 409
    code = "call-state"


class CallNotFound(CallError):
    """There is no call with this id."""

    status = 404
    code = "call-not-found"


class CallDenied(WacallError):
    """The person must not be called now; nothing was sent to Meta."""

    status = 409
    code = "denied"

    def __init__(self, denied: Denied, message: str | None = None) -> None:
        """Take the verdict; `message` says it in other words than the verdict's own."""
        super().__init__(message or denied.sentence)
        self.code = denied.reason.value
        self.retry_at = denied.retry_at
