"""Routes under `/sim` for users' calls: place them, talk, press keys, hang up, listen to them."""

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiohttp import web

from simulators.meta.calls.call import MetaCall
from simulators.meta.calls.hearing import Hearing
from simulators.meta.calls.talk import hold_conversation
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.webhooks.calls import Caller, Json, caller_at
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.meta.wishes import (
    Key,
    digits,
    listed,
    phone_number,
    read_wish,
    sentences,
    text,
    yes_no,
)
from simulators.phone.browser_phone import BrowserPhone
from simulators.phone.phone import CallOver
from simulators.phone.recording import Pcm, read_wav
from simulators.speech import voice
from simulators.tasks import Tasks

_HELLO = "Hello, who is there?"
_PLACE = {
    "say": sentences(),
    "wav": text(),
    "name": text(),
    "phone": phone_number(),
    "stays": yes_no(),
}
SAY = {"say": text(needed=True)}
KEYS = {"keys": text(needed=True)}
NOTHING: dict[str, Key] = {}


class CallsPage:
    """The callers' side of the control page. For this machine alone."""

    def __init__(self, running: Callable[[], WhatsAppSimulator]) -> None:
        self._running = running
        self._talks: dict[str, Hearing] = {}
        self._tasks = Tasks()

    def add_routes(self, app: web.Application) -> None:
        """Serve the API."""
        app.router.add_get("/sim/calls", self._list)
        app.router.add_post("/sim/calls", self._place)
        app.router.add_post("/sim/calls/{number}/{action}", self._act)
        app.router.add_get("/sim/calls/{number}/recording", self._recording)

    async def close(self) -> None:
        """Let the callers go."""
        await self._tasks.close()

    async def _list(self, request: web.Request) -> web.Response:
        return web.json_response(
            [self._describe(number, one) for number, one in enumerate(self._running().calls, 1)]
        )

    async def _place(self, request: web.Request) -> web.Response:
        try:
            wish = await read_wish(request, _PLACE)
            said = listed(wish.get("say", [])) or ([] if "wav" in wish else [_HELLO])
            turns = [await voice.CALLER.speak(sentence) for sentence in said]
            if "wav" in wish:
                turns.append(await asyncio.to_thread(read_wav, Path(wish["wav"])))
                said = [*said, "(a recording)"]
            caller = caller_at(digits(wish.get("phone", Caller().phone)), wish.get("name"))
        except (ValueError, OSError, EOFError) as error:
            return web.json_response({"error": str(error)}, status=400)
        call = await self._running().call(CallPlan(caller=caller))
        talk = self._talks[call.wacid] = Hearing(call)
        self._tasks.spawn(talk.listen())
        self._tasks.spawn(_converse(call, talk, said, turns, stays=wish.get("stays", False)))
        return web.json_response(self._describe(len(self._running().calls), call), status=202)

    async def _act(self, request: web.Request) -> web.Response:
        call = self._find(request)
        try:
            await act_on_call(call, self._talks.get(call.wacid), request)
        except ValueError as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(self._describe(int(request.match_info["number"]), call))

    async def _recording(self, request: web.Request) -> web.StreamResponse:
        call = self._find(request)
        with tempfile.TemporaryDirectory(prefix="wacall-") as directory:
            path = Path(directory) / "call.wav"
            await call.write_recording(path)
            body = await asyncio.to_thread(path.read_bytes)
        return web.Response(body=body, content_type="audio/wav")

    def _find(self, request: web.Request) -> SimulatedCall:
        number = request.match_info["number"]
        calls = self._running().calls
        if not number.isdigit() or not 1 <= int(number) <= len(calls):
            raise web.HTTPNotFound(text=f"there is no call {number}")
        return calls[int(number) - 1]

    def _describe(self, number: int, call: SimulatedCall) -> Json:
        return {
            "number": number,
            "name": call.user.name,
            "phone": call.user.phone,
            "user_id": call.user.user_id,
            "ms_since_webhook": {
                name: round(value, 1) for name, value in call.timings.since_webhook_ms().items()
            },
            "lost": call.phone.counts.lost,
            **describe_call(call, self._talks.get(call.wacid)),
        }


async def act_on_call(call: MetaCall, talk: Hearing | None, request: web.Request) -> None:
    """Do what everybody can do in a call: say something, press keys, hang up.

    Raises:
        ValueError: the body is not what the action takes, or the call is over.
        HTTPNotFound: there is no such action.
    """
    match request.match_info["action"]:
        case "hangup":
            await read_wish(request, NOTHING)
            call.hang_up()
        case "say":
            words = (await read_wish(request, SAY))["say"]
            _must_talk(call)
            if talk is None:
                raise ValueError("somebody talks here by a microphone; say it into that")
            await talk.say(words)
        case "keys":
            keys = (await read_wish(request, KEYS))["keys"]
            _must_talk(call)
            call.phone.press_keys(keys)
            if talk is not None:
                talk.note(f"(presses {keys})")
        case unknown:
            raise web.HTTPNotFound(text=f"there is no action {unknown}")


def _must_talk(call: MetaCall) -> None:
    if call.is_over or not call.was_answered:
        raise ValueError("the call is not answered, or over: nobody would hear it")


def describe_call(call: MetaCall, talk: Hearing | None) -> Mapping[str, Any]:
    """Return what is told of every call."""
    return {
        "wacid": call.wacid,
        "state": call.state.value,
        # somebody talks, instead of sentences that are read
        "microphone": isinstance(call.phone, BrowserPhone),
        "talk": [asdict(line) for line in talk or ()],
        "packets": {
            "sent": call.phone.packets_sent,
            "received": call.phone.counts.packets,
        },
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


async def _converse(
    call: SimulatedCall,
    talk: Hearing,
    said: Sequence[str],
    turns: Sequence[tuple[Pcm, int]],
    *,
    stays: bool,
) -> None:
    with contextlib.suppress(TimeoutError, CallOver):
        await call.accepted(90)
        await hold_conversation(
            call, turns, on_turn=lambda index: talk.note(said[index]), stays=stays
        )
