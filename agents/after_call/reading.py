"""One conversation, read by a model: from the rows of its call to the plan of what is to do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from agents.after_call.clerk import Clerk, Function
from agents.after_call.conversation import Answered, Question
from agents.after_call.failure import Failure
from agents.after_call.findings import Unfit, answer_format, read_findings
from agents.after_call.material import INSTRUCTIONS, Business, Material
from agents.after_call.plan import Plan
from agents.after_call.promises import settle_promises
from agents.after_call.staging import StagedNotes
from shared.call.call import Call
from shared.call.ids import CallId
from shared.call.records import ToolCall
from shared.database.after_call_store import AfterCallStore

_LAST_WORDS = timedelta(seconds=10)
"""For so long after a call's end its last words may still be on their way into the database."""
_LOOK_AGAIN = timedelta(seconds=1)


class NothingToDo(Exception):
    """The conversation is not read."""

    def __init__(self, why: str) -> None:
        """Take the reason, a slug."""
        super().__init__(why)
        self.why = why


class NotYet(Exception):
    """Somebody still writes down what was said."""

    pause = _LOOK_AGAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Whose conversation it is, and how it is read."""

    business: Business
    models: Sequence[str]
    """In order of preference."""
    functions: Callable[[Material, StagedNotes], Sequence[Function]] = field(repr=False)
    """The tools of the call, on notes of ours."""


class Asks(Protocol):
    """The way to a model; see `agents.after_call.conversation.Conversations`."""

    async def choose(self, preferred: Sequence[str]) -> list[str]:
        """Say which models to try, in order."""

    async def ask(self, model: str, question: Question) -> Answered:
        """Lead a conversation to its answer; raises `Failure`."""


class Reader:
    """Reads conversations; keeps nothing of them."""

    def __init__(
        self,
        conversations: Asks | None,
        desk_of: Callable[[Call], Desk | None],
        *,
        identify: Callable[[Call], str],
    ) -> None:
        """Take the way to OpenAI, if there is one.

        `desk_of` says how a call is read, `None` if its business does not want it; `identify`
        makes an id of its person for OpenAI that does not tell who it is.
        """
        self._conversations, self._desk_of, self._identify = conversations, desk_of, identify

    async def read(self, store: AfterCallStore, call_id: CallId, now: datetime) -> Plan:
        """Make the plan.

        Raises:
            NothingToDo: there is none to make.
            NotYet: it cannot be made yet.
            Failure: no model could make it.
            StoreUnavailable: the database does not answer.
        """
        call = await store.get_call(call_id)
        if call is None:
            raise NothingToDo("call-gone")
        desk = self._desk_of(call)
        if desk is None:
            raise NothingToDo("switched-off")
        conversations = self._conversations
        if conversations is None or not desk.models:
            raise NothingToDo("no-model-named")
        if not is_written(call, await store.has_last_words(call_id), now):
            raise NotYet
        material = Material(
            call=call,
            business=desk.business,
            turns=await store.list_transcripts(call_id),
            tool_calls=await store.list_tool_calls(call_id),
            lead=await store.find_lead(call_id),
            follow_ups=await store.list_follow_ups(call_id),
        )
        if not material.has_words:
            raise NothingToDo("nobody-spoke")
        for model in await conversations.choose(desk.models):
            try:
                return await self._read_with(conversations, model, desk, material, now)
            except Failure as failure:
                if failure.slug != "no-model":
                    raise
        raise Failure("no-model")

    async def _read_with(
        self,
        conversations: Asks,
        model: str,
        desk: Desk,
        material: Material,
        now: datetime,
    ) -> Plan:
        staged = StagedNotes(known=material.lead, arranged=material.follow_ups)
        clerk = Clerk(material.call.id, desk.functions(material, staged))
        question = Question(
            instructions=INSTRUCTIONS,
            document=material.document(now),
            answer_format=answer_format(desk.business.outcomes),
            clerk=clerk,
            safety_identifier=self._identify(material.call),
        )
        answered = await conversations.ask(model, question)
        return plan_of(answered, material, staged, clerk.done, now)


def is_written(call: Call, has_last_words: bool, now: datetime) -> bool:
    """Whether all that was said stands in the database: its agent says so, or has had its time."""
    if has_last_words:
        return True
    return call.ended_at is not None and now - call.ended_at >= _LAST_WORDS


def plan_of(
    answered: Answered,
    material: Material,
    staged: StagedNotes,
    tool_calls: Sequence[ToolCall],
    now: datetime,
) -> Plan:
    """Make a plan of an answer and of what the tools were asked.

    Raises:
        Failure: the answer is none.
    """
    try:
        findings = read_findings(answered.text, material.business.outcomes)
    except Unfit:
        raise Failure("answer-malformed") from None
    asked_for_peace = any(
        one.name == "doNotCall" and one.error is None for one in material.tool_calls
    )
    settled = settle_promises(
        findings.promises,
        material,
        arranged=staged.all_follow_ups,
        may_call=not (asked_for_peace or staged.is_not_to_be_called),
        now=now,
    )
    theirs = {turn.sequence for turn in material.turns if turn.speaker == "user"}
    return Plan(
        model=answered.model,
        summary=findings.summary,
        outcome=findings.outcome,
        sentiment=findings.sentiment,
        missing=tuple(dict.fromkeys(findings.missing)),
        off_purpose_turns=tuple(sorted(theirs & set(findings.off_purpose_turns))),
        promises=tuple(promise for promise, _ in settled),
        leads=tuple(staged.leads),
        follow_ups=(*staged.follow_ups, *(one for _, one in settled if one is not None)),
        do_not_call=staged.is_not_to_be_called,
        tool_calls=tuple(tool_calls),
        tokens=answered.tokens,
    )
