"""A keeper brings another system's file: looks at it, starts it, mends what is given back, and sends it again."""

import re
from pathlib import Path
from uuid import uuid4

from playwright.sync_api import expect

from tests.browser.person import Meet

FILE = """本系统序列,诉求标题,来电时间,诉求内容,答复内容,办结时间,区域代码
Y-1,路灯不亮,2025-03-05 9:00,世纪花园三号楼门口的路灯坏了，我叫王小明，电话13812345678。,已换灯泡。,2025-03-06 10:00,370303009006
Y-2,井盖松动,某天,路口的井盖松动，车一过就响。,,,370303009006
Y-3,夜间施工,2025-03-07,楼下夜里十一点还在施工。,,,370303009006
"""
DONE_MS = 60_000


def test_a_rejected_row_is_mended_and_sent_again(meet: Meet, tmp_path: Path) -> None:
    keeper = meet("keeper")
    keeper.signs_in("keeper")
    keeper.goes("/imports/")
    expect(keeper.page.locator("label[for=id_subject]")).to_have_text("导入什么")
    keeper.looks("imports-empty")
    path, source = tmp_path / "旧热线.csv", f"旧热线{uuid4().hex[:8]}"
    path.write_bytes(FILE.encode("gb18030"))
    keeper.page.get_by_label("导入什么").select_option("matters")
    keeper.writes("来源", source)
    keeper.page.get_by_label("文件", exact=False).first.set_input_files(path)
    keeper.presses("上传并预览")
    keeper.sees("按 GB18030")
    keeper.sees("还缺必填的列")
    assert "13812345678" not in keeper.page.content()
    keeper.page.get_by_label("本系统序列", exact=True).select_option(label="编号")
    keeper.presses("按此重新预览")
    keeper.sees("读不出时间")
    keeper.writes("把对应关系保存为", source)
    keeper.looks("import-draft")
    keeper.presses("开始导入")
    expect(keeper.page.get_by_role("link", name="下载 XLSX")).to_be_visible(timeout=DONE_MS)
    keeper.sees("第 3 行")
    keeper.looks("import-result")
    with keeper.page.expect_download() as fetched:
        keeper.presses("下载 CSV", "link")
    mended = tmp_path / "改好.csv"
    text = Path(fetched.value.path()).read_text(encoding="utf-8-sig")
    mended.write_text(text.replace("某天", "2025-03-06 8:00"), encoding="utf-8-sig")
    keeper.page.get_by_label("改好的文件").set_input_files(mended)
    keeper.presses("重新提交")
    keeper.looks("import-mended")
    keeper.presses("开始导入")
    expect(keeper.page.get_by_text("每一行都导入了")).to_be_visible(timeout=DONE_MS)
    keeper.looks("import-mended-result")
    keeper.presses("这是改好后重新提交的行，看第一次导入", "link")
    expect(keeper.page).to_have_url(re.compile("/imports/"))
    keeper.goes("/imports/")
    keeper.looks("imports")
