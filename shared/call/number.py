"""Phone numbers as different hands spell them, and the one key that all spellings share; pure.

When a country changes its numbering plan, WhatsApp goes on to name the accounts that exist by the
number of then; people, their address books and Meta's later answers write the number of now. Both
are the same telephone, so both have the same key: the number as the country's plan writes it now.

A key compares and is looked up. What is sent to Meta is the number as it was spelled.

`phone_key()` in schema.sql is the same in the database; a test compares the two.
"""

import re
from dataclasses import dataclass, field

_NO_DIGIT = re.compile(r"[^0-9]")


def digits_of(text: str | None) -> str | None:
    """Keep the digits of a number, 0 to 9; `None` if there are none."""
    return _NO_DIGIT.sub("", text or "") or None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spelling:
    """Another way to write numbers of one country; whatever stands between its groups goes."""

    country: str
    pattern: re.Pattern[str] = field(repr=False)
    """Of the whole number, country code first: two groups stay, what is between them goes."""
    inserted: str = ""
    """What stands between the groups now."""


def _spelling(country: str, pattern: str, inserted: str = "") -> _Spelling:
    return _Spelling(country=country, pattern=re.compile(pattern), inserted=inserted)


# The first that matches counts; none matches a key. Sources: the regulators' announcements (ANATEL
# 2010, IFT 2019, ARTCI 2020, ARCEP Bénin 2024, ARCEP Gabon 2019, ART 2014, MIC 2018), and what
# users of the Cloud API report of the wa_ids that Meta writes.
_SPELLINGS = (
    # ANATEL put a 9 before every mobile number; landlines (2 to 5) stayed as they were. Accounts
    # outside of the states that changed first are still called by the eight digits.
    _spelling("BR", r"(55[1-9][0-9])([6-9][0-9]{7})", "9"),
    # the 1 of mobile numbers, given up in 2019
    _spelling("MX", r"(52)1([2-9][0-9]{9})"),
    # the 9 of mobile numbers dialed from abroad; the ten digits after it are nobody else's
    _spelling("AR", r"(54)([1-8][0-9]{9})", "9"),
    # 31 January 2021, 8 -> 10 digits: mobile numbers by their second digit, fixed ones by their
    # third, which told the operator (Moov, MTN, Orange)
    _spelling("CI", r"(225)([014-9][0-3][0-9]{6})", "01"),
    _spelling("CI", r"(225)([014-9][4-6][0-9]{6})", "05"),
    _spelling("CI", r"(225)([014-9][7-9][0-9]{6})", "07"),
    _spelling("CI", r"(225)(2[0-9]8[0-9]{5})", "21"),
    _spelling("CI", r"(225)([23][0-9]0[0-9]{5})", "25"),
    _spelling("CI", r"(225)([23][0-9]{7})", "27"),
    # 30 November 2024, 8 -> 10 digits: everybody
    _spelling("BJ", r"(229)([2-9][0-9]{7})", "01"),
    # 15 November 2019: Gabon Telecom and Moov, Airtel, fixed; the 0 was dialed from abroad, too
    _spelling("GA", r"(241)0?([256][0-9]{6})", "6"),
    _spelling("GA", r"(241)0?([47][0-9]{6})", "7"),
    _spelling("GA", r"(241)0?(1[0-9]{6})", "1"),
    _spelling("GA", r"(241)0([167][0-9]{7})"),
    # 21 November 2014, 8 -> 9 digits: mobile, fixed
    _spelling("CM", r"(237)([5-79][0-9]{7})", "6"),
    _spelling("CM", r"(237)([23][0-9]{7})", "2"),
    # 15 September 2018, mobile numbers 10 -> 9 digits: Viettel, MobiFone, Vinaphone, others
    _spelling("VN", r"(84)16([2-9][0-9]{7})", "3"),
    _spelling("VN", r"(84)120([0-9]{7})", "70"),
    _spelling("VN", r"(84)121([0-9]{7})", "79"),
    _spelling("VN", r"(84)122([0-9]{7})", "77"),
    _spelling("VN", r"(84)126([0-9]{7})", "76"),
    _spelling("VN", r"(84)128([0-9]{7})", "78"),
    _spelling("VN", r"(84)12([345][0-9]{7})", "8"),
    _spelling("VN", r"(84)127([0-9]{7})", "81"),
    _spelling("VN", r"(84)129([0-9]{7})", "82"),
    _spelling("VN", r"(84)18([68][0-9]{7})", "5"),
    _spelling("VN", r"(84)199([0-9]{7})", "59"),
)


def number_key(phone: str) -> str:
    """Return what all spellings of one number share: digits, country code first.

    Takes a number with its country code, written by whomever; what is not a digit, and `00` before
    the country code, do not count. Empty if there are no digits. A key's key is itself.
    """
    digits = digits_of(phone) or ""
    digits = re.sub(r"\A00(?=[1-9])", "", digits)
    for spelling in _SPELLINGS:
        found = spelling.pattern.fullmatch(digits)
        if found is not None:
            return f"{found[1]}{spelling.inserted}{found[2]}"
    return digits
