"""Taking in a report: vault, matter, first clock, journal entry and event, all or nothing."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.operations import open_door
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.matters.models import Matter, MatterPlace
from shanzhi.kernel.matters.operations.clocks import calendars, start_clocks
from shanzhi.kernel.matters.operations.finding import keep_words
from shanzhi.kernel.matters.operations.step import (
    about,
    author_of,
    claim_submission,
    door_of,
    lock_matter,
    pipelined,
    tell,
)
from shanzhi.kernel.matters.operations.texts import SafeText, expiry, originals, safe
from shanzhi.kernel.matters.policy.clocks import promises, soonest
from shanzhi.kernel.matters.policy.payloads_second import Report, promised_by, promises_told
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.policy.report import BadReport, NewReport, follow_hash, new_follow_code, number_of
from shanzhi.kernel.matters.rulebook import categories, current_kind, kind_version
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.queries import PlaceRow, RegionRow, UnitRow
from shanzhi.kernel.vault import operations as vault
from shanzhi.kernel.vault.operations import Keep
from shanzhi.kernel.vault.policy.envelope import new_salt
from shanzhi.kernel.vault.policy.masking import normalise_phone

SEQUENCE = "matters_matter_id_seq"


@dataclass(frozen=True, slots=True)
class Reported:
    """What the reporter gets: the number and the code to follow by, who has it and until when.

    `replayed`: it had been taken in before under the same key, nothing was done now.
    """

    matter_id: int
    number: str
    follow_code: str
    follow_hash: str
    stage: str
    stage_name: str
    unit_name: str
    due_at: datetime | None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class _Texts:
    salt: bytes
    title: SafeText
    body: SafeText
    place: SafeText


def report(
    *,
    new: NewReport,
    actor: Actor,
    now: datetime,
    key: uuid.UUID | None = None,
    stored: Sequence[StoredFile] = (),
) -> Reported:
    """Take in one report, from anybody; returns its number and follow code.

    `stored` are the files that came along (`files.operations.store`). `key` names the submission: sent again, the same
    answer comes and nothing is done. Without a known region it goes to the city's triage. 10 statements in the
    request's transaction, all checks before the first of them that writes.

    Raises:
        BadReport, ReportTooLong: a sentence for each field that can't be used; nothing is stored.
        InvalidPhone: the phone number can't be one.
        KeyReused: the key was used for another content.
    """
    new = new.cleaned()
    chosen = _chosen(new, now)
    if chosen is not None:
        new = _placed(new, chosen)
    if new.contact_phone.strip():
        new = replace(new, contact_phone=normalise_phone(new.contact_phone))
    kind = current_kind(new.kind, local_date(now))
    new = replace(new, category=_category(new.category, local_date(now)))
    place = place_of(new.region_code, kind, now)
    # No savepoint: every check has been made, so what fails from here on fails the whole request.
    with transaction.atomic(savepoint=False):
        return _take_in(_Door(new, kind, place, tuple(stored), actor, now, chosen.kind if chosen else ""), key)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a report goes: its region and the centre that takes it in."""

    region: RegionRow
    centre: UnitRow


@dataclass(frozen=True, slots=True)
class _Door:
    """A checked report on its way in."""

    new: NewReport
    kind: Kind
    place: Place
    stored: tuple[StoredFile, ...]
    actor: Actor
    now: datetime
    place_kind: str = ""


def _take_in(door: _Door, key: uuid.UUID | None) -> Reported:
    new, kind, now = door.new, door.kind, door.now
    follow_key = vault.keyring().derive("follow")
    who = door_of(door.actor)
    code = new_follow_code(follow_key, f"{who} {key}".encode() if key else None)
    hashed = follow_hash(follow_key, code)
    matter_id = open_door(new.channel, hashed, SEQUENCE)
    if key is not None:
        content = (new, tuple(file.sha256 for file in door.stored))
        earlier = claim_submission(door=who, key=key, content=content, matter_id=matter_id, step=1, now=now)
        if earlier is not None:
            return _again(earlier.matter_id, code, now)
    texts = _texts(new)
    begun = promises(kind, kind.initial, now, calendars(local_date(now)))
    deadline = soonest(each.deadline for each in begun)
    matter = _matter(matter_id, door, texts)
    matter.follow_hash, matter.due_at, matter.warn_at = hashed, deadline.due_at, deadline.warn_at
    payload = Report(
        **about(matter, kind, "report", "", deadline),
        place_kind=door.place_kind,
        reported_at=now,
        intake_unit_id=matter.intake_unit_id,
        source=new.source,
        source_number=new.source_number,
        has_point=matter.latitude is not None,
        has_contact=bool(new.contact_phone or new.contact_name),
        public_consent=new.public_consent,
        title_sealed=texts.title.sealed,
        body_sealed=texts.body.sealed,
        files=tuple(file.sha256 for file in door.stored),
        place_id=new.place_id,
        clocks=promises_told(begun, kind.initial, now),
        promises=promised_by(kind),
    )
    subject = Subject("matter", matter_id, 1, matter.scope_code)
    with pipelined():
        matter.save(force_insert=True)
        start_clocks(matter, kind, kind.initial, begun)
        if new.place_id is not None:
            MatterPlace(matter_id=matter_id, place_id=new.place_id).save(force_insert=True)
        keep_words([(matter_id, (texts.title.text, texts.body.text, texts.place.text))])
        _keep(matter, new, texts, kind, now)
        files.attach(
            subject_kind="matter",
            subject_id=matter_id,
            scope_code=matter.scope_code,
            stored=door.stored,
            purpose="report",
            post_id=door.actor.post_id,
            now=now,
            shown_to_reporter=True,
        )
        journal.record(payload=payload, subject=subject, author=author_of(door.actor), happened_at=now)
        tell(matter, "report", now)
    return _reported(matter, kind, code, door.place.centre.name)


