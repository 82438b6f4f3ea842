"""The keys of a local project, in the forms that Supabase gives to its own."""

import json
import secrets
import stat
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

from wacall.environment import write_private


def new_secret_key() -> str:
    """Make a secret key: it may do everything."""
    return f"sb_secret_{secrets.token_urlsafe(24)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectKeys:
    """What the REST API lets in, and what it signs with."""

    secret_key: str = field(repr=False)
    publishable_key: str = field(repr=False)
    jwt_secret: str = field(repr=False)

    @classmethod
    def kept_in(cls, file: Path) -> Self:
        """Read the keys from `file`; the first time, make them and write it."""
        if not file.exists():
            fresh = cls(
                secret_key=new_secret_key(),
                publishable_key=f"sb_publishable_{secrets.token_urlsafe(24)}",
                jwt_secret=secrets.token_urlsafe(32),
            )
            write_private(file, json.dumps(asdict(fresh)))
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            file.chmod(0o600)
        return cls(**json.loads(file.read_text()))
