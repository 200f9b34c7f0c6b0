"""The HTTP API of figures: read them, type them in, contest a count, decide. One domain call an endpoint."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from io import BytesIO

from django.http import FileResponse, HttpRequest
from django.utils.translation import gettext
from ninja import FileEx, Form, HeaderEx, P, QueryEx, Router, Status, UploadedFile

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.auth import STAFF_PROBLEMS, Problem, staff
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile, check_count
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.operations import Contest, Entry
from shanzhi.kernel.indicators.policy.entering import CONTEST, ENTER, READ, Typed
from shanzhi.kernel.indicators.policy.periods import Period, read_month, read_period
from shanzhi.kernel.indicators.queries import values
from shanzhi.kernel.indicators.queries.values.shapes import Amount, ExclusionRow
from shanzhi.kernel.indicators.web import api_shapes as shapes
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.ui.downloads import send_file

router = Router(tags=["figures"])
Key = HeaderEx[
    uuid.UUID | None,
    P(alias="Idempotency-Key", description="A UUID; sent again, the call is answered and not done again."),
]
# Said here and not by `RegionCode`: of a type that has a field of its own the framework forgets the default.
Region = QueryEx[str, P(pattern=shapes.REGION_CODE, description=shapes.REGION_SAID)]
Of = QueryEx[shapes.PeriodText, P()]


def _caller(request: HttpRequest, feature: str = READ) -> tuple[Actor, datetime]:
    """Who calls, and when.

    Raises:
        NotAllowed: the post may not.
    """
    actor: Actor = request.actor  # type: ignore[attr-defined]
    check_may(actor, roles().get(actor.role), feature)
    return actor, request.now  # type: ignore[attr-defined]


def _asked(code: str, period: str, now: datetime) -> tuple[int, Period]:
    """The region and period whose figures are read, as `_region`.

    Raises:
        PeriodAhead: the period hasn't begun.
    """
    found = read_period(period)
    found.check_begun(local_date(now))
    return _region(code, period), found


def _region(code: str, period: str, tree_on: date | None = None) -> int:
    """The id of a region by its code at the period's end, or on the day whose tree is asked for; empty: the whole city.

    Raises:
        NoSuchPlace: nobody held the code then; says what became of it.
    """
    on = tree_on or read_period(period).ends_on
    found = organisation.region_of_code(code, on) if code else next(iter(organisation.top_regions(on)), None)
    if found is None:
        raise values.not_there(on, code=code)
    return found.id


def _stored(sent: list[UploadedFile], now: datetime) -> tuple[StoredFile, ...]:
    check_count(len(sent))
    return tuple(files.store(data=upload, name=upload.name or "", now=now) for upload in sent)


def _value(amount: Amount) -> shapes.ValueOut:
    value, interval = amount.value, amount.interval
    return shapes.ValueOut(
        state=value.state.value,
        numerator=value.numerator,
        denominator=value.denominator,
        shown=value.shown,
        unfinished=value.unfinished,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        period=str(amount.of),
        version=amount.version,
        computed_at=amount.computed_at,
        cursor=amount.cursor,
        handed_in=amount.handed_in,
        owed=amount.owed,
    )


@router.get("/indicators", auth=staff, response={200: shapes.FiguresOut, STAFF_PROBLEMS: Problem}, summary="Figures")
def figures(request: HttpRequest, period: Of, region_code: Region = "") -> shapes.FiguresOut:
    """All indicators that hold in a period, with a region's figures."""
    _, now = _caller(request)
    found = values.indicator_list(*_asked(region_code, period, now))
    return shapes.FiguresOut(
        catalogue=found.catalogue.name,
        sample=found.catalogue.sample,
        region_code=found.place.code,
        region_name=found.place.name,
        period=str(found.period),
        figures=[
            shapes.FigureOut(
                key=line.indicator.key,
                name=line.indicator.name,
                unit=line.indicator.unit,
                project=line.indicator.project,
                source=line.indicator.source.value,
                value=_value(line.amount),
                points=line.points.points,
                move=line.change.move.value,
            )
            for line in found.lines
        ],
    )


@router.get(
    "/indicators/{key}", auth=staff, response={200: shapes.FigurePageOut, STAFF_PROBLEMS: Problem}, summary="A figure"
)
def figure(request: HttpRequest, key: str, period: Of, region_code: Region = "") -> shapes.FigurePageOut:
    """One indicator for a region and period: rule, figure, series, neighbours, revisions."""
    _, now = _caller(request)
    found = values.indicator_page(key, *_asked(region_code, period, now))
    return shapes.FigurePageOut(
        key=key,
        name=found.indicator.name,
        version=found.indicator.version,
        definition=found.indicator.definition,
        formula=found.indicator.formula,
        region_code=found.place.code,
        period=str(found.period),
        value=_value(found.amount),
        series=[_value(point.amount) for point in found.series],
        below=[
            shapes.BelowOut(
                region_code=one.place.code,
                region_name=one.place.name,
                value=_value(one.amount),
                standing=one.compared.standing.value if one.compared else "",
            )
            for one in found.below
        ],
        revisions=[
            shapes.RevisionOut(
                number=row.number,
                period=str(row.period),
                made_at=row.made_at,
                reason=row.reason,
                about=row.about,
                before_numerator=row.before.numerator,
                before_denominator=row.before.denominator,
                after_numerator=row.after.numerator,
                after_denominator=row.after.denominator,
            )
            for row in found.revisions
        ],
    )


