"""HTTP in from Meta and LiveKit: verify, parse, hand over, answer."""

import time

from aiohttp import web

from controlplane.http.reading import read_bytes
from controlplane.livekit.events import read_room_event
from controlplane.meta.signature import answer_handshake, verify_signature
from controlplane.meta.webhook import parse_webhook
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.room_watch import RoomWatch
from controlplane.use_cases.switchboard import Switchboard
from shared.call.errors import WacallError

# Meta's payloads reach about 3 MB (webhooks overview); twice that is no webhook of Meta's.
MAX_BODY_BYTES = 6 * 1024 * 1024
# LiveKit's hold one room and one participant, with attributes of 64 KiB at most each.
_MAX_ROOM_EVENT_BYTES = 512 * 1024


class MetaWebhook:
    """`/wa/webhook`."""

    def __init__(
        self, *, switchboard: Switchboard, metrics: Metrics, verify_token: str, app_secret: str
    ) -> None:
        """Take the secrets of the app that is subscribed."""
        self._switchboard = switchboard
        self._metrics = metrics
        self._verify_token = verify_token
        self._app_secret = app_secret

    async def handshake(self, request: web.Request) -> web.Response:
        """Answer Meta's verification request with its challenge and nothing else."""
        challenge = answer_handshake(request.query, self._verify_token)
        return web.Response(text=challenge)

    async def receive(self, request: web.Request) -> web.Response:
        """Store a signed webhook's events and answer 200; the work goes on behind it.

        Raises:
            WacallError: not everything was taken; with its status Meta sends the webhook again.
        """
        received = time.monotonic()
        try:
            body = await read_bytes(request, MAX_BODY_BYTES)
            verify_signature(body, request.headers.get("X-Hub-Signature-256"), self._app_secret)
            events = parse_webhook(body)
        except WacallError as error:
            self._metrics.webhook_refused(error.code)
            raise
        await self._switchboard.receive(events, received)
        self._metrics.webhook_answered(time.monotonic() - received)
        return web.Response(text="ok")


class LiveKitWebhook:
    """`/livekit/webhook`."""

    def __init__(self, *, watch: RoomWatch, api_key: str, api_secret: str) -> None:
        """Take who acts on the events, and the key that LiveKit signs them with."""
        self._watch = watch
        self._api_key = api_key
        self._api_secret = api_secret

    async def receive(self, request: web.Request) -> web.Response:
        """Take one event of the SFU's."""
        event = read_room_event(
            await read_bytes(request, _MAX_ROOM_EVENT_BYTES),
            request.headers.get("Authorization", ""),
            api_key=self._api_key,
            api_secret=self._api_secret,
        )
        if event is not None:
            await self._watch.handle(event)
        return web.Response(text="ok")
