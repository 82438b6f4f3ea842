"""WhatsApp as a business sees it: the Graph API, signed webhooks, and users who call.

async with WhatsAppSimulator(...) as whatsapp:
    call = await whatsapp.call()
    await call.accepted(5)
    await call.phone.wait_agent_speaking(5)
    call.hang_up()
    await call.ended(5)
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp import web

from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.api.graph import GraphApi
from simulators.meta.api.request import GraphRequest
from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.outbound import Outbound
from simulators.meta.people.bill import Bill
from simulators.meta.people.call_plan import CallPlan, Timing
from simulators.meta.people.clock import Clock
from simulators.meta.people.person import People, Person
from simulators.meta.rules.app import App
from simulators.meta.rules.graph import GraphPolicy
from simulators.meta.rules.outbound import OutboundPolicy
from simulators.meta.webhooks.calls import Json, Line
from simulators.meta.webhooks.delivery import Delivery, WebhookSender
from simulators.phone.phone import Phone

_SHUTDOWN_S = 1.0


class WhatsAppSimulator:
    """Meta for one business number; an async context manager."""

    def __init__(
        self,
        *,
        app_secret: str,
        access_token: str,
        webhook_url: str = "",
        line: Line | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        policy: GraphPolicy | None = None,
        outbound_policy: OutboundPolicy | None = None,
        timing: Timing | None = None,
        on_event: Callable[[SimulatedCall, str], None] | None = None,
        on_outbound_event: Callable[[OutboundCall, str], None] | None = None,
        add_routes: Callable[[web.Application], None] | None = None,
        make_phone: Callable[..., Phone] = Phone,
    ) -> None:
        """Prepare the simulator.

        `webhook_url` may be set later, before the first call. Port 0 takes a free one. `on_event`
        hears what happens to each user's call, `on_outbound_event` to each of the business's.
        `add_routes` may serve more on the same port. `make_phone` makes the phones of users who
        call, if they are to be others than the simulated one.
        """
        self.line = line or Line()
        self.calls: list[SimulatedCall] = []
        self.graph = GraphApi(
            switchboard=self,
            access_token=access_token,
            app=App(secret=app_secret, callback_url=webhook_url),
            line=self.line,
            policy=policy,
        )
        self.clock = Clock()
        """The time of permissions, limits and messages; `advance` it to let them run out."""
        self._timing = timing or Timing()
        self.outbound = Outbound(
            line=self.line,
            timing=self._timing,
            clock=self.clock,
            post=self._post,
            requests=self.graph.requests,
            user_calls=lambda: self.calls,
            policy=outbound_policy,
            on_event=on_outbound_event,
        )
        self._app_secret = app_secret
        self._host, self._port = host, port
        self._on_event = on_event
        self._add_routes = add_routes
        self._make_phone = make_phone
        self._by_id: dict[str, SimulatedCall] = {}
        self._http: aiohttp.ClientSession | None = None
        self._sender: WebhookSender | None = None
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        if self._add_routes is not None:
            self._add_routes(app)
        self.graph.add_routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise
        self._port = self._runner.addresses[0][1]
        self._http = aiohttp.ClientSession()
        self._sender = WebhookSender(
            http=self._http,
            app_secret=self._app_secret,
            timeout_s=self._timing.webhook_timeout_s,
            retry_delays_s=self._timing.retry_delays_s,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.graph.close()
        await self.outbound.close()
        for call in self.calls:
            await call.close()
        if self._sender is not None:
            await self._sender.close()
        if self._http is not None:
            await self._http.close()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def webhook_url(self) -> str:
        """Where webhooks go: the app's callback URL."""
        return self.graph.app.callback_url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        self.graph.app.callback_url = url

    @property
    def graph_url(self) -> str:
        """Base URL for `WA_GRAPH_BASE_URL`."""
        return f"http://{self._host}:{self._port}"

    @property
    def requests(self) -> list[GraphRequest]:
        """Every Graph request, oldest first."""
        return self.graph.requests

    def find(self, wacid: str) -> SimulatedCall | OutboundCall | None:
        """Return the call with this id."""
        placed = (call for call in self.outbound.calls if call.wacid == wacid)
        return self._by_id.get(wacid) or next(placed, None)

    @property
    def people(self) -> People:
        """Everybody whom the business may reach."""
        return self.outbound.people

    @property
    def bill(self) -> Bill:
        """What the business's calls cost."""
        return self.outbound.bill

    def add_person(self, person: Person) -> Person:
        """Give a person an account; strangers cannot be called.

        Raises:
            ValueError: the phone number or the user id is taken.
        """
        return self.outbound.add_person(person)

    async def next_outbound_call(self, deadline_s: float) -> OutboundCall:
        """Return the next call that the business places, each once.

        Raises:
            TimeoutError: none within `deadline_s` seconds.
        """
        return await self.outbound.next_call(deadline_s)

    def fail(self, fault: Fault) -> None:
        """Let coming Graph requests fail."""
        self.graph.faults.add(fault)

    def reply(
        self, action: str, body: object, *, status: int = 200, times: int = 1, **headers: str
    ) -> None:
        """Answer coming well-formed Graph requests with this (JSON, or bytes), and do nothing."""
        self.fail(
            Fault(
                action=action, kind=FaultKind.REPLY, times=times, status=status, body=body,
                headers=headers,
            )
        )  # fmt: skip

    async def call(self, plan: CallPlan | None = None) -> SimulatedCall:
        """Place a user's call: it rings from now on, and the `connect` webhook is on its way."""
        (call,) = await self.call_together([plan or CallPlan()])
        return call

    async def call_together(self, plans: Sequence[CallPlan]) -> list[SimulatedCall]:
        """Place calls whose `connect` events come in one webhook; the first plan's oddities count.

        Raises:
            OSError: no UDP port can be had for a phone.
        """
        calls = [self._make_call(plan) for plan in plans]
        connects = [await call.open() for call in calls]
        first = calls[0]
        body = first.body(connects, [plan.caller for plan in plans])
        first.ring(body)
        for other in calls[1:]:
            other.ring(body, first.connect_delivery)
        for call in calls:
            self.outbound.user_called(call)
        return calls

    def send_webhook(
        self, payload: Json | bytes, *, copies: int = 1, signature: str | None = None
    ) -> Delivery:
        """Send any webhook; `signature` replaces the right one, "" leaves the header out."""
        if self._sender is None:
            raise RuntimeError("the simulator is not running; use it as a context manager")
        return self._sender.post(self.webhook_url, payload, copies=copies, signature=signature)

    async def verify_webhook(self, verify_token: str) -> bool:
        """Do Meta's handshake with the webhook URL; tell whether it succeeded."""
        if self._http is None:
            raise RuntimeError("the simulator is not running; use it as a context manager")
        challenge = str(secrets.randbelow(10**9))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": verify_token,
        }
        timeout = aiohttp.ClientTimeout(total=self._timing.webhook_timeout_s)
        async with self._http.get(self.webhook_url, params=query, timeout=timeout) as response:
            return response.status == 200 and await response.text() == challenge

    def _make_call(self, plan: CallPlan) -> SimulatedCall:
        line = self.line
        if plan.phone_number_id is not None:
            line = replace(line, phone_number_id=plan.phone_number_id)
        call = SimulatedCall(
            plan=plan,
            line=line,
            timing=self._timing,
            post=self._post,
            requests=self.graph.requests,
            on_event=self._on_event,
            on_accepted=self.outbound.user_talks,
            make_phone=self._make_phone,
        )
        self.calls.append(call)
        self._by_id[call.wacid] = call
        return call

    def _post(
        self, body: Json, copies: int = 1, delay_s: float = 0.0, after: Delivery | None = None
    ) -> Delivery:
        if self._sender is None:
            raise RuntimeError("the simulator is not running; use it as a context manager")
        return self._sender.post(
            self.webhook_url, body, copies=copies, delay_s=delay_s, after=after
        )
