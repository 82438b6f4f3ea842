"""`wacall simulate whatsapp`: the simulator alone, with a page and an API to place calls."""

import argparse
import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from aiohttp import web

from simulators.meta.accounts import accounts_at_one_address
from simulators.meta.calls.call import MetaCall
from simulators.meta.calls_page import CallsPage
from simulators.meta.handsets import Handsets
from simulators.meta.people_page import PeoplePage
from simulators.meta.webhooks.calls import Line
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.signals import end_asked
from simulators.speech import ear, voice

# once options, now refused
_SECRETS = {"--app-secret": "WA_APP_SECRET", "--access-token": "WA_ACCESS_TOKEN"}
_PAGES = Path(__file__).with_name("pages")
# what the pages are made of, and how it is called in HTTP; nothing else is served
_KINDS = {".js": "text/javascript", ".css": "text/css"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; worker-src 'self'; "
    "style-src 'self'; img-src 'self' data:; connect-src 'self'; media-src 'self' blob: "
    "mediastream:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
}


class Account(NamedTuple):
    """A further number, of an account and an app of its own."""

    line: Line
    access_token: str
    app_secret: str


def account_named(text: str) -> Account:
    """Read `ID:TOKEN_VARIABLE:SECRET_VARIABLE`, with the values of the variables.

    Raises:
        ArgumentTypeError: it is malformed, or a variable is not set.
    """
    number, _, variables = text.partition(":")
    token, _, secret = variables.partition(":")
    if not number.isdecimal() or not token or not secret:
        raise argparse.ArgumentTypeError(
            "write ID:TOKEN_VARIABLE:SECRET_VARIABLE, such as 22:CLINIC_TOKEN:CLINIC_SECRET"
        )
    for name in (token, secret):
        if not os.environ.get(name):
            raise argparse.ArgumentTypeError(f"{name} is not set; set it to what the business has")
    # numbers of several accounts never have the same id
    line = Line(
        phone_number_id=number, display_phone_number=f"44{number}"[:15], waba_id=f"{number}000"
    )
    return Account(line, os.environ[token], os.environ[secret])


class ControlPage:
    """Routes under `/sim`: a page, and an API to place calls and look at them."""

    def __init__(self) -> None:
        self.simulator: WhatsAppSimulator | None = None
        self.calls = CallsPage(lambda: self._running)
        self.people = PeoplePage(lambda: self._running)
        self.handsets = Handsets(lambda: self._running)
        # only names that are there: no path leads out of the folder
        self._files = {
            path.name: path for path in sorted(_PAGES.iterdir()) if path.suffix in _KINDS
        }

    def add_routes(self, app: web.Application) -> None:
        """Serve the page and its API. For this machine alone."""
        app.router.add_get("/sim", self._page)
        app.router.add_get("/sim/static/{name}", self._file)
        self.handsets.add_routes(app)
        self.calls.add_routes(app)
        self.people.add_routes(app)

    async def close(self) -> None:
        """Let the callers go, and those who were called."""
        await self.handsets.close()
        await self.people.close()
        await self.calls.close()

    @property
    def _running(self) -> WhatsAppSimulator:
        if self.simulator is None:
            raise web.HTTPServiceUnavailable(text="the simulator is starting")
        return self.simulator

    async def _page(self, request: web.Request) -> web.Response:
        text = (_PAGES / "index.html").read_text("utf-8")
        return web.Response(text=text, content_type="text/html", headers=_HEADERS)

    async def _file(self, request: web.Request) -> web.Response:
        path = self._files.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound(text="there is no such file")
        text = path.read_text("utf-8")
        return web.Response(text=text, content_type=_KINDS[path.suffix], headers=_HEADERS)


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    port = environment.get("PORT", "4000")
    parser = argparse.ArgumentParser(
        prog="wacall simulate whatsapp",
        description="Serves the WhatsApp Graph API for calls and places calls to a webhook.",
        epilog="POST /sim/calls {'say': ['Hello.', 'Goodbye.'], 'wav': 'file.wav', 'name': '...'} "
        "places a call; POST /sim/calls/1/say|keys|hangup acts in it; GET /sim/calls tells of all; "
        "POST /sim/people {'phone': '15550100123', "
        "'permission': 'temporary', 'reaction': 'answers', 'say': ['Hello?']} makes a person whom "
        "the business may call, POST /sim/people/1/reply|text|grant|switch-on|switch-off|plan lets "
        "them act ({'text': 'Hi'} is what they write), GET /sim/outbound tells of their calls; "
        "/sim is a page for all. Point the business at it with "
        "WA_GRAPH_BASE_URL=http://127.0.0.1:<port>. Environment: "
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
    parser.add_argument(
        "--also",
        metavar="ID:TOKEN_VARIABLE:SECRET_VARIABLE",
        type=account_named,
        action="append",
        default=[],
        help="a further number, of an account and app of its own: its id, and the variables that "
        "hold its token and its app's secret; repeat for more",
    )
    return parser


@contextlib.asynccontextmanager
async def _playing(
    options: argparse.Namespace, line: Line, *, app_secret: str, access_token: str, port: int
) -> AsyncIterator[WhatsAppSimulator]:
    """Play one number, with a page of its own."""
    page = ControlPage()
    simulator = WhatsAppSimulator(
        app_secret=app_secret,
        access_token=access_token,
        webhook_url=options.webhook_url,
        line=line,
        host=options.host,
        port=port,
        on_event=_narrate,
        on_outbound_event=_narrate,
        add_routes=page.add_routes,
    )
    async with simulator:
        page.simulator = simulator
        answering = asyncio.create_task(page.people.answer_calls())
        try:
            yield simulator
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)
            await page.close()


async def _serve(options: argparse.Namespace, app_secret: str, access_token: str) -> None:
    asked = end_asked()
    line = Line(
        phone_number_id=options.phone_number_id, display_phone_number=options.business_phone
    )
    # one number is at the port itself; several stand behind it, each with a page of its own
    port = 0 if options.also else options.port
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(
            _playing(options, line, app_secret=app_secret, access_token=access_token, port=port)
        )
        others = [
            await stack.enter_async_context(
                _playing(
                    options,
                    one.line,
                    app_secret=one.app_secret,
                    access_token=one.access_token,
                    port=0,
                )
            )
            for one in options.also
        ]
        url = first.graph_url
        if others:
            url = await stack.enter_async_context(
                accounts_at_one_address([first, *others], host=options.host, port=options.port)
            )
        for other in others:
            _say(f"also number={other.line.phone_number_id} page={other.graph_url}/sim")
        # the page's own address: what stands in front of several numbers passes no WebSocket on
        page = f"{first.graph_url}/sim"
        _say(f"ready graph={url} page={page} webhook={options.webhook_url}")
        await asked.wait()
    ear.close()
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
