"""Routes under `/sim` for business-initiated calls: people, their permissions, calls, the bill."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.calls.hearing import Hearing
from simulators.meta.calls.talk import hold_conversation
from simulators.meta.calls_page import NOTHING, act_on_call, describe_call
from simulators.meta.people.callee_plan import AnswerWebhook, CalleePlan, Reaction, Statuses
from simulators.meta.people.person import Person, ReplyPlan
from simulators.meta.webhooks.calls import Caller, Json, caller_at
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.meta.wishes import (
    Key,
    digits,
    listed,
    number,
    one_of,
    phone_number,
    read_wish,
    sentences,
    text,
    yes_no,
)
from simulators.phone.browser_phone import BrowserPhone
from simulators.phone.phone import CallOver
from simulators.phone.recording import Pcm
from simulators.speech import voice
from simulators.tasks import Tasks

_REPLIES = {
    "accept": ReplyPlan(),
    "permanent": ReplyPlan(permanent=True),
    "reject": ReplyPlan(accept=False),
}
_PLAN = {
    "reaction": one_of(Reaction),
    "statuses": one_of(Statuses),
    "answer_webhook": one_of(AnswerWebhook),
    "setup": one_of(("active", "passive", "actpass")),
    "after_s": number(),
    "answer_delay_s": number(),
    "ringing_delay_s": number(),
    "replies": one_of(tuple(_REPLIES), or_null=True),
    "say": sentences(),
}
_ADD = {
    "phone": phone_number(), "name": text(), "user_id": text(),
    "permission": one_of(("none", "temporary", "permanent")), **_PLAN,
}  # fmt: skip
_GRANT = {"permanent": yes_no()}
_ACTS: Mapping[str, Mapping[str, Key]] = {
    "grant": _GRANT,
    "reply": {"accept": yes_no(), **_GRANT},
    "switch-on": NOTHING,
    "switch-off": NOTHING,
    "text": {"text": text(needed=True)},
    "plan": _PLAN,
}
_CLOCK = {"advance_s": number(needed=True)}
_NO_SUCH = "there is no {what} {number}"


class PeoplePage:
    """The people's side of the control page. For this machine alone."""

    def __init__(self, running: Callable[[], WhatsAppSimulator]) -> None:
        self._running = running
        # by person: what they say when they are called, a sentence a turn
        self._lines: dict[str, list[tuple[str, tuple[Pcm, int]]]] = {}
        # by call
        self._talks: dict[str, Hearing] = {}
        self._tasks = Tasks()

    def add_routes(self, app: web.Application) -> None:
        """Serve the API."""
        app.router.add_get("/sim/people", self._list_people)
        app.router.add_post("/sim/people", self._add_person)
        app.router.add_post("/sim/people/{number}/{action}", self._act)
        app.router.add_get("/sim/outbound", self._list_calls)
        app.router.add_post("/sim/outbound/{number}/{action}", self._act_on_call)
        app.router.add_get("/sim/bill", self._bill)
        app.router.add_post("/sim/clock", self._advance)

    async def answer_calls(self) -> None:
        """Let every person who is called hold their conversation; runs until canceled."""
        while True:
            with contextlib.suppress(TimeoutError):
                call = await self._running().next_outbound_call(3600)
                if isinstance(call.phone, BrowserPhone):
                    # somebody sits there, and talks by themselves
                    self._tasks.spawn(_ring(call, call.phone))
                else:
                    self._tasks.spawn(self._converse(call))

    async def close(self) -> None:
        """Let the people go."""
        await self._tasks.close()

    # --- people ---

    async def _list_people(self, request: web.Request) -> web.Response:
        simulator = self._running()
        return web.json_response(
            [_describe(number, one, simulator) for number, one in simulator.people.numbered()]
        )

    async def _add_person(self, request: web.Request) -> web.Response:
        simulator = self._running()
        try:
            wish = await read_wish(request, _ADD)
            place = len(simulator.people) + 1
            person = Person(
                caller=caller_at(
                    digits(wish.get("phone", Caller().phone)),
                    wish.get("name"),
                    wish.get("user_id"),
                ),
                plan=_plan(CalleePlan(), wish),
                replies=_replies(wish),
            )
            self._lines[person.user_id] = await _spoken(wish.get("say", []))
            simulator.add_person(person)
            if (permission := wish.get("permission", "none")) != "none":
                simulator.outbound.grant(person, permanent=permission == "permanent")
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(_describe(place, person, simulator), status=201)

    async def _act(self, request: web.Request) -> web.Response:
        simulator, (number, person) = self._running(), self._find_person(request)
        action = request.match_info["action"]
        if action not in _ACTS:
            raise web.HTTPNotFound(text=f"a person cannot {action}; they can {', '.join(_ACTS)}")
        outbound = simulator.outbound
        try:
            wish = await read_wish(request, _ACTS[action])
            permanent = wish.get("permanent", False)
            match action:
                case "grant":
                    outbound.grant(person, permanent=permanent)
                case "reply":
                    accept = wish.get("accept", True)
                    outbound.reply_to_request(person, accept=accept, permanent=permanent)
                case "switch-on":
                    outbound.switch_on(person)
                case "switch-off":
                    outbound.switch_off(person)
                case "text":
                    outbound.write_text(person, wish["text"])
                case "plan":
                    person.plan = _plan(person.plan, wish)
                    if "replies" in wish:
                        person.replies = _replies(wish)
                    if "say" in wish:
                        self._lines[person.user_id] = await _spoken(wish["say"])
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(_describe(number, person, simulator))

    def _find_person(self, request: web.Request) -> tuple[int, Person]:
        number = request.match_info["number"]
        for place, person in self._running().people.numbered():
            if str(place) == number:
                return place, person
        raise web.HTTPNotFound(text=_NO_SUCH.format(what="person", number=number))

    # --- calls ---

    async def _list_calls(self, request: web.Request) -> web.Response:
        calls = self._running().outbound.calls
        return web.json_response(
            [self._describe_call(number, one) for number, one in _numbered(calls)]
        )

    async def _act_on_call(self, request: web.Request) -> web.Response:
        name = request.match_info["number"]
        found = {str(number): one for number, one in _numbered(self._running().outbound.calls)}
        if name not in found:
            raise web.HTTPNotFound(text=_NO_SUCH.format(what="call", number=name))
        call = found[name]
        acts: dict[str, Callable[[], None]] = {
            "pick-up": call.pick_up,
            "reject": call.reject,
            "vanish": call.vanish,
            "mute": call.mute,
        }
        action = request.match_info["action"]
        try:
            if action in acts:
                await read_wish(request, NOTHING)
                acts[action]()
            else:
                await act_on_call(call, self._talks.get(call.wacid), request)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(self._describe_call(int(name), call))

    async def _bill(self, request: web.Request) -> web.Response:
        bill = self._running().bill
        charges = [
            {"country": one.country, "seconds": one.duration_s, "pulses": one.pulses}
            for one in bill.charges
        ]
        return web.json_response({"pulses": bill.pulses, "charges": charges})

    async def _advance(self, request: web.Request) -> web.Response:
        clock = self._running().clock
        try:
            clock.advance((await read_wish(request, _CLOCK))["advance_s"])
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"now": round(clock.now())})

    async def _converse(self, call: OutboundCall) -> None:
        lines = self._lines.get(call.person.user_id, [])
        talk = self._talks[call.wacid] = Hearing(call)
        self._tasks.spawn(talk.listen())
        with contextlib.suppress(TimeoutError, CallOver):
            await call.accepted(120)
            if lines:
                turns = [sound for _, sound in lines]
                await hold_conversation(call, turns, on_turn=lambda at: talk.note(lines[at][0]))

    def _describe_call(self, number: int, call: OutboundCall) -> Json:
        return {
            "number": number,
            "phone": call.person.phone,
            "user_id": call.person.user_id,
            "ms_since_offer": {
                name: round(value, 1) for name, value in call.timings.since_offer_ms().items()
            },
            **describe_call(call, self._talks.get(call.wacid)),
        }


