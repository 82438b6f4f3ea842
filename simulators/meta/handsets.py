"""Phones that are browsers: the WebSocket by which an open page is somebody's phone.

What goes over it, JSON: the page says `hello`, `ring`, `describe`, `pick-up`, `decline`, `hang-up`,
`vanish` and `report`; it hears `you`, `calling`, `answer`, `offer`, `ringing`, `accepted`, `keys`,
`over`, `vanished`, `taken-over` and `problem`. Sound never comes by.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from aiohttp import WSMsgType, web

from simulators.meta.calls.call import MetaCall
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.people.callee_plan import CalleePlan, Reaction
from simulators.meta.people.person import Person
from simulators.meta.webhooks.calls import caller_at
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.meta.wishes import digits, phone_number
from simulators.phone.browser_phone import BrowserPhone
from simulators.phone.browser_sdp import in_metas_shape
from simulators.tasks import Tasks

_HEARTBEAT_S = 20.0
_LONGEST_MESSAGE = 64 * 1024


class Handset:
    """One open page, as its person's phone: one call at a time."""

    def __init__(self, socket: web.WebSocketResponse, simulator: WhatsAppSimulator) -> None:
        self._socket = socket
        self._simulator = simulator
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._phone: BrowserPhone | None = None
        self.person: Person | None = None

    # --- for the phones ---

    def tell(self, kind: str, **said: Any) -> None:
        """Send the page a message; a page that is gone hears nothing."""
        self._outgoing.put_nowait(json.dumps({"type": kind, **said}))

    async def send_all(self) -> None:
        """Send what there is to tell, until canceled."""
        while True:
            message = await self._outgoing.get()
            with contextlib.suppress(ConnectionError):
                await self._socket.send_str(message)

    # --- what the page says ---

    async def take(self, said: Mapping[str, Any]) -> None:
        """Do what the page asks for.

        Raises:
            ValueError: it cannot be done; a sentence for whoever sits there.
        """
        match said.get("type"):
            case "hello":
                self._be(said.get("phone"))
            case "ring":
                await self._ring(_text_of(said, "sdp"))
            case "describe" if self._phone is not None:
                self._phone.described(_text_of(said, "sdp"))
            case "report" if self._phone is not None:
                self._phone.report(said)
            case "pick-up" | "decline" | "hang-up" | "vanish" as act:
                self._act(act)

    def leave(self) -> None:
        """The page is closed: its phone has no network any more, and rings no more."""
        if self._phone is not None:
            self._phone.page_left()
        if (call := self._call()) is not None:
            call.vanish()
        # another page may be the phone by now
        if self.person is not None and self.person.plan.make_phone == self._make_phone:
            self.person.plan = CalleePlan(reaction=Reaction.UNREACHABLE)

    def be_replaced(self) -> None:
        """Give the phone up: another page is it now."""
        self.leave()
        self.person = None
        self.tell("taken-over")

    # --- inside ---

    def _be(self, phone: object) -> None:
        if self.person is not None or not phone_number().fits(phone):
            raise ValueError("say hello once, with a phone number")
        number = digits(str(phone))
        people = self._simulator.people
        found = people.find(number)
        self.person = found or self._simulator.add_person(Person(caller=caller_at(number)))
        self.person.plan = CalleePlan(
            reaction=Reaction.IGNORES, make_phone=self._make_phone, answer_delay_s=0.0
        )
        self.tell("you", phone=number, number=list(people).index(self.person) + 1)

    async def _ring(self, sdp: str) -> None:
        if self.person is None:
            raise ValueError("say hello first")
        if self._call() is not None:
            raise ValueError("this phone is in a call already")
        # before there is a call that could not be placed
        in_metas_shape(sdp)
        make = partial(self._make_phone, offered=sdp)
        call = await self._simulator.call(CallPlan(caller=self.person.caller, make_phone=make))
        self.tell("calling", wacid=call.wacid)

    def _make_phone(self, **options: Any) -> BrowserPhone:
        self._phone = BrowserPhone(self, **options)
        return self._phone

    def _call(self) -> MetaCall | None:
        """Return the call that the page is in, or that rings there."""
        calls = (*self._simulator.calls, *self._simulator.outbound.calls)
        return next((one for one in calls if one.phone is self._phone and not one.is_over), None)

    def _act(self, act: str) -> None:
        call = self._call()
        if call is None:
            raise ValueError("there is no call any more")
        placed = next((one for one in self._simulator.outbound.calls if one is call), None)
        match act:
            case "pick-up" if placed is not None:
                placed.pick_up()
            case "decline" if placed is not None:
                placed.reject()
            case "hang-up":
                call.hang_up()
            case "vanish":
                call.vanish()
                # of what comes of the call nobody here will hear; the phone is free
                self._phone = None


class Handsets:
    """All open pages; each is one person's phone, the last one that says so."""

    def __init__(self, running: Callable[[], WhatsAppSimulator]) -> None:
        self._running = running
        self._open: list[Handset] = []
        self._sockets: set[web.WebSocketResponse] = set()
        self._tasks = Tasks()

    def add_routes(self, app: web.Application) -> None:
        """Serve the WebSocket."""
        app.router.add_get("/sim/handset", self._serve)

    async def close(self) -> None:
        """Close all of them."""
        for socket in list(self._sockets):
            await socket.close()
        await self._tasks.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        # any page on the web could open a socket to this machine (RFC 6455, section 10.2)
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="the page is of another origin")
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT_S, max_msg_size=_LONGEST_MESSAGE)
        await socket.prepare(request)
        handset = Handset(socket, self._running())
        self._open.append(handset)
        self._sockets.add(socket)
        sending = self._tasks.spawn(handset.send_all())
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._take(handset, message.data)
        finally:
            self._open.remove(handset)
            self._sockets.discard(socket)
            handset.leave()
            sending.cancel()
        return socket

    async def _take(self, handset: Handset, text: str) -> None:
        try:
            said = json.loads(text)
            if not isinstance(said, dict):
                raise ValueError("a message is a JSON object")
            await handset.take(said)
        except (ValueError, RecursionError, OSError) as problem:
            handset.tell("problem", text=str(problem))
            return
        for other in self._open:
            if handset.person and other is not handset and other.person is handset.person:
                other.be_replaced()


def _text_of(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"'{name}' is missing")
    return value
