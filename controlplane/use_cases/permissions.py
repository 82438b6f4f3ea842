"""May we call? Ask for permission, hear the answers, keep the ledger, and decide before a dial."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from controlplane.core.callee import CallHours
from controlplane.core.consent import (
    PERMISSION_LASTS,
    CallHistory,
    CallPause,
    ConsentEntry,
    ConsentKind,
    ConsentRequest,
    ConsentSource,
    LedgerState,
    PersonMoved,
    make_entry,
)
from controlplane.core.errors import GraphError
from controlplane.core.policy import (
    REJECTIONS_TO_DO_NOT_CALL,
    Allowed,
    CallRequest,
    Limits,
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
from controlplane.meta.graph import GraphClient, PermissionReport, RequestTemplate
from controlplane.meta.graph_errors import GraphNotReached, GraphRefused, UnreadableReply
from controlplane.meta.lessons import Correction, after_refusal, pause_of
from controlplane.meta.permission_lookup import PermissionLookup
from controlplane.meta.replies import entry_of_reply
from shared.call.call import Call
from shared.call.denial import Denied, Reason
from shared.call.errors import CallDenied
from shared.call.ids import PhoneNumberId
from shared.call.person import Person
from shared.call.records import EventOutcome

_log = logging.getLogger(__name__)

# How long nobody is called who may not be called now, should Graph not say until when.
_PAUSE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRules:
    """What the operator and Meta set: the line, its hours, the limits."""

    phone_number_id: PhoneNumberId
    hours: CallHours
    limits: Limits = field(default_factory=Limits)
    template: RequestTemplate | None = None
    """What asks for permission where a free-form message would not arrive."""


class Permissions:
    """The ledger's use cases."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        graph: GraphClient,
        lookup: PermissionLookup,
        rules: CallRules,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the ledger, Meta, what Meta knows of people, and the rules."""
        self._ledger = ledger
        self._requests = ledger.requests
        self._graph = graph
        self._lookup = lookup
        self._rules = rules
        self._clock = clock
        self._business_phone: str | None = None

    # --- before a call ---

    async def check(self, person: Person) -> Allowed:
        """Decide whether this person may be called now.

        Raises:
            CallDenied: no, why, and when it may be tried again. Nothing was sent to the person.
            GraphError: the ledger is silent and Graph did not answer.
        """
        request = await self._request_to(person)
        ledger, history = await self._standing(person)
        verdict = self._decide(request, ledger, history)
        # anything else stands in the way before the permission is looked at: no need to ask
        is_open = isinstance(verdict, Denied) and verdict.reason is Reason.NO_PERMISSION
        if is_open and ledger.permission is None and await self._ask_graph(person):
            ledger, history = await self._standing(person)
            verdict = self._decide(request, ledger, history)
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
            await self._ledger.add([self._graph_entry(person, f"refused:{call.id}", granted=False)])
        await self._hold(person, correction)
        return CallDenied(correction.denied)

    async def rejected(self, person: Person, ref: str) -> bool:
        """Write a do-not-call if this person has rejected twice in a row; say whether it was.

        To be called when a call ended as rejected, with the call's id; its row must say so.
        """
        _, history = await self._standing(person)
        if history.rejections_in_a_row < REJECTIONS_TO_DO_NOT_CALL:
            return False
        await self._ledger.add(
            [
                make_entry(
                    phone_number_id=self._rules.phone_number_id,
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
        entry = entry_of_reply(
            event, line=self._rules.phone_number_id, event_id=event_id, now=self._clock()
        )
        if entry is None:
            return EventOutcome.UNKNOWN
        await self._ledger.add([entry])
        if not entry.granted and entry.source is ConsentSource.REPLY:
            await self.rejected(entry.person, entry.source_ref)
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
        await self._ledger.link(
            PersonMoved(
                id=event_id,
                phone_number_id=event.phone_number_id or self._rules.phone_number_id,
                former=event.former,
                current=event.current,
                at=event.timestamp or self._clock(),
                source_ref=event.message_id or event_id,
            )
        )
        self._lookup.forget(event.former)
        _log.info(
            "A person changed their number or id; what they forbade goes along.",
            extra={"action": "person-moved"},
        )
        return EventOutcome.HANDLED

    async def account_updated(self, event: AccountUpdated) -> EventOutcome:
        """Stop placing calls while Meta restricts them; log what else it warns of or restricts."""
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
                await self._pause(None, Reason.QUALITY_PAUSED, until)
        return EventOutcome.HANDLED

    # --- what operators do ---

    async def request(
        self, person: Person, *, text: str | None = None, template: RequestTemplate | None = None
    ) -> ConsentRequest:
        """Ask a person for the permission to be called.

        Without a `template`, the configured one is sent to whom a free-form message with `text`
        would not reach.

        Raises:
            CallDenied: they must not be asked now.
            GraphError: Graph refused or did not answer; then it may have been sent, and counts.
        """
        request = await self._request_to(person)
        ledger, history = await self._standing(person)
        now = self._clock()
        verdict = decide_request(request, ledger, history, limits=self._rules.limits, now=now)
        if isinstance(verdict, Denied):
            raise CallDenied(verdict)
        template = template or await self._template_for(person, now)
        asked = ConsentRequest(
            id=str(uuid.uuid4()),
            phone_number_id=self._rules.phone_number_id,
            person=person,
            previous_id=history.last_request_id,
            requested_at=now,
            template=template.name if template is not None else None,
        )
        if not await self._ledger.claim_request(asked):
            raise CallDenied(Denied(reason=Reason.REQUEST_LIMIT))
        try:
            message_id = await self._graph.request_permission(
                person, text=text, template=template, opaque=asked.id
            )
        except UnreadableReply as error:
            if not error.is_success:
                await self._ledger.settle_request(asked.id, message_id=None)
            raise
        except GraphRefused as error:
            await self._ledger.settle_request(asked.id, message_id=None)
            if error.known is ALREADY_PERMANENT:
                await self._ledger.add([self._graph_entry(person, asked.id, granted=True)])
                raise CallDenied(Denied(reason=Reason.ALREADY_PERMITTED)) from None
            correction = after_refusal(error, self._clock())
            if correction is not None:
                await self._hold(person, correction)
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
        _, history = await self._standing(person)
        if history.live_call_id is not None:
            raise CallDenied(
                Denied(reason=Reason.LIVE_CALL),
                "There is a call with this person; hang it up before erasing.",
            )
        erased = await self._ledger.erase(person, forget_do_not_call=forget_do_not_call)
        self._lookup.forget(person)
        _log.info("A person was erased.", extra={"action": "person-erased"})
        return erased

    # --- Graph, where the ledger is silent ---

    async def _ask_graph(self, person: Person) -> bool:
        """Ask whether the person permits calls, and write a yes. Return what it was.

        Raises:
            CallDenied: Meta has been asked too often just now.
            GraphError: no answer.
        """
        report = await self._lookup.permission_of(person)
        if report is None:
            return False
        await self._write_report(person, report)
        return True

    async def _write_report(self, person: Person, report: PermissionReport) -> None:
        now = self._clock()
        ref = f"asked:{uuid.uuid4()}"
        # should Graph not say until when, its refusal of a call will
        until = None if report.is_permanent else report.valid_until or now + PERMISSION_LASTS
        await self._ledger.add([self._graph_entry(person, ref, granted=True, valid_until=until)])
        if not report.may_call:
            limit = report.call_limit_until or now + _PAUSE
            await self._pause(person, Reason.CONNECTED_LIMIT, limit)

    # --- parts ---

    async def _template_for(self, person: Person, now: datetime) -> RequestTemplate | None:
        """Return the template that is needed outside the service window; `None` within it."""
        line = self._rules.phone_number_id
        if await self._requests.is_window_open(line, person, now):
            return None
        if self._rules.template is None:
            raise CallDenied(Denied(reason=Reason.TEMPLATE_NEEDED))
        return self._rules.template

    def _decide(
        self, request: CallRequest, ledger: LedgerState, history: CallHistory
    ) -> Allowed | Denied:
        rules = self._rules
        return decide(
            request, ledger, history, hours=rules.hours, limits=rules.limits, now=self._clock()
        )

    async def _standing(self, person: Person) -> tuple[LedgerState, CallHistory]:
        return await self._ledger.standing(
            self._rules.phone_number_id, person, limits=self._rules.limits, now=self._clock()
        )

    async def _request_to(self, person: Person) -> CallRequest:
        if self._business_phone is None:
            try:
                number = await self._graph.check_number()
            except GraphError as error:
                # only its country is wanted; Meta refuses by itself what that would forbid
                _log.warning("Our own number is unknown.", extra={"action": "number-unknown"})
                self._business_phone = "" if isinstance(error, GraphRefused) else None
            else:
                self._business_phone = number.display_phone_number or ""
        return CallRequest(
            phone_number_id=self._rules.phone_number_id,
            business_phone=self._business_phone or None,
            person=person,
        )

    def _graph_entry(
        self, person: Person, ref: str, *, granted: bool, valid_until: datetime | None = None
    ) -> ConsentEntry:
        return make_entry(
            phone_number_id=self._rules.phone_number_id,
            person=person,
            kind=ConsentKind.CALL_PERMISSION,
            granted=granted,
            source=ConsentSource.GRAPH,
            source_ref=ref,
            valid_until=valid_until,
            at=self._clock(),
        )

    async def _hold(self, person: Person, correction: Correction) -> None:
        until = correction.denied.retry_at
        if until is not None and (correction.pauses_line or correction.pauses_person):
            whom = None if correction.pauses_line else person
            await self._pause(whom, correction.denied.reason, until)

    async def _pause(self, person: Person | None, reason: Reason, until: datetime) -> None:
        await self._ledger.add_pause(
            CallPause(
                id=str(uuid.uuid4()),
                phone_number_id=self._rules.phone_number_id,
                person=person,
                reason=reason.value,
                until=until,
                at=self._clock(),
            )
        )
