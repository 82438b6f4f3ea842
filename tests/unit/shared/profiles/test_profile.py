"""The fields of a profile."""

import pytest
from pydantic import ValidationError

from shared.call.call import Direction
from shared.profiles.profile import Profile
from shared.profiles.tool_names import BUILT_IN, RECORDED

NEEDED = {
    "name": "salon", "instructions": "You cut hair.", "business": "Salon",
    "purpose": "Appointments for haircuts.", "greeting": "Good day.",
}  # fmt: skip
OBJECT = {"type": "object"}
ACTION = {"name": "findOrder", "description": "Finds.", "url": "https://shop.example/orders"}


def profile(**given: object) -> Profile:
    return Profile.model_validate({**NEEDED, **given})


def test_little_is_needed() -> None:
    """What a profile leaves out has a meaning."""
    made = profile()
    assert (made.language, made.zone.key) == ("en", "UTC")
    assert made.recording is None
    assert made.after_call
    assert made.line("1") is None
    assert made.greeting_for(Direction.OUTBOUND) == "Good day."
    assert made.tools_offered == tuple(name for name in BUILT_IN if name not in RECORDED)


def test_a_number_names_the_variables_of_its_secrets() -> None:
    """Never the secrets; digits without quotes are digits."""
    made = profile(numbers=[{"id": 1001, "account": "7", "access_token": "TOKEN_OF_SALON"}])
    line = made.line("1001")
    assert line is not None
    assert (line.account, line.access_token, line.app_secret) == (
        "7", "TOKEN_OF_SALON", "WA_APP_SECRET",
    )  # fmt: skip


def test_tools_that_lead_out_are_never_taken_away() -> None:
    """The way out, the way to a person, the do-not-call, and the purpose; recorded calls more."""
    bare = profile(tools=["upsertLead"])
    assert bare.tools_offered == (
        "endCall", "doNotCall", "requestHuman", "offPurpose", "upsertLead",
    )  # fmt: skip
    recorded = profile(tools=["upsertLead"], recording={"announcement": "We record."})
    assert recorded.tools_offered == (*bare.tools_offered, "declineRecording")


def test_a_call_of_the_business_is_opened_in_its_own_words() -> None:
    """Where there are such."""
    made = profile(outbound_greeting="We call\n  back.")
    assert made.greeting_for(Direction.OUTBOUND) == "We call back."
    assert made.greeting_for(Direction.INBOUND) == "Good day."


@pytest.mark.parametrize(
    ("language", "bridging", "filler"),
    [
        (None, "Eins.", "Einen Moment, ich sehe nach."),
        ("de-AT", "Eins.", "Einen Moment, ich sehe nach."),
        ("pt-BR", "Dois.", "Um momento, estou verificando."),
        ("pt", "Um momento, por favor.", "Um momento, estou verificando."),
        ("xx", "One moment, please.", "One moment, I am looking into it."),
    ],
)
def test_a_phrase_is_the_profiles_else_ours(
    language: str | None, bridging: str, filler: str
) -> None:
    """In the language, its region's first, else in English."""
    made = profile(
        languages=["de", "pt-BR"],
        phrases={"de": {"bridging": "Eins."}, "pt-BR": {"bridging": "Dois."}},
    )
    spoken = made.spoken(language)
    assert (spoken.bridging, spoken.filler) == (bridging, filler)
    assert spoken.language == (language or "de")


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"purpose": ""}, "purpose", "1 character"),
        ({"purpose": "Hair. And beards."}, "purpose", "one sentence"),
        ({"languages": ["english"]}, "languages", "a language such as"),
        ({"languages": ["en", "en"]}, "languages", "twice"),
        ({"time_zone": "Mars/Olympus"}, "time_zone", "a time zone such as"),
        ({"time_zone": "../../etc"}, "time_zone", "a time zone such as"),
        ({"numbers": [{"id": "+1 555"}]}, "numbers", "digits alone"),
        ({"numbers": [{"id": True}]}, "numbers", "string"),
        ({"numbers": [{"id": "1"}, {"id": "1"}]}, "", "`numbers` names one twice"),
        ({"numbers": [{"id": "1", "app_secret": "ab-cd"}]}, "numbers", "not the secret"),
        ({"tools": ["flyAway"]}, "tools", "no tool of this name"),
        ({"outcomes": ["No Show"]}, "outcomes", "small letters"),
        ({"max_duration_s": 0}, "max_duration_s", "greater than 0"),
        ({"prompt": "/etc/passwd"}, "prompt", "without a folder"),
        ({"recording": {}}, "recording", "required"),
        ({"phrases": {"en": {"hello": "x"}}}, "phrases", "not permitted"),
        ({"actions": [ACTION, ACTION]}, "", "`actions` names one twice"),
        ({"actions": [ACTION | {"name": "endCall"}]}, "actions", "comes with wacall"),
        ({"actions": [ACTION | {"name": "find order"}]}, "actions", "letters, digits"),
        ({"actions": [ACTION | {"url": "http://shop.example"}]}, "actions", "https://"),
        ({"actions": [ACTION | {"url": "shop.example"}]}, "actions", "a URL such as"),
        ({"actions": [ACTION | {"url": "https://a:b@shop"}]}, "actions", "a URL such as"),
        ({"actions": [ACTION | {"url": "https://shop:x/"}]}, "actions", "a URL such as"),
        ({"actions": [ACTION | {"parameters": {"type": "string"}}]}, "actions", "JSON schema"),
        (
            {"actions": [ACTION | {"parameters": OBJECT | {"properties": {"a": {"type": "x"}}}}]},
            "actions",
            "no JSON schema: properties.a.type",
        ),
        (
            {
                "actions": [
                    ACTION | {"parameters": OBJECT | {"properties": {"a": {"pattern": "("}}}}
                ]
            },
            "actions",
            "no JSON schema: properties.a.pattern",
        ),
        (
            {"actions": [ACTION | {"parameters": {"type": "object", "required": ["x"]}}]},
            "actions",
            "`required`",
        ),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object], field: str, said: str) -> None:
    """Each at its field, with a sentence."""
    with pytest.raises(ValidationError, match=said) as caught:
        profile(**given)
    (problem,) = caught.value.errors()
    assert (str(problem["loc"][0]) if problem["loc"] else "") == field


def test_a_server_of_this_machine_needs_no_certificate() -> None:
    """Whoever tries an action out has none."""
    made = profile(actions=[ACTION | {"url": "http://127.0.0.1:9/x"}])
    assert made.actions[0].method == "POST"


def test_words_stay_out_of_a_repr() -> None:
    """Logs show a profile's name, not what is said."""
    assert "You cut hair" not in repr(profile())
    assert "Good day" not in repr(profile())
