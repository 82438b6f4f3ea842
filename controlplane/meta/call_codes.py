"""Meta's codes about one call. Data."""

from controlplane.meta.codes import DAY_S, MetaCode, Scope, Side, hold
from shared.call.denial import Reason

NO_CALL_PERMISSION = MetaCode(
    name="no-call-permission",
    side=Side.PERSON,
    numbers=(138006,),
    advice="The person has not permitted calls; send a call permission request first.",
)
CALL_ONGOING = MetaCode(
    name="call-ongoing",
    side=Side.PERSON,
    numbers=(138003,),
    advice="There is already a call with this person; wait until it has ended.",
    pause=hold(Reason.LIVE_CALL, 60, Scope.PERSON),
)
ALREADY_PERMANENT = MetaCode(
    name="permission-already-permanent",
    side=Side.PERSON,
    numbers=(138017,),
    advice="The person has permitted calls for good; just call.",
)

CALL_CODES = (
    CALL_ONGOING,
    NO_CALL_PERMISSION,
    ALREADY_PERMANENT,
    MetaCode(
        name="receiver-uncallable",
        side=Side.PERSON,
        numbers=(138001,),
        advice="The person cannot be called (no WhatsApp, old client or terms); do not try again.",
        pause=hold(Reason.UNCALLABLE, 30 * DAY_S, Scope.PERSON),
    ),
    MetaCode(
        name="connection-fault",
        side=Side.META,
        numbers=(138004,),
        advice="Meta could not connect the call; try once more.",
        is_retryable=True,
    ),
    MetaCode(
        name="connect-timeout",
        side=Side.OURS,
        numbers=(138007,),
        advice="Meta waited in vain for the SDP to be applied; look at the set-up times of this "
        "call.",
    ),
    MetaCode(
        name="sdp-refused",
        side=Side.OURS,
        numbers=(138008,),
        advice='Meta takes the SDP for invalid; compare it with "Why WHIP in the SFU" in '
        "docs/design.md.",
    ),
    MetaCode(
        name="permission-request-limit",
        side=Side.META,
        numbers=(138009,),
        advice="This person was asked for permission too often (1 a day, 2 a week); wait.",
    ),
    MetaCode(
        name="no-conversation",
        side=Side.PERSON,
        numbers=(138011,),
        advice="There is no conversation with this person yet; exchange a message or template "
        "first.",
    ),
    MetaCode(
        name="daily-call-limit",
        side=Side.META,
        numbers=(138012,),
        advice="This person was called too often in 24 hours; the details say when the next call "
        "may be.",
        pause=hold(Reason.CONNECTED_LIMIT, DAY_S, Scope.PERSON),
    ),
    MetaCode(
        name="outbound-unavailable",
        side=Side.OPERATOR,
        numbers=(138013,),
        advice="Business-initiated calls are not available for this number's country; take calls "
        "only, or use a number of another country.",
        pause=hold(Reason.BUSINESS_COUNTRY, DAY_S),
    ),
    MetaCode(
        name="calling-paused",
        side=Side.OPERATOR,
        numbers=(138014,),
        advice="Meta has paused calling on this number for low quality; see the WhatsApp Manager.",
        # a quality pause lasts 7 days (Meta: account_update webhook)
        pause=hold(Reason.QUALITY_PAUSED, 7 * DAY_S),
    ),
    MetaCode(
        name="phone-set-up-failed",
        side=Side.PERSON,
        numbers=(138019,),
        advice="The person's WhatsApp could not set the call up; call again later.",
        ends_call=True,
    ),
    MetaCode(
        name="phone-without-relay",
        side=Side.PERSON,
        numbers=(138020,),
        advice="The person's phone did not reach Meta's relay; call again later.",
        ends_call=True,
    ),
    MetaCode(
        name="no-media-from-us",
        side=Side.OURS,
        numbers=(138021,),
        advice="Meta heard nothing from us for 20 s at the start or 30 s in between; check that "
        "UDP may leave this network, and the call's timeline.",
        ends_call=True,
    ),
    MetaCode(
        name="no-media-from-phone",
        side=Side.PERSON,
        numbers=(138022,),
        advice="The person's phone sent no media; their network or its microphone is to blame.",
        ends_call=True,
    ),
    MetaCode(
        name="no-media-at-all",
        side=Side.OURS,
        numbers=(138023,),
        advice="The call was accepted, but no media path stood; check that UDP may leave this "
        "network, and SFU_NODE_IP.",
        ends_call=True,
    ),
)
