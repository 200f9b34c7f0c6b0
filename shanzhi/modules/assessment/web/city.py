"""The city's rounds and its board: where it stands, what is owed and signed, the one big next step."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.rounds import operations, queries
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import LEAD, ROUND_KINDS, NoSuchRound
from shanzhi.kernel.rounds.queries.shapes import Board, ProjectRow
from shanzhi.modules.assessment.web import said
from shanzhi.modules.assessment.web.asking import check, may, sent_to
from shanzhi.modules.assessment.web.city_answers import list_table
from shanzhi.modules.assessment.web.city_next import next_of
from shanzhi.ui.components import Badge, Column, Row, Step, StepState, Table

LINE = (
    State.INVITED, State.JOINED, State.EVALUATING, State.LOCKED, State.SENT, State.RECEIVED, State.SCORED, State.THROUGH,
    State.FINAL,
)  # fmt: skip
"""The stations of a round as a board shows them; a return stands at self-evaluation, a spot check before the end."""
MOVES = {"join": State.JOINED, "begin": State.EVALUATING, "withdraw": State.WITHDRAWN}
MOVED = {
    State.JOINED: msg("已参加。"),
    State.EVALUATING: msg("已开始自评。"),
    State.WITHDRAWN: msg("已退出这一轮。"),
}
LEAVES = frozenset(
    {
        State.INVITED,
        State.JOINED,
        State.EVALUATING,
        State.LOCKED,
        State.SENT,
        State.RECEIVED,
        State.SCORED,
        State.RETURNED,
    }
)


NOT_OWN = msg("您写过其中的内容，不能签批自己写的。请牵头单位另指定签批岗位。")


@require_safe
@never_cache
def rounds(request: ActingRequest) -> HttpResponse:
    """What the acting post owes, and the rounds of its city."""
    check(request)
    rows = queries.round_rows()
    table = Table(
        gettext(msg("轮次")),
        (
            Column("name", gettext(msg("名称"))),
            Column("kind", gettext(msg("性质"))),
            Column("city", gettext(msg("城市"))),
            Column("period", gettext(msg("评价期间"))),
            Column("organiser", gettext(msg("组织方"))),
            Column("until", gettext(msg("当前截止"))),
            Column("state", gettext(msg("状态")), "badge"),
        ),
        [
            Row(
                reverse("assessment:board", args=[one.city_id]),
                {
                    "name": one.name,
                    "kind": gettext(ROUND_KINDS[one.kind]),
                    "city": one.city,
                    "period": said.period_said(one.period),
                    "organiser": one.organiser,
                    "until": day_said(one.until, gettext) if one.until else said.NONE,
                    "state": said.state_badge(one.state),
                },
            )
            for one in rows
        ],
    )
    context = {"owed": _owed(request), "table": table, "may_lead": may(request, LEAD)}
    return render(request, "assessment/city_rounds.html", context)


def _owed(request: ActingRequest) -> Table:
    """What the acting post owes, a line a project."""
    on = local_date(request.now)
    owed = queries.owed(request.actor, on)
    return Table(
        gettext(msg("待您办理")),
        (
            Column("name", gettext(msg("项目"))),
            Column("what", gettext(msg("要做什么"))),
            Column("round", gettext(msg("轮次"))),
            Column("due", gettext(msg("期限"))),
            Column("state", gettext(msg("状态")), "badge"),
        ),
        [
            Row(
                _project_url(one.row.city_id, one.project),
                {
                    "name": one.name or gettext(msg("全部自评")),
                    "what": gettext(msg("签批"))
                    if one.to_sign
                    else gettext(msg("完成 %(count)s 项")) % {"count": one.items},
                    "round": one.row.name,
                    "due": day_said(one.due_on, gettext),
                    "state": Badge(gettext(msg("已逾期")), "bad")
                    if on > one.due_on
                    else Badge(gettext(msg("待完成")), "action"),
                },
            )
            for one in owed
        ],
    )


def _project_url(pk: int, project: str) -> str:
    return reverse("assessment:board", args=[pk]) + (f"#project-{project}" if project else "")


@require_safe
@never_cache
def board(request: ActingRequest, pk: int) -> HttpResponse:
    """The city's board."""
    check(request)
    return _draw(request, pk)


