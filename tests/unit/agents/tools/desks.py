"""A desk with notes in memory, of a business in Amsterdam on a Monday afternoon."""

from datetime import UTC, datetime
from typing import Any

from agents.tools.desk import Desk
from shared.call.ids import CallId
from shared.database.store import CallNotes
from shared.profiles.profile import Profile

CALL = CallId("5f1c9a52-6c1d-4f2e-9c8e-0d5f3a1b2c3d")
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # a Monday, 15:00 in Amsterdam


def profile_with(**given: Any) -> Profile:
    return Profile.model_validate(
        {
            "name": "salon",
            "instructions": "Be kind.",
            "business": "Salon",
            "purpose": "Appointments at the salon.",
            "greeting": "Hello.",
            "time_zone": "Europe/Amsterdam",
            **given,
        }
    )


def desk_with(store: CallNotes, **profile: Any) -> Desk:
    async def connect() -> CallNotes:
        return store

    return Desk(call_id=CALL, store=connect, profile=profile_with(**profile), clock=lambda: NOW)
