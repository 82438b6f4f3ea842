"""One call, by whatever of its names somebody has at hand."""

from collections.abc import Mapping
from typing import Any

from wacall.operators.client import OperatorRefused, ask
from wacall.operators.log_lines import NotACall, wanted_id

_WHOLE = 36


async def read_one(variables: Mapping[str, str], given: str) -> dict[str, Any]:
    """Return what `GET /calls/{call_id}` answers; `given` is its id, 8 digits of it, or its room.

    Raises:
        OperatorRefused: it is none of these, fits no call or several, or the control plane refuses.
    """
    try:
        beginning = wanted_id(given)
    except NotACall as error:
        raise OperatorRefused(str(error)) from None
    if len(beginning) < _WHOLE:
        beginning = await _found(variables, beginning)
    return await ask(variables, "GET", f"/calls/{beginning}")


async def _found(variables: Mapping[str, str], beginning: str) -> str:
    listed = await ask(variables, "GET", "/calls", params={"q": beginning, "limit": "100"})
    # the same letters may be part of a number or a name
    ids = [call["id"] for call in listed["calls"] if call["id"].startswith(beginning)]
    if len(ids) > 1:
        raise OperatorRefused(
            f"Several calls begin with {beginning}; give more of the id: {', '.join(ids[:5])}."
        )
    if not ids:
        raise OperatorRefused(f"There is no call whose id begins with {beginning}.")
    return str(ids[0])
