"""May we call? Ask for permission, hear the answers, keep the ledger, and decide before a dial."""

import logging
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from controlplane.core.callee import CallHours
from controlplane.core.consent import (
    CallHistory,
    ConsentKind,
    ConsentRequest,
    ConsentSource,
    LedgerState,
    PersonMoved,
    make_entry,
)
from controlplane.core.errors import GraphError
from controlplane.core.line import AgentTerms
from controlplane.core.policy import (
    REJECTIONS_TO_DO_NOT_CALL,
    Allowed,
    CallRequest,
    decide,
    decide_request,
)
from controlplane.ledger.ledger import Ledger
from controlplane.meta.call_codes import ALREADY_PERMANENT
from controlplane.meta.code_table import known_as
from controlplane.meta.events import (
    AccountUpdated,
    IdentityChanged,
    MessageFailed,
    PermissionReplied,
)
from controlplane.meta.graph import RequestTemplate
from controlplane.meta.graph_errors import GraphNotReached, GraphRefused, UnreadableReply
from controlplane.meta.lessons import after_refusal, pause_of
from controlplane.meta.lines import Lines
from controlplane.meta.replies import entry_of_reply
from controlplane.use_cases.budget import Budget
from controlplane.use_cases.standings import Standings
from shared.call.call import Call
from shared.call.denial import Denied, Reason
from shared.call.errors import CallDenied
from shared.call.ids import PhoneNumberId
from shared.call.person import Person
from shared.call.records import EventOutcome

_log = logging.getLogger(__name__)

_ANY_AGENT = AgentTerms()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRules:
    """What the operator sets for all lines; each line's limits are its own."""

    hours: CallHours
    template: RequestTemplate | None = None
    """What asks for permission where a free-form message would not arrive."""


