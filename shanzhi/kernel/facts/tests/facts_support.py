"""What the tests of facts share: projecting everything, and reading tables whole."""

from typing import Any

from shanzhi.config import database
from shanzhi.kernel.facts import operations
from shanzhi.kernel.facts.policy.tables import shapes
from tests.city import NOW
from tests.concurrency.committed import City, as_role, seal_all


def project_all(made: City, limit: int = 5000) -> int:
    """Seal and project all there is, in batches of this size; how many entries that were."""
    seal_all(made.installation, NOW)
    count = 0
    with database.acting_as(made.installation, "worker"):
        while True:
            done = operations.project(now=NOW, limit=limit)
            assert not done.busy
            count += done.count
            if not done.more:
                return count


def everything(made: City) -> dict[str, list[Any]]:
    """Every row of every projected table, and of the states, in the order of their keys."""
    with as_role(made.installation, "owner") as owner:
        tables = {
            name: owner.execute(f"SELECT * FROM {name} ORDER BY {', '.join(shape.table.key)}").fetchall()
            for name, shape in shapes().items()
        }
        tables["fact_state"] = owner.execute("SELECT matter_id, steps, state FROM fact_state ORDER BY 1").fetchall()
        tables["fact_cursor"] = owner.execute("SELECT epoch, number, entries FROM fact_cursor").fetchall()
    return tables


def in_tables(made: City) -> dict[str, list[Any]]:
    """Every row of every projected table in the order in which it lies there."""
    with as_role(made.installation, "owner") as owner:
        return {name: owner.execute(f"SELECT * FROM {name}").fetchall() for name in shapes()}
