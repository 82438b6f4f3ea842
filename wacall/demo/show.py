"""The demo's call, placed and told as it happens, then looked at from every side."""

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
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
from simulators.phone.recording import Pcm
from wacall.demo.aftermath import PlacedCall, gather
from wacall.demo.dialogue import Dialogue
from wacall.demo.evidence import Evidence
from wacall.demo.narration import Screen, called_event, model_event, phone_event
from wacall.demo.screenplay import Screenplay
from wacall.demo.stage import Stage

# the control plane gives its set-up 20 s, then rejects
ACCEPTED_S = 25.0
CONVERSATION_S = 180.0
ENDED_S = 10.0
_FOLLOW_EVERY_S = 0.5
# what the worker logs once its track is published, and the name of its log
_READY = ("agent", "The agent is ready.")


async def show_call(
    stage: Stage, screen: Screen, screenplay: Screenplay, recording: Path
) -> Evidence:
    """Place the call, hold the conversation, hang up, and collect what is left of it.

    Raises:
        StoreUnavailable: the database does not answer any more.
    """
    handshake = await _shake_hands(stage)
    show = Show(stage, screen, screenplay)
    await show.run()
    screen.status("Waiting until every part has come to rest …")
    return await gather(
        stage,
        show.call,
        show.dialogue,
        handshake=handshake,
        accepted_unix=show.accepted_unix,
        recording=recording,
        troubles=show.troubles,
    )


class Show:
    """The call itself, told as it happens; by itself, a call of the person to the business."""

    heading = "The call, in seconds since it began"
    person = "caller"
    """What whoever is at the phone is called on the screen."""
    accepted_s = ACCEPTED_S
    """How long it may take until the call is accepted."""

    def __init__(self, stage: Stage, screen: Screen, screenplay: Screenplay) -> None:
        """Take what runs, where it is told, and what is to be said."""
        self._stage = stage
        self._screen = screen
        self._screenplay = screenplay
        self._zero = time.monotonic()
        self._told: set[str] = set()
        self._call: PlacedCall | None = None
        self._dialogue: Dialogue | None = None
        self.accepted_unix: float | None = None
        self.troubles: list[str] = []

    @property
    def voices(self) -> Sequence[tuple[Pcm, int]]:
        """The person's lines as sound."""
        return self._stage.voices

    async def place(self) -> PlacedCall | None:
        """Have the call placed; None if it could not be."""
        caller = self._stage.person.caller
        addresses = (self._stage.settings.phone_address,)
        return await self._stage.whatsapp.call(CallPlan(caller=caller, addresses=addresses))

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
        stage = self._stage
        stage.audience.on_call = self._on_call
        stage.audience.on_model = self._on_model
        stage.audience.on_log = self._on_log
        stage.audience.on_callback = self._on_callback
        self._screen.heading(self.heading)
        self._zero = time.monotonic()
        self._call = await self.place()
        if self._call is None:
            return
        self._dialogue = Dialogue(
            call=self._call,
            play=self._screenplay,
            voices=self.voices,
            is_scripted=bool(stage.settings.openai_port),
            tell=self._tell,
            who=self.person,
        )
        talking = asyncio.create_task(self._talk())
        following = asyncio.create_task(self._follow_database())
        others = [
            asyncio.create_task(stage.stack.given_up()),
            asyncio.create_task(stage.openai_died()),
        ]
        try:
            await asyncio.wait([talking, *others], return_when=asyncio.FIRST_COMPLETED)
            for other in others:
                if other.done():
                    sentence = str(other.result()).splitlines()[0].rstrip(".")
                    self._trouble(sentence)
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
            await self.call.accepted(self.accepted_s)
        except CallOver:
            self.dialogue.gave_up = "the call was never answered"
            return
        except TimeoutError:
            self.dialogue.gave_up = f"the call was not answered within {self.accepted_s:g} s"
            return
        try:
            async with asyncio.timeout(CONVERSATION_S):
                await self.dialogue.hold()
        except TimeoutError:
            self.dialogue.gave_up = f"the conversation took longer than {CONVERSATION_S:g} s"

    async def _follow_database(self) -> None:
        """Tell of the turns as they are stored: a real OpenAI tells us nothing itself."""
        if self._stage.settings.openai_port:
            return
        store, told = self._stage.store, 0
        while True:
            await asyncio.sleep(_FOLLOW_EVERY_S)
            with contextlib.suppress(WacallError):
                row = await store.find_call(WhatsAppCallId(self.call.wacid))
                turns = await store.list_transcripts(row.id) if row is not None else []
                for turn in turns[told:]:
                    who = "agent hears" if turn.speaker == "user" else "agent says"
                    self._tell(who, f"“{turn.text}”")
                told = len(turns)

    async def _hang_up(self) -> None:
        """Whatever happened: leave no call behind."""
        self.call.hang_up()
        try:
            await self.call.ended(ENDED_S)
        except TimeoutError:
            self._trouble("the terminate webhook was not answered with 200")

    # --- telling ---

    def _tell(self, who: str, what: str) -> None:
        self._screen.tell(time.monotonic() - self._zero, who, what)

    def _trouble(self, sentence: str) -> None:
        self.troubles.append(sentence)
        self._tell("trouble", sentence)

    def _on_call(self, _: SimulatedCall, what: str) -> None:
        if what == "accept-answered":
            self.accepted_unix = time.time()
        if (told := phone_event(what)) is not None:
            self._tell(*told)

    def _on_callback(self, _: OutboundCall, what: str) -> None:
        if what == "picked-up":
            self.accepted_unix = time.time()
        if (told := called_event(what)) is not None:
            self._tell(*told)

    def _on_model(self, happening: Mapping[str, Any]) -> None:
        if happening.get("kind") == Kind.SAYS and self.accepted_unix is None:
            self._tell(
                "agent", "has its greeting spoken already; it is held until the call is accepted"
            )
        elif (told := model_event(happening)) is not None:
            self._tell(*told)

    def _on_log(self, part: str, line: str) -> None:
        name, sentence = _READY
        if part == name and sentence in line and sentence not in self._told:
            self._told.add(sentence)
            self._tell("agent", "is ready: its track is published, still muted")


async def _shake_hands(stage: Stage) -> tuple[bool, bool]:
    """Do Meta's webhook handshake with the right token and with a wrong one."""
    results = []
    for token, wanted in ((stage.settings.environment["WA_VERIFY_TOKEN"], True), ("wrong", False)):
        try:
            results.append(await stage.whatsapp.verify_webhook(token) is wanted)
        except (aiohttp.ClientError, TimeoutError):
            results.append(False)
    return results[0], results[1]
