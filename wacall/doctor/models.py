"""OpenAI's models, as the doctor sees them: has the account those that are named, and until when.

Each is named by a variable, or by a profile in its place.
"""

from collections.abc import Iterator, Sequence
from datetime import date

from agents.models import ModelInfo, ends_soon, first_available
from agents.settings import Settings
from shared.profiles.profile import Profile
from wacall.doctor.findings import Finding, fail, ok, warn


def judge_all(
    agent: Settings, profiles: Sequence[Profile], listing: Sequence[ModelInfo], today: date
) -> Iterator[Finding]:
    """Judge the models of all calls, then those that profiles name for theirs."""
    yield judge_models("OPENAI_REALTIME_MODEL", agent.realtime_models, listing, today)
    yield judge_transcription(agent.transcription_model, listing, today)
    if agent.responses_models:
        yield judge_reading("OPENAI_RESPONSES_MODEL", agent.responses_models, listing, today)
    for profile in profiles:
        models, whose = profile.models, f"of the profile {profile.name}"
        if models.realtime:
            place = f"`models.realtime` {whose}"
            yield judge_models(place, models.realtime, listing, today, calls=f"Calls {whose}")
        if models.transcription:
            yield judge_transcription(
                models.transcription,
                listing,
                today,
                place=f"`models.transcription` {whose}",
                callers=f"Callers {whose}",
            )
        # `none` in the variable switches the work off, whatever profiles name
        if models.responses and profile.after_call and agent.responses_models:
            place = f"`models.responses` {whose}"
            yield judge_reading(place, models.responses, listing, today, calls=f"Calls {whose}")


def judge_models(
    place: str,
    preferred: Sequence[str],
    listing: Sequence[ModelInfo],
    today: date,
    *,
    calls: str = "Calls",
) -> Finding:
    """Say which model calls get, and until when; `place` is where the models are named."""
    model = first_available(preferred, listing)
    if model is None:
        return fail(
            "openai",
            f"The account has none of the models in {place}.",
            f"Name one in {place} that GET /v1/models lists.",
        )
    if ends_soon(model, today):
        return warn(
            "openai",
            f"{calls} use {model.id}, which OpenAI switches off on {model.shutdown_date}.",
            f"Put a younger model first in {place}.",
        )
    return ok("openai", f"{calls} use {model.id}{_until(model)}.")


def judge_reading(
    place: str,
    preferred: Sequence[str],
    listing: Sequence[ModelInfo],
    today: date,
    *,
    calls: str = "Calls",
) -> Finding:
    """Say which model reads conversations that are over; calls themselves do not need it."""
    model = first_available(preferred, listing)
    if model is None:
        return warn(
            "openai",
            f"The account has none of the models in {place}: {calls[0].lower()}{calls[1:]} are "
            "not looked through when they are over.",
            f"Name one in {place} that GET /v1/models lists, or `none` in OPENAI_RESPONSES_MODEL.",
        )
    if ends_soon(model, today):
        return warn(
            "openai",
            f"{calls} are looked through by {model.id}, which OpenAI switches off on "
            f"{model.shutdown_date}.",
            f"Put a younger model first in {place}.",
        )
    return ok("openai", f"{calls} are looked through by {model.id}{_until(model)}.")


def judge_transcription(
    name: str,
    listing: Sequence[ModelInfo],
    today: date,
    *,
    place: str = "AGENT_TRANSCRIPTION_MODEL",
    callers: str = "Callers",
) -> Finding:
    """Say whether the caller's words will be written down; the call itself does not need it."""
    model = first_available([name], listing)
    if model is None:
        return warn(
            "openai",
            f"The account does not have {name}, which {place} names: what callers say will not be "
            "written down.",
            f"Name a model for transcription in {place} that the account has.",
        )
    if ends_soon(model, today):
        return warn(
            "openai",
            f"{callers} are transcribed by {name}, which OpenAI switches off on "
            f"{model.shutdown_date}.",
            f"Name a younger model in {place}.",
        )
    return ok("openai", f"{callers} are transcribed by {name}.")


def _until(model: ModelInfo) -> str:
    return f" (until {model.shutdown_date})" if model.shutdown_date is not None else ""
