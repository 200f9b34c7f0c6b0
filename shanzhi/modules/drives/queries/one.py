"""One application with all that its page shows."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject

from shanzhi.kernel.evidence.policy.objects import DRIVE
from shanzhi.kernel.evidence.queries import PlaceEvidence, place_evidence
from shanzhi.kernel.files import queries as files
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.drives.models import Answer, Application, Hearing, Look, Title
from shanzhi.modules.drives.operations._common import checklist_of
from shanzhi.modules.drives.operations.applying import subject_of
from shanzhi.modules.drives.policy.checklist import Item
from shanzhi.modules.drives.policy.judging import Standing, lacking
from shanzhi.modules.drives.policy.states import State, TitleState
from shanzhi.modules.drives.policy.words import APPLICATION_SUBJECT, LOOK_FILES, missing
from shanzhi.modules.drives.queries.lists import as_row
from shanzhi.modules.drives.queries.shapes import (
    ApplicationView,
    HearingRow,
    ItemRow,
    LookRow,
    StepRow,
    TitleRow,
)

EVIDENCE_DAYS = 730
"""Evidence of so many days before is proposed."""
_ANSWER = ("item", "met", "is_record", "is_carried", "numerator", "denominator", "words")
_TITLE = ("id", "code", "name", "place_id", "place_name", "place_kind", "scope_code", "state", "granted_on", "until_on",
    "ended_on", "ground")  # fmt: skip


def application_view(application_id: int, on: date, *, proposes: bool) -> ApplicationView:
    """An application; with `proposes` what serves it in the archive, and for a draft what may; 8 queries and the tree.

    Raises:
        NoSuchDrive: none in sight.
    """
    with organisation.one_tree():
        return _view(application_id, on, proposes=proposes)


def _view(application_id: int, on: date, *, proposes: bool) -> ApplicationView:
    row, said, title = _read(application_id)
    checklist = checklist_of(row.drive)
    answers = {one["item"]: one for one in said}
    looks = {one.item: one for one in Look.objects.filter(application=row).order_by("pk")}
    entries = journal.entries_of(APPLICATION_SUBJECT, row.pk)
    authors = {entry.author_unit_id for entry in entries if entry.author_unit_id}
    units = organisation.unit_names({row.unit_id, *authors, *(one.unit_id for one in looks.values())})
    photos = files.attachments_of_many(LOOK_FILES, [one.pk for one in looks.values()]) if looks else {}
    found = _evidence(row, [one.code for one in checklist.items], on) if proposes else PlaceEvidence({}, ())
    items = tuple(
        _item(item, answers.get(item.code, {}), _look(looks.get(item.code), units, photos), found, row.pk)
        for item in checklist.items
    )
    return ApplicationView(
        row=as_row(row, units.get(row.unit_id, "")),
        drive_id=row.drive_id,
        checklist=checklist,
        decider_post_id=row.drive.decider_post_id,
        months=row.drive.months,
        reason=row.reason,
        renews=row.renews,
        items=items,
        proposed=found.proposed,
        lacking=tuple(one.name for one in lacking(checklist, {one.item.code: one.standing for one in items})),
        title=title,
        hearing=_hearing(title) if title else None,
        steps=tuple(
            StepRow(entry.action, units.get(entry.author_unit_id or 0, ""), entry.happened_at)
            for entry in reversed(entries)
        ),
    )


def _read(application_id: int) -> tuple[Application, Sequence[Mapping[str, Any]], TitleRow | None]:
    """An application with its drive, answers and title; 1 query.

    Raises:
        NoSuchDrive: none in sight.
    """
    answers = Answer.objects.filter(application=OuterRef("pk")).values(of=JSONObject(**{one: one for one in _ANSWER}))
    titles = Title.objects.filter(application=OuterRef("pk")).values(of=JSONObject(**{one: one for one in _TITLE}))
    rows = Application.objects.select_related("drive").annotate(said=ArraySubquery(answers), held=Subquery(titles))
    row = rows.filter(pk=application_id).first()
    if row is None:
        raise missing()
    return row, row.said, _title(row.pk, row.held) if row.held else None


def _title(application_id: int, of: Mapping[str, Any]) -> TitleRow:
    days = {name: date.fromisoformat(of[name]) if of[name] else None for name in ("granted_on", "until_on", "ended_on")}
    return TitleRow(**{**of, **days, "state": TitleState(of["state"]), "application_id": application_id})


def decider_of(view: ApplicationView, on: date) -> str:
    """The post that decides, with its unit; empty where it is closed; 1 query."""
    card = organisation.post_card(view.decider_post_id, on)
    return f"{card.unit_name} {card.title}" if card else ""


def _evidence(row: Application, items: list[str], on: date) -> PlaceEvidence:
    subjects = [subject_of(row.pk, item) for item in items]
    first = on - timedelta(days=EVIDENCE_DAYS)
    return place_evidence(
        DRIVE, subjects, row.place_id, row.scope_code, first, on, proposes=row.state == State.DRAFT
    )  # fmt: skip


def _item(item: Item, said: Mapping[str, Any], look: LookRow | None, found: PlaceEvidence, pk: int) -> ItemRow:
    return ItemRow(
        item=item,
        standing=Standing(said.get("met"), look.found if look else None),
        is_record=bool(said.get("is_record")),
        is_carried=bool(said.get("is_carried")),
        numerator=said.get("numerator"),
        denominator=said.get("denominator"),
        words=said.get("words", ""),
        look=look,
        evidence=found.serving.get(subject_of(pk, item.code), ()),
    )


def _look(
    look: Look | None, units: Mapping[int, str], photos: Mapping[int, list[files.AttachmentRow]]
) -> LookRow | None:
    if look is None:
        return None
    return LookRow(
        look.item, look.found, look.words, look.seen_at, units.get(look.unit_id, ""), look.latitude, look.longitude,
        look.matter_number, tuple(one.id for one in photos.get(look.pk, ())),
    )  # fmt: skip


def _hearing(title: TitleRow) -> HearingRow | None:
    row = Hearing.objects.filter(title_id=title.id).order_by("-pk").first()
    if row is None:
        return None
    return HearingRow(
        row.ground, row.words, row.until_on, row.opened_at, row.statement, row.stated_at, row.ended_at, row.outcome,
        row.decision,
    )  # fmt: skip