@router.get(
    "/indicators/{key}/records",
    auth=staff,
    response={200: shapes.RecordsOut, STAFF_PROBLEMS: Problem},
    summary="Records behind a figure",
)
def figure_records(
    request: HttpRequest,
    key: str,
    period: Of,
    region_code: Region = "",
    after: QueryEx[int | None, P(ge=0, le=2**63 - 1)] = None,
) -> shapes.RecordsOut:
    """The matters behind a figure that this post may see, and how many there are in all."""
    _, now = _caller(request)
    found = values.records_behind(key, *_asked(region_code, period, now), after=after)
    fields = tuple(shapes.RecordOut.model_fields)
    return shapes.RecordsOut(
        rows=[shapes.RecordOut(**{name: getattr(row, name) for name in fields}) for row in found.rows],
        total=found.total,
        in_sight=found.in_sight,
        next_after=found.next_after,
    )


@router.get("/indices/{code}", auth=staff, response={200: shapes.IndexOut, STAFF_PROBLEMS: Problem}, summary="An index")
def index(
    request: HttpRequest, code: str, period: Of, region_code: Region = "", tree_on: QueryEx[str, P(max_length=10)] = ""
) -> shapes.IndexOut:
    """An index with its classes and parts; with `tree_on` (a day) under the regions of that day."""
    _, now = _caller(request)
    on, of = shapes.day_of(tree_on), read_period(period)
    of.check_begun(local_date(now))
    found = values.index_page(code, _region(region_code, period, on), of, tree_on=on)
    return shapes.IndexOut(
        code=found.index.code,
        name=found.index.name,
        region_code=found.place.code,
        period=str(found.period),
        tree_on=found.tree_on,
        value=found.now.value,
        grade=found.now.grade.code if found.now.grade else "",
        share=found.now.share,
        classes=[
            shapes.IndexClassOut(
                code=each.of.code,
                name=each.of.name,
                weight=each.of.weight,
                value=each.value,
                share=each.share,
                parts=[
                    shapes.IndexPartOut(
                        indicator=part.part.indicator,
                        weight=part.part.weight,
                        score=part.normalised,
                        state=part.value.state.value,
                    )
                    for part in each.parts
                ],
            )
            for each in found.now.classes
        ],
    )


@router.get(
    "/figures/report",
    auth=staff,
    response={STAFF_PROBLEMS: Problem},
    summary="A report as a file",
    openapi_extra=shapes.REPORT_FILES,
)
def figure_report(
    request: HttpRequest,
    period: QueryEx[shapes.ReportPeriod, P()],
    region_code: Region = "",
    written_as: QueryEx[shapes.ReportFormat, P(alias="format")] = "pdf",
) -> FileResponse:
    """The report of a region's week, month or quarter that the page offers: PDF, DOCX or XLSX."""
    actor, now = _caller(request)
    region_id, issuer = values.report_region(region_code, period, now=now), actor.unit_name or gettext(msg("善治"))
    made = values.report_file(region_id, period, written_as, issuer=issuer, now=now)
    return send_file(BytesIO(made.content), made.name, made.media_type)


@router.get(
    "/figures-owed", auth=staff, response={200: list[shapes.OwedOut], STAFF_PROBLEMS: Problem}, summary="Figures owed"
)
def figures_owed(request: HttpRequest) -> list[shapes.OwedOut]:
    """What this post types in: until when, and what it has handed in."""
    actor, now = _caller(request)
    return [
        shapes.OwedOut(
            key=line.indicator.key,
            name=line.indicator.name,
            region_code=line.place.code,
            region_name=line.place.name,
            period=str(line.period),
            due_on=line.due_on,
            state=line.state,
            permitted_until=line.permitted_until,
        )
        for line in values.owed(actor, local_date(now))
    ]


@router.post(
    "/indicators/{key}/values",
    auth=staff,
    response={201: shapes.MadeOut, STAFF_PROBLEMS: Problem},
    summary="Type a figure in",
)
def figure_enter(
    request: HttpRequest,
    key: str,
    given: Form[shapes.ValueIn],
    sent: FileEx[list[UploadedFile], P(alias="files")] = [],  # noqa: B006 - the framework's way to say none
    idempotency: Key = None,
) -> Status[shapes.MadeOut]:
    """For the post that types this figure in, with its evidence (multipart). A correction says by `based_on` which value it
    replaces."""
    actor, now = _caller(request, ENTER)
    typed = Typed(given.numerator, given.denominator, given.words, given.confirmed)
    entry = Entry(key, _region(given.region_code, given.period), read_period(given.period), typed, given.based_on)
    made = operations.value_enter(entry=entry, stored=_stored(sent, now), actor=actor, now=now, key=idempotency)
    return Status(201, shapes.MadeOut(id=made))


