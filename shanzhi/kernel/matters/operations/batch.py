"""Taking in many reports at once, from another system: in chunks, each all or nothing, each row once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

import orjson
from django.db import connection, transaction

from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.clock.policy import Deadline
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.operations.finding import keep_words
from shanzhi.kernel.matters.operations.report import Place, place_of
from shanzhi.kernel.matters.operations.step import STEP_TOPIC, deadline_of
from shanzhi.kernel.matters.operations.texts import SafeText, expiry, originals, safe
from shanzhi.kernel.matters.policy.payloads import STEPS, Report, Settle
from shanzhi.kernel.matters.policy.process import Kind, Result, Verb
from shanzhi.kernel.matters.policy.report import NewReport, follow_hash, new_follow_code, number_of
from shanzhi.kernel.matters.rulebook import categories, current_kind
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import RegionRow, UnitRow
from shanzhi.kernel.vault import operations as vault
from shanzhi.kernel.vault.policy.envelope import new_salt

CHUNK = 500
IMPORTER = Author("importer")


class BatchRowWrong(InputError):
    """A row of a batch contradicts itself."""

    code = "row-wrong"


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One record of another system. `source_number` is its number there; `reply` with `replied_at` closes it, `reply`
    alone leaves it open and stands as a note."""

    source_number: str
    reported_at: datetime
    body: str
    title: str = ""
    reply: str = ""
    replied_at: datetime | None = None
    region_code: str = ""
    category: str = ""
    place_text: str = ""


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a batch: numbers of rows added, of those closed with their reply, and of those known already."""

    added: int = 0
    closed: int = 0
    known: int = 0

    def plus(self, other: "BatchResult") -> "BatchResult":
        """Both together."""
        return BatchResult(self.added + other.added, self.closed + other.closed, self.known + other.known)


@dataclass(slots=True)
class _Made:
    """A row on its way into the tables."""

    id: int
    row: BatchRow
    number: str
    salt: bytes
    hashed: str
    region: RegionRow
    unit: UnitRow
    category: str
    title: SafeText
    body: SafeText
    reply: SafeText
    place: SafeText
    deadline: Deadline | None

    @property
    def closed_at(self) -> datetime | None:
        return self.row.replied_at if self.reply.original else None

    @property
    def reply_part(self) -> str:
        """As what the reply stands: as one, as a note where its time isn't known; empty without one."""
        return "" if not self.reply.original else "reply" if self.closed_at else "words"


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


def import_batch(
    *,
    rows: Sequence[BatchRow],
    source: str,
    now: datetime,
    kind_code: str = "request",
    within: Callable[[BatchResult], None] = lambda _result: None,
) -> Iterator[BatchResult]:
    """Take in `rows` of `source`, yielding after each chunk what became of it; importer's role.

    A source number that was taken in before is left alone, so a file can be imported again. Each chunk is one
    transaction, committed before it is told of; `within` is called in it, for whoever counts. A row with a reply and its
    time is closed with both; the journal says that it came settled.
    """
    kind = current_kind(kind_code, local_date(now))
    places = Places(kind, now)
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        with transaction.atomic():
            result = _chunk(chunk, source, kind, places, now)
            within(result)
        yield result


def _chunk(chunk: list[BatchRow], source: str, kind: Kind, places: Places, now: datetime) -> BatchResult:
    numbers = [row.source_number for row in chunk]
    # Two imports of one source take turns: the second one then knows what the first has taken in.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('matters.import'), hashtext(%s))", [source])
    known = set(Matter.objects.filter(source=source, source_number__in=numbers).values_list("source_number", flat=True))
    fresh = {row.source_number: row for row in chunk if row.source_number not in known}
    if not fresh:
        return BatchResult(known=len(chunk))
    # Looked up once: the ring's file is asked for its time at every use.
    follow = vault.keyring().derive("follow")
    ids = _ids(len(fresh))
    made = [_made(row, number, kind, places, follow) for row, number in zip(fresh.values(), ids, strict=True)]
    _insert_matters(made, source, kind)
    keep_words((item.id, (item.title.text, item.body.text, item.place.text)) for item in made)
    _insert_clocks(made, kind)
    _insert_replies(made)
    keeps = [
        piece
        for item in made
        for piece in originals(
            item.id,
            {"title": item.title, "body": item.body, "place": item.place, f"step2.{item.reply_part}": item.reply},
        )
    ]
    vault.keep(keeps, now=now, expires_on=expiry(now, kind.retention_months))
    journal.record_many(draft for item in made for draft in _drafts(item, source, kind, now))
    waiting = [item for item in made if item.closed_at is None]
    if waiting:
        bodies: list[dict[str, Any]] = [
            {"matter": item.id, "step": 1, "action": "report", "day": str(local_date(now))} for item in waiting
        ]
        notices.emit_many(topic=STEP_TOPIC, bodies=bodies, now=now)
    return BatchResult(len(made), len(made) - len(waiting), len(chunk) - len(made))


