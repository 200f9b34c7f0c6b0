"""A resident sees who read the own data, takes a copy, puts it right, takes consent back, has it deleted."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import MatterNotFound, Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.policy.rights import TooManyCopies
from shanzhi.kernel.vault.operations import keyring
from shanzhi.modules.intake.tests.test_report_a_problem import picture
from shanzhi.modules.intake.tests.walk import do, follow_in, made, reporter, sign_in, text_of, to_verdict
from tests.protection.rights_support import paper

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cast", "evidence_store")]

PHONE, NAME = "13812345678", "赵钱孙"
BODY = f"世纪花园3号楼的电梯坏了三天，请打{PHONE}。"


@pytest.fixture
def mine(client) -> Reported:
    report = made(body=BODY, contact_name=NAME, contact_phone=PHONE, public_consent=True)
    follow_in(client, report)
    return report


def read_by(actor, report: Reported, reason: str = "contact", originals: bool = False, ago: int = 0) -> None:
    with acting(actor):
        operations.reveal_contact(
            matter_id=report.matter_id,
            reason=reason,
            actor=actor,
            now=timezone.now() - timedelta(minutes=ago),
            originals=originals,
        )


def get(client, report: Reported, page: str = "data/") -> str:
    answer = client.get(f"/my/{report.number}/{page}")
    assert answer.status_code == 200
    return text_of(answer.content.decode())


def post(client, report: Reported, page: str, **fields: object):
    return client.post(f"/my/{report.number}/data/{page}/", {"confirm": report.follow_code, **fields})


def entries(report: Reported) -> list[journal.EntryRow]:
    with acting(reporter(report)):
        return journal.entries_of("matter", report.matter_id)


# Who has seen it


def test_it_says_that_nobody_looked_and_what_is_kept(client, mine):
    read = get(client, mine)
    assert "没有人看过您的电话、称呼和原文。" in read
    assert "不计入：经办人员看办理页面" in read
    assert "称呼用途：联系您核实和回访。保存到" in read
    assert "内容原文用途：办理需要看原文时查看。" in read
    assert "《个人信息保护法》第十三条第一款第（一）项" in read


def test_it_tells_unit_post_parts_and_reason_and_nobodys_name(client, mine, cast):
    read_by(cast.dispatcher, mine, "contact", ago=2)
    read_by(cast.second_dispatcher, mine, "original", originals=True, ago=1)
    for page in ("data/", ""):
        read = get(client, mine, page)
        first, second = read.index("看了：内容原文"), read.index("看了：称呼、电话")
        assert first < second
        assert cast.dispatcher.unit_name in read
        assert cast.dispatcher.post_title in read
        assert "原因：联系反映人核实情况" in read
        assert "原因：需看原文才能办理" in read
        assert cast.dispatcher.staff_name not in read
        assert PHONE not in read


def test_it_shows_a_reading_at_once(client, mine, cast):
    assert "没有人看过" in get(client, mine)
    read_by(cast.dispatcher, mine, "visit")
    assert "原因：上门办理" in get(client, mine)


def test_it_turns_pages(client, mine, cast):
    for ago in range(30):
        read_by(cast.dispatcher, mine, ago=ago)
    first = client.get(f"/my/{mine.number}/data/").content.decode()
    assert first.count("联系反映人核实情况") == 25
    url = first.split('rel="next" href="')[1].split('"')[0]
    second = client.get(f"/my/{mine.number}/data/{url}").content.decode()
    assert second.count("联系反映人核实情况") == 5
    assert 'rel="next"' not in second
    for bad in ("?after=x", "?after=-1", "?after=%00", "?after=９", "?after=99999999999999999999"):
        assert client.get(f"/my/{mine.number}/data/{bad}").status_code == 200


def test_it_asks_as_much_of_the_database_for_one_reading_as_for_many(client, mine, cast, django_assert_num_queries):
    read_by(cast.dispatcher, mine)
    with django_assert_num_queries(13):
        client.get(f"/my/{mine.number}/data/")
    for _ in range(24):
        read_by(cast.dispatcher, mine)
    with django_assert_num_queries(13):
        client.get(f"/my/{mine.number}/data/")


def test_it_is_not_there_for_anybody_else(client, mine, cast):
    client.cookies.clear()
    for page in ("", "copy/", "correct/", "consent/", "erase/"):
        assert client.get(f"/my/{mine.number}/data/{page}").status_code == 404
    for page in ("copy", "correct", "consent", "erase"):
        assert post(client, mine, page, what="contact", phone="13900000000").status_code == 404
    for actor in (cast.handler, cast.supervisor):
        with acting(actor):
            assert queries.rights_state(mine.matter_id, actor) is None
            assert queries.readings(actor).rows == ()
            assert queries.kept(actor) == []


def test_it_shows_all_matters_of_the_browser_together(client, mine, cast):
    other = made(contact_phone=PHONE)
    stranger = made(contact_phone=PHONE)
    follow_in(client, mine, other)
    for report in (mine, other, stranger):
        read_by(cast.dispatcher, report)
    read = text_of(client.get("/mine/data/").content.decode())
    assert f"事项：{mine.number}" in read
    assert f"事项：{other.number}" in read
    assert stranger.number not in read


# Copy


def test_it_gives_everything_in_one_file_and_journals_it(client, cast):
    photo = files.store(data=picture(), name="x.jpg", now=timezone.now())
    report = made_with(photo, paper("../../合同.pdf"))
    follow_in(client, report)
    do(reporter(report), report.matter_id, "note", words="周末在家，微信zhaoqiansun1")
    read_by(cast.dispatcher, report)
    to_verdict(cast, report.matter_id)
    answer = post(client, report, "copy")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer["Content-Disposition"] == f'attachment; filename="{report.number}.zip"'
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        names = archive.namelist()
        content = json.loads(archive.read(f"{report.number}.json"))
        read = archive.read(f"{report.number}.txt").decode("utf-8-sig")
        assert archive.read(names[2])[:3] == b"\xff\xd8\xff"
    assert names == [f"{report.number}.txt", f"{report.number}.json", "files/01-照片.jpg", "files/02-合同.pdf"]
    assert content["加密保存的内容"] == {
        "称呼": NAME,
        "电话": PHONE,
        "内容原文": BODY,
        "办理文字原文": "周末在家，微信zhaoqiansun1",
    }
    assert [row["原因"] for row in content["谁看过"]] == ["您本人下载了副本", "联系反映人核实情况"]
    assert content["经过"][-1]["做了什么"] == "本人下载副本"
    for said in ("【事项】", f"编号：{report.number}", BODY, "电梯已修好"):
        assert said in read
    assert entries(report)[-1].payload == {"parts": ["name", "phone", "body", "step2.words"]}
    assert "您本人下载了副本" in get(client, report)


def made_with(*stored):
    with acting(ANYONE):
        return operations.report(
            new=NewReport(body=BODY, contact_name=NAME, contact_phone=PHONE, region_code="370303009006"),
            actor=ANYONE,
            now=timezone.now(),
            stored=stored,
        )


@pytest.mark.parametrize("page", ["copy", "correct", "consent", "erase"])
def test_it_asks_for_the_code_again_and_counts_wrong_ones(client, mine, page):
    fields = {"phone": "13900000000", "what": "contact"}
    before = len(entries(mine))
    missing = client.post(f"/my/{mine.number}/data/{page}/", {"go": "1", **fields})
    wrong = post(client, mine, page, **fields | {"confirm": "AAAA-2222"})
    assert (missing.status_code, wrong.status_code) == (422, 422)
    assert "请填写查询码。" in missing.content.decode()
    assert "查询码不对。请核对后再填。" in wrong.content.decode()
    assert len(entries(mine)) == before


def test_it_gives_five_copies_a_day(mine):
    for _ in range(5):
        copied(mine)
    with pytest.raises(TooManyCopies):
        copied(mine)
    assert copied(mine, timedelta(hours=25))["phone"] == PHONE


def test_its_copy_holds_the_parts_of_a_split_matter(client, mine, cast):
    dispatcher, rows = cast.dispatcher, [{"about": f"楼道灯坏，打{PHONE}", "category": "cityscape.waste"}] * 2
    do(dispatcher, mine.matter_id, "accept", category="cityscape.waste")
    do(dispatcher, mine.matter_id, "split", lead=cast.handler.unit_id, parts=rows)
    answer = post(client, mine, "copy", go="1")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        content = json.loads(archive.read(f"{mine.number}.json"))
    parts = content["拆分办理的各部分"]
    assert [part["事项"]["编号"] for part in parts] == [f"{mine.number}-1", f"{mine.number}-2"]
    assert [part["加密保存的内容"]["内容原文"] for part in parts] == [f"楼道灯坏，打{PHONE}"] * 2
    assert f"事项：{mine.number}-2" in get(client, mine)  # this copy is a reading of each part
    assert "拆分办理的，各部分一并删除。" in get(client, mine, "data/erase/")


def copied(report: Reported, later: timedelta = timedelta()) -> dict[str, str]:
    with acting(reporter(report)):
        return operations.copy_own(matter_id=report.matter_id, actor=reporter(report), now=timezone.now() + later)


def test_it_is_no_way_round_the_reason_for_staff(mine, cast):
    for actor in (cast.dispatcher, cast.supervisor):
        with pytest.raises(MatterNotFound), acting(actor):
            operations.copy_own(matter_id=mine.matter_id, actor=actor, now=timezone.now())


@pytest.mark.parametrize("page", ["copy", "correct", "consent", "erase"])
def test_it_is_no_way_round_the_reason_for_somebody_signed_in_for_work(client, mine, page):
    sign_in(client, "dispatcher")
    answer = post(client, mine, page, phone="13900000000", what="contact")
    assert answer.status_code == 403
    assert "不能代反映人行使权利" in answer.content.decode()
    assert [row.action for row in entries(mine)] == ["matters.report"]


# Correction


def test_it_puts_the_phone_right_at_once_with_its_index(client, mine, cast):
    answer = post(client, mine, "correct", phone="139 0000 1111")
    assert (answer.status_code, answer["Location"]) == (302, f"/my/{mine.number}/data/")
    with acting(cast.dispatcher):
        found = operations.reveal_contact(
            matter_id=mine.matter_id, reason="contact", actor=cast.dispatcher, now=timezone.now()
        )
    assert found == {"name": NAME, "phone": "13900001111"}
    with acting(reporter(mine)):
        assert mine.follow_hash in queries.follow_of_phone("13900001111")
        assert mine.follow_hash not in queries.follow_of_phone(PHONE)
    last = entries(mine)[-2]
    assert (last.action, last.author_kind, last.payload) == ("vault.corrected", "reporter", {"parts": ["phone"]})
    assert "13900001111" not in str([row.payload for row in entries(mine)])


def test_it_keeps_a_contact_that_was_missing(client):
    report = made()
    follow_in(client, report)
    assert post(client, report, "correct", name="李先生", phone=PHONE).status_code == 302
    with acting(reporter(report)):
        kept = queries.kept(reporter(report))
    assert [(row.part, row.purpose) for row in kept] == [("name", "contact"), ("phone", "contact")]


@pytest.mark.parametrize(
    "fields, said",
    [
        ({}, "请填写要更正的称呼或电话。"),
        ({"phone": "12345"}, "12345"),
        ({"name": "王" * 51}, "50"),
    ],
)
def test_it_says_what_can_not_be(client, mine, fields, said):
    answer = post(client, mine, "correct", **fields)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert entries(mine)[-1].action == "matters.report"


# Consent


def test_it_takes_consent_back(client, mine):
    assert post(client, mine, "consent").status_code == 302
    assert post(client, mine, "consent").status_code == 302
    with acting(reporter(mine)):
        state = queries.rights_state(mine.matter_id, reporter(mine))
    assert state is not None
    assert not state.public_consent
    assert [row.action for row in entries(mine)] == ["matters.report", "matters.consent"]
    assert entries(mine)[-1].payload == {"public": False}


# Deletion (what becomes of it: tests/protection)


def test_it_says_what_goes_what_stays_and_why_not_yet(client, mine):
    read = get(client, mine, "data/erase/")
    assert "现在只能删除称呼和电话" in read
    assert "《个人信息保护法》第四十七条第二款" in read
    answer = post(client, mine, "erase", what="all")
    assert answer.status_code == 409
    assert "办结以后才能删除" in answer.content.decode()
    assert post(client, mine, "erase", what="nonsense").status_code == 422


def test_it_takes_the_request_once(client, mine):
    assert post(client, mine, "erase", what="contact").status_code == 302
    assert "删除请求已收到，正在删除。" in get(client, mine)
    assert post(client, mine, "erase", what="contact").status_code == 302
    assert [row.action for row in entries(mine)].count("matters.erase_asked") == 1


# Notice


def test_it_reads_the_privacy_notice_from_the_form(client, settings):
    settings.KEEPER_NAME, settings.KEEPER_CONTACT = "示例市社会治理中心", "0533-12345"
    assert 'href="/privacy/"' in client.get("/report/").content.decode()
    read = text_of(client.get("/privacy/").content.decode())
    for said in ("第十七条", "示例市社会治理中心", "0533-12345", "办结后最多5年", "网信部门"):
        assert said in read


def test_it_shows_the_notice_of_a_refusal(client, mine, cast):
    do(cast.dispatcher, mine.matter_id, "refuse", ground="refuse.litigation", words="已立案，请等法院判决。")
    read = get(client, mine, "")
    assert "不予受理告知书" in read
    assert "可以去的渠道" in read


def test_it_makes_the_index_from_the_ring(mine):
    assert queries.phone_index(PHONE) == keyring().blind_index(PHONE, "phone")
