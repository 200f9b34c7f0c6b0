"""The staff's HTTP API: find matters, look at one, act on it; and the lists that a caller needs to do so.

Open to tokens of posts; the database holds each to what its post may see. One domain call an endpoint.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language, gettext
from ninja import FileEx, FormEx, HeaderEx, P, Query, QueryEx, Router, Status, UploadedFile

from shanzhi.core.errors import InputError
from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.web.auth import PROBLEMS, STAFF_PROBLEMS, Problem, anyone, staff
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import check_count
from shanzhi.kernel.files.queries import AttachmentRow
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations.step import MatterNotFound
from shanzhi.kernel.matters.queries import ListFilter, MatterCard
from shanzhi.kernel.matters.web import api_shapes as shapes
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.ui.formats import exact_text

router = Router(tags=["matters"])
Key = HeaderEx[
    uuid.UUID | None,
    P(alias="Idempotency-Key", description="A UUID; sent again, the call is answered and not done again."),
]
Words = QueryEx[str, P(max_length=60)]
FOUND_MOST = 50
EVERYWHERE = CodeRanges.of([("0", ":")])
"""Every region code: who governs where is public, and work is given beyond the post's own place."""


class FilesApart(InputError):
    """Files don't come as JSON."""

    code = "files-apart"


def _caller(request: HttpRequest) -> tuple[Actor, datetime]:
    return request.actor, request.now  # type: ignore[attr-defined]


def _matter_id(number: str) -> int:
    """The id behind a number in an address.

    Raises:
        MatterNotFound: none such, or not for this post: both in the same words.
    """
    found = queries.matter_id_of_number(number)
    if found is None:
        raise MatterNotFound(msg("没有找到这件事项，或者您现在的岗位看不到它。请核对编号，或换一个岗位。"))
    return found


def _file(row: AttachmentRow) -> shapes.FileOut:
    told = {name: getattr(row, name) for name in shapes.FileOut.model_fields if name != "url"}
    return shapes.FileOut(**told, url=reverse("files:attachment", args=[row.id]))


def _files(card: MatterCard) -> list[shapes.FileOut]:
    return [_file(row) for row in card.attachments]


def _buttons(card: MatterCard) -> list[shapes.Button]:
    return [
        shapes.Button(
            code=choice.code,
            name=choice.name,
            verb=choice.verb,
            fields=[
                shapes.Input(code=spec.code, name=spec.name, type=spec.type.value, needed=needed)
                for spec, needed in choice.fields
            ],
        )
        for choice in card.actions
    ]


def _next(card: MatterCard) -> str:
    """What comes next, as a sentence."""
    due = card.next_params["due"]
    told = {"unit": card.holder_name, "due": exact_text(due.astimezone(CITY_ZONE), get_language() or "") if due else ""}
    return gettext(card.next_sentence) % told


_MADE = frozenset({"next", "files", "actions", "shares", "category_name"})


def _matter(card: MatterCard) -> shapes.MatterOut:
    plain = {name: getattr(card, name) for name in shapes.MatterOut.model_fields if name not in _MADE}
    return shapes.MatterOut(
        **plain,
        category_name=gettext(card.category_name),
        next=_next(card),
        shares=[shapes.ShareOut.from_orm(share) for share in card.shares],
        files=_files(card),
        actions=_buttons(card),
    )


def _entry(entry: queries.TimelineEntry) -> shapes.EntryOut:
    plain = {
        name: getattr(entry, name) for name in ("step", "at", "action", "ground", "words", "reply", "due_at", "overdue")
    }
    detail = {name: entry.detail[name] for name in ("lead", "co", "solved", "satisfied")}
    reason = entry.detail["reason"]
    return shapes.EntryOut(
        **plain,
        **detail,
        title=gettext(entry.title),
        who=gettext(entry.who) if entry.who else "",
        reason=gettext(reason) if reason else "",
    )


