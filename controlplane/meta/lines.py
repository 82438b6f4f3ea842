"""The lines of one process: each with its own way to Graph, re-read while it runs.

A change takes effect for the next call. A line that goes stays known for as long as its calls may
still have to be ended: what Meta tells of them is heard, and Meta is told; new calls are not taken.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from controlplane.core.errors import LineUnknown
from controlplane.core.line import AgentTerms, LinePlan, LinesUnfit, LineTerms
from controlplane.meta.graph import GraphClient
from shared.call.ids import PhoneNumberId

_log = logging.getLogger(__name__)

_GONE_FOR_S = 4 * 3600.0
"""How long a line that went is still known; no call lasts longer than hours."""

MakeGraph = Callable[[LineTerms], GraphClient]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line that is served: its terms, and the way to Graph by its own token."""

    terms: LineTerms
    graph: GraphClient = field(repr=False)

    @property
    def number(self) -> PhoneNumberId:
        """Its id at Meta."""
        return self.terms.phone_number_id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gone:
    line: Line
    since: float


class Lines:
    """Who finds the line of a call, a person, an event."""

    def __init__(
        self,
        read: Callable[[], LinePlan],
        make_graph: MakeGraph,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what reads the configuration, and what makes a way to Graph.

        Raises:
            LinesUnfit: the configuration cannot be used; the sentence says why.
        """
        self._read = read
        self._make_graph = make_graph
        self._monotonic = monotonic
        self._plan = read()
        self._lines = {number: self._make(terms) for number, terms in self._plan.lines.items()}
        self._gone: dict[PhoneNumberId, _Gone] = {}
        self._refused = ""

    @property
    def plan(self) -> LinePlan:
        """What is configured now."""
        return self._plan

    @property
    def all(self) -> Mapping[PhoneNumberId, Line]:
        """Every line that takes calls now."""
        return self._lines

    @property
    def known(self) -> tuple[PhoneNumberId, ...]:
        """All of them, and those that have gone lately."""
        return (*self._lines, *self._gone)

    def find(self, number: PhoneNumberId | None) -> Line | None:
        """Return a line, also one that has gone lately; `None`: not ours."""
        if number is None:
            return None
        gone = self._gone.get(number)
        return self._lines.get(number) or (gone.line if gone is not None else None)

    def serves(self, number: PhoneNumberId | None) -> bool:
        """Whether new calls of this line are taken."""
        return number in self._lines

    def graph_of(self, number: PhoneNumberId) -> GraphClient:
        """Return the way to Graph by which a line's calls and people are reached.

        Raises:
            LineUnknown: it is not served here.
        """
        line = self.find(number)
        if line is None:
            raise LineUnknown
        return line.graph

    def app_secrets(self) -> tuple[str, ...]:
        """Return every app's secret once, of lines that have gone lately as well."""
        gone = (one.line.terms.app_secret.value for one in self._gone.values())
        return tuple(dict.fromkeys((*self._plan.app_secrets(), *gone)))

    def may_sign(
        self, secret: str, number: PhoneNumberId | None, account: str | None = None
    ) -> bool:
        """Whether an app with this secret may tell of a number, or else of an account."""
        gone = self._gone.get(number) if number is not None else None
        if gone is not None:
            return gone.line.terms.app_secret.value == secret
        return self._plan.may_sign(secret, number, account)

    def number_of(self, told: PhoneNumberId | None) -> PhoneNumberId | None:
        """Return the line that an event is of: what Meta told, else the only or default one."""
        return told if told is not None else self._plan.default

    def agent_of(self, number: PhoneNumberId) -> AgentTerms:
        """Return who answers on a line, as it is configured now."""
        line = self.find(number)
        return line.terms.agent if line is not None else AgentTerms()

    async def look(self) -> None:
        """Read the configuration anew; a turn of a loop. What cannot be used changes nothing."""
        try:
            plan = self._read()
        except LinesUnfit as error:
            if self._refused != str(error):
                self._refused = str(error)
                _log.error(
                    "A change of the business numbers was not taken; `reason` says why. Those of "
                    "before go on.",
                    extra={"action": "lines-refused", "reason": str(error)},
                )
            return
        self._refused = ""
        self._forget()
        if plan != self._plan:
            self._take(plan)

    def _take(self, plan: LinePlan) -> None:
        lines = {}
        for number, terms in plan.lines.items():
            line = self._lines.get(number)
            if line is None or line.terms.token != terms.token:
                lines[number] = self._make(terms)
            else:
                lines[number] = Line(terms=terms, graph=line.graph)
        now = self._monotonic()
        for number, line in self._lines.items():
            if number not in lines:
                self._gone[number] = _Gone(line=line, since=now)
        for number in lines:
            self._gone.pop(number, None)
        self._plan, self._lines = plan, lines
        _log.info(
            "The business numbers have changed, for calls that come from now on.",
            extra={"action": "lines-changed", "lines": ",".join(sorted(lines))},
        )

    def _forget(self) -> None:
        now = self._monotonic()
        for number in [one for one, gone in self._gone.items() if now - gone.since > _GONE_FOR_S]:
            del self._gone[number]

    def _make(self, terms: LineTerms) -> Line:
        return Line(terms=terms, graph=self._make_graph(terms))
