"""`wacall simulate whatsapp`: the simulator alone, with a page and an API to place calls."""

import argparse
import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from simulators.meta.calls.call import MetaCall
from simulators.meta.calls.talk import hold_conversation
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.people_page import PeoplePage
from simulators.meta.webhooks.calls import Caller, Line
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.phone.phone import CallOver
from simulators.phone.recording import Pcm, read_wav
from simulators.signals import end_asked
from simulators.speech import voice
from simulators.tasks import Tasks

# once options, now refused
_SECRETS = {"--app-secret": "WA_APP_SECRET", "--access-token": "WA_ACCESS_TOKEN"}
_PAGE = """<!doctype html><meta charset="utf-8"><title>Simulated WhatsApp</title>
<h1>Simulated WhatsApp</h1>
<p>Place a call that says, one sentence a line:</p>
<form id="f"><textarea id="say" rows="5" cols="60">Hello, who is there?</textarea>
<p><button>Call</button></form><pre id="calls"></pre>
<h2>People whom the business may call</h2>
<form id="p"><input id="phone" placeholder="phone number" value="15550100123">
<select id="permission"><option>temporary<option>permanent<option>none</select>
<select id="reaction"><option>answers<option>rejects<option>ignores<option>busy</select>
<input id="line" size="40" value="Hello, who is there?"><button>Add</button></form>
<pre id="people"></pre><pre id="outbound"></pre>
<script>
const show = async () => {
  for (const name of ["calls", "people", "outbound"]) {
    const answer = await fetch("/sim/" + name);
    document.getElementById(name).textContent = JSON.stringify(await answer.json(), null, 1);
  }
};
document.getElementById("p").onsubmit = async (event) => {
  event.preventDefault();
  const value = (id) => document.getElementById(id).value;
  const person = {phone: value("phone"), permission: value("permission"),
    reaction: value("reaction"), say: value("line") ? [value("line")] : []};
  await fetch("/sim/people", {method: "POST", body: JSON.stringify(person)});
  show();
};
document.getElementById("f").onsubmit = async (event) => {
  event.preventDefault();
  const say = document.getElementById("say").value.split("\\n").filter((line) => line.trim());
  await fetch("/sim/calls", {method: "POST", body: JSON.stringify({say})});
  show();
};
setInterval(show, 1000);
</script>
"""