@router.post(
    "/indicators/{key}/permits",
    auth=staff,
    response={201: shapes.MadeOut, STAFF_PROBLEMS: Problem},
    summary="Ask to hand in late",
)
def permit_ask(
    request: HttpRequest, key: str, given: shapes.PermitIn, idempotency: Key = None
) -> Status[shapes.MadeOut]:
    """The unit one level up answers."""
    actor, now = _caller(request, ENTER)
    made = operations.permit_ask(
        indicator_key=key,
        region_id=_region(given.region_code, given.period),
        period=read_period(given.period),
        words=given.words,
        actor=actor,
        now=now,
        key=idempotency,
    )
    return Status(201, shapes.MadeOut(id=made))


@router.post(
    "/permits/{pk}/answer", auth=staff, response={200: shapes.MadeOut, STAFF_PROBLEMS: Problem}, summary="Answer it"
)
def permit_decide(
    request: HttpRequest, pk: shapes.Pk, given: shapes.PermitAnswerIn, idempotency: Key = None
) -> shapes.MadeOut:
    """Permit handing in late until a day, or (without one) don't."""
    actor, now = _caller(request)
    made = operations.permit_decide(
        permit_id=pk, until_on=given.until_on, reason=given.reason, actor=actor, now=now, key=idempotency
    )
    return shapes.MadeOut(id=made)


def _exclusion(row: ExclusionRow) -> shapes.ExclusionOut:
    own = {name: getattr(row, name) for name in shapes.ExclusionOut.model_fields if not name.startswith("region_")}
    return shapes.ExclusionOut(**own, region_code=row.place.code, region_name=row.place.name)


@router.get(
    "/exclusions", auth=staff, response={200: list[shapes.ExclusionOut], STAFF_PROBLEMS: Problem}, summary="Exclusions"
)
def exclusions(
    request: HttpRequest,
    key: QueryEx[str, P(max_length=40, pattern="^[a-z0-9_]*$")] = "",
    state: QueryEx[shapes.ExclusionState, P()] = "",
    after: QueryEx[int | None, P(ge=0, le=2**63 - 1)] = None,
) -> Sequence[shapes.ExclusionOut]:
    """Contested counts, the latest first, 25 a page: granted ones are published within the city, by their numbers alone."""
    _caller(request)
    found = values.exclusions(key=key, state=state, after=after)
    return [_exclusion(row) for row in found[:25]]


@router.post(
    "/exclusions", auth=staff, response={201: shapes.MadeOut, STAFF_PROBLEMS: Problem}, summary="Contest a count"
)
def exclusion_ask(
    request: HttpRequest,
    given: Form[shapes.ContestIn],
    sent: FileEx[list[UploadedFile], P(alias="files")],
    idempotency: Key = None,
) -> Status[shapes.MadeOut]:
    """A matter that shouldn't count in an indicator's month: with a ground, words and evidence (multipart)."""
    actor, now = _caller(request, CONTEST)
    contest = Contest(given.number, given.key, read_month(given.month), given.ground, given.words)
    made = operations.exclusion_ask(contest=contest, stored=_stored(sent, now), actor=actor, now=now, key=idempotency)
    return Status(201, shapes.MadeOut(id=made))


@router.post(
    "/exclusions/{pk}/withdrawal",
    auth=staff,
    response={200: shapes.MadeOut, STAFF_PROBLEMS: Problem},
    summary="Take it back",
)
def exclusion_withdraw(request: HttpRequest, pk: shapes.Pk) -> shapes.MadeOut:
    """By the unit that contested, until it is decided."""
    actor, now = _caller(request)
    operations.exclusion_withdraw(exclusion_id=pk, actor=actor, now=now)
    return shapes.MadeOut(id=pk)


@router.post(
    "/exclusions/{pk}/decision", auth=staff, response={200: shapes.MadeOut, STAFF_PROBLEMS: Problem}, summary="Decide"
)
def exclusion_decide(
    request: HttpRequest, pk: shapes.Pk, given: shapes.DecisionIn, idempotency: Key = None
) -> shapes.MadeOut:
    """By the unit one level up."""
    actor, now = _caller(request)
    made = operations.exclusion_decide(
        exclusion_id=pk, grant=given.grant, reason=given.reason, actor=actor, now=now, key=idempotency
    )
    return shapes.MadeOut(id=made)


@router.post(
    "/exclusions/{pk}/revision",
    auth=staff,
    response={200: shapes.MadeOut, STAFF_PROBLEMS: Problem},
    summary="Change it",
)
def exclusion_revise(
    request: HttpRequest, pk: shapes.Pk, given: shapes.RevisionIn, idempotency: Key = None
) -> shapes.MadeOut:
    """Once, by the level above the unit that decided."""
    actor, now = _caller(request)
    made = operations.exclusion_revise(exclusion_id=pk, reason=given.reason, actor=actor, now=now, key=idempotency)
    return shapes.MadeOut(id=made)
