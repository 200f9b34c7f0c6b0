"""Personal data in free text is masked before anyone else can read it."""

import csv
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shanzhi.kernel.vault.policy import InvalidPhone, Kind, is_id_card, mask, mask_name, mask_phone, normalise_phone


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话13812345678，请回复", "电话138****5678，请回复"),
        ("138 1234 5678", "138 **** 5678"),
        ("138-1234-5678", "138-****-5678"),
        ("138-123-45678", "138-***-*5678"),
        ("1381-234-5678", "138*-***-5678"),
        ("1381 2345 678", "138* ***5 678"),
        ("1 3 8 1 2 3 4 5 6 7 8", "1 3 8 * * * * 5 6 7 8"),
        ("+86 138 1234 5678", "+86 138 **** 5678"),
        ("+86-13812345678", "+86-138****5678"),
        ("008613812345678", "0086138****5678"),
        ("8613812345678", "86138****5678"),
        ("１３８１２３４５６７８", "１３８****５６７８"),
        ("一三八零零一三八零零零", "一三八****八零零零"),
        ("两个号：13812345678、19987654321。", "两个号：138****5678、199****4321。"),
        ("13812345678 13912345678", "138****5678 139****5678"),
        ("联系13812345678.", "联系138****5678."),
        ("0533-2345678", "0533-****678"),
        ("（0533）23456789", "（0533）*****789"),
        ("010 8765 4321", "010 **** *321"),
        ("05332345678转123", "0533****678转123"),
        ("+86 533 2345678", "+86 533 ****678"),
        ("座机：2345678", "座机：****678"),
    ],
)
def test_it_masks_phone_numbers(text: str, masked: str) -> None:
    found = mask(text)
    assert found.text == masked
    assert {span.kind for span in found.spans} == {Kind.PHONE}


