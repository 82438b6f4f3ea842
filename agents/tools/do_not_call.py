"""`doNotCall`: the customer does not want to be called again."""

from agents.tools.desk import Desk

DESCRIPTION = (
    "Record that the customer does not want to be called again. At once when they say so, in "
    "whatever words; do not argue and do not ask why."
)


async def do_not_call(desk: Desk) -> str:
    """Write it down; the database refuses calls to them from now on."""
    await desk.write(lambda store: store.do_not_call(desk.call_id))
    return "Written down: the customer will not be called again. Confirm it to them."
