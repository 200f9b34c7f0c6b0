"""What is kept of a reporter, and who read it: for the reporter's own eyes, under row-level security."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Q

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.queries import DoneRow
from shanzhi.kernel.matters.models import Matter, Part
from shanzhi.kernel.matters.operations.rights import is_asked
from shanzhi.kernel.matters.policy.rights import ERASED
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import PostName
from shanzhi.kernel.vault import queries as vault
from shanzhi.kernel.vault.operations import READ_BY_SYSTEM, READ_REASONS, keyring
from shanzhi.kernel.vault.policy.keeping import LEGAL_GROUNDS

READING_ACTIONS = ("vault.read", "vault.copied")
"""Entries that tell of somebody who got to see unmasked personal data."""
CHANGE_ACTIONS = ("vault.corrected", "vault.erased", "matters.consent", "matters.erase_asked", "matters.erased")
READINGS_PAGE = 25

OWN_COPY = msg("您本人下载了副本")
SYSTEM_READING = msg("系统按规定处理")


@dataclass(frozen=True, slots=True)
class Reading:
    """Personal data was read: when, by which unit and post (never whose name), which parts, and why.

    `parts` as in `policy.rights.part_name`; `reason` a message id. `id` is the journal entry's.
    """

    id: int
    at: datetime
    number: str
    unit_name: str
    post_title: str
    parts: tuple[str, ...]
    reason: str
    by_reporter: bool


@dataclass(frozen=True, slots=True)
class ReadingPage:
    """A page of readings, newest first; `after` is the id behind which the next page begins, None on the last."""

    rows: tuple[Reading, ...]
    after: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """One piece of personal data that is kept sealed: what, on which legal ground (article and sentence), until when."""

    number: str
    part: str
    purpose: str
    article: str
    ground: str
    kept_at: datetime
    expires_on: date


@dataclass(frozen=True, slots=True)
class RightsState:
    """How the reporter's rights stand in one matter. `asked` is the kind of deletion that is under way, or empty."""

    matter_id: int
    number: str
    title: str
    is_open: bool
    due_at: datetime | None
    public_consent: bool
    has_contact: bool
    is_erased: bool
    asked: str


def readings(actor: Actor, *, matter_id: int | None = None, after: int | None = None) -> ReadingPage:
    """Who read what is kept of this reporter, in one matter with its parts or in all whose codes were shown; 3 queries."""
    numbers = _own(actor, matter_id, with_parts=True)
    rows = journal.entries_by_action("matter", list(numbers), READING_ACTIONS, limit=READINGS_PAGE + 1, before_id=after)
    names = organisation.post_names({row.author_post_id for row in rows if row.author_post_id is not None})
    shown = rows[:READINGS_PAGE]
    return ReadingPage(
        tuple(_reading(row, numbers[row.subject_id], names) for row in shown),
        shown[-1].id if len(rows) > READINGS_PAGE else None,
    )


def _reading(row: DoneRow, number: str, names: dict[int, PostName]) -> Reading:
    name = names.get(row.author_post_id or 0, PostName("", ""))
    code = str(row.payload.get("reason", ""))
    reason = READ_REASONS.get(code) or READ_BY_SYSTEM.get(code, "")
    if row.action == "vault.copied":
        reason = OWN_COPY
    return Reading(
        id=row.id,
        at=row.happened_at,
        number=number,
        unit_name=name.unit_name,
        post_title=name.title,
        parts=tuple(row.payload.get("parts", ())),
        reason=reason or (SYSTEM_READING if row.author_kind == "system" else str(row.payload.get("reason", ""))),
        by_reporter=row.author_kind == "reporter",
    )


def kept(actor: Actor, *, matter_id: int | None = None) -> list[Kept]:
    """What is kept sealed of this reporter, in one matter or in all whose codes were shown; 2 queries."""
    numbers = _own(actor, matter_id)
    found = []
    for piece in vault.pieces_kept("matter", list(numbers)):
        ground = LEGAL_GROUNDS[piece.legal_ground]
        found.append(
            Kept(
                numbers[piece.subject_id],
                piece.part,
                piece.purpose,
                ground.article,
                ground.sentence,
                piece.kept_at,
                piece.expires_on,
            )
        )
    return found


def _own(actor: Actor, matter_id: int | None, *, with_parts: bool = False) -> dict[int, str]:
    rows = Matter.objects.filter(follow_hash__in=actor.follow)
    if matter_id is not None:
        parts = Part.objects.filter(whole_id=matter_id).values("matter_id")
        rows = rows.filter(Q(pk=matter_id) | Q(pk__in=parts)) if with_parts else rows.filter(pk=matter_id)
    return dict(rows.values_list("pk", "number"))


def rights_state(matter_id: int, actor: Actor) -> RightsState | None:
    """How the reporter's rights stand in one matter; None where it isn't this reporter's; at most 4 queries."""
    matter = Matter.objects.filter(pk=matter_id, follow_hash__in=actor.follow).first()
    if matter is None:
        return None
    return RightsState(
        matter_id=matter.pk,
        number=matter.number,
        title=matter.title,
        is_open=matter.ended_at is None,
        due_at=matter.due_at,
        public_consent=matter.public_consent,
        has_contact=bool(vault.parts_kept("matter", matter.pk) & {"name", "phone"}),
        is_erased=matter.title == ERASED,
        asked=next((what for what in ("all", "contact") if is_asked(matter.pk, what)), ""),
    )


def phone_index(phone: str) -> bytes:
    """The blind index under which a phone in its normal form is known; nobody can compute it without the key ring."""
    return keyring().blind_index(phone, "phone")


def follow_of_phone(phone: str) -> tuple[str, ...]:
    """The follow hashes of the matters whose contact has this phone, newest first, at most 200; 1 query.

    The one look past row-level security on this side (`matters_follow_of_phone`): whoever calls it has seen a code come
    back from this very phone. The hashes open nothing by themselves; the caller acts under them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM matters_follow_of_phone(%s)", [phone_index(phone)])
        return tuple(dict.fromkeys(row[0] for row in cursor.fetchall()))
