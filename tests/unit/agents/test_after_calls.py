import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agents.after_call.clerk import Clerk
from agents.after_call.failure import Failure
from agents.after_call.reading import Desk
from agents.after_call.staging import StagedNotes
from agents.after_calls import desk_of, functions_of, identified
from agents.profile_choice import ProfileChoice
from agents.settings import Settings
from shared.call.person import Party, Person
from tests.unit.agents.after_call.conversations import CALL_ID, call, material

ENVIRON: Mapping[str, str] = {
    "LIVEKIT_URL": "ws://127.0.0.1:7880",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "secret",
    "SUPABASE_URL": "http://127.0.0.1:54321",
    "SUPABASE_SECRET_KEY": "sb_secret",
    "OPENAI_API_KEY": "sk-test",
    "BRIDGE_URL": "http://127.0.0.1:7890",
}


def settings(**changes: str) -> Settings:
    return Settings.from_env({**ENVIRON, **changes})


def desk_in(folder: Path, **changes: str) -> Desk | None:
    given = settings(PROFILES_DIR=str(folder), AGENT_PROFILE="shop", **changes)
    return desk_of(call(profile="shop"), given, ProfileChoice(given))


def test_an_id_for_openai_is_the_person_and_tells_nobody() -> None:
    """The same in every call, another one with another key, and no hash that can be looked up."""
    here = settings()
    first = identified(call(), here)
    assert first == identified(call(created_at=datetime.now(UTC)), here)
    assert first != identified(call(), settings(LIVEKIT_API_SECRET="other"))
    assert len(first) <= 64
    for known in ("US.1349", "15550001111"):
        assert first != hashlib.sha256(known.encode()).hexdigest()
    nobody = call(party=Party(person=None))
    by_phone = call(party=Party(person=Person(user_id=None, phone="15550001111")))
    assert len({first, identified(nobody, here), identified(by_phone, here)}) == 3


@pytest.mark.parametrize(
    ("lines", "variable", "models"),
    [
        ("", None, ("gpt-5", "gpt-5.5")),
        ("", "gpt-9, gpt-5", ("gpt-9", "gpt-5")),
        ("", "none", ()),
        ("models: {responses: [gpt-6]}\n", "gpt-9", ("gpt-6",)),
        ("after_call: false\n", "gpt-9", None),
    ],
)
def test_the_profile_says_whether_and_by_whom_a_call_is_read(
    tmp_path: Path, lines: str, variable: str | None, models: tuple[str, ...] | None
) -> None:
    """Then the variable, then our own list; `none` reads no call."""
    (tmp_path / "shop.md").write_text("Bikes.")
    (tmp_path / "shop.yaml").write_text(
        f"business: Shop\npurpose: Bikes.\ngreeting: Hello.\noutcomes: [sold]\n{lines}"
    )
    named = {} if variable is None else {"OPENAI_RESPONSES_MODEL": variable}
    desk = desk_in(tmp_path, **named)
    assert (None if desk is None else tuple(desk.models)) == models
    if desk is not None:
        assert (desk.business.name, desk.business.outcomes) == ("Shop", ("sold",))


def test_a_profile_that_cannot_be_used_fails_the_attempt(tmp_path: Path) -> None:
    """An operator mends it, and the next attempt goes well."""
    (tmp_path / "shop.yaml").write_text("business: [")
    with pytest.raises(Failure, match="profile-unusable"):
        desk_in(tmp_path)


async def test_the_tools_are_those_of_the_call_and_write_into_the_plan() -> None:
    """They check what the model gives, and tell it what is wrong."""
    profile = ProfileChoice(settings()).for_call("default", "1066")
    staged = StagedNotes(known=None, arranged=())
    clerk = Clerk(CALL_ID, functions_of(material(), staged, profile))
    due = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0, tzinfo=None)
    follow_up = {"due_at": due.isoformat(), "purpose": "Call about bikes.", "channel": "call"}
    for name, arguments in (
        ("upsertLead", {"name": "Martin", "email": "none"}),
        ("upsertLead", {"name": "Martin"}),
        ("scheduleFollowUp", follow_up),
        ("doNotCall", {}),
    ):
        await clerk.run(name, json.dumps(arguments))
    assert [one.error for one in clerk.done] == ["bad-arguments", None, None, None]
    assert [lead.name for lead in staged.leads] == ["Martin"]
    assert [one.source for one in staged.follow_ups] == ["workflow"]
    assert staged.is_not_to_be_called


def test_a_profile_that_forbids_a_tool_forbids_it_after_the_call_too(tmp_path: Path) -> None:
    """Or the model would do afterwards what it may not do in the call."""
    (tmp_path / "shop.md").write_text("Bikes.")
    (tmp_path / "shop.yaml").write_text(
        "business: Shop\npurpose: Bikes.\ngreeting: Hello.\ntools: [logOutcome]\n"
    )
    desk = desk_in(tmp_path)
    assert desk is not None
    offered = desk.functions(material(), StagedNotes(known=None, arranged=()))
    assert [one.name for one in offered] == ["doNotCall"]
