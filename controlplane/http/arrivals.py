"""Remember what came to this process's webhooks, and say in the log what had to be turned away."""

import logging
import os
import socket
from collections.abc import Callable, Mapping
from datetime import datetime

from aiohttp import web

from controlplane.core.arrivals import REFUSED, Arrival, Tally, tally
from controlplane.http.bodies import ArrivalView, Status
from controlplane.http.body import answer

_log = logging.getLogger(__name__)

_MEANINGS: Mapping[Arrival, str] = {
    Arrival.UNSIGNED: "Webhooks had no signature: strangers sent them, or a proxy in front takes "
    "the header X-Hub-Signature-256 away.",
    Arrival.BAD_SIGNATURE: "Webhooks' signatures do not fit WA_APP_SECRET, or the `app_secret` "
    "that the number's profile names; set it to the secret of the app that is subscribed (App "
    "settings > Basic).",
    Arrival.OTHER_NUMBER: "Webhooks came for a number that is neither WA_PHONE_NUMBER_ID nor any "
    "profile's; name the id of the number that is called, unless that one is served elsewhere.",
    Arrival.BAD_VERIFY_TOKEN: "The webhook's handshake came with a verify token that is not "
    "WA_VERIFY_TOKEN; both have to be the same word.",
    Arrival.BAD_ROOM_SIGNATURE: "LiveKit's webhooks are not signed with LIVEKIT_API_KEY and its "
    "secret; set webhook.api_key in LiveKit's configuration to that key.",
}


class Arrivals:
    """What one process has seen at its webhooks; forgotten when it ends."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Take what time it is."""
        self._clock = clock
        self._tallies: dict[Arrival, Tally] = {}
        self._other_number: str | None = None
        self._replica = f"{socket.gethostname()}:{os.getpid()}"
        self._since = clock()

    def note(self, kind: Arrival, *, number: str | None = None) -> None:
        """Count one, and say it if that is news; `number` is the other number's id."""
        self._tallies[kind], count = tally(self._tallies.get(kind), self._clock())
        if kind is Arrival.OTHER_NUMBER:
            self._other_number = number
        if count:
            _tell(kind, count)

    async def show(self, request: web.Request) -> web.Response:
        """Say which process this is, and what came to it."""
        views = []
        for kind, one in sorted(self._tallies.items()):
            view = {"kind": kind.value, "count": one.count, "last_at": one.last_at.isoformat()}
            if kind in REFUSED:
                view["meaning"] = _MEANINGS[kind]
            if kind is Arrival.OTHER_NUMBER and self._other_number:
                view["phone_number_id"] = self._other_number
            views.append(ArrivalView.model_validate(view))
        return answer(Status(replica=self._replica, since=self._since.isoformat(), arrivals=views))


def _tell(kind: Arrival, count: int) -> None:
    match kind:
        case Arrival.BAD_SIGNATURE:
            _log.warning(
                "A webhook was refused: its signature does not fit WA_APP_SECRET, or the "
                "`app_secret` that its number's profile names. If calls do not come in, set it to "
                "the secret of the app that is subscribed.",
                extra={"action": "webhook-bad-signature", "count": count},
            )
        case Arrival.OTHER_NUMBER:
            _log.warning(
                "A webhook was ignored: it is of a number that is neither WA_PHONE_NUMBER_ID nor "
                "any profile's. If that number is not served elsewhere, name its id, which "
                "`wacall doctor` shows.",
                extra={"action": "webhook-other-number", "count": count},
            )
        case Arrival.BAD_VERIFY_TOKEN:
            _log.warning(
                "The webhook's handshake was refused: its verify token is not WA_VERIFY_TOKEN. "
                "Type the same word into the dashboard's webhook form.",
                extra={"action": "handshake-refused", "count": count},
            )
        case Arrival.BAD_ROOM_SIGNATURE:
            _log.warning(
                "A webhook of LiveKit's was refused: it is not signed with LIVEKIT_API_KEY. Set "
                "webhook.api_key in LiveKit's configuration to it.",
                extra={"action": "room-webhook-refused", "count": count},
            )
        case _:
            # what went well, and what any stranger does
            pass
