"""Folded facts into the tables: a batch in as few statements as can be, by COPY; rows that change are taken out before."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from shanzhi.kernel.facts.operations.cubes import cubes_add, lock_cubes
from shanzhi.kernel.facts.operations.dimensions import lines_now
from shanzhi.kernel.facts.policy import counting, cubes
from shanzhi.kernel.facts.policy.folded import MATTERS, Folded, taken_up
from shanzhi.kernel.facts.policy.rows import COPY_FORM, Row, copy_text
from shanzhi.kernel.facts.policy.tables import Shape, shapes

SPARE = "_spare"
"""The ending of the twins into which facts are rebuilt."""
LIVE = ""


class Kept:
    """What of a batch goes into the tables; `twin` the ending of the tables' names; `has_cubes`: their cubes follow."""

    def __init__(self, twin: str = LIVE, *, has_cubes: bool = True) -> None:
        self.twin = twin
        self.has_cubes = has_cubes
        # Rows that cubes are counted from, as they were before and as they are now, where that isn't the same.
        self.before: dict[str, list[Row]] = {}
        self.after: dict[str, list[Row]] = {}
        self.folded: list[Folded] = []
        self.states: dict[int, str] = {}
        self.over: list[int] = []
        self.anew: list[int] = []

    def keep(self, matter_id: int, folded: Folded | None, *, is_begun: bool) -> None:
        """A matter as it is after the batch; None for what has no beginning, which is waited for unless that was seen."""
        if folded is None:
            if not is_begun:
                self.states[matter_id] = ""
            return
        self.folded.append(folded)
        if folded.is_open or folded.extra.get("ahead"):
            self.states[matter_id] = folded.put_away()

    def write(self) -> None:
        """Write it all; everything is as if its rows had just been computed."""
        for shape in shapes().values():
            self._clear(shape)
        self._follow_what()
        for shape in shapes().values():
            rows = [row for each in self.folded if each.has_rows(shape.name) for row in each.rows(shape.name)]
            _copy(shape.name + self.twin, shape.names, rows)
            if self._is_counted(shape):
                self.after.setdefault(shape.name, []).extend(rows)
        self._write_states()
        if self.has_cubes:
            lock_cubes()
            cubes_add(counting.apply(self.before, self.after, lines_now()), twin=self.twin)

    def _clear(self, shape: Shape) -> None:
        """Take out what is replaced: all rows of matters that were folded anew, of others those that changed."""
        if self.anew:
            self._take_out(
                shape,
                f"DELETE FROM {shape.name}{self.twin} t WHERE matter_id = ANY(%s::bigint[])",  # noqa: S608 - own names
                [numbers(self.anew)],
            )
        known = [each for each in self.folded if each.is_known]
        if shape.name == MATTERS:
            if known:
                statement = f"DELETE FROM {MATTERS}{self.twin} t WHERE matter_id = ANY(%s::bigint[])"  # noqa: S608 - own names
                ids = numbers(each.matter["matter_id"] for each in known)
                self._take_out(shape, statement, [ids], [each.before[MATTERS][0] for each in known])
            return
        changed = (each for each in known if each.has_rows(shape.name))
        replaced = [(each, number) for each in changed for number in each.replaced(shape.name)]
        if replaced:
            self._take_out(
                shape,
                f"DELETE FROM {shape.name}{self.twin} t USING unnest(%s::bigint[], %s::bigint[]) AS v (matter, number)"  # noqa: S608 - own names
                f" WHERE t.matter_id = v.matter AND t.{shape.number} = v.number",
                [numbers(each.matter["matter_id"] for each, _ in replaced), numbers(number for _, number in replaced)],
                [each.before.get(shape.name, {}).get(number) for each, number in replaced],
            )

    def _is_counted(self, shape: Shape) -> bool:
        return self.has_cubes and shape.name in cubes.TABLES

    def _take_out(self, shape: Shape, statement: str, params: list[Any], known: Sequence[Row | None] = (None,)) -> None:
        """Delete rows of the table `t`, which are remembered where cubes are counted from them; asked for where they aren't
        `known`."""
        if not self._is_counted(shape):
            _execute(statement, params)
            return
        rows = [row for row in known if row is not None]
        if len(rows) == len(known):
            _execute(statement, params)
        else:
            rows = _read(f"{statement} RETURNING {', '.join(f't.{name}' for name in shape.names)}", params)
        self.before.setdefault(shape.name, []).extend(rows)

    def _rows_of(self, shape: Shape, ids: list[int]) -> list[Row]:
        return _read(f"SELECT {', '.join(shape.names)} FROM {shape.name}{self.twin} WHERE matter_id = ANY(%s)", [ids])  # noqa: S608 - own names

    def _follow_what(self) -> None:
        """A corrected category or place is that of the rows which were written before, too."""
        moved = [each.matter for each in self.folded if each.is_known and each.moved_what]
        if not moved:
            return
        ids = [matter["matter_id"] for matter in moved]
        for shape in shapes().values():
            if shape.name == MATTERS or not shape.what:
                continue
            sets = ", ".join(f"{name} = v.{name}" for name in shape.what)
            names = ", ".join(("matter", *shape.what))
            is_counted = self._is_counted(shape)
            if is_counted:
                self.before.setdefault(shape.name, []).extend(self._rows_of(shape, ids))
            types = ", ".join("%s::bigint[]" if name == "region_id" else "%s::text[]" for name in shape.what)
            _execute(
                f"UPDATE {shape.name}{self.twin} t SET {sets} FROM unnest(%s::bigint[], {types}) AS v ({names})"  # noqa: S608 - own names
                " WHERE t.matter_id = v.matter",
                [ids, *([matter[name] for matter in moved] for name in shape.what)],
            )
            if is_counted:
                self.after.setdefault(shape.name, []).extend(self._rows_of(shape, ids))

    def _write_states(self) -> None:
        gone = [*self.over, *self.anew, *(each.matter["matter_id"] for each in self.folded if each.is_known)]
        if gone:
            statement = f"DELETE FROM fact_state{self.twin} WHERE matter_id = ANY(%s::bigint[])"  # noqa: S608 - own names
            _execute(statement, [numbers(gone)])
        steps = {each.matter["matter_id"]: each.steps for each in self.folded}
        # JSON on one line: of what COPY's own text form reads differently it has backslashes alone.
        lines = [f"{pk}\t{steps.get(pk, 0)}\t" + text.replace("\\", "\\\\") + "\n" for pk, text in self.states.items()]
        _put(f"COPY fact_state{self.twin} (matter_id, steps, state) FROM STDIN", "".join(lines).encode())


def states_of(ids: Sequence[int], twin: str) -> dict[int, Folded | None]:
    """The matters among these whose state is kept; None for what waits for its beginning. 1 query."""
    with connection.cursor() as cursor:
        statement = f"SELECT matter_id, state FROM fact_state{twin} WHERE matter_id = ANY(%s::bigint[])"  # noqa: S608 - own names
        cursor.execute(statement, [numbers(ids)])
        return {pk: taken_up(text) if text else None for pk, text in cursor.fetchall()}


def numbers(given: Iterable[int]) -> str:
    """Whole numbers as PostgreSQL writes an array of them: thousands at a time, which an adapter would look at one by one."""
    return "{" + ",".join(map(str, given)) + "}"


def _execute(statement: str, params: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def _read(statement: str, params: list[Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall())


def _copy(table: str, names: Sequence[str], rows: Iterable[Row]) -> None:
    _put(f"COPY {table} ({', '.join(names)}) FROM STDIN {COPY_FORM}", copy_text(rows))


def _put(statement: str, text: bytes) -> None:
    if text:
        # Django wraps what its cursors run, and knows nothing of COPY.
        with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(text)
