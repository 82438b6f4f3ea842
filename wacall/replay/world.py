"""Everything that replayed calls need: a stack, and a Meta, phone and OpenAI as planned."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

from shared.call.call import Direction
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.people.callee_plan import CalleePlan, Reaction
from simulators.meta.people.person import Person
from simulators.meta.webhooks.calls import Caller
from simulators.phone.ice_lite import Loss
from simulators.phone.phone import CallOver
from simulators.speech import voice
from wacall.operators.client import OperatorRefused, ask
from wacall.replay.offer import with_secrets_of
from wacall.replay.plan import ReplayPlan
from wacall.stack.simulated import simulated
from wacall.staging.staging import Staging

_RATE = 16_000
_ACCEPTED_S = 30.0
_ENDED_S = 60.0
_LOOK_S = 0.2
_TURN_S = 30.0
_QUIET_MS = 800.0
_NO_PATH = Loss(inbound=1.0, outbound=1.0)


class World:
    """An async context manager: everything runs within it, and `replay` makes calls."""

    def __init__(
        self,
        configured: Mapping[str, str],
        *,
        media: str,
        data_dir: Path,
        say: Callable[[str], None],
    ) -> None:
        """Take what is configured (of which nothing real is used), WA_MEDIA, and who is told.

        Raises:
            ValueError: a variable is malformed.
        """
        self._say, self._data_dir = say, data_dir
        self._environment = simulated(configured) | {"WA_MEDIA": media}
        self._staging = Staging(self._environment, data_dir=data_dir, say=say)
        self._seen: set[str] = set()

    async def __aenter__(self) -> Self:
        """Start everything.

        Raises:
            ChildFailed: a part did not get ready.
            DatabaseFailed: the local database cannot run.
        """
        self._say("Starting a stack with a simulated WhatsApp and a simulated OpenAI …")
        await self._staging.__aenter__()
        self._whatsapp, self._stack = self._staging.whatsapp, self._staging.stack
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._staging.__aexit__(kind, error, trace)

    @property
    def operator_url(self) -> str:
        """Where operators, and their dashboard, reach the stack."""
        return self._stack.operator_url

    @property
    def operator_key(self) -> str:
        """What they sign in with."""
        return self._environment["CONTROLPLANE_API_KEY"]

    async def replay(self, plan: ReplayPlan) -> Mapping[str, Any]:
        """Make one call; return it as `GET /calls/{call_id}` answers it once it is over.

        Raises:
            OperatorRefused: the call was not placed, or is not over a minute after its time.
        """
        await self._spoil(plan)
        # as many people as calls: nobody has a past
        number = len(self._seen)
        caller = Caller(phone=f"1212555{number:04}", user_id=f"US.1000000000000000{number:04}")
        if plan.direction is Direction.INBOUND:
            await self._call_in(plan, caller)
        else:
            await self._call_out(plan, caller)
        return await self._until_over()

    # --- what goes wrong ---

    async def _spoil(self, plan: ReplayPlan) -> None:
        self._whatsapp.graph.faults.clear()
        if plan.graph_error is not None:
            action, code = plan.graph_error
            self._whatsapp.fail(
                Fault(action=action, kind=FaultKind.ERROR_BEFORE, times=-1, status=400, code=code)
            )
        url = f"{self._environment['OPENAI_BASE_URL'].removesuffix('/v1')}/sim/faults"
        async with aiohttp.ClientSession() as http:
            async with http.delete(url) as response:
                response.raise_for_status()
            if plan.openai_faults:
                async with http.post(url, json=dict(plan.openai_faults)) as response:
                    response.raise_for_status()

    # --- the call ---

    async def _call_in(self, plan: ReplayPlan, caller: Caller) -> None:
        shape = plan.offer_shape
        call = await self._whatsapp.call(
            CallPlan(
                caller=caller,
                age_s=plan.offer_age_s,
                connect_last=plan.connect_is_last,
                loss=Loss() if plan.has_path else _NO_PATH,
                edit_offer=(lambda own: with_secrets_of(shape, own)) if shape else None,
            )
        )
        await self._talk(plan, call)

    async def _call_out(self, plan: ReplayPlan, caller: Caller) -> None:
        whatsapp = self._whatsapp
        reaction = Reaction.ANSWERS if plan.answers else Reaction.IGNORES
        if plan.fails_with is not None:
            reaction = Reaction.FAILS
        elif plan.rejects:
            reaction = Reaction.REJECTS
        person = whatsapp.add_person(
            Person(
                caller=caller,
                plan=CalleePlan(
                    reaction=reaction,
                    after_s=plan.rings_s,
                    error_code=plan.fails_with or CalleePlan().error_code,
                    loss=Loss() if plan.has_path else _NO_PATH,
                ),
            )
        )
        whatsapp.outbound.grant(person, permanent=True)
        body = {"to": f"+{person.caller.phone}"}
        await ask(self._stack.environment, "POST", "/calls", body=body)
        if plan.graph_error is not None or plan.openai_faults:
            return
        call = await whatsapp.next_outbound_call(_ACCEPTED_S)
        await self._talk(plan, call)

    async def _talk(self, plan: ReplayPlan, call: SimulatedCall | OutboundCall) -> None:
        """Hang up when the person did, having said what they said; or leave it to others."""
        if plan.hangs_up_after_s is None:
            return
        with contextlib.suppress(CallOver, TimeoutError):
            if plan.answers:
                await call.accepted(_ACCEPTED_S)
            began = time.monotonic()
            for words in plan.words:
                async with asyncio.timeout(_TURN_S):
                    await call.phone.wait_agent_quiet(_QUIET_MS, _TURN_S)
                    sound, _ = await voice.CALLER.speak(words, rate=_RATE)
                    await call.phone.say(sound, _RATE)
            left_s = plan.hangs_up_after_s - (time.monotonic() - began)
            await asyncio.sleep(max(left_s, 0.0))
        call.hang_up()

    async def _until_over(self) -> Mapping[str, Any]:
        own, until = self._stack.environment, time.monotonic() + _ENDED_S
        while time.monotonic() < until:
            found = (await ask(own, "GET", "/calls", params={"limit": "1"}))["calls"]
            if found and found[0]["id"] not in self._seen and found[0]["ended_at"] is not None:
                self._seen.add(found[0]["id"])
                # what the end leaves behind is written in the same second
                await asyncio.sleep(1.0)
                return await ask(own, "GET", f"/calls/{found[0]['id']}")
            await asyncio.sleep(_LOOK_S)
        raise OperatorRefused(
            f"the call has not come to an end within {_ENDED_S:.0f} s; {self._data_dir}/logs tells "
            "why."
        )
