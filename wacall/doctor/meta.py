"""The doctor at Meta: token, number, and the time."""

import time
from collections.abc import AsyncIterator
from datetime import datetime

import aiohttp

from controlplane.core.meta_time import MetaTime
from controlplane.parts import make_graph
from controlplane.settings import Settings
from shared.call.errors import WacallError
from wacall.doctor.findings import Finding, fail, judge_clock, ok, warn


async def look_at_meta(settings: Settings, http: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    """Look at what Graph says of the number, and at the clock by which it says it."""
    seen = MetaTime()

    def dated(date: datetime, sent: float, arrived: float) -> None:
        nonlocal seen
        seen = seen.answered(date.timestamp(), sent, arrived)

    graph = make_graph(settings, http, dated=dated)
    try:
        number = await graph.check_number()
    except WacallError as error:
        yield fail(
            "graph",
            str(error),
            "Set WA_ACCESS_TOKEN and WA_PHONE_NUMBER_ID to those of one app, and WA_GRAPH_BASE_URL "
            "and WA_GRAPH_VERSION only if Meta's are not meant.",
        )
        return
    if number.status and number.status.upper() != "CONNECTED":
        yield warn(
            "graph",
            f"The business number's status is {number.status}.",
            "Look at the number in WhatsApp Manager; calls need CONNECTED.",
        )
    yield ok("graph", "The token is accepted and the business number is there.")
    yield judge_clock(seen.skew(time.time(), time.monotonic()))
