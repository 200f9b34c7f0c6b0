"""Many reports at once on their way into the tables: checked, masked, cut into words, journaled. Pure: processes without a
database do it side by side, since it takes twice as long as writing."""

import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.clock.policy import Deadline, WorkCalendar
from shanzhi.kernel.journal.policy import Author, Draft, Drafted, Payload, Subject, drafted
from shanzhi.kernel.matters.policy.clocks import Promise, calendar_of, promises, soonest
from shanzhi.kernel.matters.policy.payloads import Settle
from shanzhi.kernel.matters.policy.payloads_second import STEPS, Report, promised_by, promises_told
from shanzhi.kernel.matters.policy.process import Kind, Result, Verb
from shanzhi.kernel.matters.policy.report import NewReport, follow_hash, new_follow_code, number_of
from shanzhi.kernel.matters.policy.search import words_of
from shanzhi.kernel.matters.policy.texts import SafeText, safe
from shanzhi.kernel.vault.policy.envelope import new_salt

IMPORTER = Author("importer")


class BatchRowWrong(InputError):
    """A row of a batch contradicts itself."""

    code = "row-wrong"


class BatchRow(NamedTuple):
    """One record of another system. `source_number` is its number there; `reply` with `replied_at` closes it, `reply`
    alone leaves it open and stands as a note. (A tuple, because rows travel between processes by the thousand.)"""

    source_number: str
    reported_at: datetime
    body: str
    title: str = ""
    reply: str = ""
    replied_at: datetime | None = None
    region_code: str = ""
    category: str = ""
    place_text: str = ""


def clean_row(row: BatchRow, now: datetime) -> BatchRow:
    """A row with clean texts and a title, as it may be taken in.

    Raises:
        DomainError: why it can't be.
    """
    new = NewReport(body=row.body, title=row.title, channel="import", place_text=row.place_text).cleaned()
    if row.reported_at > now:
        raise BatchRowWrong(msg("反映时间在将来。请核对 reported_at。"))
    if row.replied_at is not None and row.replied_at < row.reported_at:
        raise BatchRowWrong(msg("答复时间早于反映时间。请核对 replied_at。"))
    return row._replace(body=new.body, title=new.title, reply=clean_text(row.reply), place_text=new.place_text)


class Placed(NamedTuple):
    """Where a row goes: its region and the centre that takes it in."""

    region_id: int
    region_code: str
    unit_id: int


@dataclass(frozen=True, slots=True)
class Terms:
    """What all rows of a run have in common: their process with its first stage and that of its end, the calendars by code,
    the category codes, the key of follow codes."""

    process: Kind
    end: str
    calendars: Mapping[str, WorkCalendar]
    categories: frozenset[str]
    follow: bytes
    source: str
    now: datetime

    @property
    def kind(self) -> str:
        """The kind's code."""
        return self.process.code

    @property
    def kind_version(self) -> int:
        """The version that all of them run under."""
        return self.process.version

    @property
    def initial(self) -> str:
        """Where they begin."""
        return self.process.initial

    def packed(self) -> bytes:
        """As it travels to another process of ours, which reads it once."""
        return pickle.dumps(self)


@lru_cache(maxsize=4)
def _terms_of(packed: bytes) -> Terms:
    terms = pickle.loads(packed)  # noqa: S301 - packed by the process that started this one
    assert isinstance(terms, Terms)  # noqa: S101 - as above
    return terms


@dataclass(frozen=True, slots=True)
class Prepared:
    """Rows ready to be written: JSON texts by table (empty where there is nothing), the journal's entries, the originals that
    the vault seals (matter, part, text), the matters that stay open."""

    matters: bytes
    words: bytes
    clocks: bytes
    remarks: bytes
    entries: Drafted
    originals: tuple[tuple[int, str, str], ...]
    open_ids: tuple[int, ...]
    count: int


class _Made(NamedTuple):
    id: int
    row: BatchRow
    number: str
    salt: bytes
    hashed: str
    place: Placed
    category: str
    title: SafeText
    body: SafeText
    reply: SafeText
    where: SafeText
    begun: tuple[Promise, ...]
    """The clocks that begin; none where it comes closed."""

    @property
    def deadline(self) -> Deadline | None:
        """By which it is due."""
        return soonest(each.deadline for each in self.begun) if self.begun else None

    @property
    def closed_at(self) -> datetime | None:
        return self.row.replied_at if self.reply.original else None

    @property
    def texts(self) -> tuple[str, str, str]:
        """By which it is found."""
        return self.title.text, self.body.text, self.where.text

    @property
    def reply_part(self) -> str:
        """As what the reply stands: as one, as a note where its time isn't known; empty without one."""
        return "" if not self.reply.original else "reply" if self.closed_at else "words"


def prepare(rows: Sequence[BatchRow], ids: Sequence[int], places: Sequence[Placed], packed: bytes) -> Prepared:
    """Make clean rows ready under these ids, each for its place; `packed` are the run's terms."""
    terms = _terms_of(packed)
    made = [_made(row, number, place, terms) for row, number, place in zip(rows, ids, places, strict=True)]
    return Prepared(
        matters=_text([_matter(item, terms) for item in made]),
        words=_text([{"id": item.id, "words": " ".join(words_of(*item.texts))} for item in made]),
        clocks=_text([_clock(item, each, terms) for item in made for each in item.begun]),
        remarks=_text([_remark(item) for item in made if item.reply.original]),
        entries=drafted(draft for item in made for draft in _drafts(item, terms)),
        originals=tuple(piece for item in made for piece in _originals(item)),
        open_ids=tuple(item.id for item in made if item.closed_at is None),
        count=len(made),
    )