def _draw(request: ActingRequest, pk: int, error: DomainError | None = None) -> HttpResponse:
    on = local_date(request.now)
    told = queries.board(pk, on, evidence=True)
    leads = queries.leads(request.actor, told.row)
    own = _own(told, request)
    context = {
        "board": told,
        "row": told.row,
        "kind": gettext(ROUND_KINDS[told.row.kind]),
        "badge": said.state_badge(told.row.state),
        "period": said.period_said(told.row.period),
        "steps": _steps(told),
        "calendar": _calendar(told, request),
        "points": said.points_said(told.total.points),
        "bonus": said.plain(told.total.bonus) if told.total.bonus else "",
        "share": said.plain(told.total.share),
        "table": _projects(told),
        "projects": [_project(one, request, pk, own) for one in told.projects],
        "leads": leads,
        "next": next_of(told, on, leads=leads),
        "returned": _returned(told),
        "may_leave": leads and told.row.state in LEAVES,
        "signs_whole": _signs_whole(told, request) and not own,
        "barred": gettext(NOT_OWN) if _signs_whole(told, request) and own else "",
        "uncut": gettext(msg("、")).join(map(said.month_said, told.uncut)),
        "listed": list_table(queries.list_published(pk)) if leads and told.row.state is State.FINAL else None,
        "said": error.sentence(gettext) if error else "",
    }
    return render(request, "assessment/city_board.html", context, status=error.status if error else 200)


def _returned(told: Board) -> list[dict[str, str]]:
    """The items that are to be mended, each with its address and why."""
    if told.row.state not in (State.RETURNED, State.EVALUATING):
        return []
    items = (item for one in told.projects for item in one.items if item.returned)
    pk = told.row.city_id
    return [
        {
            "url": reverse("assessment:item", args=[pk, one.indicator.key]),
            "name": one.indicator.name,
            "reason": one.returned,
        }
        for one in items
    ]


def _own(told: Board, request: ActingRequest) -> frozenset[str]:
    """The projects of which the acting post's holder wrote; asked where they are to sign something."""
    named = {one.signer_post_id for one in (*(each.duty for each in told.projects), told.head) if one is not None}
    if request.actor.post_id not in named or told.row.state is not State.EVALUATING:
        return frozenset()
    return queries.written_by(told.row.city_id, request.actor.staff_id)


def _signs_whole(told: Board, request: ActingRequest) -> bool:
    """Is it the acting post's turn, as the named head?"""
    is_head = told.head is not None and told.head.signer_post_id == request.actor.post_id
    return is_head and told.row.state is State.EVALUATING and not told.unsigned


def _steps(told: Board) -> list[Step]:
    state = State.EVALUATING if told.row.state is State.RETURNED else told.row.state
    state = State.THROUGH if state is State.SPOT_CHECKED else state
    at = LINE.index(state) if state in LINE else -1
    made = []
    for place, one in enumerate(LINE):
        stands: StepState = "done" if place < at else "now" if place == at else "todo"
        made.append(Step(said.state_badge(one).text, stands))
    return made


def _calendar(told: Board, request: ActingRequest) -> list[tuple[str, str]]:
    days = told.calendar
    return [
        (gettext(msg("启动")), day_said(days.opened_on, gettext)),
        (gettext(msg("自评截止")), day_said(days.self_until, gettext)),
        (gettext(msg("退回后重报截止")), day_said(days.until_on, gettext) if days.until_on else ""),
        (gettext(msg("省级验收截止")), day_said(days.province_until, gettext)),
        (gettext(msg("中央抽查截止")), day_said(days.centre_until, gettext)),
        (gettext(msg("异议截止")), day_said(days.objections_until, gettext)),
    ]


def _projects(told: Board) -> Table:
    """A line a project."""
    columns = (
        Column("name", gettext(msg("项目"))),
        Column("unit", gettext(msg("负责单位"))),
        Column("due", gettext(msg("期限"))),
        Column("done", gettext(msg("完成情况"))),
        Column("typed", gettext(msg("手工填写（栏）")), "number"),
        Column("points", gettext(msg("得分")), "number"),
        Column("state", gettext(msg("状态")), "badge"),
    )
    return Table(
        gettext(msg("项目")),
        columns,
        [
            Row(
                f"#project-{one.project.code}",
                {
                    "name": (one.project.name + gettext(msg("（重点创）"))) if one.is_claimed else one.project.name,
                    "unit": one.duty.unit if one.duty else gettext(msg("未分工")),
                    "due": day_said(one.duty.due_on, gettext) if one.duty else said.NONE,
                    "done": f"{len(one.items) - one.owed} / {len(one.items)}",
                    "typed": one.typed,
                    "points": said.points_said(one.points),
                    "state": _project_badge(one),
                },
            )
            for one in told.projects
        ],
    )


