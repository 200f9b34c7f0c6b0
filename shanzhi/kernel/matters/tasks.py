"""Background work of the slice: what follows a step, and the texts of notices."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.core.periods import daily, local_date
from shanzhi.core.text import msg
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations.climbing import LADDER_TEXTS
from shanzhi.kernel.matters.operations.erasing import FILES_GONE_TOPIC
from shanzhi.kernel.matters.operations.falling import FELL_TOPIC
from shanzhi.kernel.matters.operations.handing import HANDED_TOPIC
from shanzhi.kernel.matters.operations.papers import PAPER_TOPIC
from shanzhi.kernel.matters.operations.rights import ERASE_TOPIC
from shanzhi.kernel.matters.operations.step import STEP_TOPIC
from shanzhi.kernel.matters.operations.succeeding import SUCCEEDED_TOPIC
from shanzhi.kernel.matters.outward import facts_of, tell_outside
from shanzhi.kernel.matters.policy.process import Action, Party, Role, Verb
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.operations import NewNotice
from shanzhi.kernel.notices.policy import Happened, on_event, register_text
from shanzhi.kernel.organisation import queries as organisation

TEXTS = {
    "matters.dispatch": msg("新派单：%(title)s（%(number)s）"),
    "matters.transfer": msg("转来一件：%(title)s（%(number)s）"),
    "matters.escalate": msg("上报来一件：%(title)s（%(number)s）"),
    "matters.entrust": msg("转来一件：%(title)s（%(number)s）"),
    "matters.give_back": msg("被退回：%(title)s（%(number)s）"),
    "matters.conclude": msg("待核查：%(title)s（%(number)s）"),
    "matters.take": msg("承办单位已接下，定了措施和日期：%(title)s（%(number)s）"),
    "matters.appeal": msg("有人不服，请求复查或者复核：%(title)s（%(number)s）"),
    "matters.review": msg("复查、复核意见已送达：%(title)s（%(number)s）"),
    "matters.hand_back": msg("被退单：%(title)s（%(number)s）"),
    "matters.reply": msg("待核查：%(title)s（%(number)s）"),
    "matters.assist_done": msg("协办已完成：%(title)s（%(number)s）"),
    "matters.involve": msg("请您单位协办：%(title)s（%(number)s）"),
    "matters.assist_back": msg("协办单位退回协办：%(title)s（%(number)s）"),
    "matters.excuse": msg("主办单位不再等协办结果：%(title)s（%(number)s）"),
    "matters.check_pass": msg("核查通过：%(title)s（%(number)s）"),
    "matters.check_fail": msg("核查退回：%(title)s（%(number)s）"),
    "matters.rate": msg("反映人已评价：%(title)s（%(number)s）"),
    "matters.withdraw": msg("反映人撤回：%(title)s（%(number)s）"),
    "matters.lapse": msg("到期未评价，已办结：%(title)s（%(number)s）"),
    "matters.ask": msg("有申请待您答复：%(title)s（%(number)s）"),
    "matters.grant": msg("申请已同意：%(title)s（%(number)s）"),
    "matters.decline": msg("申请未同意：%(title)s（%(number)s）"),
    "matters.rule": msg("裁定由您单位办理：%(title)s（%(number)s）"),
    "matters.receive": msg("已被接收，由接收区县办理：%(title)s（%(number)s）"),
    "matters.hand_down": msg("下派来一件：%(title)s（%(number)s）"),
    "matters.vacate": msg("承办单位没有人在岗，交回中心：%(title)s（%(number)s）"),
    "matters.paper": msg("收到文书：%(title)s（%(number)s）"),
    "matters.paper_void": msg("文书已作废：%(title)s（%(number)s）"),
    "matters.post_fall": msg("岗位空缺，在办的转由单位负责人“%(post)s”接办：%(title)s（%(number)s）"),
    "matters.link": msg("有一件并到您单位办理的事项：%(title)s（%(number)s）"),
    "matters.unlink": msg("已取消并单，待派单：%(title)s（%(number)s）"),
    "matters.reopen": msg("并案反映人评价未解决，请重办：%(title)s（%(number)s）"),
    "matters.gather": msg("并案各件评价已齐，已办结：%(title)s（%(number)s）"),
    "matters.split": msg("请汇总拆分办理的事项：%(title)s（%(number)s）"),
    "matters.rejoin": msg("拆分已撤销，并回整体：%(title)s（%(number)s）"),
    "matters.fold": msg("随整体结束，不用再办：%(title)s（%(number)s）"),
    "matters.collect": msg("各部分已办完，请汇总答复：%(title)s（%(number)s）"),
    "matters.urge": msg("被催办，请回应：%(title)s（%(number)s）"),
    "matters.respond": msg("催办已回应：%(title)s（%(number)s）"),
    "matters.supervise": msg("被督办，请按期报告：%(title)s（%(number)s）"),
    "matters.report_back": msg("督办报告待您答复：%(title)s（%(number)s）"),
    "matters.clear": msg("督办已销号：%(title)s（%(number)s）"),
    "matters.insist": msg("督办报告未通过，继续督办：%(title)s（%(number)s）"),
    "matters.resume": msg("已恢复计时：%(title)s（%(number)s）"),
    "matters.units_follow": msg("承接“%(from)s”在办事项 %(count)s 件，自 %(since)s 起由本单位办理，期限不变"),
    "matters.hand_over": msg("转给“%(post)s”接办：%(title)s（%(number)s）"),
    "matters.ask_fall": msg("原来的单位没有人能答复，转由您单位答复：%(title)s（%(number)s）"),
    "matters.ask_over": msg("接收单位没有人能答复，申请已失效，请另行处理：%(title)s（%(number)s）"),
    "matters.helper_left": msg("协办单位没有人在岗，不再等它的结果：%(title)s（%(number)s）"),
}
"""Notice texts by journal action."""

PARTY_ROLES = {
    Party.INTAKE: ("dispatcher",),
    Party.CO: ("handler",),
    Party.CHECKER: ("checker",),
    Party.SUPERVISOR: ("supervisor",),
    Party.ASKED: ("supervisor",),
    Party.ASKER: ("dispatcher",),
}
"""Which roles of the party's unit are told; the reporter reads the page of the matter. Of a lead, see `_of_lead`."""
LEADING = frozenset({Role.HANDLER, Role.DISPATCHER, Role.SUPERVISOR, Role.GRID_WORKER, Role.GRID_CHIEF})
"""Roles in which a unit leads: a department's handlers, a centre's dispatchers, a community's grid workers."""

