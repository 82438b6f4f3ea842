"""Meta's codes about token, account, number and how much they may send. Data."""

from controlplane.meta.codes import MetaCode, Scope, Side, hold, slow_down
from shared.call.denial import Reason

# the numbers of Graph's permission errors (Meta: Graph API, error handling)
_PERMISSIONS = tuple(range(200, 300))

TOKEN_EXPIRED = MetaCode(
    name="token-expired",
    side=Side.OPERATOR,
    numbers=(0, 102, 190),
    advice="The access token is expired or revoked; put a System User's token into "
    "WA_ACCESS_TOKEN and restart.",
    stops_line=True,
)
RATE_LIMITED = MetaCode(
    name="rate-limited",
    side=Side.META,
    numbers=(4, 17, 32, 341, 613, 80007, 80008),
    advice="The app or account sent too many requests; nothing is placed until the time that Meta "
    "gives is over.",
    pause=slow_down(60),
)

ACCOUNT_CODES = (
    TOKEN_EXPIRED,
    MetaCode(
        name="permission-missing",
        side=Side.OPERATOR,
        numbers=(3, 10, *_PERMISSIONS, 131005),
        advice="The token lacks a permission; grant it whatsapp_business_messaging for this "
        "number, and look at it with Meta's access token debugger.",
        stops_line=True,
    ),
    MetaCode(
        name="number-deleted",
        side=Side.OPERATOR,
        numbers=(33,),
        advice="The business number was deleted; put a number that exists into WA_PHONE_NUMBER_ID.",
        stops_line=True,
    ),
    MetaCode(
        name="object-unknown",
        side=Side.OPERATOR,
        numbers=(803, 2500),
        advice="Graph does not know this path; check WA_GRAPH_VERSION and WA_PHONE_NUMBER_ID.",
    ),
    MetaCode(
        name="policy-violation",
        side=Side.OPERATOR,
        numbers=(368,),
        advice="Meta has blocked this account for a violation of its policies; appeal in the "
        "Business Support Home.",
        stops_line=True,
    ),
    MetaCode(
        name="account-locked",
        side=Side.OPERATOR,
        numbers=(131031,),
        advice="The WhatsApp Business account is locked or disabled; look into the WhatsApp "
        "Manager and the Business Support Home.",
        stops_line=True,
    ),
    MetaCode(
        name="country-restricted",
        side=Side.OPERATOR,
        numbers=(130497,),
        advice="This account may not reach people in this country; Meta's messaging policy says "
        "which countries and trades.",
    ),
    MetaCode(
        name="payment-missing",
        side=Side.OPERATOR,
        numbers=(131042, 131044),
        advice="The payment method is missing or does not work; attach one to the WhatsApp "
        "Business account and pay what is due.",
        stops_line=True,
    ),
    MetaCode(
        name="number-not-registered",
        side=Side.OPERATOR,
        numbers=(133010,),
        advice="The business number is not registered on the Cloud API; register it in the "
        "WhatsApp Manager.",
        stops_line=True,
    ),
    MetaCode(
        name="number-certificate-wrong",
        side=Side.OPERATOR,
        numbers=(131045,),
        advice="The registration of the business number is faulty; register it anew in the "
        "WhatsApp Manager.",
        stops_line=True,
    ),
    MetaCode(
        name="display-name-not-approved",
        side=Side.OPERATOR,
        numbers=(131037,),
        advice="The number's display name is not approved; choose or appeal one in the WhatsApp "
        "Manager.",
    ),
    MetaCode(
        name="number-in-maintenance",
        side=Side.META,
        numbers=(131057, 2494100),
        advice="Meta is working on this number, such as raising its throughput; try again in some "
        "minutes.",
        pause=slow_down(300),
    ),
    MetaCode(
        name="number-in-sip-mode",
        side=Side.OPERATOR,
        numbers=(131055,),
        advice="The number is in SIP mode, which excludes Graph calls; disable `sip` in its "
        "settings.",
        stops_line=True,
    ),
    MetaCode(
        name="calling-not-enabled",
        side=Side.OPERATOR,
        numbers=(138000,),
        advice="Calling is off for this number; set `calling.status` to ENABLED in its settings.",
        stops_line=True,
    ),
    MetaCode(
        name="prerequisites-missing",
        side=Side.OPERATOR,
        numbers=(138018,),
        advice="The app is not ready for calls; subscribe it to the webhook field `calls`.",
    ),
    MetaCode(
        name="messaging-limit-too-low",
        side=Side.OPERATOR,
        numbers=(138015,),
        advice="Calling needs a messaging limit of 2000 a day; verify the business to raise it.",
    ),
    MetaCode(
        name="recipient-not-allowed",
        side=Side.OPERATOR,
        numbers=(131030,),
        advice="A test number reaches listed numbers only; add the recipient in the app's "
        "dashboard.",
    ),
)

RATE_CODES = (
    RATE_LIMITED,
    MetaCode(
        name="throughput-reached",
        side=Side.META,
        numbers=(130429,),
        advice="This number sends more in a second than Meta lets it; nothing is placed for a "
        "moment.",
        pause=slow_down(5),
    ),
    MetaCode(
        name="pair-rate-limited",
        side=Side.META,
        numbers=(131056,),
        advice="This number sent this one person too much in a short time; others can be reached.",
        pause=slow_down(60, Scope.PERSON),
    ),
    MetaCode(
        name="spam-rate-limited",
        side=Side.OPERATOR,
        numbers=(131048,),
        advice="Too many people blocked or reported this number, so that Meta limits what it may "
        "send; look at its quality in the WhatsApp Manager.",
        pause=slow_down(3600),
    ),
    MetaCode(
        name="initiation-rate-limit",
        side=Side.META,
        numbers=(138005,),
        advice="Calls are placed too quickly; nothing is placed for a minute.",
        pause=slow_down(60),
    ),
    MetaCode(
        name="concurrency-limit",
        side=Side.META,
        numbers=(138002,),
        advice="Too many calls at once on this number; wait until some have ended.",
        pause=hold(Reason.CONCURRENCY_LIMIT, 30),
    ),
)