def _ids(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('matters_matter_id_seq') FROM generate_series(1, %s)", [count])
        return [int(row[0]) for row in cursor.fetchall()]


def _made(row: BatchRow, matter_id: int, kind: Kind, places: Places, follow: bytes) -> _Made:
    new = NewReport(
        body=row.body, title=row.title, channel="import", place_text=row.place_text, category=row.category
    ).cleaned()
    place = places.of(row.region_code)
    salt = new_salt()
    reply = safe(clean_text(row.reply), salt)
    return _Made(
        id=matter_id,
        row=row,
        number=number_of(matter_id, local_date(row.reported_at)),
        salt=salt,
        hashed=follow_hash(follow, new_follow_code(follow, None)),
        region=place.region,
        unit=place.centre,
        category=categories().taken(row.category),
        title=safe(new.title, salt),
        body=safe(new.body, salt),
        reply=reply,
        place=safe(new.place_text, salt),
        deadline=None if reply.original and row.replied_at else deadline_of(kind, kind.initial, row.reported_at),
    )


def _end_stage(kind: Kind) -> str:
    return next(stage.code for stage in kind.stages if stage.result is Result.CLOSED)


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


def _insert(table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_INSERTS[table], [orjson.dumps(rows, default=_bytea).decode()])


def _bytea(value: bytes) -> str:
    """Bytes as PostgreSQL reads them."""
    return "\\x" + value.hex()


def _insert_matters(made: list[_Made], source: str, kind: Kind) -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": item.id,
            "number": item.number,
            "kind": kind.code,
            "kind_version": kind.version,
            "stage": _end_stage(kind) if item.closed_at else kind.initial,
            "result": Result.CLOSED.value if item.closed_at else None,
            "channel": "import",
            "source": source,
            "source_number": item.row.source_number,
            "title": item.title.text,
            "body": item.body.text,
            "salt": item.salt,
            "category": item.category,
            "region_id": item.region.id,
            "region_code": item.region.code,
            "scope_code": item.region.code,
            "place_text": item.place.text,
            "reported_at": item.row.reported_at,
            "stage_since": item.closed_at or item.row.reported_at,
            "due_at": item.deadline.due_at if item.deadline else None,
            "warn_at": item.deadline.warn_at if item.deadline else None,
            "ended_at": item.closed_at,
            "intake_unit_id": item.unit.id,
            "holder_unit_id": None if item.closed_at else item.unit.id,
            "in_intake": item.closed_at is None,
            "counts": {},
            "public_consent": False,
            "follow_hash": item.hashed,
            "version": 1,
            "steps": 2 if item.reply.original else 1,
        }
        for item in made
    ]
    _insert("matters_matter", rows)


def _insert_clocks(made: list[_Made], kind: Kind) -> None:
    rows = [
        {
            "matter_id": item.id,
            "stage": kind.initial,
            "limit_text": item.deadline.limit_text,
            "calendar_version": item.deadline.calendar_version,
            "started_at": item.deadline.started_at,
            "due_at": item.deadline.due_at,
            "warn_at": item.deadline.warn_at,
        }
        for item in made
        if item.deadline is not None
    ]
    _insert("matters_clock", rows)


def _insert_replies(made: list[_Made]) -> None:
    rows = [
        {
            "matter_id": item.id,
            "step": 2,
            "part": item.reply_part,
            "text": item.reply.text,
            "salt": item.salt,
            "for_reporter": item.closed_at is not None,
        }
        for item in made
        if item.reply.original
    ]
    _insert("matters_remark", rows)


def _drafts(item: _Made, source: str, kind: Kind, now: datetime) -> Iterator[Draft]:
    """The journal's entries for one row: the report at its time, and how it came settled, or the note on its reply."""
    common: dict[str, Any] = {
        "number": item.number,
        "kind": kind.code,
        "kind_version": kind.version,
        "category": item.category,
        "region_id": item.region.id,
        "region_code": item.region.code,
        "channel": "import",
    }
    clock: dict[str, Any] = {
        "due_at": item.deadline.due_at if item.deadline else None,
        "warn_at": item.deadline.warn_at if item.deadline else None,
        "limit": item.deadline.limit_text if item.deadline else "",
        "calendar": item.deadline.calendar_version if item.deadline else "",
        "holder_unit_id": item.unit.id,
    }
    reported: Payload = Report(
        **common,
        done_by="report",
        stage="",
        to_stage=kind.initial,
        **clock,
        reported_at=item.row.reported_at,
        intake_unit_id=item.unit.id,
        source=source,
        source_number=item.row.source_number,
        title_sealed=item.title.sealed,
        body_sealed=item.body.sealed,
    )
    yield Draft(reported, Subject("matter", item.id, 1, item.region.code), IMPORTER, item.row.reported_at)
    if item.closed_at is not None:
        settled: Payload = Settle(
            **common,
            done_by="settle",
            stage=kind.initial,
            to_stage=_end_stage(kind),
            result=Result.CLOSED.value,
            source=source,
            replied_at=item.closed_at,
            reply_sealed=item.reply.sealed,
        )
        yield Draft(settled, Subject("matter", item.id, 2, item.region.code), IMPORTER, item.closed_at)
    elif item.reply.original:
        note = STEPS[Verb.NOTE.value](
            **common,
            **clock | {"limit": "", "calendar": ""},
            done_by="note",
            stage=kind.initial,
            to_stage=kind.initial,
            words_sealed=item.reply.sealed,
        )
        yield Draft(note, Subject("matter", item.id, 2, item.region.code), IMPORTER, now)


def check_row(row: BatchRow, now: datetime) -> None:
    """Raises a DomainError that says why a row can't be taken in; what passes here passes `import_batch`."""
    NewReport(body=row.body, title=row.title, channel="import", place_text=row.place_text).cleaned()
    if row.reported_at > now:
        raise BatchRowWrong(msg("反映时间在将来。请核对 reported_at。"))
    if row.replied_at is not None and row.replied_at < row.reported_at:
        raise BatchRowWrong(msg("答复时间早于反映时间。请核对 replied_at。"))
