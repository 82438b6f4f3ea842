"""The REST API in front of the local database: `supabase/server.mjs` under Node.js."""

import asyncio
import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from wacall.stack.processes import Child, ChildFailed
from wacall.stack.project_keys import ProjectKeys

ASSETS = Path(__file__).parent / "supabase"
START_TIMEOUT_S = 30.0


async def spawn_api(log: Path) -> Child:
    """Start it; it loads its modules and waits to be told where Postgres is.

    Raises:
        ChildFailed: Node.js or its packages are missing.
    """
    node = os.environ.get("WACALL_NODE") or shutil.which("node")
    if not node:
        raise ChildFailed(
            "Node.js 20 or newer is needed for the local database: put `node` on PATH, "
            "set WACALL_NODE to it, or set SUPABASE_URL to use a project instead."
        )
    if not (ASSETS / "node_modules").is_dir():
        raise ChildFailed(
            f"The local database's packages are not installed: run `npm ci` in {ASSETS}."
        )
    return await Child.start(
        "database API",
        [node, ASSETS / "server.mjs"],
        env={**os.environ, "DO_NOT_TRACK": "1", "NODE_ENV": "production"},
        log=log,
        answers=True,
    )


async def connect_api(api: Child, *, socket_dir: Path, port: int, keys: ProjectKeys) -> int:
    """Tell it where Postgres is; return the port that it answers on (for 0, a free one).

    Raises:
        ChildFailed: it does not answer.
    """
    config = {
        "port": port,
        "socket": {"dir": str(socket_dir), "port": 5432},
        "user": "postgres",
        "jwt_secret": keys.jwt_secret,
        "publishable_key": keys.publishable_key,
        "secret_key": keys.secret_key,
    }
    answer: dict[str, Any] = {}
    with contextlib.suppress(TimeoutError, ValueError, OSError):
        async with asyncio.timeout(START_TIMEOUT_S):
            answer = json.loads(await api.ask(json.dumps(config)))
    if "port" not in answer:
        raise ChildFailed(
            f"The local database's API did not start: {answer.get('error', 'it did not say why')}",
            api.tail(),
        )
    listens_on: int = answer["port"]
    return listens_on
