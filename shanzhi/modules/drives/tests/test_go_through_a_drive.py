"""A community applies for a place, somebody else looks, the named post decides, a title begins and ends."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from shanzhi.core.errors import DomainError, NotAllowed
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.facts.policy.columns import MATTER, Of
from shanzhi.kernel.journal.models import Entry
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.modules.drives import operations
from shanzhi.modules.drives.models import Answer, Application, Drive, Hearing, Look, Title
from shanzhi.modules.drives.operations import Said, Seen
from shanzhi.modules.drives.operations.applying import counts_of
from shanzhi.modules.drives.policy.records import Counts, Measure, Rule
from shanzhi.modules.drives.policy.words import (
    AppliedAlready,
    BadDrive,
    DriveMovedOn,
    DriveOver,
    NotAdmitted,
    NotWhole,
    NotYours,
    WrongPlace,
)
from shanzhi.modules.drives.tests.support import (
    COMMUNITY,
    WORDS,
    admitted,
    answers,
    author,
    begun,
    granted,
    handed_in,
    look,
    opened,
    other,
    place,
    state_of,
    visited,
    wish,
)
from tests.city import NOW, OPENED, Cast
from tests.roles import everything, held_to, observer

__all__ = ["observer"]
pytestmark = pytest.mark.usefixtures("observer", "cast")
LATER = NOW + timedelta(days=30)


def refused(kind: type[DomainError], words: str, do: object, actor: object, /, **given: object) -> DomainError:
    """What somebody is told; nothing was changed."""
    with pytest.raises(kind) as caught, acting(actor), transaction.atomic():  # type: ignore[arg-type]
        do(actor=actor, **{"now": NOW} | given)  # type: ignore[operator]
    assert words in str(caught.value), str(caught.value)
    return caught.value


def actions(cast: Cast, pk: int) -> list[str]:
    with acting(cast.supervisor):
        rows = Entry.objects.filter(subject_kind="drive_application", subject_id=pk).order_by("subject_step")
        return list(rows.values_list("action", flat=True))


def test_a_place_gets_its_title_by_everybody_doing_their_part(cast: Cast) -> None:
    pk = visited(cast, opened(cast), garden := place(cast))
    assert state_of(cast, pk) == "visited"
    with acting(cast.supervisor):
        made = operations.application_decide(application_id=pk, grant=True, actor=cast.supervisor, now=NOW)
        title = Title.objects.get(pk=made or 0)
        assert (title.place_id, title.state, title.name) == (garden, "in_force", "平安小区")
        assert (title.granted_on, title.until_on) == (date(2025, 11, 18), date(2027, 11, 18))
        records = dict(Answer.objects.filter(is_record=True).values_list("item", "met"))
        assert records == {"no_late": True}
        assert Application.objects.get(pk=pk).typed == 12
    assert actions(cast, pk) == ["drives.begin", "drives.apply", *["drives.look"] * 4, "drives.visit", "drives.decide"]


def test_a_drive_that_is_not_admitted_cannot_be_opened(cast: Cast) -> None:
    open_ = operations.drive_open
    told = refused(NotAdmitted, "不在村（社区）准入清单上", open_, cast.supervisor, new=wish(cast, 999_999))
    assert told.fields == {"admission": "请选择准入清单上的一项。"}
    over = admitted(cast, "平安楼院创建", until=date(2025, 11, 1))
    refused(NotAdmitted, "今天不在期限内", open_, cast.supervisor, new=wish(cast, over))
    stands = admitted(cast)
    wrong = refused(
        BadDrive, "请看标出的地方", open_, cast.supervisor,
        new=wish(cast, stands, name=" ", until_on=date(2025, 11, 17), months=0, decider_post_id=cast.handler.post_id),
    )  # fmt: skip
    assert set(wrong.fields) == {"name", "until_on", "months", "decider"}
    refused(NotAllowed, "不能打开这一页", open_, cast.community_handler, new=wish(cast, stands))
    with acting(cast.supervisor):
        assert Drive.objects.count() == 0


def test_the_database_asks_for_the_admission_too(cast: Cast) -> None:
    drive = opened(cast)
    with everything():
        kept = Drive.objects.values().get(pk=drive)
    with pytest.raises(DatabaseError), acting(cast.supervisor), transaction.atomic():
        Drive.objects.create(**(kept | {"id": None, "admission_id": 999_999}))


def test_a_drive_that_is_no_longer_admitted_takes_no_application(cast: Cast) -> None:
    entry = admitted(cast)
    drive, garden = opened(cast, entry), place(cast)
    with acting(cast.keeper):
        organisation.admission_end(admission_id=entry, on=date(2025, 11, 20), now=NOW, author=author(cast.keeper))
    begin = operations.application_begin
    late = {"drive_id": drive, "place_id": garden, "now": NOW + timedelta(days=3)}
    refused(NotAdmitted, "今天不在期限内", begin, cast.community_handler, **late)


def test_only_a_fitting_open_place_applies_once_and_in_time(cast: Cast) -> None:
    drive, garden = opened(cast), place(cast)
    school, away = place(cast, "世纪小学", "school"), place(cast, "北旺花园小区", code="370306100200")
    who, begin = cast.community_handler, operations.application_begin
    refused(WrongPlace, "不面向这一类场所", begin, who, drive_id=drive, place_id=school)
    refused(WrongPlace, "没有这个场所", begin, who, drive_id=drive, place_id=999_999)
    refused(NotAllowed, "不归您现在的岗位", begin, who, drive_id=drive, place_id=away)
    refused(DriveOver, "已经截止", begin, who, drive_id=drive, place_id=garden, now=NOW + timedelta(days=60))
    begun(cast, drive, garden)
    refused(AppliedAlready, "已经申报过", begin, who, drive_id=drive, place_id=garden)
    shut = place(cast, "旧楼小区")
    with acting(cast.keeper):
        organisation.place_close(
            place_id=shut, based_on=1, on=date(2025, 11, 1), now=NOW, author=author(cast.keeper)
        )  # fmt: skip
    refused(WrongPlace, "已经关闭", begin, who, drive_id=drive, place_id=shut)


def test_every_item_needs_an_answer_and_records_take_none(cast: Cast) -> None:
    pk = begun(cast, opened(cast), place(cast))
    who = cast.community_handler
    missing = refused(NotWhole, "还有 6 项没有回答", operations.application_send, who, application_id=pk)
    assert "消防车通道" in str(missing) or "按时办理" in str(missing)
    typed = {"no_late": Said(True, "没有"), "nothing": Said(True)}
    wrong = refused(BadDrive, "请看标出的地方", operations.application_answer, who, application_id=pk, said=typed)
    assert set(wrong.fields) == {"met_no_late", "met_nothing"}
    with acting(who):
        first = operations.application_answer(application_id=pk, said=answers(), actor=who, now=NOW)
        again = operations.application_answer(application_id=pk, said=answers(), actor=who, now=NOW)
        operations.application_send(application_id=pk, actor=who, now=NOW)
    assert (first, again) == (6, 0)
    refused(DriveMovedOn, "已经送出", operations.application_answer, who, application_id=pk, said=answers())
    refused(NotYours, "由别的单位申报", operations.application_withdraw, other("housing-construction-3703", "handler"), application_id=pk)  # fmt: skip


def test_who_applies_or_worked_there_does_not_visit(cast: Cast) -> None:
    pk = handed_in(cast, opened(cast), place(cast))
    seen = Seen(UUID(int=9), "fire_lane", True, "畅通")
    with everything():
        post = cast.checker.post_id
        Application.objects.filter(pk=pk).update(staff_id=cast.checker.staff_id)
    refused(NotYours, "由您的单位申报", operations.look_keep, cast.checker, application_id=pk, seen=seen)
    with everything():
        Application.objects.filter(pk=pk).update(staff_id=cast.community_handler.staff_id)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO rounds_tie (staff_id, post_id, region_code, declared_at, salt, until_on)"
                " VALUES (%s, %s, %s, %s, '', '2025-01-01')",
                [cast.checker.staff_id, post, COMMUNITY, NOW],
            )
    refused(NotYours, "三年内", operations.look_keep, cast.checker, application_id=pk, seen=seen)
    with pytest.raises(DatabaseError, match="tied"), acting(cast.checker), transaction.atomic():
        Look.objects.create(
            uid=UUID(int=10), application_id=pk, item="fire_lane", found=True, words="x", salt=b"", seen_at=NOW,
            unit_id=cast.checker.unit_id or 0, post_id=cast.checker.post_id or 0, staff_id=cast.checker.staff_id or 0,
        )  # fmt: skip


def test_what_is_not_found_becomes_a_matter_and_no_title(cast: Cast) -> None:
    pk = handed_in(cast, opened(cast), place(cast))
    number = look(cast, pk, "fire_lane", False, uid=UUID(int=3), is_finding=True)
    assert look(cast, pk, "fire_lane", False, uid=UUID(int=3), is_finding=True) == number
    for item in WORDS[1:]:
        look(cast, pk, item)
    with everything():
        made = Matter.objects.get(number=number)
        assert (made.kind, made.scope_code) == ("finding", COMMUNITY)
        assert Look.objects.count() == 4
    decide = operations.application_decide
    refused(NotWhole, "消防车通道", decide, cast.supervisor, application_id=pk, grant=True)
    refused(BadDrive, "理由", decide, cast.supervisor, application_id=pk, grant=False)
    with acting(cast.supervisor):
        assert decide(application_id=pk, grant=False, reason="通道堵塞", actor=cast.supervisor, now=NOW) is None
    refused(DriveMovedOn, "不能改为", decide, cast.supervisor, application_id=pk, grant=False, reason="再来")
    with acting(cast.supervisor):
        assert Title.objects.count() == 0
    assert state_of(cast, pk) == "refused"


def test_the_named_post_decides_and_nobody_else(cast: Cast) -> None:
    pk = visited(cast, opened(cast), place(cast))
    county = other("centre-370303", "supervisor")
    refused(NotYours, "由指定的岗位决定", operations.application_decide, county, application_id=pk, grant=True)
    with everything():
        Look.objects.filter(item="council").update(staff_id=cast.supervisor.staff_id)
    refused(NotYours, "核查或者填报过", operations.application_decide, cast.supervisor, application_id=pk, grant=True)


def test_a_title_is_withdrawn_once_and_after_its_holder_was_heard(cast: Cast) -> None:
    title = granted(cast, opened(cast), place(cast))
    boss, holder = cast.supervisor, cast.community_handler
    refused(DriveMovedOn, "先听取", operations.hearing_end, boss, title_id=title, withdraw=True, words="撤销")
    wrong = refused(
        BadDrive,
        "请看标出的地方",
        operations.hearing_open,
        boss,
        title_id=title,
        ground="mood",
        words="",
        until_on=NOW.date(),
    )
    assert set(wrong.fields) == {"ground", "words", "until_on"}
    with pytest.raises(DatabaseError, match="not heard"), acting(boss), transaction.atomic():
        Title.objects.filter(pk=title).update(state="withdrawn", ended_on=NOW.date(), ground="accident")
    with acting(boss):
        operations.hearing_open(
            title_id=title,
            ground="checklist",
            words="消防车通道长期被占用",
            until_on=date(2025, 11, 25),
            actor=boss,
            now=NOW,
        )
    refused(DriveMovedOn, "还可以申辩", operations.hearing_end, boss, title_id=title, withdraw=True, words="撤销")
    with acting(holder):
        operations.statement_make(title_id=title, words="已经清理，附照片", actor=holder, now=NOW)
    refused(DriveMovedOn, "交过了", operations.statement_make, holder, title_id=title, words="再说")
    with acting(boss):
        operations.hearing_end(title_id=title, withdraw=True, words="复查仍被占用", actor=boss, now=NOW)
        found = Title.objects.get(pk=title)
        assert (found.state, found.ground, found.ended_on) == ("withdrawn", "checklist", NOW.date())
        assert Hearing.objects.get().outcome == "withdrawn"
        pk = found.application_id
    refused(DriveMovedOn, "已撤销", operations.hearing_end, boss, title_id=title, withdraw=True, words="再撤")
    assert actions(cast, pk)[-3:] == ["drives.hear", "drives.state", "drives.heard"]


def test_a_title_ends_by_itself_after_its_last_day(cast: Cast) -> None:
    drive = opened(cast)
    title = granted(cast, drive, place(cast))
    with everything(), held_to("worker"):
        assert operations.titles_expire(now=NOW + timedelta(days=700)) == 0
        assert operations.holders_remind(now=NOW + timedelta(days=700)) == 1
        assert operations.titles_expire(now=NOW + timedelta(days=731)) == 1
        assert operations.titles_expire(now=NOW + timedelta(days=732)) == 0
    with acting(cast.supervisor):
        found = Title.objects.get(pk=title)
        assert (found.state, found.until_on, found.ended_on) == ("expired", date(2027, 11, 18), date(2027, 11, 19))


def test_a_renewal_proposes_what_was_found_the_last_time(cast: Cast) -> None:
    entry, garden = admitted(cast), place(cast)
    first = granted(cast, opened(cast, entry), garden)
    pk = begun(cast, opened(cast, entry, name="2026年平安小区创建"), garden)
    who = cast.community_handler
    with acting(who):
        assert Application.objects.get(pk=pk).renews == first
        carried = set(Answer.objects.filter(application=pk, is_carried=True, met=True).values_list("item", flat=True))
        assert carried == {*WORDS, "on_time", "solved"}
        operations.application_send(application_id=pk, actor=who, now=NOW)
        assert Application.objects.get(pk=pk).typed == 0
    for item in WORDS:
        look(cast, pk, item)
    with acting(cast.supervisor):
        title = operations.application_decide(application_id=pk, grant=True, actor=cast.supervisor, now=LATER)
        assert dict(Title.objects.values_list("pk", "state")) == {first: "expired", title: "in_force"}


def test_the_neighbour_county_sees_titles_and_no_application(cast: Cast) -> None:
    granted(cast, opened(cast), place(cast))
    with acting(cast.neighbour_handler):
        assert (Application.objects.count(), Answer.objects.count(), Look.objects.count()) == (0, 0, 0)
        assert (Title.objects.count(), Drive.objects.count()) == (1, 1)
    assert NOW.date() > OPENED


def told(place_id: int, **given: object) -> None:
    """A matter about a place, with what the facts say of it."""
    with acting(ANYONE):
        made = matters.report(
            new=NewReport(body="楼道灯不亮", place_id=place_id), actor=ANYONE, now=NOW - timedelta(days=9)
        )
    usual: dict[str, object] = {
        "matter_id": made.matter_id, "number": made.number, "kind": "request", "category": "housing.property-service",
        "is_open": 0, "place_id": place_id, "on_time": 1, "solved": 1,
    }  # fmt: skip
    blank: dict[Of, Any] = {Of.INTEGER: 0, Of.TEXT: "", Of.TIME: NOW - timedelta(days=9), Of.DATE: date(2025, 11, 9)}
    row: dict[str, Any] = {one.name: None if one.nullable else blank[one.of] for one in MATTER.columns} | usual | given
    with everything(), connection.cursor() as cursor:
        names, holes = ", ".join(row), ", ".join(["%s"] * len(row))
        cursor.execute(f"INSERT INTO fact_matter ({names}) VALUES ({holes})", list(row.values()))


def test_records_answer_what_they_can_the_same_for_everybody(cast: Cast) -> None:
    drive, garden = opened(cast), place(cast)
    told(garden)
    told(garden, on_time=0, reopenings=1)
    told(garden, is_open=1, on_time=None, solved=None)
    told(garden, category="transport.bus", solved=0)
    told(garden, reported_on=date(2023, 1, 1))
    pk = begun(cast, drive, garden)
    with acting(cast.supervisor):
        found = {one.item: (one.met, one.numerator, one.denominator) for one in Answer.objects.filter(is_record=True)}
    assert found == {"no_late": (False, 1, None), "on_time": (False, 2, 3), "solved": (False, 2, 3)}
    housing = Rule(Measure.SOLVED, 80, False, 12, ("request",), "housing")
    asked = []
    for who in (cast.community_handler, cast.supervisor, cast.checker):
        with acting(who):
            asked.append(counts_of(garden, housing, NOW))
    assert asked == [Counts(3, 2, 1, 1, 2, 1, 2, 2)] * 3
    with acting(cast.dispatcher):
        assert counts_of(garden, housing, NOW) == Counts()
    who = cast.community_handler
    typed = {"on_time": Said(True, "都按时")}
    refused(BadDrive, "请看标出的地方", operations.application_answer, who, application_id=pk, said=typed)
