"""Which line is meant, and whose app may tell of it."""

import pytest

from controlplane.core.errors import LineUnclear
from controlplane.core.line import AgentTerms, LinePlan, LineTerms, Secret
from shared.call.ids import PhoneNumberId

SHOP, CLINIC, BRANCH = PhoneNumberId("11"), PhoneNumberId("22"), PhoneNumberId("33")
DAYTIME = AgentTerms(profile="clinic", max_duration_s=600)


def line(
    number: PhoneNumberId, secret: str = "s", *, profile: str = "shop", account: str | None = None
) -> LineTerms:
    """Make a line."""
    return LineTerms(
        phone_number_id=number,
        token=Secret(variable="T", value=f"token of {number}"),
        app_secret=Secret(variable="S", value=secret),
        account=account,
        agent=DAYTIME if profile == "clinic" else AgentTerms(profile=profile),
    )


BOTH = LinePlan.of([line(SHOP, "a"), line(CLINIC, "b", profile="clinic")], profiles=[DAYTIME])
THREE = LinePlan.of(
    [line(SHOP, "a"), line(BRANCH, "a"), line(CLINIC, "b", profile="clinic")],
    profiles=[DAYTIME, AgentTerms(profile="shop"), AgentTerms(profile="night")],
    default=SHOP,
)
ALONE = LinePlan.of([line(SHOP, "a")])


def test_no_secret_shows_in_a_repr() -> None:
    """Whoever prints a line learns no token."""
    shown = repr(LinePlan.of([line(SHOP, "app-secret")]))
    assert "token of" not in shown
    assert "app-secret" not in shown


@pytest.mark.parametrize(
    ("plan", "number", "profile", "chosen"),
    [
        (ALONE, None, None, (SHOP, "shop")),
        (ALONE, None, "other", (SHOP, "other")),
        (BOTH, CLINIC, None, (CLINIC, "clinic")),
        (BOTH, None, "clinic", (CLINIC, "clinic")),
        (BOTH, SHOP, "clinic", (SHOP, "clinic")),
        (THREE, None, None, (SHOP, "shop")),
        (THREE, None, "shop", (SHOP, "shop")),
        (THREE, None, "night", (SHOP, "night")),
        (THREE, BRANCH, "night", (BRANCH, "night")),
    ],
)
def test_the_line_that_is_meant_is_found(
    plan: LinePlan, number: PhoneNumberId | None, profile: str | None, chosen: tuple[str, str]
) -> None:
    """By its id, by its profile, or because there is no other one."""
    found, agent = plan.chosen(number=number, profile=profile)
    assert (found.phone_number_id, agent.profile) == chosen
    assert agent.max_duration_s == (600 if agent.profile == "clinic" else None)


@pytest.mark.parametrize(
    ("plan", "number", "profile", "named"),
    [
        (BOTH, None, None, "11 (shop), 22 (clinic)"),
        (BOTH, None, "night", "11 (shop), 22 (clinic)"),
        (BOTH, BRANCH, None, "33 is not served here"),
        (LinePlan.of([line(SHOP), line(BRANCH), line(CLINIC)]), None, "shop", "11 (shop), 33"),
        (LinePlan.of([]), None, None, "there is none"),
    ],
)
def test_what_is_unclear_is_answered_with_the_choices(
    plan: LinePlan, number: PhoneNumberId | None, profile: str | None, named: str
) -> None:
    """422, and nobody is called from a number that was not meant."""
    with pytest.raises(LineUnclear) as caught:
        plan.chosen(number=number, profile=profile)
    assert caught.value.status == 422
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("secret", "number", "may"),
    [("a", SHOP, True), ("b", SHOP, False), ("a", BRANCH, True), ("b", BRANCH, False),
     ("b", CLINIC, True), ("a", CLINIC, False), ("a", PhoneNumberId("99"), True),
     ("a", None, True)],
)  # fmt: skip
def test_an_app_tells_of_its_own_numbers_alone(
    secret: str, number: PhoneNumberId | None, may: bool
) -> None:
    """Of others' numbers it may talk; nobody listens."""
    assert THREE.may_sign(secret, number) is may


ACCOUNTS = LinePlan.of(
    [line(SHOP, "a", account="1"), line(BRANCH, "b", account="1"), line(CLINIC, "c", account="2")]
)


@pytest.mark.parametrize(
    ("secret", "account", "may"),
    [("a", "1", True), ("b", "1", True), ("c", "1", False), ("c", "2", True), ("a", "9", True)],
)
def test_an_app_tells_of_its_own_accounts_alone(secret: str, account: str, may: bool) -> None:
    """Of an account that no line names any of ours may."""
    assert ACCOUNTS.may_sign(secret, None, account) is may


def test_a_secret_is_tried_once() -> None:
    """However many numbers an app has."""
    assert THREE.app_secrets() == ("a", "b")


@pytest.mark.parametrize(
    ("account", "found", "meant"),
    [
        (None, {}, (SHOP, CLINIC)),
        ("1", {SHOP: {"1"}, CLINIC: {"2"}}, (SHOP,)),
        ("2", {SHOP: {"1"}, CLINIC: {"2"}}, (CLINIC,)),
        ("3", {SHOP: {"1"}, CLINIC: {"2"}}, ()),
        ("3", {SHOP: {"1"}}, (CLINIC,)),
        ("1", {SHOP: {"1"}}, (SHOP,)),
        ("1", {}, (SHOP, CLINIC)),
    ],
)
def test_news_of_an_account_concern_its_lines(
    account: str | None, found: dict[PhoneNumberId, set[str]], meant: tuple[PhoneNumberId, ...]
) -> None:
    """As far as configuration or token tell; else those of which nothing is known."""
    accounts = {number: frozenset(ids) for number, ids in found.items()}
    assert BOTH.of_account(account, found=accounts) == meant


def test_a_configured_account_counts_more_than_the_tokens() -> None:
    """A token may see several; the operator knows which one the number is of."""
    seen = dict.fromkeys(ACCOUNTS.lines, frozenset({"1", "2"}))
    assert ACCOUNTS.of_account("2", found=seen) == (CLINIC,)
