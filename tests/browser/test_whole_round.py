"""A trial round with three cities, each on a platform of its own, from its opening to the list of those who pass; and a figure
on the list followed by clicks down to a resident's verdict.

One city and the levels above act by clicks; two more cities act by the same operations in processes of their own. What goes
from platform to platform is a file that is fetched on one page and taken in on another.
"""

import re
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Locator, expect

from shanzhi.kernel.draws.policy import commitment_of
from tests.browser import rounds_above as above
from tests.browser import rounds_city as below
from tests.browser.person import LAPTOP, PHONE, Person
from tests.browser.rounds_stage import OTHERS, RATINGS, Stage, in_, stage
from tests.browser.waiting import comes, keeps, shows
from tests.site import Site

__all__ = ["stage"]
ROUND, CITY = "山东省市域治理试评", "淄博市"
VETOED = "威海市"
NONCES = (bytes([7]) * 32, bytes([8]) * 32)


def test_it_goes_from_the_opening_to_the_list_and_down_to_a_verdict(stage: Stage) -> None:
    opening(stage)
    letters = platforms_know_each_other(stage)
    pack = self_evaluation(stage, letters["3703"])
    packs_come(stage, pack, letters)
    returned(stage)
    scores(stage)
    objection(stage)
    spot_check(stage)
    finding(stage)
    the_list(stage)
    down_to_the_verdict(stage)


