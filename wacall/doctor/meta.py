"""The doctor at Meta: number, time, token, calling settings."""

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import aiohttp

from controlplane.core.line import LineTerms
from controlplane.core.meta_time import MetaTime
from controlplane.meta.account_codes import TOKEN_EXPIRED
from controlplane.meta.graph import GraphClient
from controlplane.meta.graph_errors import GraphRefused
from controlplane.meta.line_settings import number_troubles, settings_troubles
from controlplane.meta.token import TokenInfo, token_troubles, why_refused
from controlplane.parts import make_graph
from controlplane.settings import Settings
from shared.call.errors import WacallError
from wacall.doctor.findings import Finding, fail, judge_clock, ok, warn
from wacall.doctor.subscription import accounts_of, look_at_subscription
from wacall.doctor.templates import look_at_follow_up_template, look_at_templates

# what Graph answers for an id that the token cannot see (Meta, Graph API: error 100/33)
_NO_SUCH_OBJECT = 100


async def look_at_meta(
    settings: Settings, http: aiohttp.ClientSession, lines: Sequence[LineTerms]
) -> AsyncIterator[Finding]:
    """Look at what Graph says of each line; of several, each finding names the line's id."""
    for line in lines:
        async for finding in _look_at_line(settings, http, line):
            if len(lines) > 1:
                finding = replace(finding, of=line.phone_number_id)
            yield finding


async def _look_at_line(
    settings: Settings, http: aiohttp.ClientSession, line: LineTerms
) -> AsyncIterator[Finding]:
    """Look at what Graph says of the number, and at the clock by which it says it."""
    seen = MetaTime()
    variable = line.token.variable

    def dated(date: datetime, sent: float, arrived: float) -> None:
        nonlocal seen
        seen = seen.answered(date.timestamp(), sent, arrived)

    graph = make_graph(settings, http, line, dated=dated)
    try:
        number = await graph.check_number()
    except WacallError as error:
        said = str(error)
        if isinstance(error, GraphRefused) and error.known is TOKEN_EXPIRED:
            said = why_refused(error.subcode, variable)
        if isinstance(error, GraphRefused) and error.meta_code == _NO_SUCH_OBJECT:
            said = (
                f"Meta knows no number of the id {line.phone_number_id} (WA_PHONE_NUMBER_ID, or a "
                "profile's) that this token may see."
            )
        yield fail(
            "graph",
            said,
            f"Set {variable} and the number's id (WA_PHONE_NUMBER_ID, or the profile's) to those "
            "of one app, and WA_GRAPH_BASE_URL and WA_GRAPH_VERSION only if Meta's are not meant.",
        )
        return
    for sentence in number_troubles(number.status).values():
        yield warn("graph", sentence, "Calls need a number that is CONNECTED.")
    yield ok("graph", "The token is accepted and the business number is there.")
    yield judge_clock(seen.skew(time.time(), time.monotonic()))
    try:
        token = await graph.check_token()
    except WacallError as error:
        yield warn("token", str(error), "Look at it with Meta's access token debugger.")
        token = None
    if token is not None:
        for finding in _judge_token(token, variable):
            yield finding
    async for finding in _look_at_settings(graph):
        yield finding
    if token is not None and token.is_valid:
        async for finding in look_at_subscription(settings, line, graph.http, http, token):
            yield finding
        accounts = accounts_of(line, token)
        if settings.bridge_urls and accounts:
            yield await look_at_templates(graph.http, accounts)
        if settings.wa_follow_up_template and accounts:
            named = settings.wa_follow_up_template
            yield await look_at_follow_up_template(graph.http, accounts, named)


def _judge_token(token: TokenInfo, variable: str) -> Iterator[Finding]:
    troubles = token_troubles(token, datetime.now(UTC), variable)
    for name, sentence in troubles.items():
        judge = warn if name == "token-expires" else fail
        yield judge("token", sentence, "Make a System User's token in the Business Manager.")
    if troubles:
        return
    ends = f"expires at {token.expires_at:%Y-%m-%d}" if token.expires_at else "never expires"
    may = ", ".join(token.scopes) or "nothing that Meta tells of"
    yield ok("token", f"The token ({token.kind or 'of an unknown type'}) {ends} and may: {may}.")


async def _look_at_settings(graph: GraphClient) -> AsyncIterator[Finding]:
    try:
        calling = await graph.calling_settings()
    except WacallError as error:
        yield warn(
            "calling",
            str(error),
            "Grant the token whatsapp_business_management, or look at the number's calling "
            "settings in the WhatsApp Manager: no SIP, no SDES.",
        )
        return
    troubles = settings_troubles(calling)
    for slug, sentence in troubles.items():
        yield fail(
            "calling",
            sentence,
            "`wacall doctor --enable-calling` does it, and shows first what it would send."
            if slug == "calling-off"
            else "Change the number's calling settings.",
        )
    if "status" not in calling:
        yield fail(
            "calling",
            "Calling was never enabled for this number: nobody can call it.",
            "`wacall doctor --enable-calling` does it, and shows first what it would send.",
        )
        return
    if not troubles:
        yield ok("calling", "The number's calling settings let calls through.")
