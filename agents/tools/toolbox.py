"""The tools of a call, as the model is offered them: those that its profile allows."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, TypeVar

from agents.media.tool import Tool, Turn
from agents.tools import do_not_call, follow_up, human, lead, message, outcome
from agents.tools.arguments import Arguments, NoArguments, parse_arguments
from agents.tools.desk import Desk
from shared.profiles.profile import Profile
from shared.profiles.tool_names import BUILT_IN, OUTBOUND

_END_CALL = (
    "End the call. Say goodbye first, in the same turn; nothing can be said afterwards. If the "
    "customer speaks meanwhile, the call goes on."
)
# A goodbye is waited for until it has been heard, 15 s at most, twice if one has to be asked for.
_END_WITHIN_S = 40.0

_Given = TypeVar("_Given", bound=Arguments)


def build_tools(
    desk: Desk, end_call: Callable[[Turn], Awaitable[str]], others: Iterable[Tool] = ()
) -> list[Tool]:
    """Make the tools of a call; what `end_call` returns is told to the model.

    `others`: tools of other parts, and the profile's actions. Of those that come with wacall the
    profile's are offered; always in the same order, so that OpenAI can cache them.
    """
    made = {tool.name: tool for tool in (*desk_tools(desk), _ending(end_call), *others)}
    return offered(made, desk.profile)


def offered(made: Mapping[str, Tool], profile: Profile) -> list[Tool]:
    """Choose those that a profile offers, in its order, and its actions behind them."""
    names = (
        *profile.tools_offered,
        # made for calls that the business has placed, whatever the profile
        *OUTBOUND,
        *(action.name for action in profile.actions),
    )
    return [made[name] for name in names if name in made]


def desk_tools(desk: Desk) -> list[Tool]:
    """Make the tools that work on a call's records, which need no call that lives."""
    filler = filler_of(desk.profile)
    return [
        _tool(
            "upsertLead", lead.DESCRIPTION, lead.LeadArguments, filler,
            lambda given, _: lead.upsert_lead(desk, given),
        ),
        _tool(
            "scheduleFollowUp", follow_up.DESCRIPTION, follow_up.FollowUpArguments, filler,
            lambda given, _: follow_up.schedule_follow_up(desk, given),
        ),
        _tool(
            "logOutcome", outcome.DESCRIPTION, outcome.OutcomeArguments, filler,
            lambda given, _: outcome.log_outcome(desk, given),
            _outcomes(desk.profile),
        ),
        _tool(
            "sendMessage", message.DESCRIPTION, message.MessageArguments, filler,
            lambda given, turn: message.send_message(desk, given, turn.call_id),
        ),
        _tool(
            "requestHuman", human.DESCRIPTION, human.HumanArguments, filler,
            lambda given, _: human.request_human(desk, given),
        ),
        _tool(
            "doNotCall", do_not_call.DESCRIPTION, NoArguments, filler,
            lambda _, __: do_not_call.do_not_call(desk),
        ),
    ]  # fmt: skip


def filler_of(profile: Profile) -> str:
    """Say how the model bridges a long wait for a tool."""
    return (
        "What you asked for still takes a moment. Say nothing but one short sentence, in the "
        f'customer\'s language, such as "{profile.spoken().filler}" Promise nothing.'
    )


def _ending(end_call: Callable[[Turn], Awaitable[str]]) -> Tool:
    async def run(raw: dict[str, object], turn: Turn) -> str:
        return await end_call(turn)

    return Tool(
        name="endCall",
        description=_END_CALL,
        parameters=_schema(NoArguments),
        run=run,
        within_s=_END_WITHIN_S,
    )


def _tool(
    name: str,
    description: str,
    arguments: type[_Given],
    filler: str,
    act: Callable[[_Given, Turn], Awaitable[str]],
    parameters: Mapping[str, Any] | None = None,
) -> Tool:
    assert name in BUILT_IN

    async def run(raw: dict[str, object], turn: Turn) -> str:
        return await act(parse_arguments(arguments, raw), turn)

    return Tool(
        name=name,
        description=description,
        parameters=parameters or _schema(arguments),
        run=run,
        filler=filler,
    )


_SCHEMAS: dict[type[Arguments], dict[str, Any]] = {}


def _schema(arguments: type[Arguments]) -> dict[str, Any]:
    if arguments not in _SCHEMAS:
        _SCHEMAS[arguments] = arguments.model_json_schema()
    return _SCHEMAS[arguments]


def _outcomes(profile: Profile) -> dict[str, Any]:
    """Write the schema of an outcome with the profile's list."""
    schema = _schema(outcome.OutcomeArguments)
    listed = {**schema["properties"]["outcome"], "enum": list(profile.outcomes)}
    return {**schema, "properties": {**schema["properties"], "outcome": listed}}
