"""Taking in many reports at once, from another system: in chunks, each all or nothing, each row once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import connection, transaction

from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.clock.policy import Deadline
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.operations.report import IntakeUnit, city_region, intake_unit
from shanzhi.kernel.matters.operations.step import STEP_TOPIC, deadline_of
from shanzhi.kernel.matters.operations.texts import SafeText, expiry, originals, safe
from shanzhi.kernel.matters.policy.payloads import Report, Settle
from shanzhi.kernel.matters.policy.process import Kind, Result
from shanzhi.kernel.matters.policy.report import NewReport, follow_hash, new_follow_code, number_of
from shanzhi.kernel.matters.rulebook import categories, current_kind
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import RegionRow
from shanzhi.kernel.vault import operations as vault
from shanzhi.kernel.vault.policy.envelope import new_salt

CHUNK = 500
IMPORTER = Author("importer")


class BatchRowWrong(InputError):
    """A row of a batch contradicts itself."""

    code = "row-wrong"


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One record of another system. `source_number` is its number there; `reply` with `replied_at` closes it."""

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
    unit: IntakeUnit
    title: SafeText
    body: SafeText
    reply: SafeText
    place: SafeText
    deadline: Deadline | None

    @property
    def closed_at(self) -> datetime | None:
        return self.row.replied_at if self.reply.original else None


class _Places:
    """Where reports go, looked up once a code."""

    def __init__(self, kind: Kind, now: datetime) -> None:
        self.kind, self.now = kind, now
        self.city = city_region(now)
        self.known: dict[str, tuple[RegionRow, IntakeUnit]] = {}

    def of(self, code: str) -> tuple[RegionRow, IntakeUnit]:
        """The region of a code and its intake centre; an unknown code goes to the city's triage."""
        if code not in self.known:
            found = organisation.region_at_or_above(code, local_date(self.now)) if code.isdigit() else None
            region = found or self.city
            self.known[code] = (region, intake_unit(region.code, self.kind, self.now))
        return self.known[code]


def import_batch(
    *, rows: Sequence[BatchRow], source: str, now: datetime, kind_code: str = "request"
) -> Iterator[BatchResult]:
    """Take in `rows` of `source`, yielding after each chunk what became of it; importer's role.

    A source number that was taken in before is left alone, so a file can be imported again. Each chunk is one
    transaction. A row with a reply and its time is closed with both; the journal says that it came settled.
    """
    kind = current_kind(kind_code)
    places = _Places(kind, now)
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        with transaction.atomic():
            yield _chunk(chunk, source, kind, places, now)


def _chunk(chunk: list[BatchRow], source: str, kind: Kind, places: _Places, now: datetime) -> BatchResult:
    numbers = [row.source_number for row in chunk]
    known = set(Matter.objects.filter(source=source, source_number__in=numbers).values_list("source_number", flat=True))
    fresh = {row.source_number: row for row in chunk if row.source_number not in known}
    if not fresh:
        return BatchResult(known=len(chunk))
    made = [
        _made(row, matter_id, kind, places) for row, matter_id in zip(fresh.values(), _ids(len(fresh)), strict=True)
    ]
    _insert_matters(made, source, kind)
    _insert_clocks(made, kind)
    _insert_replies(made)
    keeps = [
        piece
        for item in made
        for piece in originals(
            item.id, {"title": item.title, "body": item.body, "place": item.place, "step2.reply": item.reply}
        )
    ]
    vault.keep(keeps, now=now, expires_on=expiry(now, kind.retention_months))
    journal.record_many(draft for item in made for draft in _drafts(item, source, kind))
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


def _made(row: BatchRow, matter_id: int, kind: Kind, places: _Places) -> _Made:
    new = NewReport(
        body=row.body, title=row.title, channel="import", place_text=row.place_text, category=row.category
    ).cleaned()
    region, unit = places.of(row.region_code)
    salt = new_salt()
    key = vault.keyring().derive("follow")
    reply = safe(clean_text(row.reply), salt) if row.replied_at else safe("", salt)
    return _Made(
        id=matter_id,
        row=row,
        number=number_of(matter_id, local_date(row.reported_at)),
        salt=salt,
        hashed=follow_hash(key, new_follow_code(key, None)),
        region=region,
        unit=unit,
        title=safe(new.title, salt),
        body=safe(new.body, salt),
        reply=reply,
        place=safe(new.place_text, salt),
        deadline=None if reply.original else deadline_of(kind, kind.initial, row.reported_at),
    )


