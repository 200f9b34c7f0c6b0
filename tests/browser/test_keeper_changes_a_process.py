"""A keeper uploads a process with a fault, mends it, looks at the picture, tries it and lets it go live."""

import re
from datetime import date, timedelta

from playwright.sync_api import FilePayload, expect

from shanzhi.kernel.matters.operations.kinds import shipped_kinds
from tests.browser.person import Meet
from tests.site import Site

SOURCE = next(path for path in shipped_kinds() if path.stem == "request").read_text(encoding="utf-8")
SHIPPED = re.search(r"^version = (\d+)", SOURCE, re.MULTILINE)
assert SHIPPED is not None
NEXT = SOURCE.replace(SHIPPED[0], "version = 70", 1).replace('limit = "2wd"', 'limit = "7wd"', 1)


def file(text: str) -> FilePayload:
    """The process file as a browser hands it over."""
    return {"name": "request.toml", "mimeType": "application/toml", "buffer": text.encode()}


def test_it_mends_tries_and_lets_go_live(site: Site, meet: Meet) -> None:
    site.report("路灯不亮，已经两天了", region_code="370303009006")
    keeper = meet("keeper")
    page = keeper.page
    keeper.signs_in("keeper")
    keeper.goes("/keeper/processes/")
    keeper.looks("keeper-processes")
    page.get_by_role("link", name="诉求").click()
    keeper.looks("keeper-process")

    page.get_by_label("流程文件").set_input_files(file(NEXT.replace('verb = "reply"', 'verb = "replay"', 1)))
    keeper.presses("检查并存为草稿")
    keeper.sees("文件里有 1 处要改，什么也没有保存。请按下面的提示改好再传。")
    expect(page.get_by_role("region", name="文件里要改的地方")).to_contain_text("“replay”不在可选的词里。")
    expect(page.get_by_role("region", name="文件里要改的地方")).to_contain_text("是不是“reply”？")
    keeper.looks("keeper-process-faults")

    page.get_by_label("流程文件").set_input_files(file(NEXT))
    keeper.writes("改了什么", "核查时限改为七个工作日")
    keeper.presses("检查并存为草稿")
    keeper.sees("第 70 版已存为草稿，还没有生效。请先看图，再试算。")
    expect(page.get_by_role("img", name=re.compile("诉求（request）第 70 版流程图"))).to_be_visible()
    expect(page.get_by_role("region", name="与现行版本的不同")).to_contain_text("7个工作日")
    keeper.looks("keeper-process-version")

    keeper.presses("试算", role="link")
    keeper.sees("没有未结事项会走不下去")
    keeper.looks("keeper-process-trial")
    keeper.presses("回到这一版", role="link")
    yesterday, tomorrow = date.today() - timedelta(days=1), date.today() + timedelta(days=1)
    page.get_by_label("生效日期").fill(yesterday.isoformat())
    keeper.presses("定为生效")
    keeper.sees("生效日期不能早于今天。已经按旧规定办的不能改写，请选今天或以后。")
    page.get_by_label("生效日期").fill((tomorrow + timedelta(days=1)).isoformat())
    keeper.presses("定为生效")
    keeper.sees("已定好。新反映的事项到日期起按第 70 版办理。")
    expect(page.get_by_role("region", name="换版记录")).to_contain_text("第 70 版")
