"""`wacall listen CALL_ID`: LiveKit's address and a token to hear one call, unseen and unheard."""

import argparse
import secrets
import sys
from collections.abc import Mapping
from datetime import timedelta

from livekit import api

from shared.call.ids import CallId
from shared.call.looking import LISTENER_PREFIX, UNSEEN
from shared.call.room import ROOM_PREFIX, call_id_of_room, room_name
from wacall import environment

# to join with; who has joined stays until the call ends
_TTL = timedelta(minutes=10)
_NEEDED = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")


def main(argv: list[str]) -> int:
    """Print address and token; 1 if LiveKit's keys or the id are missing."""
    parser = argparse.ArgumentParser(prog="wacall listen", description=__doc__)
    parser.add_argument("call", metavar="CALL_ID", help="as `wacall calls` lists it")
    arguments = parser.parse_args(argv)
    try:
        shown = pass_for(arguments.call, environment.load_for_operators())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(f"{name:<6} {value}" for name, value in shown.items()))
    return 0


def pass_for(call: str, variables: Mapping[str, str]) -> dict[str, str]:
    """Return address, room and token; `call` is a call's id, or its room's name.

    Raises:
        ValueError: a sentence that names the variable, or says that the id is none.
    """
    for name in _NEEDED:
        if not variables.get(name):
            raise ValueError(f"{name} is not set; use what the control plane has.")
    call_id = call_id_of_room(room_name(CallId(call.removeprefix(ROOM_PREFIX))))
    if call_id is None:
        raise ValueError("That is no call's id; `wacall calls` lists them.")
    room = room_name(call_id)
    token = (
        api.AccessToken(variables["LIVEKIT_API_KEY"], variables["LIVEKIT_API_SECRET"])
        .with_identity(f"{LISTENER_PREFIX}{secrets.token_hex(4)}")
        .with_ttl(_TTL)
        .with_grants(api.VideoGrants(room=room, **UNSEEN))
    )
    return {"url": variables["LIVEKIT_URL"], "room": room, "token": token.to_jwt()}
