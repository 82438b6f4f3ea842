"""The business numbers that are served: whose they are, who signs for them, which one is meant.

A line is one number of one WhatsApp account, with the token and the app's secret that Meta gave for
it. Several lines may be of several accounts and apps. Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from controlplane.core.business_hours import ALWAYS_OPEN, BusinessHours
from controlplane.core.errors import LineUnclear
from controlplane.core.policy import Limits
from shared.call.ids import PhoneNumberId

TOKEN_VARIABLE, SECRET_VARIABLE = "WA_ACCESS_TOKEN", "WA_APP_SECRET"


class LinesUnfit(ValueError):
    """The business numbers cannot be served as they are configured; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A value that is never shown, and the variable that holds it, which people are told."""

    variable: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentTerms:
    """What a profile says of its calls, as far as it is the control plane's to see to."""

    profile: str = "default"
    hours: BusinessHours = ALWAYS_OPEN
    """When calls may be placed for it, by the business's own clock."""
    max_duration_s: float | None = None
    """How long its calls may last; None: as all calls."""
    daily_cost_cap_usd: float | None = None
    """What a day of its calls may cost before no more are placed; None: as DAILY_COST_CAP_USD."""
    missed_call_text: str | None = field(default=None, repr=False)
    """Written to whose call nobody answered; None: MISSED_CALL_TEXT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTerms:
    """One line, as it is configured now."""

    phone_number_id: PhoneNumberId
    token: Secret
    app_secret: Secret
    account: str | None = None
    """The WhatsApp Business account's id; None: not configured."""
    agent: AgentTerms = field(default_factory=AgentTerms)
    """Who answers."""
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePlan:
    """All lines together, as they are configured now."""

    lines: Mapping[PhoneNumberId, LineTerms]
    profiles: Mapping[str, AgentTerms] = field(default_factory=dict)
    """Every profile that there is, by name, whether it has a line or not."""
    default: PhoneNumberId | None = None
    """The line that is meant where none is named."""

    @classmethod
    def of(
        cls,
        lines: Iterable[LineTerms],
        *,
        profiles: Iterable[AgentTerms] = (),
        default: PhoneNumberId | None = None,
    ) -> "LinePlan":
        """Put lines together; a single one is the default."""
        known = {line.phone_number_id: line for line in lines}
        if default is None and len(known) == 1:
            default = next(iter(known))
        return cls(
            lines=known, profiles={terms.profile: terms for terms in profiles}, default=default
        )

    def app_secrets(self) -> tuple[str, ...]:
        """Return every app's secret once."""
        return tuple(dict.fromkeys(line.app_secret.value for line in self.lines.values()))

    def chosen(
        self, *, number: PhoneNumberId | None, profile: str | None
    ) -> tuple[LineTerms, AgentTerms]:
        """Return the line that a call or request of ours goes out by, and who speaks for it.

        Raises:
            LineUnclear: the number is not served here, or several lines could be meant.
        """
        line = self._line_of(number, profile)
        if profile is None or profile == line.agent.profile:
            return line, line.agent
        # one that only the agent's worker knows, such as another company's, is its affair
        return line, self.profiles.get(profile, AgentTerms(profile=profile))

    def _line_of(self, number: PhoneNumberId | None, profile: str | None) -> LineTerms:
        if number is not None:
            if number not in self.lines:
                raise LineUnclear(f"The number id {number} is not served here; {self._choices()}")
            return self.lines[number]
        of_profile = [line for line in self.lines.values() if line.agent.profile == profile]
        if len(of_profile) == 1:
            return of_profile[0]
        if self.default is not None and (not of_profile or self.lines[self.default] in of_profile):
            return self.lines[self.default]
        raise LineUnclear(f"Which number is meant is not clear; {self._choices(of_profile)}")

    def _choices(self, among: Iterable[LineTerms] = ()) -> str:
        lines = tuple(among) or tuple(self.lines.values())
        named = ", ".join(f"{line.phone_number_id} ({line.agent.profile})" for line in lines)
        return f"say `from` with one of these ids: {named}." if named else "there is none."

    def of_account(
        self, account: str | None, *, found: Mapping[PhoneNumberId, frozenset[str]]
    ) -> tuple[PhoneNumberId, ...]:
        """Return the lines that news of an account concern.

        `found` are the accounts that Meta says a line's token is limited to. A line of which
        neither is known is meant if no other one is: then there is one account, as far as we know.
        """
        if account is None:
            return tuple(self.lines)
        known = {
            number: frozenset({line.account}) if line.account else found.get(number, frozenset())
            for number, line in self.lines.items()
        }
        theirs = tuple(number for number, accounts in known.items() if account in accounts)
        return theirs or tuple(number for number, accounts in known.items() if not accounts)

    def may_sign(
        self, secret: str, number: PhoneNumberId | None, account: str | None = None
    ) -> bool:
        """Whether an app with this secret may tell of a number, or of an account.

        Of a number that is not served here any app may: nothing is done with it.
        """
        if number is not None:
            line = self.lines.get(number)
            return line is None or line.app_secret.value == secret
        theirs = [line for line in self.lines.values() if account and line.account == account]
        return not theirs or any(line.app_secret.value == secret for line in theirs)