for code, text in (TEXTS | LADDER_TEXTS).items():
    register_text(code, text)


def make_suggestions(events: Sequence[Happened], now: datetime) -> None:
    """Suggest for new reports."""
    new = [int(event.body["matter"]) for event in events if event.body["action"] == "report"]
    if new:
        operations.suggestions_make(matter_ids=new, now=now)


def follow_leads(events: Sequence[Happened], now: datetime) -> None:
    """Let linked matters, and wholes and their parts, follow what moved."""
    ids = {int(event.body["matter"]) for event in events}
    operations.links_follow(matter_ids=ids, now=now)
    operations.parts_follow(matter_ids=ids, now=now)


def write_notices(events: Sequence[Happened], now: datetime) -> None:
    """Tell the units that a step concerns."""
    steps = {(int(event.body["matter"]), str(event.body["action"])): int(event.body["step"]) for event in events}
    steps = {key: step for key, step in steps.items() if key[1] != "report"}
    if steps:
        notices.notices_write(list(_notices(steps, now)), now=now)


def _notices(steps: dict[tuple[int, str], int], now: datetime) -> Iterator[NewNotice]:
    told = queries.parties_of([matter_id for matter_id, _ in steps])
    leads = {unit_id for matter in told.values() for unit_id in matter.units.get(Party.LEAD, ())}
    posts = organisation.roles_of_units(leads, local_date(now))
    for (matter_id, action_code), step in steps.items():
        matter = told.get(matter_id)
        if matter is None or not matter.kind.has_action(action_code):
            continue
        action = matter.kind.action(action_code)
        for party in action.notify:
            for unit_id in matter.units.get(party, ()):
                roles = (
                    _of_lead(matter, posts.get(unit_id, frozenset()))
                    if party is Party.LEAD
                    else _of_asked(matter, action)
                    if party is Party.ASKED
                    else PARTY_ROLES.get(party, ())
                )
                for role in roles:
                    yield NewNotice(
                        unit_id, role, "matter", matter_id, step, action.journal,
                        {"title": matter.title, "number": matter.number},
                        matter.kind.code, facts_of(matter),
                    )  # fmt: skip


