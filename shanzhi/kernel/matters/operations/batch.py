"""Taking in many reports at once, from another system: in chunks, each all or nothing, each row once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection, transaction

from shanzhi.core.periods import local_date
from shanzhi.core.pool import Pool
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.matters.operations.clocks import calendars
from shanzhi.kernel.matters.operations.finding import keep_prepared_words
from shanzhi.kernel.matters.operations.report import Place, place_of
from shanzhi.kernel.matters.operations.step import STEP_TOPIC
from shanzhi.kernel.matters.operations.texts import expiry
from shanzhi.kernel.matters.policy.batch import BatchRow, Placed, Prepared, Terms, clean_row, prepare
from shanzhi.kernel.matters.policy.process import Kind, Result
from shanzhi.kernel.matters.rulebook import categories, current_kind
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.vault import operations as vault
from shanzhi.kernel.vault.operations import Keep

CHUNK = 500


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a batch: numbers of rows added, of those closed with their reply, and of those known already."""

    added: int = 0
    closed: int = 0
    known: int = 0

    def plus(self, other: "BatchResult") -> "BatchResult":
        """Both together."""
        return BatchResult(self.added + other.added, self.closed + other.closed, self.known + other.known)


class Places:
    """Where reports go, looked up once a code."""

    def __init__(self, kind: Kind, now: datetime) -> None:
        self.kind, self.now = kind, now
        self.city = place_of("", kind, now)
        self.known: dict[str, Place] = {}

    def of(self, code: str) -> Place:
        """The region of a code and its intake centre; an unknown code goes to the city's triage."""
        if code not in self.known:
            on = local_date(self.now)
            found = organisation.region_at_or_above(code, on) if code.isdigit() else None
            self.known[code] = place_of(found.code, self.kind, self.now) if found else self.city
        return self.known[code]

    def placed(self, code: str) -> Placed:
        """The same, as far as a row needs it."""
        place = self.of(code)
        return Placed(place.region.id, place.region.code, place.centre.id)


class _Plan(NamedTuple):
    """Rows of a chunk that weren't there when it was planned, as `prepare` takes them."""

    rows: list[BatchRow]
    ids: list[int]
    places: list[Placed]
    terms: bytes


def import_batch(
    *,
    rows: Sequence[BatchRow],
    source: str,
    now: datetime,
    kind_code: str = "request",
    is_clean: bool = False,
    pool: Pool | None = None,
    within: Callable[[BatchResult], None] = lambda _result: None,
) -> Iterator[BatchResult]:
    """Take in `rows` of `source`, yielding after each chunk what became of it; importer's role.

    A source number that was taken in before is left alone, so a file can be imported again. Each chunk is one
    transaction, committed before it is told of; `within` is called in it, for whoever counts. A row with a reply and its
    time is closed with both; the journal says that it came settled. `is_clean` rows come out of `clean_row`; a `pool`
    masks and cuts the next chunks while one is written.
    """
    kind = current_kind(kind_code, local_date(now))
    places = Places(kind, now)
    terms = _terms(kind, source, now).packed()
    sizes: list[int] = []

    def plans() -> Iterator[_Plan]:
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            sizes.append(len(chunk))
            given = chunk if is_clean else [clean_row(row, now) for row in chunk]
            yield _planned(given, source, places, terms)

    for done, (plan, prepared) in enumerate((pool or Pool(None, 0)).ordered(prepare, plans())):
        with transaction.atomic():
            added = _write(plan, prepared, source, kind, now)
            result = BatchResult(added.count, added.count - len(added.open_ids), sizes[done] - added.count)
            within(result)
        yield result


def _terms(kind: Kind, source: str, now: datetime) -> Terms:
    named = calendars(local_date(now))
    return Terms(
        process=kind,
        end=next(stage.code for stage in kind.stages if stage.result is Result.CLOSED),
        calendars={code: named(code) for code in {kind.calendar, *(c.calendar for c in kind.clocks if c.calendar)}},
        categories=frozenset(categories().rules.categories),
        # Looked up once: the ring's file is asked for its time at every use.
        follow=vault.keyring().derive("follow"),
        source=source,
        now=now,
    )