def _made(row: BatchRow, matter_id: int, place: Placed, terms: Terms) -> _Made:
    salt = new_salt()
    reply = safe(row.reply, salt)
    is_closed = bool(reply.original and row.replied_at)
    return _Made(
        id=matter_id,
        row=row,
        number=number_of(matter_id, local_date(row.reported_at)),
        salt=salt,
        hashed=follow_hash(terms.follow, new_follow_code(terms.follow, None)),
        place=place,
        category=row.category if row.category in terms.categories else "",
        title=safe(row.title, salt),
        body=safe(row.body, salt),
        reply=reply,
        where=safe(row.place_text, salt),
        begun=() if is_closed else promises(terms.process, terms.initial, row.reported_at, terms.calendars.__getitem__),
    )


def _text(rows: list[dict[str, Any]]) -> bytes:
    return orjson.dumps(rows, default=_bytea) if rows else b""


def _bytea(value: bytes) -> str:
    """Bytes as PostgreSQL reads them."""
    return "\\x" + value.hex()


def _matter(item: _Made, terms: Terms) -> dict[str, Any]:
    return {
        "id": item.id,
        "number": item.number,
        "kind": terms.kind,
        "kind_version": terms.kind_version,
        "stage": terms.end if item.closed_at else terms.initial,
        "result": Result.CLOSED.value if item.closed_at else None,
        "channel": "import",
        "source": terms.source,
        "source_number": item.row.source_number,
        "title": item.title.text,
        "body": item.body.text,
        "salt": item.salt,
        "category": item.category,
        "region_id": item.place.region_id,
        "region_code": item.place.region_code,
        "scope_code": item.place.region_code,
        "place_text": item.where.text,
        "reported_at": item.row.reported_at,
        "stage_since": item.closed_at or item.row.reported_at,
        "due_at": item.deadline.due_at if item.deadline else None,
        "warn_at": item.deadline.warn_at if item.deadline else None,
        "ended_at": item.closed_at,
        "intake_unit_id": item.place.unit_id,
        "holder_unit_id": None if item.closed_at else item.place.unit_id,
        "in_intake": item.closed_at is None,
        "counts": {},
        "public_consent": False,
        "follow_hash": item.hashed,
        "version": 1,
        "steps": 2 if item.reply.original else 1,
    }


def _clock(item: _Made, begun: Promise, terms: Terms) -> dict[str, Any]:
    deadline = begun.deadline
    return {
        "matter_id": item.id,
        "stage": terms.initial,
        "code": begun.code,
        "calendar": calendar_of(terms.process, begun.code),
        "limit_text": deadline.limit_text,
        "calendar_version": deadline.calendar_version,
        "is_provisional": deadline.is_provisional,
        "course": deadline.course.as_json() if deadline.course else None,
        "started_at": deadline.started_at,
        "due_at": deadline.due_at,
        "warn_at": deadline.warn_at,
    }


def _remark(item: _Made) -> dict[str, Any]:
    return {
        "matter_id": item.id,
        "step": 2,
        "part": item.reply_part,
        "text": item.reply.text,
        "salt": item.salt,
        "for_reporter": item.closed_at is not None,
    }


def _originals(item: _Made) -> Iterator[tuple[int, str, str]]:
    parts = (
        ("title", item.title),
        ("body", item.body),
        ("place", item.where),
        (f"step2.{item.reply_part}", item.reply),
    )
    for part, text in parts:
        if text.is_masked:
            yield item.id, part, text.original


def _drafts(item: _Made, terms: Terms) -> Iterator[Draft]:
    """The journal's entries for one row: the report at its time, and how it came settled, or the note on its reply."""
    common: dict[str, Any] = {
        "number": item.number,
        "kind": terms.kind,
        "kind_version": terms.kind_version,
        "category": item.category,
        "region_id": item.place.region_id,
        "region_code": item.place.region_code,
        "channel": "import",
    }
    clock: dict[str, Any] = {
        "due_at": item.deadline.due_at if item.deadline else None,
        "warn_at": item.deadline.warn_at if item.deadline else None,
        "limit": item.deadline.limit_text if item.deadline else "",
        "calendar": item.deadline.calendar_version if item.deadline else "",
        "holder_unit_id": item.place.unit_id,
    }
    reported: Payload = Report(
        **common,
        done_by="report",
        stage="",
        to_stage=terms.initial,
        **clock,
        reported_at=item.row.reported_at,
        intake_unit_id=item.place.unit_id,
        source=terms.source,
        source_number=item.row.source_number,
        title_sealed=item.title.sealed,
        body_sealed=item.body.sealed,
        clocks=promises_told(item.begun, terms.initial, item.row.reported_at),
        promises=promised_by(terms.process),
    )
    code = item.place.region_code
    yield Draft(reported, Subject("matter", item.id, 1, code), IMPORTER, item.row.reported_at)
    if item.closed_at is not None:
        settled: Payload = Settle(
            **common,
            done_by="settle",
            stage=terms.initial,
            to_stage=terms.end,
            result=Result.CLOSED.value,
            source=terms.source,
            replied_at=item.closed_at,
            reply_sealed=item.reply.sealed,
        )
        yield Draft(settled, Subject("matter", item.id, 2, code), IMPORTER, item.closed_at)
    elif item.reply.original:
        note = STEPS[Verb.NOTE.value](
            **common,
            **clock | {"limit": "", "calendar": ""},
            done_by="note",
            stage=terms.initial,
            to_stage=terms.initial,
            words_sealed=item.reply.sealed,
            intake_unit_id=item.place.unit_id,
        )
        yield Draft(note, Subject("matter", item.id, 2, code), IMPORTER, terms.now)
