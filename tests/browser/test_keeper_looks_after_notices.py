"""The keeper sets up where notices go, sees a channel fail and come back; a post says how it wants to hear."""

import base64
import hashlib
import hmac
import re
import time

from playwright.sync_api import expect

from shanzhi.kernel.notices.tests.servers import Hook, Mailbox, hook
from tests.browser.person import Meet, Person

PATIENCE = 30.0


def waits_for(person: Person, text: str) -> None:
    """Reload until it stands there: the worker sends in the background."""
    until = time.monotonic() + PATIENCE
    while text not in person.page.get_by_role("main").inner_text():
        assert time.monotonic() < until, f"“{text}” doesn't come"
        time.sleep(0.3)
        person.page.reload()


def fits(taker: Hook, secret: str) -> bool:
    headers, body = taker.heard[-1]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return headers["webhook-signature"] == f"v1,{wanted}"


def test_it_sets_up_mailboxes_and_sends_a_test(meet: Meet, mailbox: Mailbox) -> None:
    keeper = meet("keeper")
    keeper.signs_in("keeper")
    page = keeper.page
    keeper.goes("/keeper/")
    page.get_by_role("link", name=re.compile("通知渠道")).click()
    keeper.sees("都送达了")
    keeper.looks("notices-channels")
    page.get_by_role("button", name="试发一条：电子邮件").click()
    keeper.sees("您的单位还没有值班邮箱。请先登记，再试发。")
    keeper.goes("/notices/addresses/")
    keeper.looks("notices-addresses-empty")
    keeper.writes("单位", "没有这个局")
    keeper.writes("值班邮箱", "zhiban@zx.example")
    keeper.presses("保存")
    keeper.sees("没有找到“没有这个局”")
    keeper.looks("notices-addresses-wrong")
    keeper.writes("单位", "centre-3703")
    keeper.presses("保存")
    keeper.sees("zhiban@zx.example")
    keeper.looks("notices-addresses")
    keeper.goes("/notices/channels/")
    page.get_by_role("button", name="试发一条：电子邮件").click()
    keeper.sees("试发的消息已经排队")
    waits_for(keeper, "最近一次发出")
    [(to, mail)] = mailbox.taken
    assert (to, mail["Subject"]) == (["zhiban@zx.example"], "试发：通知渠道通了")
    keeper.goes("/notices/templates/")
    keeper.sees("您反映的SZ20251118-000042已受理")
    keeper.looks("notices-templates")


def test_it_sees_another_system_fail_and_come_back(meet: Meet) -> None:
    keeper = meet("keeper")
    keeper.signs_in("keeper")
    page = keeper.page
    with hook(500) as taker:
        keeper.goes("/notices/subscriptions/")
        keeper.writes("对方系统", "市大数据平台")
        keeper.writes("接收网址", "https://10.0.0.8/hook")
        keeper.presses("添加")
        keeper.sees("这个地址在内部网络里")
        keeper.looks("notices-subscriptions-wrong")
        keeper.writes("接收网址", taker.url)
        page.get_by_label("诉求").check()
        keeper.presses("添加")
        keeper.sees("已添加。")
        keeper.presses("显示密钥")
        secret = page.get_by_label("密钥", exact=True).input_value()
        keeper.looks("notices-subscription")
        keeper.goes("/notices/channels/")
        page.get_by_role("button", name="试发一条：市大数据平台").click()
        waits_for(keeper, "对方服务器答复 500")
        keeper.sees("发不出去")
        keeper.looks("notices-channels-failing")
        keeper.goes("/keeper/")
        keeper.sees("1 个渠道发不出去")
        keeper.goes("/notices/channels/")
        taker.answers[:] = [204]
        page.get_by_role("button", name="马上再试：市大数据平台").click()
        keeper.sees("马上再试 1 条")
        waits_for(keeper, "都送达了")
        first, last = taker.heard[0], taker.heard[-1]
        assert first[0]["webhook-id"] == last[0]["webhook-id"]
        assert fits(taker, secret)
        keeper.goes("/notices/subscriptions/")
        keeper.looks("notices-subscriptions")
        page.get_by_role("link", name=re.compile("市大数据平台")).click()
        page.get_by_text("停用", exact=True).click()
        keeper.presses("停用这个订阅")
        keeper.sees("已停用，不再推送。")


def test_a_post_says_how_it_wants_to_hear(meet: Meet) -> None:
    handler = meet("handler")
    handler.signs_in("handler")
    handler.goes("/notices/")
    handler.presses("通知设置", "link")
    handler.sees("还没有登记值班邮箱")
    handler.looks("notices-own")
    choice = handler.page.get_by_label("新派单")
    expect(choice).to_have_value("now")
    choice.select_option("digest")
    handler.presses("保存")
    handler.sees("已保存。")
    expect(handler.page.get_by_label("新派单")).to_have_value("digest")
