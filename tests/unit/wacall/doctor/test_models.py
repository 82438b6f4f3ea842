"""Whether the account has the models that are named, by a variable or by a profile."""

from datetime import date, timedelta

import pytest

from agents.models import ModelInfo
from agents.settings import Settings
from shared.profiles.profile import Models, Profile
from wacall.doctor.models import judge_all, judge_models, judge_reading, judge_transcription

TODAY = date(2026, 11, 23)


def models(**ends_in_days: int | None) -> list[ModelInfo]:
    """List models by name; a number of days says when one is switched off."""
    return [
        ModelInfo(
            id=name.replace("_", "-"),
            shutdown_date=None if days is None else TODAY + timedelta(days=days),
        )
        for name, days in ends_in_days.items()
    ]


@pytest.mark.parametrize(
    ("days", "status"),
    [(None, "ok"), (200, "ok"), (61, "ok"), (60, "warn"), (0, "warn"), (-9, "warn")],
)
def test_a_model_that_ends_soon_is_a_warning(days: int | None, status: str) -> None:
    """Sixty days are enough to change it in peace."""
    listing = models(first=days, second=None)
    finding = judge_models("OPENAI_REALTIME_MODEL", ["first", "second"], listing, TODAY)
    assert finding.status == status
    assert "first" in finding.message
    if days is not None:
        assert (TODAY + timedelta(days=days)).isoformat() in finding.message
    if status == "warn":
        assert "OPENAI_REALTIME_MODEL" in finding.fix


def test_the_first_model_that_the_account_has_is_judged() -> None:
    """A model that ends does not matter if calls use another one."""
    listing = models(old=3, young=None)
    finding = judge_models("OPENAI_REALTIME_MODEL", ["absent", "young", "old"], listing, TODAY)
    assert (finding.status, finding.message) == ("ok", "Calls use young.")


def test_none_of_the_models_is_a_failure() -> None:
    """Calls would not get a session."""
    finding = judge_models("OPENAI_REALTIME_MODEL", ["absent"], models(other=None), TODAY)
    assert finding.status == "fail"
    assert "OPENAI_REALTIME_MODEL" in finding.message + finding.fix


@pytest.mark.parametrize(
    ("listing", "status"),
    [(models(ear=None), "ok"), (models(ear=400), "ok"), (models(ear=10), "warn"), ([], "warn")],
)
def test_a_missing_transcription_does_not_stop_calls(listing: list[ModelInfo], status: str) -> None:
    """It costs the transcript, so it is a warning that names the variable."""
    finding = judge_transcription("ear", listing, TODAY)
    assert finding.status == status
    assert ("AGENT_TRANSCRIPTION_MODEL" in finding.fix) == (status == "warn")


@pytest.mark.parametrize(
    ("listing", "status", "words"),
    [
        (models(reader=None), "ok", "Calls are looked through by reader."),
        (models(reader=400), "ok", "by reader (until 2027-12-28)."),
        (models(reader=10), "warn", "by reader, which OpenAI switches off on 2026-12-03."),
        (models(other=None), "warn", "calls are not looked through when they are over."),
    ],
)
def test_calls_go_on_without_a_model_that_reads(
    listing: list[ModelInfo], status: str, words: str
) -> None:
    """It costs the work after them, so it is a warning that names the variable."""
    finding = judge_reading("OPENAI_RESPONSES_MODEL", ["absent", "reader"], listing, TODAY)
    assert (finding.status, words in finding.message) == (status, True)
    assert ("OPENAI_RESPONSES_MODEL" in finding.fix) == (status == "warn")


def settings(**variables: str) -> Settings:
    needed = {
        "LIVEKIT_URL": "ws://127.0.0.1:1", "LIVEKIT_API_KEY": "k", "LIVEKIT_API_SECRET": "s" * 32,
        "SUPABASE_URL": "http://127.0.0.1:1", "SUPABASE_SECRET_KEY": "k", "OPENAI_API_KEY": "k",
        "BRIDGE_URL": "http://127.0.0.1:1", "OPENAI_REALTIME_MODEL": "talks",
        "OPENAI_RESPONSES_MODEL": "reads", "AGENT_TRANSCRIPTION_MODEL": "ear",
    }  # fmt: skip
    return Settings.from_env(needed | variables)


def profile(**named: tuple[str, ...] | str) -> Profile:
    return Profile(
        name="clinic", instructions="Be kind.", business="Clinic", purpose="Teeth.",
        greeting="Hello.", models=Models(**named),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("named", "variables", "troubles"),
    [
        ({}, {}, []),
        ({"realtime": ("talks",), "responses": ("reads",), "transcription": "ear"}, {}, []),
        ({"realtime": ("typo",)}, {}, [("fail", "`models.realtime` of the profile clinic")]),
        ({"responses": ("typo",)}, {}, [("warn", "`models.responses` of the profile clinic")]),
        (
            {"transcription": "typo"}, {},
            [("warn", "`models.transcription` of the profile clinic")],
        ),
        # nobody reads, so that no model is missed
        ({"responses": ("typo",)}, {"OPENAI_RESPONSES_MODEL": "none"}, []),
        ({}, {"OPENAI_RESPONSES_MODEL": "typo"}, [("warn", "OPENAI_RESPONSES_MODEL")]),
        ({}, {"OPENAI_REALTIME_MODEL": "typo"}, [("fail", "OPENAI_REALTIME_MODEL")]),
        ({}, {"AGENT_TRANSCRIPTION_MODEL": "typo"}, [("warn", "AGENT_TRANSCRIPTION_MODEL")]),
    ],
)  # fmt: skip
def test_each_model_that_somebody_named_is_looked_for(
    named: dict[str, tuple[str, ...] | str],
    variables: dict[str, str],
    troubles: list[tuple[str, str]],
) -> None:
    """Where it is named is told, so that it can be mended there."""
    listing = models(talks=None, reads=None, ear=None)
    found = list(judge_all(settings(**variables), [profile(**named)], listing, TODAY))
    wrong = [finding for finding in found if finding.status != "ok"]
    assert [finding.status for finding in wrong] == [status for status, _ in troubles]
    for finding, (_, place) in zip(wrong, troubles, strict=True):
        assert place in finding.message
        assert place in finding.fix
