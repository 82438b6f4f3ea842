"""Meta's codes about one permission request, which is a message. Data."""

from controlplane.meta.codes import MetaCode, Side

MESSAGE_CODES = (
    MetaCode(
        name="parameter-missing",
        side=Side.OURS,
        numbers=(131008,),
        advice="A required parameter was not sent; see the detail, and report it.",
    ),
    MetaCode(
        name="parameter-value-invalid",
        side=Side.OURS,
        numbers=(131009,),
        advice="A value in the request is not one that Meta takes; the detail names it.",
    ),
    MetaCode(
        name="message-type-unsupported",
        side=Side.OURS,
        numbers=(131051,),
        advice="Meta does not take this type of message here; send the request as a template.",
    ),
    MetaCode(
        name="message-failed",
        side=Side.META,
        numbers=(135000,),
        advice="Meta could not send the message and does not say why; see the detail, and try "
        "again later.",
    ),
    MetaCode(
        name="recipient-is-sender",
        side=Side.OPERATOR,
        numbers=(131021,),
        advice="This is the business number itself; give the number of a person.",
    ),
    MetaCode(
        name="message-undeliverable",
        side=Side.PERSON,
        numbers=(131026,),
        advice="The message cannot be delivered: no WhatsApp at this number, terms not accepted, "
        "or a client too old for it; reach the person by another way.",
    ),
    MetaCode(
        name="outside-window",
        side=Side.OPERATOR,
        numbers=(131047,),
        advice="The person has not written for 24 hours, so that only a template reaches them; "
        "ask with an approved template.",
    ),
    MetaCode(
        name="not-delivered-by-choice",
        side=Side.META,
        numbers=(131049,),
        advice="Meta chose not to deliver this message, for it limits what a person gets of "
        "marketing; do not repeat it within a day.",
    ),
    MetaCode(
        name="marketing-stopped",
        side=Side.PERSON,
        numbers=(131050,),
        advice="The person has stopped marketing messages of this business; send none until they "
        "resume.",
    ),
    MetaCode(
        name="in-experiment",
        side=Side.META,
        numbers=(130472,),
        advice="Meta keeps marketing messages from this person as part of an experiment; wait "
        "until the person writes, or reach them by another way.",
    ),
    MetaCode(
        name="user-id-unsupported",
        side=Side.OURS,
        numbers=(131062,),
        advice="This message cannot be sent to a business-scoped user id; it needs the person's "
        "phone number.",
    ),
    MetaCode(
        name="template-parameters-mismatch",
        side=Side.OPERATOR,
        numbers=(132000, 132012, 132018),
        advice="The template has other parameters than were given; compare them with the "
        "template in the WhatsApp Manager.",
    ),
    MetaCode(
        name="template-unknown",
        side=Side.OPERATOR,
        numbers=(132001,),
        advice="There is no approved template of this name in this language; check both in the "
        "WhatsApp Manager.",
    ),
    MetaCode(
        name="template-too-long",
        side=Side.OPERATOR,
        numbers=(132005,),
        advice="The template with its values is too long; shorten the values.",
    ),
    MetaCode(
        name="template-violates-policy",
        side=Side.OPERATOR,
        numbers=(132007,),
        advice="The template's content violates a policy of Meta's; change it in the WhatsApp "
        "Manager.",
    ),
    MetaCode(
        name="template-paused",
        side=Side.OPERATOR,
        numbers=(132015,),
        advice="Meta has paused the template for low quality; edit it, or use another one.",
    ),
    MetaCode(
        name="template-disabled",
        side=Side.OPERATOR,
        numbers=(132016,),
        advice="Meta has disabled the template for good after repeated pauses; make another one.",
    ),
)
