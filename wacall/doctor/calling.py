"""`wacall doctor --enable-calling`: switch calling on for the number, shown first."""

import json
from collections.abc import Callable

import aiohttp

from controlplane.core.line import LineTerms
from controlplane.meta.app_setup import ENABLE_CALLING, enable_calling
from controlplane.meta.line_settings import settings_troubles
from controlplane.parts import make_graph
from controlplane.settings import Settings
from shared.call.errors import WacallError

Confirm = Callable[[str], bool]


async def switch_on(settings: Settings, line: LineTerms, confirm: Confirm) -> int:
    """Show what would be sent, send it if that is confirmed; 0 if calling is on in the end."""
    async with aiohttp.ClientSession() as http:
        graph = make_graph(settings, http, line)
        path = f"/{settings.wa_graph_version}/{line.phone_number_id}/settings"
        try:
            now = await graph.calling_settings()
            status = str(now.get("status", "never set"))
            if status.upper() == "ENABLED":
                print("Calling is enabled for this number already; nothing is sent.")
                return 0
            print(f"Calling is {status} for this number. This would be sent to Meta:")
            print(f"\n  POST {settings.wa_graph_base_url}{path}\n  {json.dumps(ENABLE_CALLING)}\n")
            if not confirm("Customers can call the number from then on. Send it? [y/N] "):
                print("Nothing was sent.")
                return 1
            await enable_calling(graph.http)
            troubles = settings_troubles(await graph.calling_settings())
        except WacallError as error:
            print(f"{error} The token needs whatsapp_business_management.")
            return 1
    print("Calling is enabled. WhatsApp may take up to 7 days to show it everywhere; opening the")
    print("business's info in the chat refreshes it.")
    for sentence in troubles.values():
        print(f"But: {sentence}")
    return 1 if troubles else 0
