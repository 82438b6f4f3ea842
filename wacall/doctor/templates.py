"""The doctor at Meta's templates: who can be asked for permission, and written to, and who not."""

from collections.abc import Sequence

from controlplane.core.errors import GraphError
from controlplane.meta.app_setup import approved_templates, permission_templates
from controlplane.meta.graph_http import GraphHttp
from wacall.doctor.findings import Finding, ok, warn


async def look_at_templates(graph: GraphHttp, accounts: Sequence[str]) -> Finding:
    """Look for an approved template with a call permission request; only placed calls need one."""
    names: list[str] = []
    try:
        for account in accounts:
            names += await permission_templates(graph, account)
    except GraphError as error:
        return warn(
            "template",
            f"The account's templates cannot be seen: {error}",
            "Grant the token whatsapp_business_management.",
        )
    if names:
        return ok("template", f"Permission to call can be asked for with: {', '.join(names)}.")
    return warn(
        "template",
        "No approved template asks for permission to call: only who wrote or called within 24 "
        "hours can be asked.",
        "Have one with the component `call_permission_request` approved in the WhatsApp Manager, "
        "and name it in `wacall consent request --template`.",
    )


async def look_at_follow_up_template(
    graph: GraphHttp, accounts: Sequence[str], configured: str
) -> Finding:
    """Look for the template of WA_FOLLOW_UP_TEMPLATE; `configured` is its `name[:language]`."""
    name = configured.partition(":")[0]
    known: set[str] = set()
    try:
        for account in accounts:
            known |= {one for one, _ in await approved_templates(graph, account)}
    except GraphError as error:
        return warn(
            "template",
            f"The account's templates cannot be seen: {error}",
            "Grant the token whatsapp_business_management.",
        )
    if name in known:
        return ok("template", f"After the 24-hour window texts go out by the template {name}.")
    return warn(
        "template",
        f"WA_FOLLOW_UP_TEMPLATE names {name}, which is no approved template of this account: after "
        "the 24-hour window no text is sent.",
        "Have a template of that name, with one body parameter, approved in the WhatsApp Manager.",
    )
