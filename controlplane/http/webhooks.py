"""HTTP in from Meta and LiveKit: verify, parse, hand over, answer."""

import asyncio
import time
from collections.abc import Sequence

from aiohttp import web

from controlplane.core.arrivals import Arrival
from controlplane.core.errors import BadSignature
from controlplane.http.arrivals import Arrivals
from controlplane.http.reading import read_bytes
from controlplane.livekit.events import read_room_event
from controlplane.meta.events import AccountUpdated, Unrecognized, WebhookEvent
from controlplane.meta.lines import Lines
from controlplane.meta.signature import BadHandshake, answer_handshake, find_signer
from controlplane.meta.webhook import parse_webhook
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.room_watch import RoomWatch
from controlplane.use_cases.switchboard import Switchboard
from shared.call.errors import WacallError
from shared.process.of_call import work_for

# Meta's payloads reach about 3 MB (webhooks overview); twice that is no webhook of Meta's.
MAX_BODY_BYTES = 6 * 1024 * 1024
# of all secrets together; a millisecond or so
_HASHED_AT_ONCE = 1024 * 1024
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
        lines: Lines,
    ) -> None:
        """Take our word for the handshake, and the lines whose apps sign webhooks."""
        self._switchboard = switchboard
        self._metrics = metrics
        self._arrivals = arrivals
        self._verify_token = verify_token
        self._lines = lines

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
            signer = await self._find_signer(body, signature)
            events = parse_webhook(body)
            self._check_signer(events, signer)
        except WacallError as error:
            self._metrics.webhook_refused(error.code)
            if isinstance(error, BadSignature):
                self._arrivals.note(Arrival.BAD_SIGNATURE if signature else Arrival.UNSIGNED)
            raise
        self._arrivals.note(Arrival.META)
        for event in events:
            number = event.phone_number_id
            if number is not None and self._lines.find(number) is None:
                self._arrivals.note(Arrival.OTHER_NUMBER, number=number)
                break
        await self._switchboard.receive(events, received)
        self._metrics.webhook_answered(time.monotonic() - received)
        return web.Response(text="ok")

    async def _find_signer(self, body: bytes, signature: str | None) -> str:
        """Return the app's secret that signed the body.

        Raises:
            BadSignature: none of ours did.
        """
        secrets = self._lines.app_secrets()
        if len(body) * len(secrets) <= _HASHED_AT_ONCE:
            return find_signer(body, signature, secrets)
        # hashing lets go of the interpreter, so that calls go on meanwhile
        return await asyncio.to_thread(find_signer, body, signature, secrets)

    def _check_signer(self, events: Sequence[WebhookEvent], signer: str) -> None:
        """Let an app tell of its own numbers and accounts alone.

        Raises:
            BadSignature: another one's are in the webhook; nothing of it is taken.
        """
        for event in events:
            number, account = event.phone_number_id, None
            if isinstance(event, AccountUpdated):
                account = event.account
            elif not isinstance(event, Unrecognized):
                number = self._lines.number_of(number)
            if not self._lines.may_sign(signer, number, account):
                raise BadSignature


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
            # until the end of this request (`access_log`)
            work_for(event.call_id)
            await self._watch.handle(event)
        return web.Response(text="ok")
