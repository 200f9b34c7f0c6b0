"""The residents' doors for programs. Anonymous, or with a partner's token; the follow code travels in a header."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

import orjson
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from ninja import Router, Schema
from ninja.files import UploadedFile
from ninja.params.functions import File, Header, Query
from pydantic import ConfigDict, Field, field_validator

from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.web.auth import PROBLEMS, Problem, anyone
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile, check_count
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.queries import MatterCard
from shanzhi.modules.intake import operations
from shanzhi.modules.intake.operations import Followed
from shanzhi.modules.intake.policy import CodeMissing, SourceTaken, TokenNeeded
from shanzhi.modules.intake.web.resident import address_of, next_words

router = Router(tags=["reports"])
JSON = "application/json"
FollowCode = Annotated[str, Header(alias="Follow-Code")]
SubmissionKey = Annotated[uuid.UUID | None, Header(alias="Idempotency-Key")]
PageAfter = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Uploads = Annotated[list[UploadedFile], File(alias="files")]


class Strict(Schema):
    """What programs send: no guessing of types, no unknown fields, no text that isn't text."""

    model_config = ConfigDict(strict=True, extra="forbid")

    @field_validator("*", mode="after")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        """Half a surrogate pair can be written in JSON and nowhere else."""
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise ValueError(msg("里面有不成字符的编码。请用 UTF-8 重新提交。")) from error
        return value


class ReportIn(Strict):
    """A report. Only `body` is needed; coordinates are degrees in `datum`."""

    body: str
    title: str = ""
    kind: str = "request"
    channel: str = "api"
    category: str = ""
    region_code: str = ""
    place_text: str = ""
    latitude: float | None = None
    longitude: float | None = None
    datum: str = "WGS84"
    contact_name: str = ""
    contact_phone: str = ""
    public_consent: bool = False
    source: str | None = None
    source_number: str | None = None


class ReportedOut(Schema):
    """Number and follow code; the code can't be asked for again."""

    number: str
    follow_code: str
    stage: str
    stage_name: str
    unit: str
    due_at: datetime | None
    url: str


class VerdictIn(Strict):
    """The reporter's verdict; `satisfied` is 1 to 5, `ground` a code of the list not_solved."""

    solved: bool
    satisfied: int | None = Field(default=None, ge=1, le=5)
    ground: str = ""
    words: str = ""
    version: int | None = None


class WithdrawIn(Strict):
    """Why the report is taken back; may be empty."""

    ground: str = ""
    words: str = ""
    version: int | None = None


class NoteIn(Strict):
    """Words to add."""

    words: str


class StepOut(Schema):
    """The matter after a step."""

    number: str
    stage: str
    stage_name: str
    version: int


class MyEntryOut(Schema):
    """One thing that was done."""

    at: datetime
    title: str
    who: str
    ground: str
    words: str
    reply: str


class MyFileOut(Schema):
    """A file on the matter; `size` in bytes."""

    name: str
    media_type: str
    size: int
    sha256: str


class ReadingOut(Schema):
    """Personal data was read: by which unit and post, which parts, why. Never whose name."""

    at: datetime
    unit: str
    post: str
    parts: list[str]
    reason: str
    by_reporter: bool


class ReadingsOut(Schema):
    """A page of readings, newest first; `after` leads to the next page, null on the last."""

    readings: list[ReadingOut]
    after: int | None


class MyMatterOut(Schema):
    """A matter as its reporter may see it."""

    number: str
    title: str
    body: str
    category: str
    category_name: str
    region_code: str
    region_name: str
    place_text: str
    reported_at: datetime
    stage: str
    stage_name: str
    result: str | None
    next: str
    unit: str
    due_at: datetime | None
    ended_at: datetime | None
    reply: str
    solved: bool | None
    satisfied: int | None
    version: int
    actions: list[str]
    timeline: list[MyEntryOut]
    files: list[MyFileOut]
    url: str


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _now(request: HttpRequest) -> datetime:
    now: datetime = request.now  # type: ignore[attr-defined]
    return now


def _at(moment: datetime | None) -> datetime | None:
    """A time as it is told: in the city's zone."""
    return moment.astimezone(CITY_ZONE) if moment else None