def _of_asked(matter: queries.Parties, action: Action) -> tuple[str, ...]:
    """Of a centre that is asked, those who may answer; else its supervisors."""
    answers = (Verb.GRANT, Verb.RECEIVE, Verb.RULE)
    may = {role for each in matter.kind.actions if each.ask == action.ask and each.verb in answers for role in each.by}
    return tuple(sorted(may & {Role.DISPATCHER, Role.SUPERVISOR})) or PARTY_ROLES[Party.ASKED]


def _of_lead(matter: queries.Parties, posts: frozenset[str]) -> tuple[str, ...]:
    """Those of a leading unit whose turn it is; where it is nobody's there, all in whose role a unit leads."""
    having = LEADING & {Role(role) for role in posts if role in LEADING}
    return tuple(sorted(having & matter.kind.roles_at(matter.stage) or having))


def write_of_hand_overs(events: Sequence[Happened], now: datetime) -> None:
    """Tell the posts that got work of another post of their unit."""
    cards = organisation.post_cards({int(event.body["post"]) for event in events}, local_date(now))
    for event in events:
        card = cards.get(int(event.body["post"]))
        steps = {int(matter): int(step) for matter, step in event.body["matters"].items()}
        told = queries.parties_of(list(steps)) if card else {}
        fell = bool(event.body.get("fell"))
        if card:
            notices.notices_write(
                [
                    NewNotice(
                        unit_id, role, "matter", pk, steps[pk], f"matters.{'post_fall' if fell else 'hand_over'}",
                        {"title": matter.title, "number": matter.number, "post": card.title},
                        matter.kind.code, facts_of(matter),
                    )
                    for pk, matter in told.items()
                    for unit_id, role in ((card.unit_id, card.role), *_over(matter, fell=fell))
                ],
                now=now,
            )  # fmt: skip


def write_of_what_fell(events: Sequence[Happened], now: datetime) -> None:
    """Tell who answers from now on, or that nobody does; and the lead, that it waits no longer for a co-handler."""
    told = queries.parties_of([int(event.body["matter"]) for event in events])
    posts = organisation.roles_of_units({int(event.body["unit"]) for event in events}, local_date(now))
    written = []
    for event in events:
        matter, unit_id = told.get(int(event.body["matter"])), int(event.body["unit"])
        if matter is None:
            continue
        there = posts.get(unit_id, frozenset())
        is_helper, is_over = "helper" in event.body, bool(event.body.get("over"))
        code = "matters.helper_left" if is_helper else "matters.ask_over" if is_over else "matters.ask_fall"
        roles = _of_lead(matter, there) if is_helper or is_over else sorted(there & set(event.body["roles"]))
        written += [
            NewNotice(
                unit_id, role, "matter", int(event.body["matter"]), int(event.body["step"]), code,
                {"title": matter.title, "number": matter.number},
                matter.kind.code, facts_of(matter),
            )
            for role in roles
        ]  # fmt: skip
    notices.notices_write(written, now=now)


def write_of_papers(events: Sequence[Happened], now: datetime) -> None:
    """Tell the units to which an official paper is addressed that it was issued, or withdrawn."""
    told = queries.parties_of([int(event.body["matter"]) for event in events])
    posts = organisation.roles_of_units({unit for event in events for unit in event.body["units"]}, local_date(now))
    written = []
    for event in events:
        matter = told.get(int(event.body["matter"]))
        paper = next((one for one in matter.kind.papers if one.code == event.body["paper"]), None) if matter else None
        if matter is None or paper is None:
            continue
        code = "matters.paper_void" if event.body["void"] else "matters.paper"
        written += [
            NewNotice(
                unit_id, role, "matter", int(event.body["matter"]), int(event.body["step"]), code,
                {"title": matter.title, "number": matter.number},
                matter.kind.code, facts_of(matter),
            )
            for unit_id in event.body["units"]
            for role in _to_whom(paper.to, matter, posts.get(unit_id, frozenset()))
        ]  # fmt: skip
    notices.notices_write(written, now=now)


def _to_whom(to: str, matter: queries.Parties, posts: frozenset[str]) -> tuple[str, ...]:
    return _of_lead(matter, posts) if to == Party.LEAD else PARTY_ROLES.get(Party(to), ())