def _texts(new: NewReport) -> _Texts:
    salt = new_salt()
    return _Texts(salt, safe(new.title, salt), safe(new.body, salt), safe(new.place_text, salt))


def _matter(matter_id: int, door: _Door, texts: _Texts) -> Matter:
    """The matter's row, without what the clock and the follow code say."""
    new, region, point = door.new, door.place.region, door.new.point()
    return Matter(
        id=matter_id,
        number=number_of(matter_id, local_date(door.now)),
        kind=door.kind.code,
        kind_version=door.kind.version,
        stage=door.kind.initial,
        channel=new.channel,
        source=new.source,
        source_number=new.source_number,
        title=texts.title.text,
        body=texts.body.text,
        salt=texts.salt,
        category=new.category,
        region_id=region.id,
        region_code=region.code,
        scope_code=region.code,
        place_text=texts.place.text,
        latitude=point[0] if point else None,
        longitude=point[1] if point else None,
        reported_at=door.now,
        stage_since=door.now,
        intake_unit_id=door.place.centre.id,
        holder_unit_id=door.place.centre.id,
        public_consent=new.public_consent,
    )


def _reported(matter: Matter, kind: Kind, code: str, unit_name: str, *, replayed: bool = False) -> Reported:
    return Reported(
        matter_id=matter.pk,
        number=matter.number,
        follow_code=code,
        follow_hash=matter.follow_hash,
        stage=matter.stage,
        stage_name=kind.stage(matter.stage).name,
        unit_name=unit_name,
        due_at=matter.due_at,
        replayed=replayed,
    )


def _keep(matter: Matter, new: NewReport, texts: _Texts, kind: Kind, now: datetime) -> None:
    """Contact and originals into the vault."""
    pieces = [
        Keep("matter", matter.pk, "contact", part, text, "consent", indexed=part == "phone")
        for part, text in (("name", new.contact_name), ("phone", new.contact_phone))
        if text
    ]
    pieces += originals(matter.pk, {"title": texts.title, "body": texts.body, "place": texts.place})
    if pieces:
        vault.keep(pieces, now=now, expires_on=expiry(now, kind.retention_months))


def _chosen(new: NewReport, now: datetime) -> PlaceRow | None:
    """The place that was chosen, None where none was.

    Raises:
        BadReport: it isn't there, or it is closed.
    """
    if new.place_id is None:
        return None
    found = organisation.place_by_id(new.place_id, local_date(now))
    if found is None or found.is_closed:
        raise BadReport(
            msg("所选的场所已经关闭，或者没有了。请重新选择，也可以不选。"),
            fields={"place_id": msg("请重新选择，也可以不选。")},
        )
    return found


def _placed(new: NewReport, chosen: PlaceRow) -> NewReport:
    """The report with what the chosen place says of what it doesn't say itself."""
    point = chosen.point if new.latitude is None else None
    return replace(
        new,
        region_code=new.region_code or chosen.region_code,
        place_text=new.place_text or chosen.name,
        latitude=point.latitude if point else new.latitude,
        longitude=point.longitude if point else new.longitude,
    )


def place_of(code: str, kind: Kind, now: datetime) -> Place:
    """Where a report for a region goes; without a code, for the whole city.

    Raises:
        BadReport: no such region, or the city isn't set up yet.
    """
    found = organisation.intake_for(code, Level(kind.intake_level.value), local_date(now))
    if found is None and code:
        raise BadReport(
            msg("没有代码为 %(code)s 的区域。请重新选择，也可以不选，由受理中心来定。"),
            fields={"region_code": msg("请重新选择，也可以不选。")},
            code=code,
        )
    if found is None or found.centre is None:
        raise BadReport(msg("这座城市还没有载入区划和受理中心，暂时不能受理。请管理员运行 shanzhi doctor 检查。"))
    return Place(found.region, found.centre)


def _category(code: str, on: date) -> str:
    """The category that a report with this one gets on a day: one that was merged is where it went."""
    taken = categories(on).taken(code) if code else ""
    if code and not taken:
        raise BadReport(
            msg("没有这个分类，或者它已经停用。请重新选择，也可以不选。"),
            fields={"category": msg("请重新选择，也可以不选。")},
        )
    return taken


def _again(matter_id: int, code: str, now: datetime) -> Reported:
    """The answer to a report that was taken in before under the same key."""
    matter = lock_matter(matter_id)
    kind = kind_version(matter.kind, matter.kind_version)
    unit = organisation.unit_by_id(matter.intake_unit_id, local_date(now))
    return _reported(matter, kind, code, unit.name if unit else "", replayed=True)