def opening(stage: Stage) -> None:
    """The organiser opens a trial round and names the province's team."""
    organiser = in_(stage["organiser"], "organiser")
    expect(organiser.page).to_have_url(re.compile("/assessment/upper/$"))
    month = (stage.today.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    above.opens(organiser, ROUND, month, stage.today)
    above.team(organiser, "province", 2)
    keeps(organiser, "above-board-new")
    centre = in_(stage["centre1"], "centre1")
    centre.presses(ROUND, "link")
    above.team(centre, "centre", 2)
    organiser.page.reload()
    organiser.presses("发出轮次文件")


def platforms_know_each_other(stage: Stage) -> dict[str, Path]:
    """Keys are entered on both sides by two people; the round's letters are fetched. Returns them by city's code."""
    organiser, officer = stage["organiser"], in_(stage["upper-security"], "upper-security")
    keeper, city_officer = in_(stage["keeper"], "keeper"), in_(stage["security_officer"], "security_officer")
    stage.followed = stage.city.child.hear()
    keys = {"3703": seal_of(keeper), "37": seal_of(organiser)}
    above.knows(organiser, officer, "3703", CITY, keys["3703"])
    above.knows(keeper, city_officer, "37", "山东省", keys["37"])
    keeper.goes("/letters/peers/")
    keeps(keeper, "city-peers")
    letters = {"3703": above.fetches(organiser, f"{ROUND} · {CITY}", "轮次文件", stage.folder)}
    keeps(organiser, "above-letters-out")
    for at, (code, name) in enumerate(OTHERS.items(), start=20):
        letters[code] = above.fetches(organiser, f"{ROUND} · {name}", "轮次文件", stage.folder)
        child = stage.others[code].child
        child.hear()
        key = child.ask("key")
        stage.province.child.ask("know", code=code, name=name, public=key, signoff=10_000 + at)
        child.ask("know", code="37", name="山东省", public=keys["37"], signoff=10_000)
        child.tell("hand_in", code=code, letter=str(letters[code]), folder=str(stage.folder))
    return letters


def seal_of(person: Person) -> str:
    """The platform's public key, read from its page of seals once something was sealed."""
    person.goes("/seals/")
    comes(person, lambda: person.page.locator("main pre.ui-literal").count() > 0)
    return person.page.locator("main pre.ui-literal").first.inner_text().strip()


def self_evaluation(stage: Stage, letter: Path) -> Path:
    """The city takes the letter in, volunteers, evaluates itself without typing, signs, locks and sends its pack."""
    keeper, lead, writer = stage["keeper"], in_(stage["supervisor"], "supervisor"), in_(stage["writer"], "writer")
    above.brings(keeper, letter)
    keeps(keeper, "city-letters")
    below.goes_to_round(lead, ROUND)
    keeps(lead, "city-invited")
    lead.presses("参加这一轮")
    lead.presses("开始自评")
    lead.presses("去分工", "link")
    of = stage.city.site.cast
    keeps(lead, "city-duties")
    below.shares_out(lead, ("loop", "grassroots"), of["writer"].unit_name, of["signer"].unit_name, of["head"].unit_name)
    below.goes_to_round(lead, ROUND)
    shows(lead, "80.0%（8/10）")
    expect(stat(lead, "计算项手工填写")).to_contain_text("0")
    expect(stat(lead, "本轮手工填写")).to_contain_text("0")
    lead.looks("city-evaluating")
    below.claims(lead, "诉求闭环办理")
    lead.looks("city-claims")
    writer.goes("/assessment/")
    keeps(writer, "city-owed")
    below.goes_to_round(writer, ROUND)
    writer.presses("群众满意率", "link")
    expect(stat(writer, "手工填写")).to_contain_text("0")
    writer.sees("由系统从事项记录计算")
    keeps(writer, "city-item-computed")
    below.goes_to_round(writer, ROUND)
    below.says_why(writer, "村规民约备案率", "备案清单还在和乡镇核对。")
    writer.looks("city-item-typed")
    signer = in_(stage["signer"], "signer")
    below.signs(signer, ROUND, "签批这个项目", 2)
    head = in_(stage["head"], "head")
    head.goes("/assessment/")
    keeps(head, "city-head-owes")
    below.signs(head, ROUND, "签发并锁定")
    keeps(head, "city-locked")
    pack = below.hands_in(lead, stage.city, ROUND, stage.folder)
    lead.looks("city-sent")
    return pack


def stat(person: Person, name: str) -> Locator:
    """A figure at the head of a page."""
    return person.page.locator(".ui-stat", has_text=name).first


def packs_come(stage: Stage, pack: Path, letters: dict[str, Path]) -> None:
    """Three packs are taken in at the province, each checked in the background before anything of it is believed."""
    organiser = stage["organiser"]
    above.brings(organiser, pack)
    for code in OTHERS:
        above.brings(organiser, Path(stage.others[code].child.hear()))
    organiser.goes("/assessment/upper/")
    organiser.presses(ROUND, "link")
    comes(
        organiser,
        lambda: organiser.page.get_by_role("table").first.get_by_text("省级已收").count() == 3,
        job="rounds.check_packs",
    )
    keeps(organiser, "above-board-received")
    above.goes_to_city(organiser, ROUND, CITY)
    keeps(organiser, "above-desk")


def returned(stage: Stage) -> None:
    """One item goes back with a reason; the city hands in again, and only what changed is shown."""
    organiser, keeper, lead, writer = (stage[name] for name in ("organiser", "keeper", "supervisor", "writer"))
    above.returns(organiser, {"村规民约备案率": "请写明哪一天核对完，附乡镇名单"})
    above.brings(keeper, above.fetches(organiser, f"{ROUND} · {CITY} · 已退回", "回执", stage.folder))
    below.goes_to_round(lead, ROUND)
    lead.sees("请写明哪一天核对完，附乡镇名单")
    keeps(lead, "city-returned")
    lead.presses("打开被退回的项目")
    below.goes_to_round(writer, ROUND)
    below.says_why(writer, "村规民约备案率", "下月五日核对完，涉及三个乡镇、街道，清单已附。")
    below.signs(stage["signer"], ROUND, "签批这个项目")
    below.signs(stage["head"], ROUND, "签发并锁定")
    above.brings(organiser, below.hands_in(lead, stage.city, ROUND, stage.folder))
    above.goes_to_city(organiser, ROUND, CITY)
    shows(organiser, "第 2 次上报的验收包，核验没有发现问题", job="rounds.check_packs")
    organiser.page.get_by_role("link", name=re.compile("^这次改了")).click()
    expect(organiser.page.get_by_role("table").first.locator("tbody tr")).to_have_count(1)
    organiser.sees("村规民约备案率")
    keeps(organiser, "above-changed")


def scores(stage: Stage) -> None:
    """The province visits, scores item by item with a reason for each difference, and enters a veto for one city."""
    assessor, visitor = in_(stage["assessor1"], "assessor1"), in_(stage["assessor2"], "assessor2")
    visitor.page.set_viewport_size(PHONE)
    visitor.goes("/assessment/upper/visits/")
    visitor.page.get_by_role("link", name=re.compile(CITY)).click()
    above.visits(
        visitor, "受理率", "张店区", "马尚街道便民服务中心", ("20", "20"), "二十件都在两小时内受理。", contradicts=False
    )
    visitor.looks("phone-visit-province")
    visitor.presses("保存现场记录")
    visitor.sees("现场记录已经保存。")
    visitor.looks("phone-visits")
    visitor.page.set_viewport_size(LAPTOP)

    above.goes_to_city(assessor, ROUND, CITY)
    assessor.presses("群众满意率", "link")
    keeps(assessor, "above-item")
    above.marks(assessor, "50", "抽看三件，两件没有回访记录")
    above.goes_on(assessor)
    above.marks(assessor)
    above.goes_on(assessor)
    above.marks(assessor, events="0")
    above.goes_on(assessor)
    above.marks(assessor, "60", "还没有备案清单")
    organiser = stage["organiser"]
    above.goes_to_city(organiser, ROUND, CITY)
    organiser.presses("评分完毕")
    organiser.sees("省级已评")
    keeps(organiser, "above-scored")

    above.goes_to_city(assessor, ROUND, VETOED)
    assessor.presses("重大责任事件", "link")
    above.marks(assessor, events="1", reason="省安委办通报〔2026〕3 号")
    keeps(assessor, "above-veto")
    for code in OTHERS:
        stage.province.child.tell("score", city=code)
    stage.province.child.hear()


def objection(stage: Stage) -> None:
    """The city objects to a score; somebody else decides; it is scored again, and the city is through."""
    organiser, keeper, lead = stage["organiser"], stage["keeper"], stage["supervisor"]
    assessor, decider = stage["assessor1"], stage["assessor2"]
    above.brings(keeper, above.fetches(organiser, f"{ROUND} · {CITY} · 省级已评", "回执", stage.folder))
    below.objects(lead, ROUND, "省级 · 群众满意率", "两件的回访记录在 12345 的录音里，编号已附。")
    lead.looks("city-objection")
    above.brings(organiser, above.fetches(keeper, f"{ROUND} · {CITY}", "异议", stage.folder))
    above.goes_to_city(decider, ROUND, CITY)
    decider.sees("两件的回访记录在 12345 的录音里")
    decider.writes("决定的理由", "听过录音，回访属实。")
    keeps(decider, "above-objection")
    decider.presses("异议成立")
    decider.sees("异议成立")
    above.goes_to_city(assessor, ROUND, CITY)
    assessor.presses("群众满意率", "link")
    above.marks(assessor, "60", "异议成立，恢复为自评分")
    above.goes_to_city(organiser, ROUND, CITY)
    organiser.presses("通过省级验收")
    organiser.sees("省级通过")


def spot_check(stage: Stage) -> None:
    """The centre draws cities, then what is checked in one; on site something else is seen than the city said."""
    centre, scorer = stage["centre1"], in_(stage["centre2"], "centre2")
    centre.goes("/assessment/upper/")
    centre.presses(ROUND, "link")
    centre.presses("抽查", "link")
    keeps(centre, "above-spot-announce")
    drawn(stage, above.announces(centre, {"抽几个城市": "3"}, "山东省验收办", commitment_of(NONCES[0])), NONCES[0])
    shows(centre, "抽中")
    centre.looks("above-spot")
    centre.presses(CITY, "link")
    numbers = {"抽几个项目": "2", "每类事项抽几件": "3", "抽几个地点": "2"}
    drawn(stage, above.announces(centre, numbers, "淄博市治理中心", commitment_of(NONCES[1])), NONCES[1])
    comes(centre, lambda: centre.page.get_by_role("table").count() >= 3)
    centre.looks("above-spot-city")

    centre.page.set_viewport_size(PHONE)
    place = centre.page.get_by_role("table").first.locator("tbody a").first
    name = place.inner_text()
    place.click()
    above.visits(
        centre, "群众满意率", "", "", ("10", "5"), "走访十户，五户说没有修好，系统里记的是满意。", contradicts=True
    )
    expect(centre.page.get_by_label("地点")).to_have_value(name)
    keeps(centre, "phone-visit-centre")
    centre.presses("保存现场记录")
    centre.sees("与自评不符")
    centre.page.set_viewport_size(LAPTOP)

    above.goes_to_city(scorer, ROUND, CITY)
    scorer.presses("群众满意率", "link")
    scorer.sees("走访十户，五户说没有修好")
    above.marks(scorer, "40", "现场走访十户，五户不满意，与自评不符")
    above.finds(scorer, "张店区", name, "五户的楼道灯没有修好，请逐户整改并回访。", stage.today + timedelta(days=20))
    scorer.looks("above-item-centre")
    for code in OTHERS:
        stage.province.child.tell("spot", city=code, key="accepted")


def drawn(stage: Stage, address: str, nonce: bytes) -> None:
    """The journal signs a head over the announcement, the other side shows its nonce to everybody, the draw is made."""
    stage.province.child.ask("seal")
    side = stage["upper-security"]
    side.goes(address)
    comes(side, lambda: side.page.get_by_role("button", name="出示", exact=True).count() > 0, job="draws.go_on")
    side.page.locator("[name=nonce]").fill(nonce.hex())
    side.presses("出示")
    shows(side, "已抽取", job="draws.go_on")
    keeps(side, f"draw-{nonce[0]}")


def finding(stage: Stage) -> None:
    """What was found comes down as a letter, becomes a matter, is mended, checked again and closed; the closing is known above."""
    scorer, keeper, lead, organiser = (stage[name] for name in ("centre2", "keeper", "supervisor", "organiser"))
    above.goes_to_city(scorer, ROUND, CITY)
    scorer.presses("写出回执")
    scorer.sees("正在写出回执")
    # The first was written by itself when the city came through; what was found since stands in the second alone.
    through = f"{ROUND} · {CITY} · 省级通过"
    above.brings(keeper, above.fetches(organiser, through, "回执", stage.folder, so_many=2))
    below.goes_to_round(lead, ROUND)
    lead.presses("整改", "link")
    lead.sees("五户的楼道灯没有修好")
    keeps(lead, "city-findings")
    lead.presses("接收，转为事项")
    lead.sees("已转为事项")
    number = re.search(r"\d{8}-\d+", lead.page.locator("main").inner_text())
    assert number
    mended(stage.city.site, number[0], stage.today)
    lead.page.reload()
    lead.sees("已销号")
    lead.looks("city-findings-closed")
    above.brings(organiser, above.fetches(keeper, f"{ROUND} · {CITY}", "整改报告", stage.folder))
    above.goes_to_city(scorer, ROUND, CITY)
    scorer.sees(f"城市复核合格，已销号：事项 {number[0]}。")
    scorer.looks("above-finding")
    scorer.presses("销号")
    scorer.sees("已销号")


def mended(site: Site, number: str, today: date) -> None:
    """The city's matter goes its way; its clicks are those of `test_finding_is_rechecked`."""
    until = (today + timedelta(days=10)).isoformat()
    steps: tuple[tuple[str, str, dict[str, object]], ...] = (
        ("dispatcher", "dispatch", {"lead": site.cast["handler"].unit_id}),
        ("handler", "plan", {"words": "逐户更换，换完逐户回访", "until": until}),
        ("handler", "reply", {"reply": "五户的楼道灯都已换好，逐户回访满意。"}),
        ("checker", "check_pass", {"words": "现场看过，属实。"}),
    )
    for part, action, fields in steps:
        stage = site.act(part, number, action, **fields)
    assert stage == "closed"


def the_list(stage: Stage) -> None:
    """The centre has done, the results are published: the list of those who pass."""
    centre, scorer, organiser, keeper = (stage[name] for name in ("centre1", "centre2", "organiser", "keeper"))
    stage.province.child.hear()
    centre.goes("/assessment/upper/")
    centre.presses(ROUND, "link")
    centre.presses("公布结果")
    centre.sees("还没有抽查完：淄博市")
    above.goes_to_city(scorer, ROUND, CITY)
    scorer.presses("抽查完毕")
    scorer.sees("已抽查")
    scorer.writes("好在哪里，怎么学", "一个号码受理，办完当面回访，别处照着做就行。")
    scorer.presses("推荐")
    centre.presses("抽查", "link")
    centre.presses(CITY, "link")
    centre.presses("公开")
    centre.sees("名单和结果已经公开")
    centre.goes("/assessment/upper/")
    centre.presses(ROUND, "link")
    centre.presses("公布结果")
    centre.sees("结果已经公布，共 3 个城市。")
    centre.sees("一个号码受理，办完当面回访，别处照着做就行。")
    centre.looks("above-list")
    rows = centre.page.locator("#results tbody tr")
    told = {row.locator("td, th").first.inner_text(): row.inner_text() for row in rows.all()}
    assert [("未达标" in told[name]) for name in (CITY, *OTHERS.values())] == [False, False, True]
    centre.presses("各城市对照", "link")
    centre.looks("above-compare")
    above.brings(keeper, above.fetches(organiser, f"{ROUND} · {CITY} · 结果已定", "回执", stage.folder))
    lead = stage["supervisor"]
    below.goes_to_round(lead, ROUND)
    lead.sees("结果已定")
    lead.looks("city-final")


def down_to_the_verdict(stage: Stage) -> None:
    """A figure on the list is followed by clicks down to a matter's proved entries, with its reporter's verdict."""
    reader = stage["organiser"]
    reader.goes("/assessment/upper/")
    reader.presses(ROUND, "link")
    reader.page.locator("#results").get_by_role("link", name=CITY, exact=True).click()
    reader.presses("群众满意率", "link")
    reader.page.get_by_role("link", name=re.compile("看重算值")).click()
    reader.looks("trace-figure")
    reader.page.get_by_role("link", name="看这个数背后的事项").click()
    expect(reader.page.locator("main tbody tr")).to_have_count(len(RATINGS))
    reader.looks("trace-matters")
    reader.presses(stage.followed, "link")
    reader.sees("每一条留痕都证明了")
    reader.sees("解决了，5 分")
    reader.looks("trace-matter")
