"""The dashboard's routes: on the operators' side, as all that needs their key."""

from collections.abc import Callable

from aiohttp import web

from controlplane.dashboard.costs import CostRoutes
from controlplane.dashboard.door import Door
from controlplane.dashboard.files import Files
from controlplane.dashboard.headers import page_headers
from controlplane.dashboard.stream import LiveStream
from controlplane.dashboard.views import Views
from controlplane.http.middleware import OFF, Handler

Guard = Callable[[Handler], Handler]


def page_routes(
    guard: Guard, stream: LiveStream, views: Views, costs: CostRoutes
) -> list[web.RouteDef]:
    """Return what the pages alone ask for, for whoever is signed in."""
    return [
        web.get("/dashboard/api/events", guard(stream.events)),
        web.get("/dashboard/api/outcomes", guard(views.outcomes)),
        web.get("/dashboard/api/funnel", guard(views.funnel)),
        web.get("/dashboard/api/costs", guard(costs.today)),
    ]


def dashboard_routes(door: Door, *, livekit_url: str, is_off: bool) -> list[web.RouteDef]:
    """Return the files and the sign-in; without the operators' key they say what to set."""
    files = Files(page_headers(livekit_url), off=OFF if is_off else None)
    return [
        web.get("/dashboard", files.moved),
        web.get("/dashboard/", files.index),
        web.get("/dashboard/static/{name}", files.static),
        web.get("/dashboard/vendor/{name}", files.vendor),
        web.get("/dashboard/api/session", door.show),
        web.post("/dashboard/api/session", door.enter),
        web.delete("/dashboard/api/session", door.leave),
    ]