def _url(request: HttpRequest, number: str) -> str:
    return request.build_absolute_uri(reverse("intake:mine", args=[number]))


def _json(content: dict[str, Any], status: int) -> HttpResponse:
    return HttpResponse(orjson.dumps(content), status=status, content_type=JSON)


@router.post("/reports", auth=anyone, response={201: ReportedOut, PROBLEMS: Problem}, summary="Report")
def report(request: HttpRequest, body: ReportIn, idempotency_key: SubmissionKey = None) -> HttpResponse:
    """Take in one report. Sent again with the same `Idempotency-Key`, the same answer comes and nothing is done."""
    actor = _actor(request)
    _check_token(body, actor)
    try:
        made = matters.report(new=NewReport(**body.__dict__), actor=actor, now=_now(request), key=idempotency_key)
    except IntegrityError as error:
        raise SourceTaken(msg("这条来源记录已经登记过，没有重复登记。请用原来的编号查询。")) from error
    content = {
        "number": made.number,
        "follow_code": made.follow_code,
        "stage": made.stage,
        "stage_name": made.stage_name,
        "unit": made.unit_name,
        "due_at": _at(made.due_at),
        "url": _url(request, made.number),
    }
    return _json(content, 201)


def _check_token(body: ReportIn, actor: Actor) -> None:
    """Only a known system may say that a report came through another door or from another system."""
    if actor.is_post:
        return
    if not _is_public(body.kind):
        sentence = msg("这类事项由工作人员登记。请到窗口、来信或拨打12345；居民反映问题请用 request。")
        raise TokenNeeded(sentence, fields={"kind": sentence})
    told = {
        "channel": body.channel != "api",
        "source": body.source,
        "source_number": body.source_number,
    }
    wrong = [name for name, value in told.items() if value]
    if wrong:
        sentence = msg("没有令牌时不能填写来源。请去掉这些字段，或用令牌提交。")
        raise TokenNeeded(sentence, fields=dict.fromkeys(wrong, sentence))


def _is_public(kind: str) -> bool:
    """May anybody report a matter of this kind? The others staff takes in: petitions, deputies' suggestions, findings. What
    isn't there at all the domain refuses."""
    return kind not in queries.live_kinds() or queries.current_kind(kind).public


def _follow(request: HttpRequest, number: str, code: str) -> Followed:
    if not code.strip():
        raise CodeMissing(msg("缺少查询码。请放在请求头 Follow-Code 里。"))
    return operations.follow(number=number, code=code, address=address_of(request), now=_now(request))


@router.get("/reports/{number}", auth=anyone, response={200: MyMatterOut, PROBLEMS: Problem}, summary="Follow a report")
def follow(request: HttpRequest, number: str, follow_code: FollowCode = "") -> HttpResponse:
    """The matter as its reporter may see it."""
    found = _follow(request, number, follow_code)
    card = queries.card(found.matter_id, actor=found.actor, now=_now(request))
    return _json(_matter(request, card), 200)


@router.get(
    "/reports/{number}/readings",
    auth=anyone,
    response={200: ReadingsOut, PROBLEMS: Problem},
    summary="Who read the reporter's personal data",
)
def readings(request: HttpRequest, number: str, after: PageAfter = None, follow_code: FollowCode = "") -> HttpResponse:
    """Who saw contact or originals, when, which parts, why."""
    found = _follow(request, number, follow_code)
    page = queries.readings(found.actor, matter_id=found.matter_id, after=after)
    rows = [
        {
            "at": _at(row.at),
            "unit": row.unit_name,
            "post": gettext(row.post_title) if row.post_title else "",
            "parts": list(row.parts),
            "reason": gettext(row.reason) if row.reason else "",
            "by_reporter": row.by_reporter,
        }
        for row in page.rows
    ]
    return _json({"readings": rows, "after": page.after}, 200)


