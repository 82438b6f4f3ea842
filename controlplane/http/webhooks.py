"""HTTP in from Meta and LiveKit: verify, parse, hand over, answer."""

import logging
import time

from aiohttp import web
from livekit import api

from controlplane.core.errors import BadSignature
from controlplane.http.middleware import error_response
from controlplane.meta.signature import answer_handshake, verify_signature
from controlplane.meta.webhook import parse_webhook
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.room_watch import RoomEvent, RoomEventKind, RoomWatch
from controlplane.use_cases.switchboard import Switchboard, without_offers
from shared.call.errors import WacallError
from shared.call.room import call_id_of_room

_log = logging.getLogger(__name__)

# Meta's payloads reach about 3 MB (webhooks overview); twice that is no webhook of Meta's.
MAX_BODY_BYTES = 6 * 1024 * 1024


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
        """Store a signed webhook's events and answer 200; the work goes on behind it."""
        received = time.monotonic()
        try:
            body = await request.read()
            verify_signature(body, request.headers.get("X-Hub-Signature-256"), self._app_secret)
            events = parse_webhook(body)
        except WacallError as error:
            self._metrics.webhook_refused(error.code)
            raise
        if self._switchboard.draining and len(without_offers(events)) < len(events):
            # Meta repeats at once what is not taken: another replica can still answer the call
            await self._switchboard.receive(without_offers(events), received)
            return error_response(503, "draining", "This replica is shutting down; try again.")
        await self._switchboard.receive(events, received)
        self._metrics.webhook_answered(time.monotonic() - received)
        return web.Response(text="ok")


class LiveKitWebhook:
    """`/livekit/webhook`."""

    def __init__(
        self,
        *,
        receiver: api.WebhookReceiver,
        watch: RoomWatch,
    ) -> None:
        """Take livekit-api's receiver and who acts on what it verified."""
        self._receiver = receiver
        self._watch = watch

    async def receive(self, request: web.Request) -> web.Response:
        """Take one event of the SFU's."""
        body = await request.text()
        try:
            event = self._receiver.receive(body, request.headers.get("Authorization", ""))
        except Exception:  # the receiver raises bare Exception and pyjwt's whole tree
            raise BadSignature(
                "LiveKit's webhook is not signed with LIVEKIT_API_SECRET; check webhook.api_key "
                "in LiveKit's configuration."
            ) from None
        call_id = call_id_of_room(event.room.name)
        kind = RoomEventKind(event.event)
        if call_id is not None and kind is not RoomEventKind.OTHER:
            reason = event.participant.disconnect_reason
            await self._watch.handle(
                RoomEvent(
                    kind=kind,
                    call_id=call_id,
                    identity=event.participant.identity,
                    participant_sid=event.participant.sid,
                    disconnect_reason=api.DisconnectReason.Name(reason) if reason else "",
                )
            )
        return web.Response(text="ok")