@pytest.mark.parametrize(
    ("text", "masked", "kind"),
    [
        ("身份证号11010519491231002X", "身份证号1101**********002X", Kind.ID_CARD),
        ("证件：11010519491231002x。", "证件：1101**********002x。", Kind.ID_CARD),
        ("110105 19491231 002X", "1101** ******** 002X", Kind.ID_CARD),
        ("１１０１０５１９４９１２３１００２Ｘ", "１１０１**********００２Ｘ", Kind.ID_CARD),
        ("老证110105491231002号", "老证1101********002号", Kind.ID_CARD),
        ("身份证号码：110105194912310021", "身份证号码：1101**********0021", Kind.ID_CARD),
        ("卡6222021234567890128", "卡6222***********0128", Kind.BANK_CARD),
        ("6222 0212 3456 7890 128", "6222 **** **** ***0 128", Kind.BANK_CARD),
        ("银行卡号：6222021234567890129", "银行卡号：6222***********0129", Kind.BANK_CARD),
        ("Visa 4111111111111111", "Visa 4111********1111", Kind.BANK_CARD),
        ("鲁C12312违停", "鲁C***12违停", Kind.PLATE),
        ("鲁C·12312", "鲁C·***12", Kind.PLATE),
        ("鲁CD12345", "鲁C****45", Kind.PLATE),
        ("鲁C12345D", "鲁C****5D", Kind.PLATE),
        ("鲁c6k8a1", "鲁c***a1", Kind.PLATE),
        ("鲁Ｃ１２３１２", "鲁Ｃ***１２", Kind.PLATE),
        ("鄂AP185挂", "鄂A***5挂", Kind.PLATE),
        ("车牌号为：楚AP3B87", "车牌号为：楚A***87", Kind.PLATE),
        ("邮箱zhangsan@example.com。", "邮箱z*******@example.com。", Kind.EMAIL),
        ("12345678@qq.com", "1*******@qq.com", Kind.EMAIL),
        ("QQ12345678", "QQ12****78", Kind.CHAT),
        ("qq号: 12345678", "qq号: 12****78", Kind.CHAT),
        ("微信号abc12345", "微信号ab****45", Kind.CHAT),
        ("微信：zhang_san-1", "微信：zh*******-1", Kind.CHAT),
        ("加vx abc12345", "加vx ab****45", Kind.CHAT),
    ],
)
def test_it_masks_numbers_and_addresses_of_a_person(text: str, masked: str, kind: Kind) -> None:
    found = mask(text)
    assert found.text == masked
    assert [span.kind for span in found.spans] == [kind]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我叫李建国，今年50岁", "我叫李**，今年50岁"),
        ("我叫张三今年30岁", "我叫张*今年30岁"),
        ("我叫李建国是西村的", "我叫李**是西村的"),
        ("我的名字叫做余成虎。", "我的名字叫做余**。"),
        ("名叫“李婷岩”的人", "名叫“李**”的人"),
        ("我叫艾力·买买提", "我叫艾*·***"),
        ("我老公叫王建国，", "我老公叫王**，"),
        ("我姓张，叫建国。", "我姓张，叫**。"),
        ("本人曲宁长，电话不便", "本人曲**，电话不便"),
        ("本人王军，男，", "本人王*，男，"),
        ("我是陈青，家住西村", "我是陈*，家住西村"),
        ("姓名：何艳银", "姓名：何**"),
        ("联系人:谈君(业委会主任)", "联系人:谈*(业委会主任)"),
        ("当事人朱塔霞，身份证", "当事人朱**，身份证"),
        ("投诉人：蒋诚先、陈歌、李菲", "投诉人：蒋**、陈*、李*"),
        ("举报人 陈洪道 电话", "举报人 陈** 电话"),
        ("法定代表人：郭意，", "法定代表人：郭*，"),
        ("联系人：欧阳倩广", "联系人：欧阳**"),
        ("老板许红连（电话13812345678）", "老板许**（电话138****5678）"),
        ("工作人员杨文超13812345678", "工作人员杨**138****5678"),
        ("罗卫显，男，西村人", "罗**，男，西村人"),
        ("盼回复。\n李建国", "盼回复。\n李**"),
        ("盼回复！2019-11-11刘春华", "盼回复！2019-11-11刘**"),
        ("盼回复！刘春华 2019年11月11日", "盼回复！刘** 2019年11月11日"),
        ("我叫李建国。李建国反映过多次，找李建国要钱", "我叫李**。李**反映过多次，找李**要钱"),
    ],
)
def test_it_masks_names_that_the_text_introduces(text: str, masked: str) -> None:
    found = mask(text)
    assert found.text == masked
    assert Kind.NAME in {span.kind for span in found.spans}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2019年8月14日至2020年，2016-2020年规划，2019-11-11",
        "拨打12345、110、119、120、12319和95598均无人接听",
        "全国热线400-889-3333，4008893333，0731-12345",
        "总价1020408元，工程款2226028元，投资15000000000元，13812345678元",
        "3栋2单元1302室，五一路668号，105-106-107号商铺，房号601-608",
        "事项编号3703022025000123，编号ZB20250115000001，预售证2014-0036",
        "统一社会信用代码91370303MA3C12345X，国标GB 50096-2011，GB/T 50337-2018",
        "面积121.75平米，单价10698.55元，比例3.1415926535897",
        "110105194913310021",  # no such month
        "6222021234567890129",  # fails the check digit
        "QQ群123456789，微信公众号，微信群，微信wifi连不上",
        "鲁C片区，川A市场，京B口，鲁DB37/T 1234，渝B20120001号",
        "王书记、张市长您好！李主任、陈小姐、周经理、刘某、黄某泽",
        "本人高度重视，本人于2019年购房，本人曾多次反映，本人向政府反映，本人花近180万元",
        "我是万科业主，我是高三学生，我是农民，我是黄兴镇人，我是一名教师",
        "我叫停车，我叫了救护车，我叫他别走，我姓什么不重要，我姓向，是农民工",
        "联系人：王经理，联系人：物业公司，当事人应当遵守，业主方提出，业主何时能入住",
        "当事人，投诉人和申请人均未到场；老板说了不算，居民反映强烈。",
        "希望解决。谢谢！",
        "希望有关部门严查，谢谢",
        "一三五七九路公交，一九八四年三月，二〇二五年",
        "3.13812345678",
    ],
)
def test_it_leaves_everything_else_alone(text: str) -> None:
    assert mask(text).text == text
    assert not mask(text).is_hit


def test_it_says_what_was_hit_and_where() -> None:
    text = "我叫李建国，电话１３８１２３４５６７８，车牌鲁C12312"
    found = mask(text)
    assert [(span.kind, text[span.start : span.end]) for span in found.spans] == [
        (Kind.NAME, "李建国"),
        (Kind.PHONE, "１３８１２３４５６７８"),
        (Kind.PLATE, "鲁C12312"),
    ]
    assert found.text == "我叫李**，电话１３８****５６７８，车牌鲁C***12"
    assert found.is_hit