def _project_badge(one: ProjectRow) -> Badge:
    if one.signed is not None:
        return Badge(gettext(msg("已签批")), "good")
    if one.owed:
        return Badge(gettext(msg("差 %(count)s 项")) % {"count": one.owed}, "warn")
    return Badge(gettext(msg("待签批")), "action") if one.wants_signature else Badge(gettext(msg("已完成")), "neutral")


def _project(one: ProjectRow, request: ActingRequest, pk: int, own: frozenset[str]) -> dict[str, object]:
    """A project with its items, for the second half of the board."""
    columns = (
        Column("name", gettext(msg("指标"))),
        Column("value", gettext(msg("数值"))),
        Column("source", gettext(msg("数据来源"))),
        Column("points", gettext(msg("自评分"))),
        Column("above", gettext(msg("省级 / 中央"))),
        Column("evidence", gettext(msg("佐证")), "number"),
        Column("state", gettext(msg("状态")), "badge"),
    )
    rows = [
        Row(
            reverse("assessment:item", args=[pk, item.indicator.key]),
            {
                "name": item.indicator.name,
                "value": said.value_said(item.indicator, item.value)
                if item.kind != "assessed" and item.is_scored
                else said.NONE,
                "source": gettext(said.KINDS[item.kind]),
                "points": said.points_said(item.points, item.most),
                "above": f"{said.points_said(item.province)} / {said.points_said(item.centre)}",
                "evidence": item.evidence,
                "state": said.item_badge(item),
            },
        )
        for item in one.items
    ]
    is_named = one.duty is not None and one.duty.signer_post_id == request.actor.post_id
    waits = one.wants_signature and one.signed is None
    is_barred = is_named and one.project.code in own
    return {
        "project": one.project,
        "row": one,
        "table": Table(one.project.name, columns, rows),
        "signs": is_named and waits and not one.owed and not is_barred,
        "barred": gettext(NOT_OWN) if waits and is_barred else "",
        "signer": one.duty.signer if one.duty is not None and waits and not one.owed and not is_named else "",
    }


@sent_to("board")
def move(request: ActingRequest, pk: int) -> HttpResponse:
    """Join, begin, or leave with a reason."""
    check(request, LEAD)
    target = MOVES.get(request.POST.get("do", ""))
    if target is None:
        raise NoSuchRound(msg("没有这一步。请刷新页面。"))
    try:
        operations.city_move(
            city_id=pk, target=target, reason=clean_text(request.POST.get("reason", "")), actor=request.actor,
            now=request.now,
        )  # fmt: skip
    except NoSuchRound:
        raise
    except DomainError as error:
        return _draw(request, pk, error)
    messages.success(request, gettext(MOVED[target]))
    return HttpResponseRedirect(reverse("assessment:board", args=[pk]))


@sent_to("board")
def compute(request: ActingRequest, pk: int) -> HttpResponse:
    """Let the items be computed anew in the background."""
    check(request, LEAD)
    try:
        operations.compute_ask(city_id=pk, actor=request.actor, now=request.now)
    except NoSuchRound:
        raise
    except DomainError as error:
        return _draw(request, pk, error)
    messages.success(request, gettext(msg("正在后台重新计算，完成后刷新本页就能看到。")))
    return HttpResponseRedirect(reverse("assessment:board", args=[pk]))


@sent_to("board")
def sign(request: ActingRequest, pk: int) -> HttpResponse:
    """Sign a project off, or the whole, which locks it."""
    check(request)
    project = request.POST.get("project", "")
    try:
        if project:
            operations.project_sign(city_id=pk, project=project, actor=request.actor, now=request.now)
        else:
            operations.round_lock(city_id=pk, actor=request.actor, now=request.now)
    except NoSuchRound:
        raise
    except DomainError as error:
        return _draw(request, pk, error)
    done = gettext(msg("已签批。")) if project else gettext(msg("已签发并锁定。下一步由牵头单位生成验收包上报。"))
    messages.success(request, done)
    is_last = bool(project) and not queries.board(pk, local_date(request.now)).unsigned
    return HttpResponseRedirect(_project_url(pk, "" if is_last else project))
