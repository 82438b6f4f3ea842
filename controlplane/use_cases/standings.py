"""How a person stands with a line: what ledger, history and Meta say, and what is written of it."""

import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from controlplane.core.consent import (
    PERMISSION_LASTS,
    CallHistory,
    CallPause,
    ConsentEntry,
    ConsentKind,
    ConsentSource,
    LedgerState,
    make_entry,
)
from controlplane.core.errors import GraphError
from controlplane.core.policy import CallRequest, Limits
from controlplane.ledger.ledger import Ledger
from controlplane.meta.graph import PermissionReport
from controlplane.meta.graph_errors import GraphRefused
from controlplane.meta.lessons import Correction
from controlplane.meta.lines import Lines
from controlplane.meta.permission_lookup import PermissionLookup
from shared.call.denial import Reason
from shared.call.ids import PhoneNumberId
from shared.call.person import Person

_log = logging.getLogger(__name__)

# How long nobody is called who may not be called now, should Graph not say until when.
_PAUSE = timedelta(seconds=60)


class Standings:
    """Reads and writes it; each line's for itself."""

    def __init__(self, *, ledger: Ledger, lines: Lines, clock: Callable[[], datetime]) -> None:
        """Take the ledger, the lines by which Meta is asked, and what time it is."""
        self._ledger = ledger
        self._lines = lines
        self._clock = clock
        self._lookups: dict[PhoneNumberId, PermissionLookup] = {}
        self._business_phones: dict[PhoneNumberId, str] = {}

    # --- read ---

    async def of(self, person: Person, line: PhoneNumberId) -> tuple[LedgerState, CallHistory]:
        """Return what the ledger says of a person and a line, and what calls were before."""
        return await self._ledger.standing(
            line, person, limits=self.limits_of(line), now=self._clock()
        )

    async def request_to(self, person: Person, line: PhoneNumberId) -> CallRequest:
        """Say who wants to call whom, with the line's own number if Meta tells it."""
        if line not in self._business_phones:
            try:
                number = await self._lines.graph_of(line).check_number()
            except GraphError as error:
                # only its country is wanted; Meta refuses by itself what that would forbid
                _log.warning(
                    "Our own number is unknown.", extra={"action": "number-unknown", "line": line}
                )
                if isinstance(error, GraphRefused):
                    self._business_phones[line] = ""
            else:
                self._business_phones[line] = number.display_phone_number or ""
        return CallRequest(
            phone_number_id=line,
            business_phone=self._business_phones.get(line) or None,
            person=person,
        )

    def limits_of(self, line: PhoneNumberId) -> Limits:
        """Return Meta's limits for a line."""
        known = self._lines.find(line)
        return known.terms.limits if known is not None else Limits()

    def forget(self, person: Person) -> None:
        """Keep nothing about a person."""
        for lookup in self._lookups.values():
            lookup.forget(person)

    # --- Graph, where the ledger is silent ---

    async def ask_graph(self, person: Person, line: PhoneNumberId) -> bool:
        """Ask whether the person permits calls, and write a yes. Return what it was.

        Raises:
            CallDenied: Meta has been asked too often just now.
            GraphError: no answer.
        """
        report = await self._lookup_of(line).permission_of(person)
        if report is None:
            return False
        await self._write_report(person, report, line)
        return True

    async def _write_report(
        self, person: Person, report: PermissionReport, line: PhoneNumberId
    ) -> None:
        now = self._clock()
        ref = f"asked:{uuid.uuid4()}"
        # should Graph not say until when, its refusal of a call will
        until = None if report.is_permanent else report.valid_until or now + PERMISSION_LASTS
        entry = self.graph_entry(person, ref, line=line, granted=True, valid_until=until)
        await self._ledger.add([entry])
        if not report.may_call:
            limit = report.call_limit_until or now + _PAUSE
            await self.pause(person, Reason.CONNECTED_LIMIT, limit, line)

    def _lookup_of(self, line: PhoneNumberId) -> PermissionLookup:
        if line not in self._lookups:
            # by whatever token the line has when somebody asks
            self._lookups[line] = PermissionLookup(
                lambda person: self._lines.graph_of(line).call_permissions(person),
                clock=self._clock,
            )
        return self._lookups[line]

    # --- write ---

    def graph_entry(
        self,
        person: Person,
        ref: str,
        *,
        line: PhoneNumberId,
        granted: bool,
        valid_until: datetime | None = None,
    ) -> ConsentEntry:
        """Make the entry that says what Meta says of a permission."""
        return make_entry(
            phone_number_id=line,
            person=person,
            kind=ConsentKind.CALL_PERMISSION,
            granted=granted,
            source=ConsentSource.GRAPH,
            source_ref=ref,
            valid_until=valid_until,
            at=self._clock(),
        )

    async def hold(self, person: Person, correction: Correction, line: PhoneNumberId) -> None:
        """Pause what a refusal of Meta's says has to wait: the line, or the person."""
        until = correction.denied.retry_at
        if until is not None and (correction.pauses_line or correction.pauses_person):
            whom = None if correction.pauses_line else person
            await self.pause(whom, correction.denied.reason, until, line)

    async def pause(
        self, person: Person | None, reason: Reason, until: datetime, line: PhoneNumberId
    ) -> None:
        """Note until when Meta need not be tried; `person` None: for nobody on this line."""
        await self._ledger.add_pause(
            CallPause(
                id=str(uuid.uuid4()),
                phone_number_id=line,
                person=person,
                reason=reason.value,
                until=until,
                at=self._clock(),
            )
        )