class Permissions:
    """The ledger's use cases."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        lines: Lines,
        rules: CallRules,
        budget: Budget,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the ledger, the lines by which Meta is reached, the rules, and the day's budget."""
        self._ledger = ledger
        self._requests = ledger.requests
        self._lines = lines
        self._rules = rules
        self._budget = budget
        self._clock = clock
        self._standings = Standings(ledger=ledger, lines=lines, clock=clock)

    # --- before a call ---

    async def check(
        self, person: Person, *, line: PhoneNumberId, agent: AgentTerms = _ANY_AGENT
    ) -> Allowed:
        """Decide whether this person may be called from a line now, by an agent.

        Raises:
            CallDenied: no, why, and when it may be tried again. Nothing was sent to the person.
            GraphError: the ledger is silent and Graph did not answer.
        """
        request = await self._standings.request_to(person, line)
        ledger, history = await self._standings.of(person, line)
        verdict = await self._decide(request, ledger, history, agent)
        # anything else stands in the way before the permission is looked at: no need to ask
        is_open = isinstance(verdict, Denied) and verdict.reason is Reason.NO_PERMISSION
        if is_open and ledger.permission is None and await self._standings.ask_graph(person, line):
            ledger, history = await self._standings.of(person, line)
            verdict = await self._decide(request, ledger, history, agent)
        if isinstance(verdict, Denied):
            _log.info("Call denied.", extra={"action": "call-denied", "reason": verdict.reason})
            raise CallDenied(verdict)
        return verdict

    # --- after a call ---

    async def refused(self, call: Call, error: GraphError) -> CallDenied | None:
        """Learn from Graph's refusal of a call; return the denial that it is, if it is one."""
        if not isinstance(error, GraphRefused):
            return None
        correction = after_refusal(error, self._clock())
        person = call.party.person
        if correction is None or person is None:
            return None
        if correction.withdraws_permission:
            entry = self._standings.graph_entry(
                person, f"refused:{call.id}", line=call.phone_number_id, granted=False
            )
            await self._ledger.add([entry])
        await self._standings.hold(person, correction, call.phone_number_id)
        return CallDenied(correction.denied)

    async def rejected(self, person: Person, ref: str, *, line: PhoneNumberId) -> bool:
        """Write a do-not-call if this person has rejected a line twice in a row; say if it was.

        To be called when a call ended as rejected, with the call's id; its row must say so.
        """
        _, history = await self._standings.of(person, line)
        if history.rejections_in_a_row < REJECTIONS_TO_DO_NOT_CALL:
            return False
        await self._ledger.add(
            [
                make_entry(
                    phone_number_id=line,
                    person=person,
                    kind=ConsentKind.DO_NOT_CALL,
                    granted=True,
                    source=ConsentSource.REJECTIONS,
                    source_ref=ref,
                    at=self._clock(),
                )
            ]
        )
        return True

    # --- what Meta tells ---

    async def replied(self, event: PermissionReplied, event_id: str) -> EventOutcome:
        """Write a person's answer, Meta's automatic grant or its revocation."""
        line = self._lines.number_of(event.phone_number_id)
        if line is None:
            return EventOutcome.UNKNOWN
        entry = entry_of_reply(event, line=line, event_id=event_id, now=self._clock())
        if entry is None:
            return EventOutcome.UNKNOWN
        await self._ledger.add([entry])
        if not entry.granted and entry.source is ConsentSource.REPLY:
            await self.rejected(entry.person, entry.source_ref, line=entry.phone_number_id)
        return EventOutcome.HANDLED

    async def failed(self, event: MessageFailed) -> EventOutcome:
        """Take a request for permission back that Meta took and did not deliver after all."""
        code = next((error.code for error in event.errors), None)
        if not await self._requests.fail(
            message_id=event.message_id, opaque=event.opaque, code=code
        ):
            return EventOutcome.IGNORED
        known = known_as(code)
        _log.warning(
            "A request for permission was not delivered; it does not count.",
            extra={
                "action": "request-failed",
                "code": code,
                "advice": known.advice if known is not None else "",
            },
        )
        return EventOutcome.HANDLED

    async def moved(self, event: IdentityChanged, event_id: str) -> EventOutcome:
        """Link who a person was and is: a do-not-call goes along, a permission does not."""
        line = self._lines.number_of(event.phone_number_id)
        if line is None:
            return EventOutcome.UNKNOWN
        await self._ledger.link(
            PersonMoved(
                id=event_id,
                phone_number_id=line,
                former=event.former,
                current=event.current,
                at=event.timestamp or self._clock(),
                source_ref=event.message_id or event_id,
            )
        )
        self._standings.forget(event.former)
        _log.info(
            "A person changed their number or id; what they forbade goes along.",
            extra={"action": "person-moved"},
        )
        return EventOutcome.HANDLED

    async def account_updated(
        self, event: AccountUpdated, lines: Iterable[PhoneNumberId]
    ) -> EventOutcome:
        """Stop placing calls while Meta restricts them; log what else it warns of or restricts.

        `lines` are those of the account.
        """
        if event.violation is not None:
            _log.warning(
                "Meta warns about the quality of this account's calls; see the WhatsApp Manager.",
                extra={"action": "account-violation", "violation": event.violation},
            )
        for restriction in event.restrictions:
            _log.error(
                "Meta restricts this account's calls; see the WhatsApp Manager.",
                extra={"action": "account-restricted", "restriction": restriction.what},
            )
            until = pause_of(restriction, self._clock())
            if until is not None:
                for line in lines:
                    await self._standings.pause(None, Reason.QUALITY_PAUSED, until, line)
        return EventOutcome.HANDLED

    # --- what operators do ---

    async def request(
        self,
        person: Person,
        *,
        line: PhoneNumberId,
        text: str | None = None,
        template: RequestTemplate | None = None,
    ) -> ConsentRequest:
        """Ask a person for the permission to be called from a line.

        Without a `template`, the configured one is sent to whom a free-form message with `text`
        would not reach.

        Raises:
            CallDenied: they must not be asked now.
            GraphError: Graph refused or did not answer; then it may have been sent, and counts.
        """
        graph = self._lines.graph_of(line)
        request = await self._standings.request_to(person, line)
        ledger, history = await self._standings.of(person, line)
        now = self._clock()
        limits = self._standings.limits_of(line)
        verdict = decide_request(request, ledger, history, limits=limits, now=now)
        if isinstance(verdict, Denied):
            raise CallDenied(verdict)
        template = template or await self._template_for(person, now, line)
        asked = ConsentRequest(
            id=str(uuid.uuid4()),
            phone_number_id=line,
            person=person,
            previous_id=history.last_request_id,
            requested_at=now,
            template=template.name if template is not None else None,
        )
        if not await self._ledger.claim_request(asked):
            raise CallDenied(Denied(reason=Reason.REQUEST_LIMIT))
        try:
            message_id = await graph.request_permission(
                person, text=text, template=template, opaque=asked.id
            )
        except UnreadableReply as error:
            if not error.is_success:
                await self._ledger.settle_request(asked.id, message_id=None)
            raise
        except GraphRefused as error:
            await self._ledger.settle_request(asked.id, message_id=None)
            if error.known is ALREADY_PERMANENT:
                entry = self._standings.graph_entry(person, asked.id, line=line, granted=True)
                await self._ledger.add([entry])
                raise CallDenied(Denied(reason=Reason.ALREADY_PERMITTED)) from None
            correction = after_refusal(error, self._clock())
            if correction is not None:
                await self._standings.hold(person, correction, line)
            if correction is not None and correction.denied.reason is Reason.RATE_LIMITED:
                raise CallDenied(correction.denied) from None
            raise
        except GraphNotReached:
            # Meta has not heard of it: it counts for nobody
            await self._ledger.settle_request(asked.id, message_id=None)
            raise
        await self._ledger.settle_request(asked.id, message_id=message_id)
        _log.info("Permission requested.", extra={"action": "permission-requested"})
        return asked

    async def erase(self, person: Person, *, forget_do_not_call: bool) -> dict[str, int]:
        """Forget a person: calls, words, leads, raw events, consents; return the counts of rows.

        The do-not-call entries stay unless told otherwise: who forgets them may call again.

        Raises:
            CallDenied: there is a call with this person at the moment.
        """
        for line in self._lines.known:
            _, history = await self._standings.of(person, line)
            if history.live_call_id is not None:
                raise CallDenied(
                    Denied(reason=Reason.LIVE_CALL),
                    "There is a call with this person; hang it up before erasing.",
                )
        erased = await self._ledger.erase(person, forget_do_not_call=forget_do_not_call)
        self._standings.forget(person)
        _log.info("A person was erased.", extra={"action": "person-erased"})
        return erased

    # --- parts ---

    async def _template_for(
        self, person: Person, now: datetime, line: PhoneNumberId
    ) -> RequestTemplate | None:
        """Return the template that is needed outside the service window; `None` within it."""
        if await self._requests.is_window_open(line, person, now):
            return None
        if self._rules.template is None:
            raise CallDenied(Denied(reason=Reason.TEMPLATE_NEEDED))
        return self._rules.template

    async def _decide(
        self,
        request: CallRequest,
        ledger: LedgerState,
        history: CallHistory,
        agent: AgentTerms,
    ) -> Allowed | Denied:
        return decide(
            request,
            ledger,
            history,
            hours=self._rules.hours,
            business=agent.hours,
            is_spent=await self._budget.is_spent(agent),
            limits=self._standings.limits_of(request.phone_number_id),
            now=self._clock(),
        )