def _over(matter: queries.Parties, *, fell: bool) -> tuple[tuple[int, str], ...]:
    """What fell to a unit's head is told to the supervisor of the centre, too."""
    return tuple((unit_id, "supervisor") for unit_id in matter.units.get(Party.SUPERVISOR, ())) if fell else ()


def write_of_successions(events: Sequence[Happened], now: datetime) -> None:
    """Tell units that took over from others how much came, from whom and from which day: once a pair of units, however
    many batches it took."""
    pairs = {(int(event.body["from"]), int(event.body["to"])): event.body for event in reversed(events)}
    names = organisation.unit_names({unit_id for pair in pairs for unit_id in pair})
    posts = organisation.roles_of_units({new for _, new in pairs}, local_date(now))
    notices.notices_write(
        [
            NewNotice(
                new, role, "unit", old, 1, "matters.units_follow",
                {
                    "from": names.get(old, ""),
                    "count": int(body["count"]),
                    "since": str(body["since"]),
                    "unit": names.get(new, ""),
                },
            )
            for (old, new), body in pairs.items()
            for role in sorted(LEADING & {Role(role) for role in posts.get(new, ()) if role in LEADING})
        ],
        now=now,
    )  # fmt: skip


def erase_what_was_asked(events: Sequence[Happened], now: datetime) -> None:
    """Delete what reporters asked to have deleted."""
    for event in events:
        operations.erase_asked(matter_id=int(event.body["matter"]), what=event.body["what"], now=now)


def remove_bytes(events: Sequence[Happened], now: datetime) -> None:
    """Take the bytes of deleted files out of the store; their rows are gone already."""
    for event in events:
        files.bytes_remove(hashes=event.body["files"])


on_event(STEP_TOPIC, make_suggestions)
on_event(STEP_TOPIC, follow_leads)
on_event(STEP_TOPIC, write_notices)
on_event(STEP_TOPIC, tell_outside)
on_event(HANDED_TOPIC, write_of_hand_overs)
on_event(FELL_TOPIC, write_of_what_fell)
on_event(PAPER_TOPIC, write_of_papers)
on_event(SUCCEEDED_TOPIC, write_of_successions)
on_event(ERASE_TOPIC, erase_what_was_asked)
on_event(FILES_GONE_TOPIC, remove_bytes)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="matters.lapse", name="matters.lapse")
def lapse(timestamp: int) -> None:
    """Every minute: let stages lapse whose limit has run out."""
    operations.lapse_due(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="matters.resume", name="matters.resume")
def resume(timestamp: int) -> None:
    """Every minute: let the clocks go on whose pause is over."""
    operations.resume_due(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="matters.follow", name="matters.follow")
def follow(timestamp: int) -> None:
    """Every minute: let open matters follow redraws that have taken effect, and reports that came in meanwhile."""
    operations.matters_follow(now=timezone.now())


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="matters.due_follow", name="matters.due_follow")
def due_follow(timestamp: int) -> None:
    """Every minute: let due dates, and what is promised beside them, follow a calendar that has changed."""
    operations.due_dates_follow(now=timezone.now())
    operations.provisional_follow(now=timezone.now())
    operations.promises_follow(now=timezone.now())


@app.periodic(cron="20 * * * *")
@app.task(queueing_lock="matters.asks", name="matters.asks")
def asks(timestamp: int) -> None:
    """Every hour: end what was asked of matters that have moved on since, and can't be answered any more."""
    operations.asks_drop(now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="matters.vacancies", name="matters.vacancies")
def vacancies(timestamp: int) -> None:
    """Every ten minutes: let open work of vacant posts fall to their units' heads."""
    operations.vacancies_settle(now=timezone.now())


@app.periodic(cron="*/30 * * * *")
@app.task(queueing_lock="matters.climb", name="matters.climb")
def climb(timestamp: int) -> None:
    """Every half hour: tell whom the ladder names, in service hours."""
    operations.ladder_climb(now=timezone.now())


@app.periodic(cron=daily("03:40"))
@app.task(queueing_lock="matters.fill_words", name="matters.fill_words")
def fill_words(timestamp: int) -> None:
    """Every night: make findable what came in before there was a search, or under an older way of cutting words."""
    operations.words_fill()


@app.periodic(cron=daily("03:20"))
@app.task(queueing_lock="matters.forget_submissions", name="matters.forget_submissions")
def forget_submissions(timestamp: int) -> None:
    """Every night: forget submission keys that nobody will send again."""
    operations.submissions_forget(now=timezone.now())
