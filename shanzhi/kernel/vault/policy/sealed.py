"""Where envelopes are kept: every table whose rows are sealed under the key ring is known here, so that none is left
behind when a key is retired."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table whose column `sealed` holds envelopes: its primary key with its type in PostgreSQL and a value below all of
    them, and the columns from which `context` makes what an envelope of a row is bound to.

    The slice that offers it lets the worker SELECT these columns and UPDATE `sealed` alone, and gives the table the
    trigger that runs `vault_refuse_retired()`.
    """

    table: str
    pk: str
    pk_type: str
    below_all: str
    bound_to: tuple[str, ...]
    context: Callable[..., bytes]


_tables: dict[str, SealedTable] = {}


def offer_sealed(table: SealedTable) -> None:
    """A slice tells the vault of a table with envelopes; a second offer under the same name replaces the first."""
    _tables[table.table] = table


def sealed_tables() -> tuple[SealedTable, ...]:
    """All tables with envelopes, by name."""
    return tuple(_tables[name] for name in sorted(_tables))
