"""Who answers, as the doctor sees it: can every profile be used, and is the example among them."""

from collections.abc import Mapping

from agents.profile_choice import ProfileChoice
from agents.settings import Settings
from wacall.doctor.findings import Finding, fail, ok, warn

# of the profile that is shipped as the default
_EXAMPLE = "Harbor Bikes"


def judge_profiles(
    settings: Settings,
    environ: Mapping[str, str],
    *,
    number: str | None = None,
    is_real: bool = False,
) -> Finding:
    """Say whether the agent will know what to say.

    `environ` holds the keys of actions. `number` is the business number's id, `is_real`: people
    will hear it.
    """
    choice = ProfileChoice(settings)
    try:
        choice.check()
        profile = choice.for_call("", number or "")
    except ValueError as error:
        return fail(
            "profile",
            f"Not every profile can be used: {' '.join(str(error).split())}",
            "Correct the file, or AGENT_PROMPT_FILE, AGENT_PROFILE or PROFILES_DIR, which choose "
            "it; `wacall profiles check` looks again.",
        )
    unset = [
        f"{action.secret} ({action.name} of {one.name})"
        for one in choice.all()
        for action in one.actions
        if action.secret is not None and not environ.get(action.secret, "").strip()
    ]
    if unset:
        return fail(
            "profile",
            f"Keys of actions are not set, and nothing is sent without them: {', '.join(unset)}.",
            "Put each variable into the worker's environment or into .env; docs/actions.md says "
            "what it is for.",
        )
    if is_real and profile.business == _EXAMPLE:
        return warn(
            "profile",
            f"Real customers will be told that this is {_EXAMPLE}: the profile is the example that "
            "comes with wacall.",
            "Write one of your own into a folder, name that in PROFILES_DIR and it in "
            "AGENT_PROFILE; docs/profiles.md shows how.",
        )
    return ok("profile", f"Every profile can be used; the agent speaks for {profile.business}.")
