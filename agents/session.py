"""One job, one call: be brought up, wait to be answered, talk, leave, and write it down.

`agents.phase` draws how a call goes; what is done on the way is here. The control plane answers
the phone only once it sees the track, so a track means: OpenAI is there.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from agents.breakdown import Breakdown
from agents.call_clips import words_to_greet
from agents.call_meter import CallMeter
from agents.call_tools import tools_of_call
from agents.cost_watch import CostWatch, lower_cap
from agents.goodbye import Goodbye
from agents.instructions import instructions_of, opening_for
from agents.keypad import Keypad
from agents.media.measures import Measures
from agents.media.tool import Tool, ToolUse, Turn
from agents.media.voice import CannotSpeak, MakeVoice, OpenAIUnreachable, RoomUnreachable
from agents.metrics import AgentMetrics
from agents.models import ModelChooser
from agents.phase import Phase, PhaseEvent, after
from agents.reasons import write_outcome, write_reason
from agents.recorder import Recorder
from agents.settings import Settings
from agents.silence_watch import SilenceWatch
from agents.store_link import Link
from agents.tools.tool_journal import ToolJournal
from agents.transcript import TranscriptFold, TranscriptWriter, TurnWriter
from agents.voicemail import Voicemail, doubt
from shared.call import openai_refusal
from shared.call.brief import CallBrief
from shared.call.call import Direction, EndReason
from shared.call.room import ShownStatus
from shared.prices.price_file import prices_of
from shared.process.tasks import Tasks
from shared.profiles.profile import Profile

_log = logging.getLogger(__name__)

_FLUSH_TIMEOUT_S = 20.0
# ICE and DTLS take 200 ms after `accept`, seconds on a lossy path.
_MEDIA_TIMEOUT_S = 5.0
_STAYED = (
    "Not hung up: the customer spoke, or pressed a key, while you said goodbye. Answer them. When "
    "they have nothing more, say goodbye and call endCall again."
)
_NOT_NOW = "Not hung up: the call is not answered yet, or is ending already."


class CallSession:
    """The agent's side of one call; its voice tells it what happens (`CallObserver`)."""

    def __init__(
        self,
        *,
        brief: CallBrief,
        profile: Profile,
        settings: Settings,
        link: Link,
        make_voice: MakeVoice,
        leave: Callable[[str], None],
        writer: TurnWriter | None = None,
        show: Callable[[Phase], None] = lambda _: None,
        metrics: AgentMetrics | None = None,
    ) -> None:
        """Take what the control plane told of the call, who the agent is, and the ways out.

        `leave` ends the job; it takes the reason, for the log. `writer` takes the turns; without
        one they are written by themselves. `show` is told of each phase.
        """
        self._brief, self._profile, self._settings = brief, profile, settings
        self._leave, self._show = leave, show
        self._phase, self._link, self._tasks = Phase.SETTING_UP, link, Tasks()
        self._writer = writer or TranscriptWriter(link.store)
        self._fold = TranscriptFold(brief.call_id)
        self._meter = CallMeter.of(
            brief, settings.speech(profile), prices_of(settings.prices_file), metrics
        )
        self._voice = make_voice(self)
        self._tool_journal = ToolJournal(brief.call_id, link.store)
        self._keypad = Keypad(self._on_keys)
        self._goodbye = Goodbye(self._voice, self._keypad)
        self._breakdown = Breakdown.of(brief, profile, settings, self._voice)
        may_part = partial(self._move, PhaseEvent.PARTING)
        self._silence = SilenceWatch.on(
            self._voice,
            self._keypad,
            begin=may_part,
            end=self._end_with,
            times=profile.silence,
            still_there=profile.spoken().still_there,
        )
        cap_usd = lower_cap(settings.call_cost_cap_usd, profile.cost_cap_usd)
        self._cost = CostWatch(self._voice, cap_usd, begin=may_part, end=self._end_with)
        self._request_end = partial(write_reason, link, brief.call_id)
        self._recorder = Recorder.of(brief.call_id, profile.recording, self._voice, link.store)
        self._voicemail = Voicemail(
            self._voice,
            profile.voicemail,
            begin=may_part,
            note=partial(write_outcome, link, brief.call_id),
            end=self._end_with,
        )

    # --- the story ---

    async def set_up(self, chooser: ModelChooser) -> None:
        """Bring the agent to where the phone may be answered; leave if that cannot be."""
        try:
            async with asyncio.timeout(self._brief.ready_within_s):
                await self._voice.bring_up(
                    instructions_of(self._brief, self._profile), self._tools(), chooser.order
                )
        except OpenAIUnreachable as error:
            await self._do_without(openai_refusal.reason_of(error.cause), error.cause)
        except RoomUnreachable as error:
            await self._give_up(EndReason.AGENT_NOT_READY, error.cause)
        except TimeoutError as error:
            await self._give_up(EndReason.AGENT_NOT_READY, type(error).__name__)
        else:
            self._meter.ready()
            self._move(PhaseEvent.SET_UP)

    async def resume(
        self,
        phase: Phase,
        turns: int,
        attach: Callable[[str, Sequence[Tool]], Awaitable[None]],
        spent_usd: float = 0.0,
    ) -> None:
        """Go on with a call whose own worker has died, where it was; leave if that cannot be.

        `attach` takes instructions and tools to the voice; raises `RoomUnreachable`.
        """
        # a goodbye that was under way is said again if the model still means it
        self._phase = Phase.TALKING if phase is Phase.PARTING else phase
        self._fold.turns = turns
        try:
            await attach(instructions_of(self._brief, self._profile), self._tools())
        except RoomUnreachable as error:
            await self._give_up(EndReason.BRIDGE_LOST, error.cause)
        else:
            _log.info(
                "The agent goes on with a call of another worker.",
                extra={"action": "agent-resumed", "phase": self._phase.value, "turns": turns},
            )
            if not self._phase.is_answered:
                self._tasks.spawn(self._leave_unless_answered())
            elif self._phase is Phase.ANSWERED:
                self._tasks.spawn(self._await_media())
            else:
                self._recorder.resume()
                self._tasks.spawn(self._silence.run())
            self._voice.watch()
            self._spend(spent_usd)

    async def let_go(self) -> None:
        """Stop, and leave the call to the worker that has it now; nothing is written any more."""
        await self._tool_journal.close(0)
        self._phase = Phase.OVER
        self._keypad.close()
        await self._tasks.close()

    async def finish(self) -> None:
        """Write what is left and let go of everything; the framework calls this at the end."""
        if self._phase.is_live and self._voice.is_connected:
            # it is the worker that ends, with the caller still on the line
            await self._request_end(EndReason.SHUTDOWN)
        self._move(PhaseEvent.ENDED, "finished")
        self._keypad.close()
        await self._tasks.close()
        await self._voice.last_words()
        await self._recorder.finish()
        await self._writer.close(_FLUSH_TIMEOUT_S)
        await self._voice.aclose()
        await self._tool_journal.close(_FLUSH_TIMEOUT_S)
        await self._link.close()
        _log.info("The agent is done.", extra={"action": "agent-done", "turns": self._fold.turns})

    def _move(self, event: PhaseEvent, why: str = "") -> bool:
        """Let something happen, and do what it asks for; `False` if it means nothing now."""
        phase = after(self._phase, event)
        if phase is None:
            return False
        self._phase = phase
        self._show(phase)
        if event is PhaseEvent.GREETING_DUE:
            self._prepare_greeting()
        elif event is PhaseEvent.ANSWERED:
            self._voice.unmute()
            self._meter.answered()
        match phase:
            case Phase.READY:
                self._await_caller()
            case Phase.ANSWERED:
                self._tasks.spawn(self._await_media())
            case Phase.TALKING if event is not PhaseEvent.HELD_BACK:
                self._voice.begin()
                self._tasks.spawn(self._talk())
            case Phase.OVER:
                _log.info("Leaving the call.", extra={"action": "agent-left", "why": why})
                self._leave(why)
        return True

    # --- being answered ---

    def _await_caller(self) -> None:
        self._tasks.spawn(self._leave_unless_answered())
        if self._brief.direction is Direction.INBOUND:
            # whoever calls will be answered in a moment; whoever is called may never pick up
            self._move(PhaseEvent.GREETING_DUE)
        self._voice.watch()
        # now there is time: the phone is being answered, the database is not needed before
        self._tasks.spawn(self._link.warm())

    def _prepare_greeting(self) -> None:
        """Have the greeting spoken into the held output while the phone is being answered.

        OpenAI needs some 500 ms for its first word; the caller need not wait for it.
        """
        if self._breakdown.why is not None:
            return  # there is nobody to greet with
        try:
            direction = self._brief.direction
            self._voice.greet(
                opening_for(self._profile, direction), words_to_greet(self._profile, direction)
            )
        except CannotSpeak:
            _log.warning(
                "The greeting could not be asked for; the caller speaks first.",
                extra={"action": "greeting-failed"},
            )

    async def _await_media(self) -> None:
        await asyncio.sleep(_MEDIA_TIMEOUT_S)
        if self._move(PhaseEvent.MEDIA_LATE):
            _log.warning(
                "The phone's media does not come up; speaking nevertheless.",
                extra={"action": "media-late"},
            )

    async def _leave_unless_answered(self) -> None:
        await asyncio.sleep(self._settings.answer_timeout_s)
        if self._move(PhaseEvent.NEVER_ANSWERED, "never answered"):
            _log.warning("Nobody answered in time.", extra={"action": "never-answered"})

    # --- what the voice tells ---

    def caller_seen(self) -> None:
        """Greet, unless that was done."""
        self._move(PhaseEvent.GREETING_DUE)

    def media_up(self) -> None:
        """Speak, once the call is answered."""
        self._move(PhaseEvent.MEDIA_UP)

    def caller_left(self) -> None:
        """Leave, if the call was answered."""
        self._move(PhaseEvent.LEG_LEFT, "caller left")

    def status_shown(self, status: str | None) -> None:
        """Follow the call's status."""
        if status == ShownStatus.ACTIVE:
            self._move(PhaseEvent.ANSWERED)
        elif status == ShownStatus.HANGUP:
            self._move(PhaseEvent.ENDED, "call ended")

    def key_pressed(self, key: str) -> None:
        """Gather keys; who presses one has something more to say."""
        self._move(PhaseEvent.HELD_BACK)
        self._silence.heard()
        self._keypad.take(key)

    def item_added(self, item: object) -> None:
        """Write down what was said."""
        turn = self._fold.add(item)
        if turn is not None:
            self._writer.push(turn)
            self._recorder.heard(turn.speaker)

    def turn_measured(self, measures: Measures) -> None:
        """Write down what it took."""
        turn = self._meter.turn(measures)
        self._writer.measure(turn)
        self._spend(turn.cost_usd)

    def agent_heard(self, at: float) -> None:
        """Time the silence after the answer."""
        self._meter.heard(at)

    def long_speech(self, lasted_s: float) -> None:
        """Have the model look twice: a machine may have answered a call of ours."""
        if self._brief.direction is Direction.OUTBOUND:
            self._on_keys(doubt(lasted_s))

    def tool_used(self, use: ToolUse) -> None:
        """Write down what a tool was asked, and has answered."""
        self._meter.tool(use)
        self._tool_journal.keep(use)

    def lost(
        self, reason: EndReason = EndReason.OPENAI_UNREACHABLE, cause: str = "session-lost"
    ) -> None:
        """Leave, since there is nobody to talk with; while setting up, `set_up` hears of it."""
        if self._phase.is_live:
            self._tasks.spawn(self._do_without(reason, cause))

    def room_closed(self) -> None:
        """Leave: whoever closes the room knows why."""
        self._move(PhaseEvent.ENDED, "room closed")

    # --- talking ---

    def _on_keys(self, sentence: str) -> None:
        """Let the model know of pressed keys, and answer, once it has finished what it says."""
        if not self._phase.is_answered:
            return
        try:
            self._voice.tell(sentence)
        except CannotSpeak:
            _log.warning(
                "Pressed keys could not be told to the model.", extra={"action": "keys-untold"}
            )

    async def _hang_up(self, turn: Turn) -> str:
        """End the call from our side, once the goodbye has been heard; tell the model of it.

        Who speaks over the goodbye, or presses a key, has something more: the call goes on.
        """
        if not self._move(PhaseEvent.PARTING):
            return _NOT_NOW
        if not await self._goodbye.is_last_word(turn):
            self._move(PhaseEvent.HELD_BACK)
        if self._phase is not Phase.PARTING:
            return _STAYED
        is_capped = self._cost.is_reached
        await self._request_end(EndReason.COST_CAP if is_capped else EndReason.AGENT_HANGUP)
        self._move(PhaseEvent.ENDED, "agent hung up")
        return "The call is over."

    # --- ending ---

    def _spend(self, usd: float | None) -> None:
        self._cost.spend(usd)
        if self._cost.is_due and self._phase.is_answered:
            self._tasks.spawn(self._cost.run())

    async def _end_with(self, reason: EndReason) -> None:
        await self._request_end(reason)
        self._move(PhaseEvent.ENDED, reason.value)

    async def _do_without(self, reason: EndReason, cause: str) -> None:
        """Say what can be said without a model, and leave; before the answer, stay to apologise."""
        if reason not in openai_refusal.SENTENCES:
            await self._give_up(reason, cause)
        elif self._phase.is_answered:
            if await self._breakdown.part():
                await self._give_up(openai_refusal.in_mid_call(reason), cause)
        elif await self._breakdown.stand_in(reason, cause):
            self._move(PhaseEvent.SET_UP)
        else:
            await self._give_up(reason, cause)

    async def _talk(self) -> None:
        """Mind the caller's silence for as long as the call goes on; or apologise, and leave."""
        if self._breakdown.why is None:
            self._tasks.spawn(self._recorder.begin())
            await self._silence.run()
            return
        await self._breakdown.apologise()
        reason, cause = self._breakdown.why
        await self._give_up(openai_refusal.in_mid_call(reason), cause)

    async def _give_up(self, reason: EndReason, cause: str) -> None:
        """Tell the control plane why the agent cannot go on, and go."""
        if self._phase is Phase.OVER:
            return
        _log.error(
            "The agent cannot go on; leaving the call.",
            extra={
                "action": "agent-gave-up",
                "reason": reason.value,
                "cause": cause,
                **({"why": why} if (why := openai_refusal.SENTENCES.get(reason)) else {}),
            },
        )
        await self._request_end(reason, cause)
        self._move(PhaseEvent.ENDED, reason.value)

    def _tools(self) -> list[Tool]:
        return tools_of_call(
            self._brief.call_id,
            self._profile,
            self._settings,
            store=self._link.store,
            end_call=self._hang_up,
            others=[
                self._recorder.tool(),
                *([self._voicemail.tool()] if self._brief.direction is Direction.OUTBOUND else ()),
            ],
        )
