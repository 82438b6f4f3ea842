"""Whether the database has the schema that this release needs."""

import asyncio

from controlplane.ledger import rows as ledger_rows
from shared.call.errors import StoreUnavailable
from shared.database import rows
from shared.database.faults import Refused
from shared.database.rest import RestClient

TABLES = {**rows.TABLES, **ledger_rows.TABLES}
"""Every table and column that the product reads or writes."""

MIGRATE = "run `wacall database migrate`, or apply schema.sql if the project is empty"


async def problems(rest: RestClient) -> list[str]:
    """Return what is wrong as sentences that say what to do; empty when the schema fits."""
    found = await asyncio.gather(
        _check_version(rest), *(_check_table(rest, table) for table in TABLES)
    )
    return list(dict.fromkeys(problem for problem in found if problem is not None))


async def _check_table(rest: RestClient, table: str) -> str | None:
    query = rest.table(table).select(*TABLES[table]).limit(1)
    try:
        await rest.send(f"read the table {table}", query)
    except Refused:
        return f"The table {table}, or a column of it, is missing; {MIGRATE}."
    except StoreUnavailable as error:
        return str(error)
    return None


async def _check_version(rest: RestClient) -> str | None:
    try:
        version = (await rest.rpc("read the schema's version", "schema_version")).data
    except Refused:
        return f"The function schema_version is missing; {MIGRATE}."
    except StoreUnavailable as error:
        return str(error)
    if version == rows.SCHEMA_VERSION:
        return None
    is_older = isinstance(version, int) and version < rows.SCHEMA_VERSION
    return (
        f"The database has version {version} of schema.sql, this program needs version "
        f"{rows.SCHEMA_VERSION}; {MIGRATE if is_older else 'bring the program to its release'}."
    )