@router.get("/matters", auth=staff, response={200: shapes.MatterList, STAFF_PROBLEMS: Problem}, summary="List matters")
def matters_list(request: HttpRequest, wanted: Query[shapes.ListQuery]) -> queries.MatterPage:
    """The matters that this post may see, soonest due first; page on with `after`."""
    actor, now = _caller(request)
    chosen = ListFilter(
        stages=tuple(wanted.stage),
        unit_id=wanted.unit_id,
        part=wanted.part,
        region_code=wanted.region_code,
        category=wanted.category,
        light=wanted.light,
        words=clean_text(wanted.words),
        reported_from=wanted.reported_from,
        reported_to=wanted.reported_to,
        open_only=wanted.open_only,
        sort=wanted.sort,
        kind=wanted.kind,
        channel=wanted.channel,
        place=clean_text(wanted.place),
    )
    return queries.matters_page(chosen, now=now, actor=actor, after=wanted.after, size=wanted.size)


@router.get(
    "/matters/{number}", auth=staff, response={200: shapes.MatterOut, STAFF_PROBLEMS: Problem}, summary="One matter"
)
def matter_card(request: HttpRequest, number: str) -> shapes.MatterOut:
    """What it is, whose turn it is and until when, and what this post may do now."""
    actor, now = _caller(request)
    return _matter(queries.card(_matter_id(number), actor=actor, now=now))


@router.get(
    "/matters/{number}/timeline",
    auth=staff,
    response={200: shapes.TimelineOut, STAFF_PROBLEMS: Problem},
    summary="What was done",
)
def matter_timeline(request: HttpRequest, number: str) -> shapes.TimelineOut:
    """Everything that was done, oldest first, by unit and never by person."""
    actor, now = _caller(request)
    card = queries.card(_matter_id(number), actor=actor, now=now)
    return shapes.TimelineOut(number=card.number, entries=[_entry(entry) for entry in card.timeline])


@router.post(
    "/matters/{number}/actions/{action}",
    auth=staff,
    response={200: shapes.DoneOut, STAFF_PROBLEMS: Problem},
    summary="Act on a matter",
)
def matter_act(
    request: HttpRequest, number: str, action: str, given: shapes.ActionIn, key: Key = None
) -> operations.Done:
    """Do one of the process's actions (GET /kinds/{code}); the matter itself lists those that this post may do now."""
    actor, now = _caller(request)
    fields: dict[str, Any] = dict(given.model_extra or {})
    if "files" in fields:
        raise FilesApart(
            msg("附件要单独上传。请用 POST /matters/{number}/files，以 multipart/form-data 提交。"),
            fields={"files": msg("这里不收附件。")},
        )
    return operations.act(
        matter_id=_matter_id(number), action=action, actor=actor, now=now, fields=fields, version=given.version, key=key
    )


@router.post(
    "/matters/{number}/files",
    auth=staff,
    response={201: shapes.DoneOut, STAFF_PROBLEMS: Problem},
    summary="Hand in files",
)
def matter_attach(
    request: HttpRequest,
    number: str,
    sent: FileEx[list[UploadedFile], P(alias="files")],
    words: FormEx[str, P(max_length=2000)] = "",
    key: Key = None,
) -> Status[operations.Done]:
    """Photos (JPEG, PNG, WebP), PDF or MP4, at most nine and 20 MB each; pictures lose their metadata."""
    actor, now = _caller(request)
    matter_id = _matter_id(number)
    check_count(len(sent))
    stored = tuple(files.store(data=upload, name=upload.name or "", now=now) for upload in sent)
    done = operations.act(
        matter_id=matter_id, action="attach", actor=actor, now=now, fields={"files": stored, "words": words}, key=key
    )
    return Status(201, done)


@router.get(
    "/matters/{number}/files", auth=staff, response={200: shapes.FilesOut, STAFF_PROBLEMS: Problem}, summary="Files"
)
def matter_files(request: HttpRequest, number: str) -> shapes.FilesOut:
    """The matter's files, oldest first."""
    actor, now = _caller(request)
    card = queries.card(_matter_id(number), actor=actor, now=now)
    return shapes.FilesOut(number=card.number, files=_files(card))