async def _ring(call: OutboundCall, phone: BrowserPhone) -> None:
    with contextlib.suppress(TimeoutError, CallOver):
        await call.rings(120)
        phone.ring()


def _plan(plan: CalleePlan, wish: Mapping[str, Any]) -> CalleePlan:
    changes: dict[str, Any] = {}
    for name, make in (
        ("reaction", Reaction),
        ("statuses", Statuses),
        ("answer_webhook", AnswerWebhook),
        ("setup", str),
        ("after_s", float),
        ("answer_delay_s", float),
        ("ringing_delay_s", float),
    ):
        if name in wish:
            changes[name] = make(wish[name])
    return replace(plan, **changes)


def _replies(wish: Mapping[str, Any]) -> ReplyPlan | None:
    name = wish.get("replies")
    return None if name is None else _REPLIES[name]


async def _spoken(wanted: str | list[str]) -> list[tuple[str, tuple[Pcm, int]]]:
    return [(sentence, await voice.CALLER.speak(sentence)) for sentence in listed(wanted)]


def _numbered(calls: Sequence[OutboundCall]) -> list[tuple[int, OutboundCall]]:
    return list(enumerate(calls, 1))


def _describe(number: int, person: Person, simulator: WhatsAppSimulator) -> Json:
    now = simulator.clock.now()
    return {
        "number": number,
        "phone": person.phone,
        "user_id": person.user_id,
        "permission": person.permission.grant(now).value,
        "expires_at": person.permission.expires_at(now),
        "open_requests": len(person.permission.open_requests(now)),
        "unanswered": person.permission.unanswered,
        "window_is_open": person.window_is_open(now),
        "reaction": person.plan.reaction.value,
        "chat": [
            {
                "from": "business" if line.is_from_business else "user",
                "text": line.text,
                "request": line.request_id,
                "is_open": line.request_id in person.permission.open_requests(now),
            }
            for line in person.chat
        ],
    }
