"""Whoever takes a wrong turn is told why, in a sentence that says what to do instead; and nothing has changed.

Each of these is sent to the page as a person would send it, and what the page answers is what they read. A unit without
people and a post that was left: tests/concurrency/test_leave_a_post.py, since posts change there.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import ProgrammingError, transaction
from django.test import Client
from django.utils import timezone
from typer.testing import CliRunner

from shanzhi.config.commands.clock import group as clock_commands
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.models import Ask, GoLive, Matter
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.process import SamePerson
from shanzhi.kernel.matters.rulebook import forget_kinds
from shanzhi.kernel.matters.tests.kind_support import of_unit
from shanzhi.kernel.matters.tests.page_support import done, handed_to, page, reported, signed_in
from shanzhi.kernel.matters.tests.test_keep_processes import NEXT, renamed
from tests.city import Cast

pytestmark = pytest.mark.django_db

MORE = {"ground": "extend.works", "more_time": "5wd", "words": "要采购水泵"}


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    """What is decided here is undone with the transaction: nothing of it may stay in memory."""
    forget_kinds()
    yield
    forget_kinds()


def taken(cast: Cast, *, days: int = 0) -> Reported:
    """In the handler's hands, reported so many days ago."""
    return handed_to(cast.handler, cast.dispatcher, reported(ago=timedelta(days=days)))


def refused(client: Client, matter: Reported, action: str, said: str, *, status: int = 409, **fields: object) -> None:
    """The form comes back with the sentence, and the matter stands where it stood."""
    answer = client.post(f"/m/{matter.number}/do/{action}/", {**fields, "page": f"/m/{matter.number}/"})
    assert (answer.status_code, said in page(answer)) == (status, True), page(answer)


def stands(actor: Actor, matter: Reported) -> tuple[str, int]:
    with acting(actor):
        row = Matter.objects.get(pk=matter.matter_id)
    return row.stage, row.steps


# -- clocks ----------------------------------------------------------------------------------------------------------


def test_more_time_is_asked_for_before_the_time_is_over(cast: Cast):
    matter = taken(cast, days=60)
    before = stands(cast.handler, matter)
    refused(signed_in("handler"), matter, "ask_extension", "时限已过，不能再提“延期申请”：要在到期以前提出", **MORE)
    assert stands(cast.handler, matter) == before


def test_a_pause_has_a_ground_words_and_a_day_ahead(cast: Cast):
    matter, client = taken(cast), signed_in("handler")
    ahead, gone = (str(local_date(timezone.now()) + timedelta(days=days)) for days in (5, -1))
    whole = {"ground": "pause.hearing", "until": ahead, "words": "等水质检测"}
    for left_out, name in (("ground", "理由"), ("words", "说明"), ("until", "暂停到哪一天")):
        given = {code: value for code, value in whole.items() if code != left_out}
        refused(client, matter, "ask_pause", f"{name}：请填写这一项。", status=422, **given)
    refused(client, matter, "ask_pause", "请选今天以后的日期", status=422, **whole | {"until": gone})
    refused(client, matter, "ask_pause", "请从列表里选一条理由", status=422, **whole | {"ground": "extend.works"})
    assert stands(cast.handler, matter)[0] == "handling"


# -- to whom ---------------------------------------------------------------------------------------------------------


def test_nothing_is_given_back_to_who_has_it(cast: Cast):
    """Transfer to the unit that leads, transfer to the own county, a ruling for who asked."""
    matter = taken(cast)
    county = of_unit("centre-370303", "dispatcher")
    # The county's dispatcher has seen to it before: what a post takes part in it sees.
    fresh = reported()
    done(county, fresh, "accept", category="housing.property-service")
    done(county, fresh, "dispatch", lead=cast.handler.unit_id)
    supervisor = signed_in("supervisor")
    refused(supervisor, matter, "transfer", "这件事项已经由该单位主办", status=422, lead=str(cast.handler.unit_id))
    given = {"to_region": "370303008", "ground": "cross.wrong-county", "words": "在四宝山"}
    with pytest.raises(Exception, match="就在本区县"), transaction.atomic():
        done(county, fresh, "ask_crossing", **given)
    assert stands(cast.supervisor, matter)[0] == "handling"


# -- who decides -----------------------------------------------------------------------------------------------------


def test_nobody_approves_what_they_asked_for_themselves_in_either_of_their_posts(cast: Cast):
    """One person, two posts: the handler's and the supervisor's."""
    matter = taken(cast)
    done(cast.handler, matter, "ask_extension", **MORE)
    both = replace(cast.supervisor, staff_id=cast.handler.staff_id)
    for action, fields in (("grant_extension", {}), ("decline_extension", {"words": "不"})):
        with pytest.raises(SamePerson) as caught, transaction.atomic():
            done(both, matter, action, **fields)
        assert "“延期申请”是您自己提出的，要由别人来答复。" in str(caught.value)
    with acting(both):
        assert "grant_extension" not in {
            choice.code for choice in queries.card(matter.matter_id, actor=both, now=timezone.now()).actions
        }
        # Past the program, too.
        with pytest.raises(ProgrammingError), transaction.atomic():
            Ask.objects.filter(matter_id=matter.matter_id).update(state="granted", decided_at=timezone.now())
    refused(signed_in("handler"), matter, "grant_extension", "您现在的岗位不能同意延期", status=403)
    done(cast.supervisor, matter, "grant_extension")


# -- the rule book ---------------------------------------------------------------------------------------------------


def test_a_calendar_file_of_another_year_is_refused_on_the_page_and_on_the_command_line(cast: Cast, tmp_path: Path):
    year = local_date(timezone.now()).year + 2
    data = f"日期,安排\n{year + 1}-01-01,放假\n".encode()
    keeper = signed_in("keeper")
    keeper.get(f"/keeper/calendar/?year={year}")
    sent = {"year": str(year), "seen": "0", "do": "save", "hours": "08:30-12:00 13:30-17:30",
            "holds_from": str(local_date(timezone.now())), "file": SimpleUploadedFile("a.csv", data)}  # fmt: skip
    answer = keeper.post("/keeper/calendar/", sent)
    said = f"有 1 天不是 {year} 年的，如 {year + 1}年1月1日。请换成这一年的文件，或先选对年份。"
    assert (answer.status_code, said in page(answer)) == (422, True)
    file = tmp_path / "calendar.csv"
    file.write_bytes(data)
    run = CliRunner().invoke(clock_commands, ["check", str(file), "--year", str(year)])
    assert (run.exit_code, "".join(run.output.split())) == (1, said.replace(" ", ""))
    run = CliRunner().invoke(clock_commands, ["check", str(file), "--year", str(year + 1)])
    assert run.exit_code == 0
    assert "文件可用" in run.output


def test_a_process_that_would_strand_open_matters_goes_live_only_with_the_list_seen(cast: Cast):
    reported()
    keeper = signed_in("keeper")
    file = SimpleUploadedFile("request.toml", renamed(NEXT, "reported", "arrived").encode())
    assert keeper.post("/keeper/processes/request/", {"file": file}).status_code == 302
    day = str(local_date(timezone.now()) + timedelta(days=1))
    with acting(cast.keeper):
        seen = queries.process("request", local_date(timezone.now())).seen
    answer = keeper.post("/keeper/processes/request/70/", {"holds_from": day, "seen": str(seen), "accepts": ""})
    assert answer.status_code == 409
    assert "新版本没有这个环节，没有下一步" in page(answer)
    assert not GoLive.objects.filter(number=70).exists()
