"""Which call the running task works for: whatever it logs, libraries included, names that call.

The value is our own id of the call (`shared.call.ids.CallId`), never Meta's. A task inherits it
from the one that began it.
"""

import contextlib
import logging
from collections.abc import Iterator
from contextvars import ContextVar

_CALL: ContextVar[str | None] = ContextVar("of_call", default=None)


def call_at_work() -> str | None:
    """Return the call that the running task works for; `None`: for no single one."""
    return _CALL.get()


def work_for(call_id: str) -> None:
    """Say that the running task works for a call, from now to its end."""
    _CALL.set(call_id)


@contextlib.contextmanager
def working_for(call_id: str | None) -> Iterator[None]:
    """Say that what is done in the block is done for a call, or for no single one."""
    token = _CALL.set(call_id)
    try:
        yield
    finally:
        _CALL.reset(token)


class OfItsCall(logging.Filter):
    """Adds the call that the speaking task works for; for the handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record."""
        call = _CALL.get()
        if call is not None and "call" not in record.__dict__:
            record.__dict__["call"] = call
        return True
