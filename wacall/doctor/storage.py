"""What the doctor sees of the bucket for recordings: whether it is there, and nobody else's."""

from collections.abc import AsyncIterator

import aiohttp

from controlplane.settings import Settings
from shared.call.errors import WacallError
from shared.database.bucket import Bucket
from shared.database.rest import RestClient
from wacall.doctor.findings import Finding, fail, ok

_ABOUT = "recordings"


async def look_at_bucket(settings: Settings, http: aiohttp.ClientSession) -> AsyncIterator[Finding]:
    """Ask for the bucket, if there is to be one."""
    name = settings.recordings_bucket
    if name is None:
        return
    try:
        rest = await RestClient.connect(
            settings.supabase_url, settings.supabase_secret_key.get_secret_value()
        )
        try:
            yield judge_bucket(name, await Bucket(rest, http, name).is_public())
        finally:
            await rest.close()
    except WacallError as error:
        yield fail(
            _ABOUT,
            str(error),
            "Until it answers, recordings stay with their media bridges; see that the project has "
            "storage, and that SUPABASE_SECRET_KEY is its secret key.",
        )


def judge_bucket(name: str, is_public: bool | None) -> Finding:
    """Say whether recordings can be moved there."""
    if is_public is None:
        return fail(
            _ABOUT,
            f"There is no bucket `{name}` in the project's storage.",
            "Make it in the Supabase dashboard (Storage > New bucket), private, or take "
            "RECORDINGS_BUCKET away: recordings stay with their media bridges.",
        )
    if is_public:
        return fail(
            _ABOUT,
            f"The bucket `{name}` is public: anybody could hear what is put there, so nothing is.",
            "Make it private (Storage > Edit bucket), or name another one in RECORDINGS_BUCKET.",
        )
    return ok(_ABOUT, f"The bucket `{name}` is there and private.")