class ControlPage:
    """Routes under `/sim`: place calls, look at them, hang up. For this machine alone."""

    def __init__(self) -> None:
        self.simulator: WhatsAppSimulator | None = None
        self.people = PeoplePage(lambda: self._running)
        self._conversations = Tasks()

    def add_routes(self, app: web.Application) -> None:
        """Serve the page and its API."""
        app.router.add_get("/sim", self._page)
        app.router.add_get("/sim/calls", self._list)
        app.router.add_post("/sim/calls", self._place)
        app.router.add_post("/sim/calls/{number}/hangup", self._hang_up)
        app.router.add_get("/sim/calls/{number}/recording", self._recording)
        self.people.add_routes(app)

    async def close(self) -> None:
        """Let the callers go, and those who were called."""
        await self.people.close()
        await self._conversations.close()

    @property
    def _running(self) -> WhatsAppSimulator:
        if self.simulator is None:
            raise web.HTTPServiceUnavailable(text="the simulator is starting")
        return self.simulator

    async def _page(self, request: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    async def _list(self, request: web.Request) -> web.Response:
        calls = self._running.calls
        return web.json_response([_describe(index, call) for index, call in enumerate(calls, 1)])

    async def _place(self, request: web.Request) -> web.Response:
        try:
            wish = await request.json() if request.can_read_body else {}
            turns = await _turns(wish)
            caller = Caller(
                name=str(wish.get("name", Caller().name)),
                phone=str(wish.get("phone", Caller().phone)),
            )
        except (ValueError, TypeError, AttributeError, RecursionError, OSError, EOFError) as error:
            return web.json_response({"error": str(error)}, status=400)
        call = await self._running.call(CallPlan(caller=caller))
        self._conversations.spawn(_converse(call, turns))
        return web.json_response(_describe(len(self._running.calls), call), status=202)

    def _find(self, request: web.Request) -> SimulatedCall:
        number = request.match_info["number"]
        calls = self._running.calls
        if not number.isdigit() or not 1 <= int(number) <= len(calls):
            raise web.HTTPNotFound(text=f"there is no call {number}")
        return calls[int(number) - 1]

    async def _hang_up(self, request: web.Request) -> web.Response:
        self._find(request).hang_up()
        return web.json_response({"ok": True})

    async def _recording(self, request: web.Request) -> web.StreamResponse:
        call = self._find(request)
        with tempfile.TemporaryDirectory(prefix="wacall-") as directory:
            path = Path(directory) / "call.wav"
            await call.write_recording(path)
            body = await asyncio.to_thread(path.read_bytes)
        return web.Response(body=body, content_type="audio/wav")


async def _turns(wish: Mapping[str, Any]) -> list[tuple[Pcm, int]]:
    sentences = wish.get("say", [])
    if isinstance(sentences, str):
        sentences = [sentences]
    turns = [await voice.CALLER.speak(str(sentence)) for sentence in sentences]
    if "wav" in wish:
        turns.append(await asyncio.to_thread(read_wav, Path(str(wish["wav"]))))
    return turns or [await voice.CALLER.speak("Hello, who is there?")]


async def _converse(call: SimulatedCall, turns: Sequence[tuple[Pcm, int]]) -> None:
    with contextlib.suppress(TimeoutError, CallOver):
        await call.accepted(90)
        await hold_conversation(call, turns)


def _describe(number: int, call: SimulatedCall) -> dict[str, Any]:
    counts = call.phone.counts
    return {
        "number": number,
        "wacid": call.wacid,
        "state": call.state.value,
        "ms_since_webhook": {
            name: round(value, 1) for name, value in call.timings.since_webhook_ms().items()
        },
        "packets": {"sent": call.phone.packets_sent, "received": counts.packets},
        "lost": counts.lost,
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


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    port = environment.get("PORT", "4000")
    parser = argparse.ArgumentParser(
        prog="wacall simulate whatsapp",
        description="Serves the WhatsApp Graph API for calls and places calls to a webhook.",
        epilog="POST /sim/calls {'say': ['Hello.', 'Goodbye.'], 'wav': 'file.wav', 'name': '...'} "
        "places a call; GET /sim/calls tells of all; POST /sim/people {'phone': '15550100123', "
        "'permission': 'temporary', 'reaction': 'answers', 'say': ['Hello?']} makes a person whom "
        "the business may call, POST /sim/people/1/reply|text|grant|switch-on|switch-off|plan lets "
        "them act, GET /sim/outbound tells of their calls; /sim is a page for all. Point the "
        "business at it with WA_GRAPH_BASE_URL=http://127.0.0.1:<port>. Environment: "
        "WA_APP_SECRET signs the webhooks, WA_ACCESS_TOKEN is the only token taken; both as the "
        "business has them, never as arguments, which everybody on the machine can read.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=int, required=True, help="port of Graph API and page")
    parser.add_argument("--host", default="127.0.0.1", help="address to serve on (%(default)s)")
    parser.add_argument(
        "--webhook-url",
        default=f"http://127.0.0.1:{port}/wa/webhook",
        help="the business's webhook (%(default)s, after PORT)",
    )
    parser.add_argument(
        "--phone-number-id",
        default=environment.get("WA_PHONE_NUMBER_ID", Line().phone_number_id),
        help="the business number's id (WA_PHONE_NUMBER_ID, else %(default)s)",
    )
    parser.add_argument(
        "--business-phone",
        default=Line().display_phone_number,
        help="the business's number, digits; one of a country whose businesses may call",
    )
    return parser


async def _serve(options: argparse.Namespace, app_secret: str, access_token: str) -> None:
    page = ControlPage()
    asked = end_asked()
    simulator = WhatsAppSimulator(
        app_secret=app_secret,
        access_token=access_token,
        webhook_url=options.webhook_url,
        line=Line(
            phone_number_id=options.phone_number_id,
            display_phone_number=options.business_phone,
        ),
        host=options.host,
        port=options.port,
        on_event=_narrate,
        on_outbound_event=_narrate,
        add_routes=page.add_routes,
    )
    async with simulator:
        page.simulator = simulator
        url = simulator.graph_url
        _say(f"ready graph={url} page={url}/sim webhook={options.webhook_url}")
        answering = asyncio.create_task(page.people.answer_calls())
        await asked.wait()
        answering.cancel()
        await asyncio.gather(answering, return_exceptions=True)
        await page.close()
    voice.close()


def _narrate(call: MetaCall, what: str) -> None:
    # the last characters of the id tell calls apart without telling who calls
    _say(f"{time.monotonic() - call.placed_at:7.3f} s  call ..{call.wacid[-7:-1]}  {what}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; return the exit code."""
    given = sys.argv[1:] if argv is None else argv
    for option, name in _SECRETS.items():
        if any(part == option or part.startswith(f"{option}=") for part in given):
            sys.stderr.write(
                f"{option} is not taken: whoever may list processes would read it. Set {name} in "
                "the environment or in .env.\n"
            )
            return 2
    options = _parser(os.environ).parse_args(given)
    secrets = [os.environ.get(name, "") for name in _SECRETS.values()]
    for name, value in zip(_SECRETS.values(), secrets, strict=True):
        if not value:
            sys.stderr.write(f"{name} is not set; set it to what the business has.\n")
            return 2
    try:
        asyncio.run(_serve(options, *secrets))
    except OSError as error:
        sys.stderr.write(f"port {options.port} cannot be used: {error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
