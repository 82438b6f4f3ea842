"""The business calls back: refused, then permitted, dialled, told as it happens, looked at."""

import asyncio
import secrets
from pathlib import Path
from typing import Any

from controlplane.core.callee import read_callee
from controlplane.core.consent import ConsentKind
from wacall.demo.act import Act, Narrator, PlacedCall
from wacall.demo.aftermath import gather
from wacall.demo.evidence import CallbackEvidence, Denial
from wacall.demo.narration import Screen
from wacall.demo.running import Running
from wacall.demo.screenplay import Screenplay
from wacall.demo.show import Show
from wacall.operators.client import OperatorRefused, ask

# the agent has 8 s to get ready, then the bridge and Graph are asked
DIALED_S = 20.0
# the control plane lets it ring for 45 s
RINGS_S = 50.0
PERMITTED_S = 15.0
_POLL_S = 0.2
_MOST_ENTRIES = 20


async def show_callback(
    running: Running, screen: Screen, screenplay: Screenplay, recording: Path
) -> CallbackEvidence:
    """Try to call without permission, ask for it, call, talk, and collect what is left of it.

    Raises:
        StoreUnavailable: the database does not answer any more.
    """
    happenings_before = len(running.happenings)
    business = Business(running, screenplay)
    act = Act(
        heading="The business calls back, in seconds since it began",
        who="callee",
        screenplay=screenplay,
        voices=running.callback_voices,
        accepted_s=RINGS_S,
        place=business.place,
    )
    show = Show(running, screen, act)
    await show.run()
    screen.status("Waiting until every part has come to rest …")
    call = None
    if show.is_placed:
        call = await gather(
            running,
            show.call,
            show.dialogue,
            happenings_before=happenings_before,
            accepted_unix=show.accepted_unix,
            usage=show.usage,
            recording=recording,
            troubles=show.narrator.troubles,
        )
    return CallbackEvidence(
        denial=business.denial,
        connects_denied=business.connects_denied,
        # texts are there too: what was promised in the first call
        requests_seen=sum(body.get("type") != "text" for body in running.person.inbox),
        connects=_connects(running),
        ledger=await running.ledger.entries(
            person=read_callee(business.number), limit=_MOST_ENTRIES
        ),
        call=call,
        troubles=tuple(show.narrator.troubles),
    )


class Business:
    """Calls the person back, with all that has to come before."""

    def __init__(self, running: Running, screenplay: Screenplay) -> None:
        """Take what runs, and what is asked and told."""
        self._running = running
        self._screenplay = screenplay
        self.number = f"+{running.person.phone}"
        self.denial: Denial | None = None
        self.connects_denied = 0
        self._operator = {
            "CONTROLPLANE_API_KEY": running.settings.environment["CONTROLPLANE_API_KEY"],
            "CONTROLPLANE_URL": running.stack.controlplane_url,
        }

    async def place(self, narrator: Narrator) -> PlacedCall | None:
        """Be refused, get the permission, dial; None if the call could not be placed."""
        try:
            await self._be_denied(narrator)
            await self._get_permission(narrator)
            return await self._dial(narrator)
        except OperatorRefused as refusal:
            narrator.trouble(str(refusal))
        except TimeoutError as error:
            narrator.trouble(str(error))
        return None

    async def _be_denied(self, narrator: Narrator) -> None:
        narrator.tell("operator", "POST /calls, although nobody has asked the person")
        try:
            await self._ask("POST", "/calls", body={"to": self.number})
        except OperatorRefused as refusal:
            if refusal.status is None:
                raise
            self.denial = Denial(status=refusal.status, code=refusal.code)
            narrator.tell("control plane", f"refuses: {refusal.status} {refusal.code}: {refusal}")
        else:
            narrator.trouble("a call without permission was not refused")
        self.connects_denied = _connects(self._running)

    async def _get_permission(self, narrator: Narrator) -> None:
        question = self._screenplay.question
        narrator.tell("operator", f"POST /consents/request: “{question}”")
        body = {"to": self.number, "text": question}
        await self._ask("POST", "/consents/request", body=body)
        narrator.tell("phone", "shows the request for the permission to call")
        try:
            async with asyncio.timeout(PERMITTED_S):
                while not await self._is_permitted(narrator):
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise TimeoutError(
                f"the ledger had no permission {PERMITTED_S:g} s after the request"
            ) from None

    async def _is_permitted(self, narrator: Narrator) -> bool:
        found = await self._ask("GET", "/consents", params={"to": self.number})
        for state in found["state"]:
            if state["kind"] != ConsentKind.CALL_PERMISSION:
                continue
            if state["state"] in ("temporary", "permanent"):
                narrator.tell("callee", "allows it: Meta sends call_permission_reply")
                until = f" until {state['valid_until'][:10]}" if state["valid_until"] else ""
                narrator.tell("control plane", f"writes the ledger: {state['state']}{until}")
                return True
        return False

    async def _dial(self, narrator: Narrator) -> PlacedCall:
        narrator.tell("operator", "POST /calls, with what the agent has to know")
        await self._ask(
            "POST",
            "/calls",
            body={"to": self.number, "context": dict(self._screenplay.context)},
            headers={"Idempotency-Key": secrets.token_urlsafe(12)},
        )
        narrator.tell(
            "control plane", "answers with 202; the agent gets ready before a phone rings"
        )
        try:
            return await self._running.whatsapp.next_outbound_call(DIALED_S)
        except TimeoutError:
            raise TimeoutError(f"Graph saw no connect within {DIALED_S:g} s") from None

    async def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        return await ask(self._operator, method, path, **request)


def _connects(running: Running) -> int:
    return sum(request.action == "connect" for request in running.whatsapp.requests)
