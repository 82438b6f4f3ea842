"""Routes under `/sim` for business-initiated calls: people, their permissions, calls, the bill."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.calls.talk import hold_conversation
from simulators.meta.people.callee_plan import AnswerWebhook, CalleePlan, Reaction, Statuses
from simulators.meta.people.person import Person, ReplyPlan
from simulators.meta.webhooks.calls import Caller, Json
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.phone.phone import CallOver
from simulators.phone.recording import Pcm
from simulators.speech import voice
from simulators.tasks import Tasks

_REPLIES = {
    "accept": ReplyPlan(),
    "permanent": ReplyPlan(permanent=True),
    "reject": ReplyPlan(accept=False),
}
_NO_SUCH = "there is no {what} {number}"


class PeoplePage:
    """The people's side of the control page. For this machine alone."""

    def __init__(self, running: Callable[[], WhatsAppSimulator]) -> None:
        self._running = running
        # by person: what they say when they are called, a sentence a turn
        self._lines: dict[str, list[tuple[Pcm, int]]] = {}
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
            wish = await _json(request)
            someone = Caller()
            number = len(simulator.people) + 1
            person = Person(
                caller=Caller(
                    phone=str(wish.get("phone", someone.phone)).lstrip("+"),
                    name=str(wish.get("name", someone.name)),
                    # the first one is who calls, too
                    user_id=str(
                        wish.get(
                            "user_id",
                            someone.user_id if number == 1 else f"US.1349120865530{number:07d}",
                        )
                    ),
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
        return web.json_response(_describe(number, person, simulator), status=201)

    async def _act(self, request: web.Request) -> web.Response:
        simulator, (number, person) = self._running(), self._find_person(request)
        outbound = simulator.outbound
        try:
            wish = await _json(request)
            permanent = bool(wish.get("permanent", False))
            match request.match_info["action"]:
                case "grant":
                    outbound.grant(person, permanent=permanent)
                case "reply":
                    accept = bool(wish.get("accept", True))
                    outbound.reply_to_request(person, accept=accept, permanent=permanent)
                case "switch-on":
                    outbound.switch_on(person)
                case "switch-off":
                    outbound.switch_off(person)
                case "text":
                    outbound.write_text(person, str(wish.get("text", "STOP")))
                case "plan":
                    person.plan = _plan(person.plan, wish)
                    if "replies" in wish:
                        person.replies = _replies(wish)
                    if "say" in wish:
                        self._lines[person.user_id] = await _spoken(wish["say"])
                case unknown:
                    raise web.HTTPNotFound(text=f"a person cannot {unknown}")
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
        return web.json_response([_describe_call(number, one) for number, one in _numbered(calls)])

    async def _act_on_call(self, request: web.Request) -> web.Response:
        name = request.match_info["number"]
        found = {str(number): one for number, one in _numbered(self._running().outbound.calls)}
        if name not in found:
            raise web.HTTPNotFound(text=_NO_SUCH.format(what="call", number=name))
        call = found[name]
        acts: dict[str, Callable[[], None]] = {
            "pick-up": call.pick_up,
            "reject": call.reject,
            "hangup": call.hang_up,
            "vanish": call.vanish,
            "mute": call.mute,
        }
        action = request.match_info["action"]
        if action == "keys":
            try:
                call.phone.press_keys(str((await _json(request)).get("keys", "")))
            except ValueError as error:
                return web.json_response({"error": str(error)}, status=400)
        elif action in acts:
            acts[action]()
        else:
            raise web.HTTPNotFound(text=f"there is no action {action}")
        return web.json_response(_describe_call(int(name), call))

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
            clock.advance(float((await _json(request)).get("advance_s", 0)))
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"now": round(clock.now())})

    async def _converse(self, call: OutboundCall) -> None:
        turns = self._lines.get(call.person.user_id)
        with contextlib.suppress(TimeoutError, CallOver):
            await call.accepted(120)
            if turns:
                await hold_conversation(call, turns)


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
    if name is not None and name not in _REPLIES:
        raise ValueError(f"replies must be one of {', '.join(_REPLIES)}, or null")
    return None if name is None else _REPLIES[name]


async def _spoken(sentences: str | Sequence[str]) -> list[tuple[Pcm, int]]:
    wanted = [sentences] if isinstance(sentences, str) else sentences
    return [await voice.CALLER.speak(str(sentence)) for sentence in wanted]


async def _json(request: web.Request) -> Mapping[str, Any]:
    try:
        body = await request.json() if request.can_read_body else {}
    except RecursionError:
        raise ValueError("the body is nested too deep") from None
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")
    return body


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
    }


def _describe_call(number: int, call: OutboundCall) -> Json:
    counts = call.phone.counts
    return {
        "number": number,
        "wacid": call.wacid,
        "user_id": call.person.user_id,
        "state": call.state.value,
        "ms_since_offer": {
            name: round(value, 1) for name, value in call.timings.since_offer_ms().items()
        },
        "packets": {"sent": call.phone.packets_sent, "received": counts.packets},
        "violations": [{"what": item.what, "rule": item.rule} for item in call.violations],
        "end": None
        if call.end is None
        else {
            "by": call.end.by,
            "status": call.end.status,
            "duration_s": call.end.duration_s,
            "error_code": call.end.error_code,
        },
    }
