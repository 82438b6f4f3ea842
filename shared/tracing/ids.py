"""A call's trace and its root span, derived from the call's id; pure.

Every process and replica derives the same, so nothing has to be passed on: no header to a
neighbour, no column in a row.
"""

import hashlib
import uuid


def trace_id_of(call_id: str) -> int | None:
    """Return the 128 bits of the call's UUID, so that one can be looked up by the other.

    `None`: it is no id of ours. Zero is no trace's id (W3C Trace Context, section 3.2.2.3).
    """
    try:
        return uuid.UUID(call_id).int or None
    except ValueError:
        return None


def root_span_id_of(trace_id: int) -> int:
    """Return the 64 bits that all spans of a call name as their parent; never zero."""
    digest = hashlib.sha256(b"root" + trace_id.to_bytes(16, "big")).digest()
    return int.from_bytes(digest[:8], "big") or 1
