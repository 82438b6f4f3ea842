"""What the database holds of a call that is over, for the judge of scripted callers."""

from controlplane.ledger.ledger import Ledger
from shared.call.errors import CallNotFound
from shared.call.ids import CallId
from shared.database.supabase import SupabaseStore
from simulators.callers.judge import Picture

_LEAD = ("name", "phone", "email", "interest", "notes")


async def take_picture(store: SupabaseStore, ledger: Ledger, call_id: CallId) -> Picture:
    """Read everything that a script may expect.

    Raises:
        CallNotFound: there is no such call.
        StoreUnavailable: the database does not answer.
    """
    call = await store.get_call(call_id)
    if call is None:
        raise CallNotFound
    lead = await store.find_lead(call_id)
    turns = await store.list_transcripts(call_id)
    person = call.party.person
    return Picture(
        end_reason=call.end_reason.value if call.end_reason is not None else None,
        outcome=call.outcome,
        lead=None
        if lead is None
        else {name: value for name in _LEAD if (value := getattr(lead, name))},
        follow_ups=tuple((one.channel, one.kind) for one in await store.list_follow_ups(call_id)),
        do_not_call=person is not None and await ledger.is_forbidden(person),
        off_purpose_turns=call.off_purpose_turns,
        interrupted=sum(turn.interrupted for turn in turns if turn.speaker == "assistant"),
        turns=sum(turn.speaker == "user" for turn in turns),
    )
