"""The work after a call, as an operator sees it: waited for, judged, and told."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from wacall.demo.check import Check
from wacall.demo.evidence import AfterCall, Evidence, KeptPromise
from wacall.demo.narration import Screen
from wacall.demo.running import Running
from wacall.demo.screenplay import Screenplay
from wacall.operators.client import OperatorRefused, ask

# the worker looks every two seconds, a real model thinks for a while, the runner looks as well
_DONE_S = 90.0
_POLL_S = 0.3
_BY_ITSELF = ("message",)


async def wait_for_after_call(running: Running, call_id: str) -> AfterCall | None:
    """Wait until the work after a call is done, and the texts that it wants have been sent."""
    operator = {
        "CONTROLPLANE_API_KEY": running.settings.environment["CONTROLPLANE_API_KEY"],
        "CONTROLPLANE_URL": running.stack.controlplane_url,
    }
    shown: Mapping[str, Any] = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DONE_S):
            while not is_settled(shown):
                with contextlib.suppress(OperatorRefused):
                    shown = await ask(operator, "GET", f"/calls/{call_id}")
                await asyncio.sleep(_POLL_S)
    arrived = [
        str(body["text"]["body"]) for body in running.person.inbox if body.get("type") == "text"
    ]
    return after_call_of(shown, arrived)


def is_settled(shown: Mapping[str, Any]) -> bool:
    """Whether nothing is left to be done by itself at once, as `GET /calls/{id}` tells."""
    work = shown.get("after_call")
    if work is None or work["status"] == "open":
        return False
    return all(
        one["status"] != "open"
        for one in shown["follow_ups"]
        if one["source"] == "workflow" and one["channel"] in _BY_ITSELF
    )


def after_call_of(shown: Mapping[str, Any], arrived: Sequence[str]) -> AfterCall | None:
    """Read what `GET /calls/{id}` tells of it; `arrived` are all texts on the person's phone."""
    work = shown.get("after_call")
    if work is None:
        return None
    sent = {one["body"] for one in shown["messages"]}
    rows = {one["id"]: one for one in shown["follow_ups"]}
    found = work["findings"] or {}
    promises = []
    for one in found.get("promises", ()):
        row = rows.get(one["follow_up"], {})
        promises.append(
            KeptPromise(
                quote=one["quote"],
                standing=one["standing"],
                channel=row.get("channel", ""),
                status=row.get("status", ""),
            )
        )
    return AfterCall(
        status=work["status"],
        problem=work["last_error"] or "",
        summary=found.get("summary", ""),
        outcome=found.get("outcome", ""),
        sentiment=found.get("sentiment", ""),
        model=found.get("model", ""),
        promises=tuple(promises),
        texts=tuple(text for text in arrived if text in sent),
    )


def show_after_call(screen: Screen, after: AfterCall | None) -> None:
    """Print what was found in the conversation, and what came of it."""
    screen.heading("After the call, as a model has read it")
    if after is None:
        screen.line("  nothing")
        return
    problem = f" ({after.problem})" if after.problem else ""
    screen.line(f"  work       {after.status}{problem}{f', by {after.model}' * bool(after.model)}")
    for name, value in (
        ("summary", after.summary),
        ("outcome", after.outcome),
        ("sentiment", after.sentiment),
    ):
        if value:
            screen.paragraph(value, indent=" " * 13, first=f"  {name:<11}")
    for promise in after.promises:
        became = f" -> {promise.channel}, {promise.status}" if promise.channel else ""
        said = f"“{promise.quote}” {promise.standing}{became}"
        screen.paragraph(said, indent=" " * 13, first="  promise    ")
    for text in after.texts:
        screen.paragraph(f"“{text}”", indent=" " * 13, first="  text       ")


def check_after_call(evidence: Evidence, play: Screenplay) -> Check:
    """The conversation was looked through, and what was promised in it was kept."""
    after = evidence.after
    expected = "a model has read the conversation when it was over"
    if evidence.is_scripted and play.promised:
        expected += ", found the promise, and the text has arrived on the phone"
    if after is None:
        return Check(name="after the call", holds=False, expected=expected, seen="nothing came")
    is_wanted = evidence.is_scripted or after.status != "skipped"
    holds = not is_wanted or (after.status == "done" and bool(after.summary))
    seen = f"{after.status}{f', {after.problem}' * bool(after.problem)}"
    seen += f", {len(after.promises)} promises, {len(after.texts)} texts on the phone"
    if evidence.is_scripted:
        for word, text in play.promised.items():
            kept = [one for one in after.promises if word in one.quote.lower()]
            holds = holds and [(one.channel, one.status) for one in kept] == [("message", "done")]
            holds = holds and after.texts.count(text) == 1
    return Check(name="after the call", holds=holds, expected=expected, seen=seen)
