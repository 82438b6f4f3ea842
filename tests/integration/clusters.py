"""Databases as a project has them before any schema, for tests of the ways to one."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg

from wacall.stack.database_api import ASSETS
from wacall.stack.postgres import Postgres, binaries


class Cluster:
    """A Postgres with Supabase's roles, from which new projects are copied."""

    def __init__(self, socket_dir: Path) -> None:
        self.socket_dir = socket_dir
        self._numbers = itertools.count(1)

    async def new_database(self) -> str:
        """Make an empty project and return its database's name."""
        name = f"project_{next(self._numbers)}"
        admin = await self.connect("template1", user="supabase_admin")
        await admin.execute(f"create database {name} template postgres owner postgres")
        await admin.close()
        return name

    async def connect(self, database: str, user: str = "postgres") -> asyncpg.Connection:
        return await asyncpg.connect(host=str(self.socket_dir), user=user, database=database)

    def url(self, database: str) -> str:
        """Return what DATABASE_URL would be."""
        return f"postgresql://postgres@/{database}?host={self.socket_dir}"

    async def dump(self, database: str) -> list[str]:
        """Each object of schema public as pg_dump tells it; the order of columns means nothing."""
        process = await asyncio.create_subprocess_exec(
            str(binaries() / "pg_dump"), "--schema-only", "--schema=public",
            "--host", str(self.socket_dir), "--username=supabase_admin", database,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await process.communicate()
        assert process.returncode == 0
        lines: list[str] = []
        columns: list[str] | None = None
        for line in out.decode().splitlines():
            if columns is None:
                lines.append(line)
                columns = [] if line.startswith("CREATE TABLE ") else None
            elif line == ");":
                lines += [*sorted(columns), line]
                columns = None
            else:
                columns.append(line.removesuffix(","))
        # the first part holds psql's guard against hostile dumps, a random word, and the last its
        # end (CVE-2025-8714)
        _, *objects = "\n".join(lines).split("\n--\n-- Name: ")
        return sorted(re.sub(r"\\unrestrict .*", "", one).strip() for one in objects)


@asynccontextmanager
async def running_cluster(folder: Path) -> AsyncIterator[Cluster]:
    """Run one in a folder with a short path, not synced to disk."""
    sockets = folder / "run"
    sockets.mkdir(mode=0o700)
    postgres = Postgres(folder / "postgres", sockets, log=folder / "postgres.log", durable=False)
    await postgres.create((ASSETS / "bootstrap.sql").read_text())
    await postgres.start()
    try:
        yield Cluster(sockets)
    finally:
        await postgres.stop(grace_s=5)
