"""What scripted callers need: a whole stack, a simulated WhatsApp, and a model to talk with."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import yaml

from controlplane.ledger.ledger import Ledger
from shared.call.call import Call
from shared.call.errors import WacallError
from shared.call.ids import WhatsAppCallId
from shared.call.jobs import JobKind, JobStatus
from shared.database.rest import RestClient
from shared.database.supabase import SupabaseStore
from simulators.callers.judge import judge
from simulators.callers.playing import play
from simulators.callers.script import CallerScript, scenario_of
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.webhooks.calls import Caller
from simulators.phone.phone import CallOver
from wacall.callers.picture import take_picture
from wacall.callers.report import Result, figures_of
from wacall.callers.spoken import SpokenEnd
from wacall.stack.simulated import simulated
from wacall.staging.staging import Staging

_ACCEPTED_S = 30.0
_TALK_S = 180.0
_SETTLED_S = 120.0
_LOOK_S = 0.3
_GREETING = "Hello, this is the automated assistant of Harbor Bikes. How can I help?"


class World:
    """An async context manager: everything runs within it, and `hold` makes calls."""

    def __init__(
        self,
        configured: Mapping[str, str],
        scripts: Sequence[CallerScript],
        *,
        real_openai: bool,
        data_dir: Path,
        say: Callable[[str], None],
    ) -> None:
        """Take what is configured (of which nothing real but OpenAI is used), and who is told.

        The simulated model knows all `scripts`, whichever of them call.

        Raises:
            ValueError: a variable is malformed.
        """
        self._scripts, self._data_dir, self._say = scripts, data_dir, say
        self._is_real = real_openai
        self._environment = simulated(configured, real_openai=real_openai)
        self._undo = contextlib.AsyncExitStack()
        self._held = 0

    async def __aenter__(self) -> Self:
        """Start everything.

        Raises:
            BadScenario: two scripts share a phrase.
            ChildFailed: a part did not get ready.
            DatabaseFailed: the local database cannot run.
        """
        try:
            await self._start()
        except BaseException:
            await self._undo.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._undo.aclose()

    async def _start(self) -> None:
        self._say("Starting a stack with a simulated WhatsApp ...")
        staging = Staging(
            self._environment,
            data_dir=self._data_dir,
            say=self._say,
            with_openai=not self._is_real,
            scenario=None if self._is_real else self._write_scenario(),
        )
        await self._undo.enter_async_context(staging)
        self._whatsapp, own = staging.whatsapp, staging.stack.environment
        rest = await RestClient.connect(own["SUPABASE_URL"], own["SUPABASE_SECRET_KEY"])
        self._store, self._ledger = SupabaseStore(rest), Ledger(rest)
        self._undo.push_async_callback(self._store.close)

    def _write_scenario(self) -> Path:
        scenario = scenario_of(self._scripts, greeting=_GREETING, today=datetime.now(UTC).date())
        file = self._data_dir / "scenario.yaml"
        file.write_text(yaml.safe_dump(scenario.model_dump(mode="json")), "utf-8")
        return file

    async def hold(self, script: CallerScript) -> Result:
        """Make one caller's call, and look at what the database holds of it afterwards."""
        self._held += 1
        # as many people as calls: nobody has a past
        caller = Caller(
            phone=f"1212555{self._held:04}", user_id=f"US.2000000000000000{self._held:04}"
        )
        call = await self._whatsapp.call(CallPlan(caller=caller))
        problem = ""
        try:
            await call.accepted(_ACCEPTED_S)
            async with asyncio.timeout(_TALK_S):
                await play(script, SpokenEnd(call))
        except CallOver:
            problem = "The call was not answered."
        except TimeoutError:
            problem = "The call was not answered in time, or had no end."
        finally:
            if not call.is_over:
                call.hang_up()
        return await self._look(script, call, problem)

    async def _look(self, script: CallerScript, call: SimulatedCall, problem: str) -> Result:
        row = await self._settled(call)
        if row is None:
            return Result(
                name=script.name,
                about=script.about,
                problem=problem or "The call did not come to rest in the database.",
            )
        picture = await take_picture(self._store, self._ledger, row.id)
        return Result(
            name=script.name,
            about=script.about,
            call_id=row.id,
            findings=tuple(judge(script.expect, picture)),
            problem=problem,
            **figures_of(await self._store.list_measured(row.id)),
        )

    async def _settled(self, call: SimulatedCall) -> Call | None:
        """Wait until the call is over and was looked through; `None`: it does not come to it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SETTLED_S):
                while True:
                    with contextlib.suppress(WacallError):
                        row = await self._store.find_call(WhatsAppCallId(call.wacid))
                        if row is not None and row.released_at is not None:
                            job = await self._store.find_call_job(row.id, JobKind.AFTER_CALL)
                            if job is None or job.status is not JobStatus.OPEN:
                                return row
                    await asyncio.sleep(_LOOK_S)
        return None