def _end_stage(kind: Kind) -> str:
    return next(stage.code for stage in kind.stages if stage.result is Result.CLOSED)


def _insert_matters(made: list[_Made], source: str, kind: Kind) -> None:
    Matter.objects.bulk_create(
        Matter(
            id=item.id,
            number=item.number,
            kind=kind.code,
            kind_version=kind.version,
            stage=_end_stage(kind) if item.closed_at else kind.initial,
            result=Result.CLOSED.value if item.closed_at else None,
            channel="import",
            source=source,
            source_number=item.row.source_number,
            title=item.title.text,
            body=item.body.text,
            salt=item.salt,
            category=item.row.category if item.row.category in categories().rules.categories else "",
            region_id=item.region.id,
            region_code=item.region.code,
            scope_code=item.region.code,
            place_text=item.place.text,
            reported_at=item.row.reported_at,
            stage_since=item.closed_at or item.row.reported_at,
            due_at=item.deadline.due_at if item.deadline else None,
            warn_at=item.deadline.warn_at if item.deadline else None,
            ended_at=item.closed_at,
            intake_unit_id=item.unit.id,
            holder_unit_id=None if item.closed_at else item.unit.id,
            in_intake=item.closed_at is None,
            follow_hash=item.hashed,
            steps=2 if item.closed_at else 1,
        )
        for item in made
    )


def _insert_clocks(made: list[_Made], kind: Kind) -> None:
    rows = [
        (
            item.id,
            kind.initial,
            item.deadline.limit_text,
            item.deadline.calendar_version,
            item.deadline.started_at,
            item.deadline.due_at,
            item.deadline.warn_at,
        )
        for item in made
        if item.deadline is not None
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO matters_clock (matter_id, stage, limit_text, calendar_version, started_at, due_at,"
                " warn_at) SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[],"
                " %s::timestamptz[], %s::timestamptz[])",
                [list(column) for column in zip(*rows, strict=True)],
            )


def _insert_replies(made: list[_Made]) -> None:
    rows = [(item.id, item.reply.text, item.salt) for item in made if item.closed_at]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO matters_remark (matter_id, step, part, text, salt, for_reporter)"
                " SELECT m, 2, 'reply', t, s, true FROM unnest(%s::bigint[], %s::text[], %s::bytea[]) AS r (m, t, s)",
                [list(column) for column in zip(*rows, strict=True)],
            )


def _drafts(item: _Made, source: str, kind: Kind) -> Iterator[Draft]:
    """The journal's entries for one row: the report at its time, and how it came settled."""
    common: dict[str, Any] = {
        "number": item.number,
        "kind": kind.code,
        "kind_version": kind.version,
        "category": item.row.category,
        "region_id": item.region.id,
        "region_code": item.region.code,
        "channel": "import",
    }
    reported: Payload = Report(
        **common,
        done_by="report",
        stage="",
        to_stage=kind.initial,
        due_at=item.deadline.due_at if item.deadline else None,
        warn_at=item.deadline.warn_at if item.deadline else None,
        limit=item.deadline.limit_text if item.deadline else "",
        calendar=item.deadline.calendar_version if item.deadline else "",
        holder_unit_id=item.unit.id,
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


def check_row(row: BatchRow, now: datetime) -> None:
    """Raises a DomainError that says why a row can't be taken in; what passes here passes `import_batch`."""
    NewReport(body=row.body, title=row.title, channel="import", place_text=row.place_text).cleaned()
    if row.reported_at > now:
        raise BatchRowWrong(msg("反映时间在将来。请核对 reported_at。"))
    if row.replied_at is not None and row.replied_at < row.reported_at:
        raise BatchRowWrong(msg("答复时间早于反映时间。请核对 replied_at。"))
