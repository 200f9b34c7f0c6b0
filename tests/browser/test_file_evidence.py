"""A keeper files a photo, is shown that it is there when somebody sends it again, refers to it, opens it with a reason, and sees
what is still lacking."""

from playwright.sync_api import FilePayload, expect

from shanzhi.kernel.files.tests.pictures import phone_exif, picture
from tests.browser.person import PHONE, Meet, Person
from tests.site import Site

TITLE = "四宝山街道志愿服务队集中培训现场"
PHOTO: FilePayload = {
    "name": "IMG_0001.jpg",
    "mimeType": "image/jpeg",
    "buffer": picture(size=(640, 480), exif=phone_exif(taken="2025:11:18 14:05:00")),
}


def files(person: Person, title: str) -> None:
    """Fill in the form and send it."""
    person.goes("/evidence/new/?key=volunteer_team")
    person.page.get_by_label("文件或照片").set_input_files(PHOTO)
    person.writes("标题", title)
    person.page.get_by_label("类型", exact=True).select_option("photo")
    person.presses("归档")


def test_a_photo_is_filed_once_and_serves_where_it_is_needed(site: Site, meet: Meet) -> None:
    keeper = meet("keeper")
    keeper.signs_in("keeper")
    keeper.goes("/evidence/")
    keeper.sees("档案里还没有材料")
    keeper.looks("evidence-empty")
    files(keeper, TITLE)
    keeper.sees("已归档，编号 DA")
    keeper.sees("志愿服务队")
    keeper.page.get_by_label("为什么打开").select_option("score")
    keeper.presses("打开原件")
    keeper.page.go_back()
    keeper.page.reload()
    keeper.sees("评分")
    keeper.looks("evidence-object")
    files(keeper, "又拍了一张")
    keeper.sees("已有，直接引用")
    expect(keeper.page.get_by_label("标题")).to_have_value("又拍了一张")
    keeper.looks("evidence-same")
    keeper.goes("/evidence/?q=集中培训")
    keeper.sees(TITLE)
    keeper.looks("evidence-list")
    keeper.goes("/evidence/completeness/?only=all")
    keeper.sees("办理记录，自动归集")
    keeper.looks("evidence-completeness")


def test_a_photo_is_filed_on_a_phone(site: Site, meet: Meet) -> None:
    worker = meet("grid_worker", viewport=PHONE, has_touch=True)
    worker.signs_in("grid_worker")
    worker.goes("/evidence/new/")
    worker.looks("evidence-new")
    files(worker, " ")
    worker.sees("请写标题，120 字以内")
    worker.sees("文件已经传好")
    worker.looks("evidence-new-wrong")
    worker.writes("标题", TITLE)
    worker.page.get_by_label("项目", exact=True).select_option("virtue")
    worker.presses("归档")
    worker.sees("已归档，编号 DA")