def check_digit(number: str) -> str:
    """GB 11643-1999, annex A: the remainder of the weighted sum picks the check digit."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number))
    return "10X98765432"[total % 11]


@given(
    st.sampled_from(["110105", "370302", "440308", "810000"]),
    st.dates(date(1900, 1, 1), date(2025, 12, 31)),
    st.integers(0, 999),
)
def test_it_knows_every_valid_id_card_and_no_other(area: str, born: date, serial: int) -> None:
    body = f"{area}{born:%Y%m%d}{serial:03}"
    right = check_digit(body)
    assert [digit for digit in "0123456789X" if is_id_card(body + digit)] == [right]
    assert mask(f"号码{body}{right}，").text == f"号码{body[:4]}**********{(body + right)[-4:]}，"


@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", " ", "-"]),
    st.sampled_from(["", "+86", "86 "]),
)
def test_it_masks_every_mobile_number(phone: str, mark: str, country: str) -> None:
    typed = country + mark.join((phone[:3], phone[3:7], phone[7:]))
    masked = mask(f"电话：{typed}。").text
    assert masked == f"电话：{country}{mark.join((phone[:3], '****', phone[7:]))}。"


PIECES = st.sampled_from(
    "我叫 本人 我是 姓名： 联系人： 投诉人 当事人 、 ， 。 \n （ 张三 李四光 欧阳锋 王 高 方 周 建 电话 手机 身份证 号码 ： QQ 微信 微信号 wx abc a1b2c3 _ "
    "138 1234 5678 13812345678 １３８ １２３４５６７８ 0533 -2345678 - . ( +86 370302 19900101 11010519491231002X 6222021234567890128 28 9 0 1 鲁C D12345 · "
    "ab@qq.com @ a. 先生 男 女士 一三八零零一三八零零零 一 三八 * ** **** ******* 2019-11-11 老板 业主 我姓 叫 车牌 账号 元 万".split(
        " "
    )
)


@settings(max_examples=1500, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_it_changes_nothing_more_the_second_time(text: str) -> None:
    once = mask(text)
    twice = mask(once.text)
    assert twice.text == once.text
    assert len(once.text) == len(text)
    for span in once.spans:
        assert "*" in once.text[span.start : span.end]
    assert all(
        before in (after, after if after != "*" else before) for before, after in zip(text, once.text, strict=True)
    )


@given(st.text(max_size=300))
def test_it_takes_any_text(text: str) -> None:
    once = mask(text)
    assert len(once.text) == len(text)
    assert mask(once.text).text == once.text
    assert [span.start for span in once.spans] == sorted(span.start for span in once.spans)


@pytest.mark.parametrize(
    "piece", ["1", "我叫", "我叫李四光，", "a", "a@", "1-", "身份证1 ", "投诉人：李四、", "微信 ", "鲁C1"]
)
def test_it_takes_a_hundred_thousand_characters(piece: str) -> None:
    text = (piece * 100_000)[:100_000]
    assert len(mask(text).text) == 100_000


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        (" +8613812345678 ", "+86138****5678"),
        ("05332345678", "0533****678"),
        ("05332345678-12", "0533****678-12"),
        ("4001234567", "400****567"),
        ("+85261234567", "+852*****567"),
        ("12345", "1***5"),
        ("138****5678", "138****5678"),
        ("", ""),
    ],
)
def test_it_shows_a_contacts_phone_masked(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张三", "张*"),
        ("张三丰", "张**"),
        ("欧阳锋", "欧阳*"),
        ("艾力·买买提", "艾*·***"),
        (" 阿依古丽 ", "阿***"),
        ("John Smith", "J*** *****"),
        ("张", "张"),
        ("张**", "张**"),
        ("", ""),
    ],
)
def test_it_shows_a_contacts_name_masked(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("13812345678", "13812345678"),
        (" 138-1234-5678 ", "13812345678"),
        ("１３８ １２３４ ５６７８", "13812345678"),
        ("+86 13812345678", "13812345678"),
        ("0086 138 1234 5678", "13812345678"),
        ("8613812345678", "13812345678"),
        ("0533-2345678", "05332345678"),
        ("（0533）2345678", "05332345678"),
        ("010－8765 4321", "01087654321"),
        ("+86 (0)533 2345678", "05332345678"),
        ("+86 533 2345678", "05332345678"),
        ("+86 10 8765 4321", "01087654321"),
        ("0533-2345678-12", "05332345678-12"),
        ("0533-2345678 转 8001", "05332345678-8001"),
        ("0533 2345678 ext.12", "05332345678-12"),
        ("400-123-4567", "4001234567"),
        ("+852 6123 4567", "+85261234567"),
        ("00852 61234567", "+85261234567"),
    ],
)
def test_it_brings_a_phone_number_into_its_one_form(typed: str, phone: str) -> None:
    assert normalise_phone(typed) == phone
    assert normalise_phone(phone) == phone


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("1381234567", "手机号应是 11 位，“1381234567”有 10 位"),
        ("138123456789", "有 12 位"),
        ("12812345678", "没有“12812345678”这样的手机号"),
        ("2345678", "缺区号"),
        ("0533-1345678", "不是有效的电话号码"),
        ("0033", "不是有效的电话号码"),
        ("+86", "不是有效的电话号码"),
        ("电话没有", "不是电话号码"),
        ("", "不是电话号码"),
        ("+", "不是电话号码"),
        ("13812345678或13912345678", "不是电话号码"),
        ("9" * 200, "不是有效的电话号码"),
    ],
)
def test_it_says_why_a_number_cannot_be_a_phone(typed: str, sentence: str) -> None:
    with pytest.raises(InvalidPhone, match=sentence) as caught:
        normalise_phone(typed)
    assert caught.value.fields == {"phone": "请核对电话号码。"}


@given(st.text("0123456789+- ()转０１", max_size=20))
def test_it_answers_or_refuses_whatever_is_typed_as_a_phone(typed: str) -> None:
    try:
        phone = normalise_phone(typed)
    except InvalidPhone:
        return
    assert normalise_phone(phone) == phone


@pytest.mark.full
def test_it_masks_what_is_put_into_real_messages_and_nothing_public_in_them() -> None:
    folder = os.environ.get("SHANZHI_DATA")
    if not folder:
        pytest.skip("SHANZHI_DATA names no folder with requests/messages.csv")
    with (Path(folder) / "requests" / "messages.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    planted = 0
    for number, row in enumerate(rows):
        text = f"{row['title']}\n{row['body']}"
        once = mask(text)
        assert mask(once.text).text == once.text
        born = date(1950, 1, 1) + timedelta(number * 5)
        body = f"370302{born:%Y%m%d}{number % 1000:03}"
        secrets = [f"1{3 + number % 7}{number * 7919 % 10**9:09}", body + check_digit(body), f"鲁C{10000 + number}"]
        places = [len(text) * share // 4 for share in (1, 2, 3)]
        for place, secret in sorted(zip(places, secrets, strict=True), reverse=True):
            text = f"{text[:place]}（{secret}）{text[place:]}"
        masked = mask(text).text
        planted += sum(secret in masked for secret in secrets)
    assert planted == 0


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("我姐杜四娇在饭店打工五年。", ["杜四娇"]),
        ("安沙镇油铺村村民黄焯在县里登记。", ["黄焯"]),
        ("转包给开发商股东张祥文的私人企业。", ["张祥文"]),
        ("三年前我与李之勇合伙经营电缆，账目由李之勇负责。", ["李之勇", "李之勇"]),
        ("以徐萍为首的一伙人骗取老人钱财。", ["徐萍"]),
        ("老板厉良进至今未给我工资。", ["厉良进"]),
        ("我拦住谷斌海的车，谷斌海见状上前，谷斌海又叫来其弟。", ["谷斌海"] * 3),
    ],
)
def test_it_masks_people_whom_the_story_tells_of(text: str, names: list[str]) -> None:
    assert [text[span.start : span.end] for span in mask(text).spans if span.kind == Kind.NAME] == names


@pytest.mark.parametrize(
    "text",
    [
        "小区全体业主陈述的情况，望核实。",
        "高压输变电工程产生的电磁辐射太强。",
        "袁家岭施工太吵。袁家岭晚上也施工，袁家岭的居民睡不好。",
        "夏令营收费高，夏令营不退钱，这个夏令营没有资质。",
        "村民和居民在家门口反映，业主因停水多次投诉。",
        "老板的房子租给员工住，群众对此有意见。",
    ],
)
def test_it_leaves_stories_without_people_alone(text: str) -> None:
    assert mask(text).text == text
