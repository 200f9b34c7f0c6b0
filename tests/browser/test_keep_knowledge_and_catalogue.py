"""The hotline's editor renews a knowledge item; a keeper takes the dispatch catalogue from a file to its day."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from shanzhi.core.periods import local_date
from tests.browser.exchange import know_samples
from tests.browser.person import Meet
from tests.site import Site

CATALOGUE = (
    "分类,区域,层级,单位,单位类型,协办,时限,依据\n"
    "housing.property-service,,县,,housing-construction,township,5wd,《物业管理条例》\n"
    "environment.construction-noise,,县,,urban-management,,3d,《中华人民共和国噪声污染防治法》\n"
    "cityscape.waste,370303,县,,urban-management,,24h,三定规定\n"
)


def test_it_renews_and_withdraws_an_item(site: Site, meet: Meet) -> None:
    know_samples(site)
    editor = meet("knowledge_editor")
    editor.signs_in("knowledge_editor")
    page = editor.page
    expect(page).to_have_url(re.compile("/desk/knowledge/$"))
    editor.looks("knowledge")
    page.get_by_label("查找").fill("物业费")
    editor.presses("筛选")
    editor.presses("【示例】物业费怎么算，不满意能不能不交", "link")
    editor.looks("knowledge-item")
    page.keyboard.press("e")
    page.get_by_role("textbox", name="答复").fill("物业费按合同约定交，有争议先找社区调解。")
    page.get_by_label("这是示例，不能当作正式答复").uncheck()
    page.get_by_label("有效到哪天").fill("2020-01-01")
    editor.presses("保存")
    editor.sees("截止日期不能早于开始日期。")
    editor.looks("knowledge-wrong")
    expect(page.get_by_role("textbox", name="答复")).to_have_value("物业费按合同约定交，有争议先找社区调解。")
    page.get_by_label("有效到哪天").fill("2099-12-31")
    editor.presses("保存")
    editor.sees("已保存为第 2 版。")
    page.get_by_text("撤下", exact=True).click()
    editor.presses("撤下这条知识")
    editor.sees("已撤下，不能再引用。")
    editor.looks("knowledge-withdrawn")
    page.get_by_role("link", name=re.compile("第 2 版")).click()
    editor.presses("恢复这一版")
    editor.sees("已恢复为第 4 版。")


def test_it_takes_the_catalogue_from_a_file_to_its_day(site: Site, meet: Meet) -> None:
    keeper = meet("keeper")
    keeper.signs_in("keeper")
    page = keeper.page
    keeper.goes("/desk/dispatch/")
    page.get_by_label("文件（CSV 或 XLSX）").set_input_files(
        {
            "name": "坏目录.csv",
            "mimeType": "text/csv",
            "buffer": (CATALOGUE + "no.such,,县,,water,,5wd,依据\n").encode(),
        }
    )
    keeper.presses("上传为草稿")
    keeper.sees("第 5 行：没有“no.such”这个分类")
    keeper.looks("dispatch-wrong-file")
    page.get_by_label("文件（CSV 或 XLSX）").set_input_files(
        {"name": "目录.csv", "mimeType": "text/csv", "buffer": CATALOGUE.encode()}
    )
    keeper.presses("上传为草稿")
    keeper.sees("草稿，还没有生效。")
    keeper.looks("dispatch-draft")
    page.get_by_role("link", name="市容环卫 · 垃圾清运与分类").click()
    page.get_by_label("时限").fill("2d")
    keeper.looks("dispatch-row")
    keeper.presses("保存这一行")
    keeper.sees("2天")
    page.keyboard.press("t")
    keeper.sees("只是试算，什么也没有改。")
    keeper.looks("dispatch-trial")
    keeper.presses("回到这一版", "link")
    page.get_by_label("从哪天起按这一版派单").fill((local_date(timezone.now()) + timedelta(days=2)).isoformat())
    keeper.presses("确认生效")
    keeper.sees("起按这一版派单。")
    keeper.looks("dispatch-live")
    keeper.goes("/desk/dispatch/")
    keeper.sees("待生效")
    keeper.looks("dispatch-versions")