def _matter(request: HttpRequest, card: MatterCard) -> dict[str, Any]:
    return {
        "number": card.number,
        "title": card.title,
        "body": card.body,
        "category": card.category,
        "category_name": card.category_name,
        "region_code": card.region_code,
        "region_name": card.region_name,
        "place_text": card.place,
        "reported_at": _at(card.reported_at),
        "stage": card.stage,
        "stage_name": card.stage_name,
        "result": card.result,
        "next": next_words(card.next_sentence, unit=card.holder_name, due=card.next_params["due"], now=_now(request)),
        "unit": card.holder_name if card.ended_at is None else "",
        "due_at": _at(card.due_at),
        "ended_at": _at(card.ended_at),
        "reply": card.reply,
        "solved": card.solved,
        "satisfied": card.satisfied,
        "version": card.version,
        "actions": [choice.code for choice in card.actions],
        "timeline": [
            {
                "at": _at(entry.at),
                "title": gettext(entry.title),
                "who": gettext(entry.who) if entry.who else "",
                "ground": entry.ground,
                "words": entry.words,
                "reply": entry.reply,
            }
            for entry in card.timeline
        ],
        "files": [
            {"name": row.name, "media_type": row.media_type, "size": row.size, "sha256": row.sha256}
            for row in card.attachments
        ],
        "url": _url(request, card.number),
    }


def _act(
    request: HttpRequest,
    found: Followed,
    action: str,
    fields: dict[str, object],
    key: uuid.UUID | None,
    version: int | None = None,
) -> HttpResponse:
    done = matters.act(
        matter_id=found.matter_id,
        action=action,
        actor=found.actor,
        now=_now(request),
        fields=fields,
        version=version,
        key=key,
    )
    content = {
        "number": done.number,
        "stage": done.stage,
        "stage_name": done.stage_name,
        "version": done.version,
    }
    return _json(content, 200)


@router.post("/reports/{number}/files", auth=anyone, response={200: StepOut, PROBLEMS: Problem}, summary="Attach files")
def attach(
    request: HttpRequest,
    number: str,
    upload: Uploads,
    follow_code: FollowCode = "",
    idempotency_key: SubmissionKey = None,
) -> HttpResponse:
    """Add up to nine files (multipart field `files`): JPEG, PNG, WebP, PDF, MP4, each at most 20 MB."""
    found = _follow(request, number, follow_code)
    check_count(len(upload))
    stored = tuple(_stored(upload, _now(request)))
    return _act(request, found, "attach", {"files": stored}, idempotency_key)


def _stored(upload: Iterable[UploadedFile], now: datetime) -> Iterable[StoredFile]:
    for item in upload:
        yield files.store(data=item, name=clean_text(item.name or ""), now=now)


@router.post(
    "/reports/{number}/verdict", auth=anyone, response={200: StepOut, PROBLEMS: Problem}, summary="Give the verdict"
)
def verdict(
    request: HttpRequest,
    number: str,
    body: VerdictIn,
    follow_code: FollowCode = "",
    idempotency_key: SubmissionKey = None,
) -> HttpResponse:
    """Solved or not; not solved sends the matter back to be handled again."""
    found = _follow(request, number, follow_code)
    fields: dict[str, object] = body.model_dump(exclude={"version"})
    return _act(request, found, "rate", fields, idempotency_key, body.version)


@router.post("/reports/{number}/withdraw", auth=anyone, response={200: StepOut, PROBLEMS: Problem}, summary="Withdraw")
def withdraw(
    request: HttpRequest,
    number: str,
    body: WithdrawIn,
    follow_code: FollowCode = "",
    idempotency_key: SubmissionKey = None,
) -> HttpResponse:
    """Take the report back; it ends."""
    found = _follow(request, number, follow_code)
    fields: dict[str, object] = body.model_dump(exclude={"version"})
    return _act(request, found, "withdraw", fields, idempotency_key, body.version)


@router.post("/reports/{number}/note", auth=anyone, response={200: StepOut, PROBLEMS: Problem}, summary="Add a note")
def note(
    request: HttpRequest,
    number: str,
    body: NoteIn,
    follow_code: FollowCode = "",
    idempotency_key: SubmissionKey = None,
) -> HttpResponse:
    """Add words to the matter."""
    found = _follow(request, number, follow_code)
    return _act(request, found, "note", {"words": body.words}, idempotency_key)
