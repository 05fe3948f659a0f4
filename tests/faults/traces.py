"""What the platform leaves behind: its database, its logs, its histories."""

from collections.abc import AsyncIterator, Iterator

import psycopg
from psycopg import sql

from tests.faults.town import FaultyTown
from tests.world.plants import texts_of


def dump(url: str) -> Iterator[str]:
    """Every row of every table as text: what pg_dump would write."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        ).fetchall()
        for (table,) in tables:
            statement = sql.SQL("SELECT one::text FROM {} one").format(sql.Identifier(table))
            yield from (row for (row,) in connection.execute(statement))


def log_lines(town: FaultyTown) -> Iterator[str]:
    """Every line that a process of the stack has written."""
    for path in town.stack.processes.logs.iterdir():
        yield from path.read_text(errors="replace").splitlines()


async def histories(town: FaultyTown) -> AsyncIterator[str]:
    """Every text in every history of whatever runs, with the name of its kind before."""
    client = await town.temporal()
    async for execution in client.list_workflows():
        history = await client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
        yield execution.workflow_type
        for text in texts_of(history.to_json_dict()):
            yield text
