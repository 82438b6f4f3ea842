"""What Graph's refusal of a text, or Meta's later word about it, makes of it. Pure."""

from controlplane.core.errors import GraphError
from controlplane.core.message import NotTaken
from controlplane.meta.code_table import known_as
from controlplane.meta.codes import MetaCode
from controlplane.meta.graph_errors import GraphRefused, GraphUnreachable, UnreadableReply

OUTSIDE_WINDOW = known_as(131047)
_MESSAGE_FAILED = known_as(135000)


def not_taken(error: GraphError) -> NotTaken:
    """Read why a text was not taken, and whether it may have been all the same.

    A server fault without Meta's own JSON comes from something on the way, which may have passed
    the text on; so may a success that cannot be read.
    """
    why = str(error)
    if isinstance(error, GraphUnreachable):
        is_unknown = error.may_have_been_done
        return NotTaken(why=why, is_unknown=is_unknown, may_repeat=not is_unknown)
    if not isinstance(error, GraphRefused):
        return NotTaken(why=why)
    if error.is_success or (error.http_status >= 500 and error.meta_code is None):
        return NotTaken(why=why, is_unknown=True)
    known = error.known
    is_rate = known.pause is not None and known.pause.is_rate
    # what an operator can mend within the hour is worth another try
    is_mended = known.stops_line or isinstance(error, UnreadableReply)
    wait = None
    if known.pause is not None and is_rate:
        wait = error.asked_wait or known.pause.wait
    return NotTaken(
        why=why,
        may_repeat=error.is_retryable or is_rate or is_mended or known is _MESSAGE_FAILED,
        needs_template=known is OUTSIDE_WINDOW,
        wait=wait,
    )


def not_delivered(code: int | None) -> NotTaken:
    """Read why Meta did not deliver a text that it took."""
    known: MetaCode | None = known_as(code)
    advice = f" {known.advice}" if known is not None else ""
    said = f"code {code}" if code is not None else "no code"
    return NotTaken(
        why=f"Meta took the message and did not deliver it ({said}).{advice}",
        needs_template=known is not None and known is OUTSIDE_WINDOW,
    )
