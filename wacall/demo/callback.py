"""The business calls back: refused, then permitted, dialled, told as it happens, looked at."""

import asyncio
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from controlplane.core.callee import read_callee
from controlplane.core.consent import ConsentKind
from simulators.phone.recording import Pcm
from wacall.demo.aftermath import PlacedCall, gather
from wacall.demo.evidence import CallbackEvidence, Denial
from wacall.demo.narration import Screen
from wacall.demo.screenplay import Screenplay
from wacall.demo.show import Show
from wacall.demo.stage import Stage
from wacall.operators.client import OperatorRefused, ask

# the agent has 8 s to get ready, then the hop and Graph are asked
DIALED_S = 20.0
# the control plane lets it ring for 45 s
RINGS_S = 50.0
PERMITTED_S = 15.0
_POLL_S = 0.2
_MOST_ENTRIES = 20
_QUESTION = "May Harbor Bikes call you back about your request?"
_CONTEXT = {"name": "Martin", "request": "two bikes", "ready": "Saturday, ten o'clock"}


async def show_callback(
    stage: Stage, screen: Screen, screenplay: Screenplay, recording: Path
) -> CallbackEvidence:
    """Try to call without permission, ask for it, call, talk, and collect what is left of it.

    Raises:
        StoreUnavailable: the database does not answer any more.
    """
    happenings_before = len(stage.happenings)
    show = CallbackShow(stage, screen, screenplay)
    await show.run()
    screen.status("Waiting until every part has come to rest …")
    call = None
    if show.is_placed:
        call = await gather(
            stage,
            show.call,
            show.dialogue,
            happenings_before=happenings_before,
            accepted_unix=show.accepted_unix,
            recording=recording,
            troubles=show.troubles,
        )
    return CallbackEvidence(
        denial=show.denial,
        connects_denied=show.connects_denied,
        requests_seen=len(stage.person.inbox),
        connects=_connects(stage),
        ledger=await stage.ledger.entries(party=read_callee(show.number), limit=_MOST_ENTRIES),
        call=call,
        troubles=tuple(show.troubles),
    )


class CallbackShow(Show):
    """A call of the business to the person, with all that has to come before."""

    heading = "The business calls back, in seconds since it began"
    person = "callee"
    accepted_s = RINGS_S

    def __init__(self, stage: Stage, screen: Screen, screenplay: Screenplay) -> None:
        """Take what runs, where it is told, and what is to be said."""
        super().__init__(stage, screen, screenplay)
        self.number = f"+{stage.person.phone}"
        self.denial: Denial | None = None
        self.connects_denied = 0
        self._operator = {
            "CONTROLPLANE_API_KEY": stage.settings.environment["CONTROLPLANE_API_KEY"],
            "CONTROLPLANE_URL": stage.stack.controlplane_url,
        }

    @property
    def voices(self) -> Sequence[tuple[Pcm, int]]:
        """The called person's lines as sound."""
        return self._stage.callback_voices

    @property
    def is_placed(self) -> bool:
        """Whether there was a call."""
        return self._call is not None

    async def place(self) -> PlacedCall | None:
        """Be refused, get the permission, dial; None if the call could not be placed."""
        try:
            await self._be_denied()
            await self._get_permission()
            return await self._dial()
        except OperatorRefused as refusal:
            self._trouble(str(refusal))
        except TimeoutError as error:
            self._trouble(str(error))
        return None

    async def _be_denied(self) -> None:
        self._tell("operator", "POST /calls, although nobody has asked the person")
        try:
            await self._ask("POST", "/calls", body={"to": self.number})
        except OperatorRefused as refusal:
            if refusal.status is None:
                raise
            self.denial = Denial(status=refusal.status, code=refusal.code)
            self._tell("control plane", f"refuses: {refusal.status} {refusal.code}: {refusal}")
        else:
            self._trouble("a call without permission was not refused")
        self.connects_denied = _connects(self._stage)

    async def _get_permission(self) -> None:
        self._tell("operator", f"POST /consents/request: “{_QUESTION}”")
        body = {"to": self.number, "text": _QUESTION}
        await self._ask("POST", "/consents/request", body=body)
        self._tell("phone", "shows the request for the permission to call")
        try:
            async with asyncio.timeout(PERMITTED_S):
                while not await self._is_permitted():
                    await asyncio.sleep(_POLL_S)
        except TimeoutError:
            raise TimeoutError(
                f"the ledger had no permission {PERMITTED_S:g} s after the request"
            ) from None

    async def _is_permitted(self) -> bool:
        found = await self._ask("GET", "/consents", params={"to": self.number})
        for state in found["state"]:
            if state["kind"] != ConsentKind.CALL_PERMISSION:
                continue
            if state["state"] in ("temporary", "permanent"):
                self._tell("callee", "allows it: Meta sends call_permission_reply")
                until = f" until {state['valid_until'][:10]}" if state["valid_until"] else ""
                self._tell("control plane", f"writes the ledger: {state['state']}{until}")
                return True
        return False

    async def _dial(self) -> PlacedCall:
        self._tell("operator", "POST /calls, with what the agent has to know")
        await self._ask(
            "POST",
            "/calls",
            body={"to": self.number, "context": _CONTEXT},
            headers={"Idempotency-Key": secrets.token_urlsafe(12)},
        )
        self._tell("control plane", "answers with 202; the agent gets ready before a phone rings")
        try:
            return await self._stage.whatsapp.next_outbound_call(DIALED_S)
        except TimeoutError:
            raise TimeoutError(f"Graph saw no connect within {DIALED_S:g} s") from None

    async def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        return await ask(self._operator, method, path, **request)


def _connects(stage: Stage) -> int:
    return sum(request.action == "connect" for request in stage.whatsapp.requests)
