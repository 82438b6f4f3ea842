"""A whole business in one file, as AGENT_PROMPT_FILE names it."""

from datetime import UTC, datetime

import pytest

from agents.instructions import instructions_for, opening_for
from agents.prompt_file import read_prompt
from shared.call.call import Direction

SMALL = "# instructions\nSell bikes.\n# greeting\nSay hello.\n"
WHOLE = (
    "---\nbusiness: Wheels\ntimezone: Europe/Paris\n---\n"
    '# instructions\nSell bikes.\n# greeting\nGreet them: "Hello,\nWheels."\n'
    "# outbound greeting\nSay “Wheels here.”\n"
)


def test_it_is_a_profile() -> None:
    """Its greetings are what the model is told; the words in them can be said without one."""
    profile = read_prompt(WHOLE, "mine")
    assert (profile.name, profile.business, profile.time_zone) == ("mine", "Wheels", "Europe/Paris")
    assert profile.instructions == "Sell bikes."
    assert profile.greeting_for(Direction.INBOUND) == "Hello, Wheels."
    assert profile.greeting_for(Direction.OUTBOUND) == "Wheels here."
    assert opening_for(profile, Direction.INBOUND) == 'Greet them: "Hello,\nWheels."'
    assert opening_for(profile, Direction.OUTBOUND) == "Say “Wheels here.”"


def test_little_is_needed() -> None:
    """Without words in quotes nobody knows what is said first; one greeting is for all calls."""
    profile = read_prompt(SMALL, "mine")
    assert profile.greeting_for(Direction.OUTBOUND) == ""
    assert opening_for(profile, Direction.OUTBOUND) == "Say hello."
    said = instructions_for(profile, now=datetime(2026, 1, 1, tzinfo=UTC), context={})
    assert "What the business does for its customers" in said
    # the file itself says what it speaks
    assert "## Languages" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# greeting\nHi", "# instructions"),
        ("# instructions\nx\n# greeting\n \n", "# greeting"),
        ("---\ntimezone: Mars/Olympus\n---\n" + SMALL, "`timezone`: it must be a time zone"),
        ("---\nbusiness:\n---\n" + SMALL, "`business`: it is empty"),
        ("---\ntimezone: UTC\n" + SMALL, "head does not end"),
    ],
)
def test_what_is_missing_is_named(text: str, said: str) -> None:
    """Each fault is a sentence that names the place."""
    with pytest.raises(ValueError, match=said):
        read_prompt(text, "mine")
