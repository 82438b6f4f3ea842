"""Everything a demo call needs, up and running: the whole stack, both simulators, the voices.

The stack, the sentences and OpenAI's stand-in come up at the same time. What takes
long to import is imported while the others start.
"""

import asyncio
import contextlib
import importlib
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from simulators.meta.webhooks.calls import Caller, Line
from simulators.speech import ear, voice
from wacall.demo.narration import Screen
from wacall.demo.running import Audience, Running
from wacall.demo.screenplay import Screenplay
from wacall.demo.settings import DemoSettings
from wacall.stack.openai import start_openai
from wacall.stack.processes import Child
from wacall.stack.progress import Progress
from wacall.stack.stack import Stack, StackPlan
from wacall.stack.together import together

if TYPE_CHECKING:
    from shared.database.supabase import SupabaseStore
    from simulators.meta.people.person import Person
    from simulators.meta.whatsapp import WhatsAppSimulator

OPENAI_STOP_S = 5.0
# what the called person takes their time for
REPLIES_S = 1.0
PICKS_UP_S = 1.5
# what the call itself will need
_SLOW_IMPORTS = ("shared.database.supabase", "wacall.demo.show", "wacall.demo.callback")


class Stage:
    """An async context manager around everything that runs; it gives what then is there."""

    def __init__(
        self,
        *,
        settings: DemoSettings,
        data_dir: Path,
        scenario: Path,
        play: Screenplay,
        callback: Screenplay | None,
        screen: Screen,
    ) -> None:
        """Prepare; nothing runs yet. `callback`: what is said when the business calls, if it is."""
        self._settings = settings
        self._audience = Audience()
        self._happenings: list[Mapping[str, Any]] = []
        self._voices: list[tuple[voice.Samples, int]] = []
        self._callback_voices: list[tuple[voice.Samples, int]] = []
        self._logs = data_dir / "logs"
        self._scenario = scenario
        self._play = play
        self._callback = callback
        self._progress = Progress(screen)
        self._stack = Stack(
            StackPlan(
                environment=settings.environment,
                data_dir=data_dir,
                port=settings.port,
                # a demo's database may be lost with the machine's power
                fast_database=True,
                echo=lambda name, line: self._audience.on_log(name, line),
                report=screen.line,
                progress=self._progress,
            )
        )
        self._openai: Child | None = None
        self._whatsapp: WhatsAppSimulator | None = None
        self._store: SupabaseStore | None = None

    async def __aenter__(self) -> Running:
        """Start everything.

        Raises:
            ChildFailed: a part did not get ready.
            DatabaseFailed: the local database cannot run.
            SpeechFailed: the sentences cannot be spoken.
            OSError: a port cannot be had.
        """
        shutil.rmtree(self._logs, ignore_errors=True)
        try:
            async with self._progress.shown():
                return await self._start()
        except BaseException:
            await self._stop()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    async def _start(self) -> Running:
        meta = asyncio.create_task(self._start_meta())
        await together(self._stack.__aenter__(), self._start_speech(), meta)
        whatsapp, person = meta.result()
        whatsapp.webhook_url = f"{self._stack.controlplane_url}/wa/webhook"
        from controlplane.ledger.ledger import Ledger
        from shared.database.rest import RestClient
        from shared.database.supabase import SupabaseStore

        database = self._stack.environment
        key = database.get("SUPABASE_SECRET_KEY") or database.get("SUPABASE_SERVICE_ROLE_KEY")
        rest = await RestClient.connect(database["SUPABASE_URL"], key or "")
        store = self._store = SupabaseStore(rest)
        return Running(
            settings=self._settings,
            audience=self._audience,
            stack=self._stack,
            openai=self._openai,
            happenings=self._happenings,
            whatsapp=whatsapp,
            person=person,
            store=store,
            ledger=Ledger(rest),
            voices=tuple(self._voices),
            callback_voices=tuple(self._callback_voices),
            started_s=self._progress.elapsed_s,
        )

    async def _stop(self) -> None:
        async with contextlib.AsyncExitStack() as undo:
            undo.callback(ear.close)
            undo.callback(voice.close)
            if self._whatsapp is not None:
                undo.push_async_exit(self._whatsapp)
            if self._openai is not None:
                undo.push_async_callback(self._openai.stop, grace_s=OPENAI_STOP_S)
            undo.push_async_callback(self._stack.stop)
            if self._store is not None:
                undo.push_async_callback(self._store.close)

    # --- Meta, and who speaks ---

    async def _start_meta(self) -> "tuple[WhatsAppSimulator, Person]":
        for name in (*_SLOW_IMPORTS, "simulators.meta.whatsapp"):
            await asyncio.to_thread(importlib.import_module, name)
        from simulators.meta.people.callee_plan import CalleePlan
        from simulators.meta.people.permissions import PermissionPolicy
        from simulators.meta.people.person import Person, ReplyPlan
        from simulators.meta.rules.outbound import OutboundPolicy
        from simulators.meta.whatsapp import WhatsAppSimulator

        own = self._settings.environment
        whatsapp = WhatsAppSimulator(
            app_secret=own["WA_APP_SECRET"],
            access_token=own["WA_ACCESS_TOKEN"],
            line=Line(phone_number_id=own["WA_PHONE_NUMBER_ID"]),
            port=self._settings.graph_port,
            # who calls this line does not thereby allow to be called: they are asked
            outbound_policy=OutboundPolicy(permission=PermissionPolicy(callback=False)),
            on_event=lambda call, what: self._audience.on_call(call, what),
            on_outbound_event=lambda call, what: self._audience.on_callback(call, what),
        )
        await whatsapp.__aenter__()
        self._whatsapp = whatsapp
        person = Person(
            caller=invent_caller(),
            plan=CalleePlan(after_s=PICKS_UP_S, addresses=(self._settings.phone_address,)),
            replies=ReplyPlan(accept=True, after_s=REPLIES_S),
        )
        return whatsapp, whatsapp.add_person(person)

    async def _start_speech(self) -> None:
        await self._speak()
        # the stand-in finds its sentences in the cache
        await self._start_openai()

    async def _speak(self) -> None:
        """Have all sentences spoken; those of earlier runs are in the cache."""
        texts = self._play.agent_lines if self._settings.openai_port else ()
        # those with a gap for a name are spoken when the name is known
        known = [text for text in texts if "{" not in text]
        lines = [(line.say, self._voices) for line in self._play.lines]
        if self._callback is not None:
            lines += [(line.say, self._callback_voices) for line in self._callback.lines]
        count = len(lines) + len(known)
        for index, (say, voices) in enumerate(lines):
            self._progress.begins("speech", f"sentence {index + 1} of {count}")
            voices.append(await voice.CALLER.speak(say))
        for index, text in enumerate(known, len(lines)):
            self._progress.begins("speech", f"sentence {index + 1} of {count}")
            await voice.AGENT.speak(text)
        # it holds 150 MB, and nothing more is to be spoken
        voice.close()
        self._progress.is_up("speech", f"{count} sentences")

    async def _start_openai(self) -> None:
        if not self._settings.openai_port:
            return
        self._progress.begins("simulated OpenAI")

        def take(told: Mapping[str, Any]) -> None:
            self._happenings.append(told)
            self._audience.on_model(told)

        openai = await start_openai(
            environment=self._settings.environment,
            log=self._logs / "openai.log",
            port=self._settings.openai_port,
            scenario=self._scenario,
            listener=take,
        )
        self._openai = openai.child
        self._progress.is_up("simulated OpenAI")


def invent_caller() -> Caller:
    """Invent somebody whom no ledger of an earlier demo knows.

    Numbers from 555-0100 to 555-0199 are nobody's, in every area of North America.
    """
    area = 200 + secrets.randbelow(800)
    return Caller(
        phone=f"1{area}55501{secrets.randbelow(100):02}",
        user_id=f"US.{secrets.randbelow(9 * 10**19) + 10**19}",
    )
