"""Taking in a report: vault, matter, first clock, journal entry and event, all or nothing."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.operations import open_door
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.operations.step import (
    about,
    author_of,
    claim_submission,
    deadline_of,
    door_of,
    lock_matter,
    start_clock,
    tell,
)
from shanzhi.kernel.matters.operations.texts import SafeText, expiry, originals, safe
from shanzhi.kernel.matters.policy.payloads import Report
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.policy.report import BadReport, NewReport, follow_hash, new_follow_code, number_of
from shanzhi.kernel.matters.rulebook import categories, current_kind, kind_version
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.queries import RegionRow
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


@transaction.atomic
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
    answer comes and nothing is done. Without a known region it goes to the city's triage.

    Raises:
        BadReport, ReportTooLong: a sentence for each field that can't be used; nothing is stored.
        BadPhone: the phone number can't be one.
        KeyReused: the key was used for another content.
    """
    new, phone = new.cleaned(), normalise_phone(new.contact_phone) if new.contact_phone.strip() else ""
    kind, region, category = current_kind(new.kind), _region(new, now), _category(new.category)
    follow_key = vault.keyring().derive("follow")
    code = new_follow_code(follow_key, key.bytes if key else None)
    hashed = follow_hash(follow_key, code)
    matter_id = open_door(new.channel, hashed, SEQUENCE)
    if key is not None:
        content = (replace(new, contact_phone=phone), tuple(file.sha256 for file in stored))
        earlier = claim_submission(door=door_of(actor), key=key, content=content, matter_id=matter_id, step=1, now=now)
        if earlier is not None:
            return _again(earlier.matter_id, code, now)
    unit = intake_unit(region.code, kind, now)
    texts = _texts(new)
    deadline = deadline_of(kind, kind.initial, now)
    matter = _matter(matter_id, new, kind, region, texts, now)
    matter.category, matter.follow_hash = category, hashed
    matter.intake_unit_id = matter.holder_unit_id = unit.id
    matter.due_at, matter.warn_at = deadline.due_at, deadline.warn_at
    matter.save(force_insert=True)
    start_clock(matter, kind.initial, deadline)
    _keep(matter, new, phone, texts, kind, now)
    files.attach(
        subject_kind="matter",
        subject_id=matter_id,
        scope_code=matter.scope_code,
        stored=stored,
        purpose="report",
        post_id=actor.post_id,
        now=now,
        shown_to_reporter=True,
    )
    payload = Report(
        **about(matter, kind, "report", "", deadline),
        reported_at=now,
        intake_unit_id=unit.id,
        source=new.source,
        source_number=new.source_number,
        has_point=matter.latitude is not None,
        has_contact=bool(phone or new.contact_name),
        public_consent=new.public_consent,
        title_sealed=texts.title.sealed,
        body_sealed=texts.body.sealed,
        files=tuple(file.sha256 for file in stored),
    )
    subject = Subject("matter", matter_id, 1, matter.scope_code)
    journal.record(payload=payload, subject=subject, author=author_of(actor), happened_at=now)
    tell(matter, "report", now)
    return _reported(matter, kind, code, unit.name)


def _texts(new: NewReport) -> _Texts:
    salt = new_salt()
    return _Texts(salt, safe(new.title, salt), safe(new.body, salt), safe(new.place_text, salt))


def _matter(matter_id: int, new: NewReport, kind: Kind, region: RegionRow, texts: _Texts, now: datetime) -> Matter:
    """The matter's row, without what depends on the door and the clock."""
    point = new.point()
    return Matter(
        id=matter_id,
        number=number_of(matter_id, local_date(now)),
        kind=kind.code,
        kind_version=kind.version,
        stage=kind.initial,
        channel=new.channel,
        source=new.source,
        source_number=new.source_number,
        title=texts.title.text,
        body=texts.body.text,
        salt=texts.salt,
        region_id=region.id,
        region_code=region.code,
        scope_code=region.code,
        place_text=texts.place.text,
        latitude=point[0] if point else None,
        longitude=point[1] if point else None,
        reported_at=now,
        stage_since=now,
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


def _keep(matter: Matter, new: NewReport, phone: str, texts: _Texts, kind: Kind, now: datetime) -> None:
    """Contact and originals into the vault."""
    pieces = [
        Keep("matter", matter.pk, "contact", part, text, "consent", indexed=part == "phone")
        for part, text in (("name", new.contact_name), ("phone", phone))
        if text
    ]
    pieces += originals(matter.pk, {"title": texts.title, "body": texts.body, "place": texts.place})
    if pieces:
        vault.keep(pieces, now=now, expires_on=expiry(now, kind.retention_months))


def _region(new: NewReport, now: datetime) -> RegionRow:
    """The region that the report names, or the whole city."""
    if new.region_code:
        found = organisation.region_of_code(new.region_code, local_date(now))
        if found is None:
            raise BadReport(
                msg("没有代码为 %(code)s 的区域。请重新选择，也可以不选，由受理中心来定。"),
                fields={"region_code": msg("请重新选择，也可以不选。")},
                code=new.region_code,
            )
        return found
    return city_region(now)


def city_region(now: datetime) -> RegionRow:
    """The city itself.

    Raises:
        BadReport: no regions are loaded yet.
    """
    top = organisation.top_regions(local_date(now))
    if not top:
        raise BadReport(msg("这座城市还没有载入区划，暂时不能受理。请管理员运行 shanzhi regions load。"))
    return top[0]


def _category(code: str) -> str:
    if code and code not in categories().rules.categories:
        raise BadReport(
            msg("没有这个分类。请重新选择，也可以不选。"), fields={"category": msg("请重新选择，也可以不选。")}
        )
    return code


@dataclass(frozen=True, slots=True)
class IntakeUnit:
    """The governance centre that takes a report in."""

    id: int
    name: str


def intake_unit(code: str, kind: Kind, now: datetime) -> IntakeUnit:
    """The centre of the kind's intake level that answers for a place, else the nearest centre above.

    Raises:
        BadReport: the city has no governance centre yet.
    """
    on = local_date(now)
    for level in dict.fromkeys((Level(kind.intake_level.value), Level.CITY)):
        found = organisation.centre_for(code, level, on)
        if found is not None:
            return IntakeUnit(found.id, found.name)
    raise BadReport(msg("这座城市还没有设立受理中心，暂时不能受理。请管理员先建立单位。"))


def _again(matter_id: int, code: str, now: datetime) -> Reported:
    """The answer to a report that was taken in before under the same key."""
    matter = lock_matter(matter_id)
    kind = kind_version(matter.kind, matter.kind_version)
    unit = organisation.unit_by_id(matter.intake_unit_id, local_date(now))
    return _reported(matter, kind, code, unit.name if unit else "", replayed=True)