@router.post(
    "/matters/{number}/contact",
    auth=staff,
    response={200: shapes.ContactOut, STAFF_PROBLEMS: Problem},
    summary="Read the contact",
)
def matter_contact(request: HttpRequest, number: str, wanted: shapes.ContactIn) -> shapes.ContactOut:
    """The reporter's name and phone, for a named reason. Each reading is journaled, and the reporter sees it."""
    actor, now = _caller(request)
    parts = operations.reveal_contact(
        matter_id=_matter_id(number), reason=wanted.reason, actor=actor, now=now, originals=wanted.originals
    )
    return shapes.ContactOut(number=number, parts=parts)


@router.get("/units", auth=staff, response={200: list[shapes.UnitOut], STAFF_PROBLEMS: Problem}, summary="Find units")
def units(
    request: HttpRequest,
    text: Words = "",
    region_code: shapes.RegionCode = "",
) -> Sequence[organisation.UnitRow]:
    """Units by a part of their name, from the city down; at most 50."""
    _, now = _caller(request)
    within = CodeRanges.from_prefixes(region_code) if region_code else EVERYWHERE
    return organisation.units_within(within, local_date(now), text=clean_text(text), limit=FOUND_MOST)


@router.get("/regions", auth=anyone, response={200: list[shapes.RegionOut], PROBLEMS: Problem}, summary="Find regions")
def regions(request: HttpRequest, code: shapes.RegionCode = "", text: Words = "") -> list[organisation.RegionRow]:
    """The region with this code, or those whose path holds every word of `text` (at most 50); without both the city."""
    _, now = _caller(request)
    on = local_date(now)
    if code:
        found = organisation.region_of_code(code, on)
        return [found] if found else []
    if text.strip():
        return organisation.find_regions(clean_text(text), on=on, levels=tuple(Level), limit=FOUND_MOST)
    return organisation.top_regions(on)


@router.get(
    "/categories",
    auth=anyone,
    response={200: list[shapes.CategoryGroupOut], PROBLEMS: Problem},
    summary="The category tree",
)
def categories(request: HttpRequest) -> list[shapes.CategoryGroupOut]:
    """Both levels; a matter takes a code of the second."""
    return [
        shapes.CategoryGroupOut(
            code=group.code,
            name=group.name,
            help=group.help,
            second=[shapes.CategoryOut(code=code, name=name) for code, name in group.second],
        )
        for group in queries.categories().groups
    ]


@router.get(
    "/grounds", auth=anyone, response={200: list[shapes.GroundOut], PROBLEMS: Problem}, summary="The list of grounds"
)
def grounds(request: HttpRequest) -> list[queries.Ground]:
    """The grounds that `ground` takes, by use."""
    return list(queries.grounds().by_code.values())


@router.get("/kinds/{code}", auth=anyone, response={200: shapes.KindOut, PROBLEMS: Problem}, summary="A kind's process")
def kind(request: HttpRequest, code: str) -> dict[str, Any]:
    """Stages, actions and fields of the version that new matters start under."""
    found = queries.current_kind(code)
    return {
        "code": found.code,
        "name": found.name,
        "version": found.version,
        "description": found.description,
        "initial": found.initial,
        "stages": [
            {
                "code": stage.code,
                "name": stage.name,
                "owner": stage.owner.value,
                "limit": str(limit) if (limit := found.limit_of(stage)) else None,
                "result": stage.result.value if stage.result else None,
            }
            for stage in found.stages
        ],
        "fields": [
            {
                "code": spec.code,
                "name": spec.name,
                "type": spec.type.value,
                "max": spec.max,
                "choices": list(spec.choices),
                "hint": spec.hint,
            }
            for spec in found.fields
        ],
        "actions": [
            {
                "code": action.code,
                "name": action.name,
                "verb": action.verb.value,
                "from_stages": list(action.from_stages),
                "by": [role.value for role in action.by],
                "needs": list(action.needs),
                "may": list(action.may),
            }
            for action in found.actions
        ],
    }
