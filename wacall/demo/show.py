"""The demo's call, placed and told as it happens, then looked at from every side."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from shared.call.errors import WacallError
from shared.call.ids import WhatsAppCallId
from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan
from simulators.openai.happening import Kind
from simulators.phone.phone import CallOver
from wacall.demo.act import Act, Narrator, PlacedCall
from wacall.demo.aftermath import gather
from wacall.demo.dialogue import Dialogue
from wacall.demo.evidence import CallUsage, Evidence
from wacall.demo.narration import Screen, called_event, model_event, phone_event
from wacall.demo.running import Running
from wacall.demo.screenplay import Screenplay
from wacall.demo.usage import UsageMeter

# the control plane gives its set-up 20 s, then rejects
ACCEPTED_S = 25.0
CONVERSATION_S = 180.0
ENDED_S = 10.0
_FOLLOW_EVERY_S = 0.5
# what the worker logs once its track is published, and the name of its log
_READY = ("agent", "The agent is ready.")


async def show_call(
    running: Running, screen: Screen, screenplay: Screenplay, recording: Path
) -> Evidence:
    """Place the call, hold the conversation, hang up, and collect what is left of it.

    Raises:
        StoreUnavailable: the database does not answer any more.
    """
    handshake = await _shake_hands(running)

    async def place(_: Narrator) -> PlacedCall:
        addresses = (running.settings.phone_address,)
        return await running.whatsapp.call(
            CallPlan(caller=running.person.caller, addresses=addresses)
        )

    act = Act(
        heading="The call, in seconds since it began",
        who="caller",
        screenplay=screenplay,
        voices=running.voices,
        accepted_s=ACCEPTED_S,
        place=place,
    )
    show = Show(running, screen, act)
    await show.run()
    screen.status("Waiting until every part has come to rest …")
    return await gather(
        running,
        show.call,
        show.dialogue,
        handshake=handshake,
        accepted_unix=show.accepted_unix,
        usage=show.usage,
        recording=recording,
        troubles=show.narrator.troubles,
    )


class Show:
    """One call, told as it happens."""

    def __init__(self, running: Running, screen: Screen, act: Act) -> None:
        """Take what runs, where it is told, and which call it is."""
        self._running = running
        self._act = act
        self._told: set[str] = set()
        self._call: PlacedCall | None = None
        self._dialogue: Dialogue | None = None
        self.narrator = Narrator(screen)
        self.accepted_unix: float | None = None
        self.usage: CallUsage | None = None

    @property
    def is_placed(self) -> bool:
        """Whether there was a call."""
        return self._call is not None

    @property
    def call(self) -> PlacedCall:
        """The call, once it was placed."""
        if self._call is None:
            raise RuntimeError("no call was placed")
        return self._call

    @property
    def dialogue(self) -> Dialogue:
        """What was said in it."""
        if self._dialogue is None:
            raise RuntimeError("no call was placed")
        return self._dialogue

    async def run(self) -> None:
        """Place the call, talk, hang up; what goes wrong is told and noted."""
        running, act = self._running, self._act
        running.audience.on_call = self._on_call
        running.audience.on_model = self._on_model
        running.audience.on_log = self._on_log
        running.audience.on_callback = self._on_callback
        self.narrator.begin(act.heading)
        self._call = await act.place(self.narrator)
        if self._call is None:
            return
        self._dialogue = Dialogue(
            call=self._call,
            play=act.screenplay,
            voices=act.voices,
            is_scripted=bool(running.settings.openai_port),
            tell=self.narrator.tell,
            who=act.who,
        )
        talking = asyncio.create_task(self._talk())
        following = asyncio.create_task(self._follow_database())
        others = [
            asyncio.create_task(running.stack.given_up()),
            asyncio.create_task(running.openai_died()),
        ]
        try:
            await asyncio.wait([talking, *others], return_when=asyncio.FIRST_COMPLETED)
            for other in others:
                if other.done():
                    sentence = str(other.result()).splitlines()[0].rstrip(".")
                    self.narrator.trouble(sentence)
                    talking.cancel()
            await asyncio.wait([talking])
            if not talking.cancelled():
                talking.result()
        finally:
            for task in (talking, following, *others):
                task.cancel()
            await asyncio.wait([talking, following, *others])
        await self._hang_up()

    async def _talk(self) -> None:
        try:
            await self.call.accepted(self._act.accepted_s)
        except CallOver:
            self.dialogue.gave_up = "the call was never answered"
            return
        except TimeoutError:
            self.dialogue.gave_up = f"the call was not answered within {self._act.accepted_s:g} s"
            return
        meter = UsageMeter(self._running.stack)
        try:
            async with asyncio.timeout(CONVERSATION_S), meter.running():
                await self.dialogue.hold()
        except TimeoutError:
            self.dialogue.gave_up = f"the conversation took longer than {CONVERSATION_S:g} s"
        self.usage = meter.usage

    async def _follow_database(self) -> None:
        """Tell of the turns as they are stored: a real OpenAI tells us nothing itself."""
        if self._running.settings.openai_port:
            return
        store, told = self._running.store, 0
        while True:
            await asyncio.sleep(_FOLLOW_EVERY_S)
            with contextlib.suppress(WacallError):
                row = await store.find_call(WhatsAppCallId(self.call.wacid))
                turns = await store.list_transcripts(row.id) if row is not None else []
                for turn in turns[told:]:
                    who = "agent hears" if turn.speaker == "user" else "agent says"
                    self.narrator.tell(who, f"“{turn.text}”")
                told = len(turns)

    async def _hang_up(self) -> None:
        """Whatever happened: leave no call behind."""
        self.call.hang_up()
        try:
            await self.call.ended(ENDED_S)
        except TimeoutError:
            self.narrator.trouble("the terminate webhook was not answered with 200")

    # --- telling ---

    def _on_call(self, _: SimulatedCall, what: str) -> None:
        if what == "accept-answered":
            self.accepted_unix = time.time()
        if (told := phone_event(what)) is not None:
            self.narrator.tell(*told)

    def _on_callback(self, _: OutboundCall, what: str) -> None:
        if what == "picked-up":
            self.accepted_unix = time.time()
        if (told := called_event(what)) is not None:
            self.narrator.tell(*told)

    def _on_model(self, happening: Mapping[str, Any]) -> None:
        if happening.get("kind") == Kind.SAYS and self.accepted_unix is None:
            self.narrator.tell(
                "agent", "has its greeting spoken already; it is held until the call is accepted"
            )
        elif (told := model_event(happening)) is not None:
            self.narrator.tell(*told)

    def _on_log(self, part: str, line: str) -> None:
        name, sentence = _READY
        if part == name and sentence in line and sentence not in self._told:
            self._told.add(sentence)
            self.narrator.tell("agent", "is ready: its track is published, still muted")


async def _shake_hands(running: Running) -> tuple[bool, bool]:
    """Do Meta's webhook handshake with the right token and with a wrong one."""
    results = []
    for token, wanted in (
        (running.settings.environment["WA_VERIFY_TOKEN"], True),
        ("wrong", False),
    ):
        try:
            results.append(await running.whatsapp.verify_webhook(token) is wanted)
        except (aiohttp.ClientError, TimeoutError):
            results.append(False)
    return results[0], results[1]
