"""HTTP in from Meta and LiveKit: verify, parse, hand over, answer."""

import time

from aiohttp import web

from controlplane.core.arrivals import Arrival
from controlplane.core.errors import BadSignature
from controlplane.http.arrivals import Arrivals
from controlplane.http.reading import read_bytes
from controlplane.livekit.events import read_room_event
from controlplane.meta.signature import BadHandshake, answer_handshake, verify_signature
from controlplane.meta.webhook import parse_webhook
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.room_watch import RoomWatch
from controlplane.use_cases.switchboard import Switchboard
from shared.call.errors import WacallError
from shared.call.ids import PhoneNumberId

# Meta's payloads reach about 3 MB (webhooks overview); twice that is no webhook of Meta's.
MAX_BODY_BYTES = 6 * 1024 * 1024
_HANDSHAKE = ("mode", "challenge", "verify_token")
# LiveKit's hold one room and one participant, with attributes of 64 KiB at most each.
_MAX_ROOM_EVENT_BYTES = 512 * 1024


class MetaWebhook:
    """`/wa/webhook`."""

    def __init__(
        self,
        *,
        switchboard: Switchboard,
        metrics: Metrics,
        arrivals: Arrivals,
        verify_token: str,
        app_secret: str,
        phone_number_id: PhoneNumberId,
    ) -> None:
        """Take the secrets of the app that is subscribed, and our number's id."""
        self._switchboard = switchboard
        self._metrics = metrics
        self._arrivals = arrivals
        self._verify_token = verify_token
        self._app_secret = app_secret
        self._phone_number_id = phone_number_id

    async def handshake(self, request: web.Request) -> web.Response:
        """Answer Meta's verification request with its challenge and nothing else."""
        try:
            challenge = answer_handshake(request.query, self._verify_token)
        except BadHandshake:
            # what is no handshake at all, such as a browser's visit, is nobody's mistake
            if all(request.query.get(f"hub.{name}") for name in _HANDSHAKE):
                self._arrivals.note(Arrival.BAD_VERIFY_TOKEN)
            raise
        self._arrivals.note(Arrival.HANDSHAKE)
        return web.Response(text=challenge)

    async def receive(self, request: web.Request) -> web.Response:
        """Store a signed webhook's events and answer 200; the work goes on behind it.

        Raises:
            WacallError: not everything was taken; with its status Meta sends the webhook again.
        """
        received = time.monotonic()
        signature = request.headers.get("X-Hub-Signature-256")
        try:
            body = await read_bytes(request, MAX_BODY_BYTES)
            verify_signature(body, signature, self._app_secret)
            events = parse_webhook(body)
        except WacallError as error:
            self._metrics.webhook_refused(error.code)
            if isinstance(error, BadSignature):
                self._arrivals.note(Arrival.BAD_SIGNATURE if signature else Arrival.UNSIGNED)
            raise
        self._arrivals.note(Arrival.META)
        for event in events:
            if event.phone_number_id not in (None, self._phone_number_id):
                self._arrivals.note(Arrival.OTHER_NUMBER, number=event.phone_number_id)
                break
        await self._switchboard.receive(events, received)
        self._metrics.webhook_answered(time.monotonic() - received)
        return web.Response(text="ok")


class LiveKitWebhook:
    """`/livekit/webhook`."""

    def __init__(
        self, *, watch: RoomWatch, arrivals: Arrivals, api_key: str, api_secret: str
    ) -> None:
        """Take who acts on the events, and the key that LiveKit signs them with."""
        self._watch = watch
        self._arrivals = arrivals
        self._api_key = api_key
        self._api_secret = api_secret

    async def receive(self, request: web.Request) -> web.Response:
        """Take one event of the SFU's."""
        body = await read_bytes(request, _MAX_ROOM_EVENT_BYTES)
        token = request.headers.get("Authorization", "")
        try:
            event = read_room_event(body, token, api_key=self._api_key, api_secret=self._api_secret)
        except BadSignature:
            if token:
                self._arrivals.note(Arrival.BAD_ROOM_SIGNATURE)
            raise
        self._arrivals.note(Arrival.LIVEKIT)
        if event is not None:
            await self._watch.handle(event)
        return web.Response(text="ok")
