"""The way to the database that the settings name, and who sees that it is dead."""

from controlplane.core.client_health import ClientLimits
from controlplane.settings import Settings
from controlplane.use_cases.client_watch import LOOK_TIMEOUT_S, ClientWatch
from shared.database.rest import WITHIN_S, RestClient
from shared.database.supabase import SupabaseStore
from shared.process.observing import ObserveRequest


async def connect_database(
    settings: Settings, *, within_s: float = WITHIN_S, observe: ObserveRequest = lambda *_: None
) -> RestClient:
    """Return a way to the database that the settings name; nothing is sent yet.

    Raises:
        StoreUnavailable: the URL is none, or the key is empty.
    """
    return await RestClient.connect(
        settings.supabase_url,
        settings.supabase_secret_key.get_secret_value(),
        within_s=within_s,
        observe=observe,
    )


def make_client_watch(settings: Settings) -> ClientWatch:
    """Return who sees that the way to the database is dead, by looks on others of its own."""

    async def look() -> None:
        rest = await connect_database(settings, within_s=LOOK_TIMEOUT_S)
        try:
            await SupabaseStore(rest).ping()
        finally:
            await rest.close()

    return ClientWatch(look, limits=client_limits(settings))


def client_limits(settings: Settings) -> ClientLimits:
    """Return when the database's client counts as dead."""
    return ClientLimits(silent_s=settings.database_dead_s, apart_s=settings.database_dead_s / 3)