def _planned(chunk: Sequence[BatchRow], source: str, places: Places, terms: bytes) -> _Plan:
    known = _known(source, chunk)
    taken = categories().taken
    fresh = [
        row._replace(category=taken(row.category))
        for row in {row.source_number: row for row in chunk}.values()
        if row.source_number not in known
    ]
    return _Plan(fresh, _ids(len(fresh)), [places.placed(row.region_code) for row in fresh], terms)


# One JSON text instead of a thousand parameters, as with the rows below.
_KNOWN = (
    "SELECT source_number FROM matters_matter WHERE source = %s"
    " AND source_number = ANY (ARRAY(SELECT json_array_elements_text(%s::json)))"
)


def _known(source: str, rows: Sequence[BatchRow]) -> set[str]:
    numbers = orjson.dumps([row.source_number for row in rows]).decode()
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [source, numbers])
        return {str(row[0]) for row in cursor.fetchall()}


def _ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('matters_matter_id_seq') FROM generate_series(1, %s)", [count])
        return [int(row[0]) for row in cursor.fetchall()]


def _write(plan: _Plan, prepared: Prepared, source: str, kind: Kind, now: datetime) -> Prepared:
    """Write what is still new; returns what was written."""
    # Two imports of one source take turns: the second one then knows what the first has taken in.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('matters.import'), hashtext(%s))", [source])
    if known := _known(source, plan.rows):
        kept = [at for at, row in enumerate(plan.rows) if row.source_number not in known]
        rows, ids, places = (
            [plan.rows[at] for at in kept],
            [plan.ids[at] for at in kept],
            [plan.places[at] for at in kept],
        )
        prepared = prepare(rows, ids, places, plan.terms)
    if not prepared.count:
        return prepared
    _insert("matters_matter", prepared.matters)
    keep_prepared_words(prepared.words)
    _insert("matters_clock", prepared.clocks)
    _insert("matters_remark", prepared.remarks)
    keeps = [Keep("matter", number, "original", part, text, "duty") for number, part, text in prepared.originals]
    vault.keep(keeps, now=now, expires_on=expiry(now, kind.retention_months))
    journal.record_drafted(prepared.entries)
    if prepared.open_ids:
        bodies: list[dict[str, Any]] = [
            {"matter": number, "step": 1, "action": "report", "day": str(local_date(now))}
            for number in prepared.open_ids
        ]
        notices.emit_many(topic=STEP_TOPIC, bodies=bodies, now=now)
    return prepared


# Table → its columns with their types. Rows go over as one JSON text: it is built and read several times faster than
# arrays of parameters, whose every quote has to be escaped, and than Django's INSERT of 14,000 parameters.
_COLUMNS = {
    "matters_matter": {
        "id": "bigint",
        "number": "text",
        "kind": "text",
        "kind_version": "smallint",
        "stage": "text",
        "result": "text",
        "channel": "text",
        "source": "text",
        "source_number": "text",
        "title": "text",
        "body": "text",
        "salt": "bytea",
        "category": "text",
        "region_id": "bigint",
        "region_code": "text",
        "scope_code": "text",
        "place_text": "text",
        "reported_at": "timestamptz",
        "stage_since": "timestamptz",
        "due_at": "timestamptz",
        "warn_at": "timestamptz",
        "ended_at": "timestamptz",
        "intake_unit_id": "bigint",
        "holder_unit_id": "bigint",
        "in_intake": "boolean",
        "counts": "jsonb",
        "public_consent": "boolean",
        "follow_hash": "text",
        "version": "integer",
        "steps": "integer",
    },
    "matters_clock": {
        "matter_id": "bigint",
        "stage": "text",
        "code": "text",
        "calendar": "text",
        "is_provisional": "boolean",
        "course": "jsonb",
        "limit_text": "text",
        "calendar_version": "text",
        "started_at": "timestamptz",
        "due_at": "timestamptz",
        "warn_at": "timestamptz",
    },
    "matters_remark": {
        "matter_id": "bigint",
        "step": "integer",
        "part": "text",
        "text": "text",
        "salt": "bytea",
        "for_reporter": "boolean",
    },
}
_INSERTS = {
    table: f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns)} FROM json_to_recordset(%s::json)"  # noqa: S608 - fixed texts
    f" AS r ({', '.join(f'{name} {type_}' for name, type_ in columns.items())})"
    for table, columns in _COLUMNS.items()
}


def _insert(table: str, rows: bytes) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_INSERTS[table], [rows.decode()])
