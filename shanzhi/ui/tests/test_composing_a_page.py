import re
from datetime import datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import translation

from shanzhi.ui.components import Badge, Choice, Column, Pager, Row, Step, Table, TimelineEntry
from shanzhi.ui.icons import icon_names

NOW = datetime(2025, 11, 20, 15, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(autouse=True)
def _chinese():
    with translation.override("zh-hans"):
        yield


def draw(source, **values):
    return Template("{% load i18n ui %}" + source).render(Context({"now": NOW, **values}))


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


@pytest.mark.parametrize(
    ("level", "shape", "word"),
    [
        ("normal", "circle", "正常"),
        ("near", "triangle", "临期"),
        ("over", "square", "超期"),
        ("paused", "bars", "暂停"),
    ],
)
def test_it_shows_a_light_by_colour_shape_and_word(level, shape, word):
    html = draw("{% light level %}", level=level)
    assert f"ui-light--{level}" in html
    assert f"#shape-{shape}" in html
    assert words(html) == word


def test_it_keeps_the_word_of_a_light_for_screen_readers():
    assert words(draw('{% light "near" "剩 4 小时" %}')) == "临期 剩 4 小时"


def test_it_refuses_an_icon_that_the_sprite_lacks():
    assert "bell" in icon_names()
    with pytest.raises(TemplateSyntaxError):
        draw('{% icon "no-such-icon" %}')


def test_it_escapes_what_people_wrote():
    html = draw("{% badge text %}{% empty_state text %}{% notice title=text %}{{ text }}{% endnotice %}", text="<b>x")
    assert "<b>" not in html
    assert html.count("&lt;b&gt;x") == 4


def test_it_shows_moments_with_the_exact_time_as_title():
    html = draw("{% moment at %}", at=NOW - timedelta(hours=26))
    assert 'title="2025年11月19日 13:30"' in html
    assert 'datetime="2025-11-19T13:30:00+08:00"' in html
    assert words(html) == "昨天 13:30"
    assert draw("{{ at|when:now }}", at=NOW) == "今天 15:30"
    assert draw("{{ at|when:now }}|{{ at|left:now }}", at=None) == "|"


def test_it_reads_english_where_english_is_chosen():
    with translation.override("en"):
        assert draw("{{ at|when:now }} {{ n|number }}", at=NOW, n=1_200) == "Today 15:30 1,200"


def test_it_shows_a_large_number_with_the_exact_one_as_title():
    assert draw("{{ n|number }}", n=12_345) == '<span class="ui-number" title="12,345">1.2 万</span>'
    assert draw("{{ n|number }}", n=1_234) == "1,234"
    assert draw("{{ n|number }}", n=None) == "–"


def _table(**more):
    columns = (
        Column("title", "事项"),
        Column("at", "受理时间", "time", sort_url="?sort=at", sorted="descending"),
        Column("due", "时限", "light"),
        Column("people", "人数", "number", optional=True),
        Column("state", "状态", "badge", optional=True),
    )
    cells = {"title": "路灯不亮", "at": NOW, "due": "over", "people": 12_345, "state": Badge("办理中", "action")}
    return Table("待办", columns, (Row("/m/1", cells, current=True),), **more)


def test_it_draws_a_table_whose_first_column_is_the_link():
    html = draw("{% data_table table %}", table=_table())
    assert '<th scope="row" class="ui-table__title"><a href="/m/1" aria-current="true">路灯不亮</a></th>' in html
    assert 'aria-sort="descending"' in html
    assert "今天 15:30" in html
    assert "1.2 万" in html
    assert words(html).endswith("路灯不亮 今天 15:30 超期 1.2 万 办理中")


def test_it_leaves_out_columns_that_were_switched_off_and_keeps_the_query():
    request = RequestFactory().get("/", {"q": "路灯", "col": ["state"], "after": "9"})
    html = draw("{% data_table table %}", table=_table(shown=frozenset({"state"})), request=request)
    assert "1.2 万" not in html
    assert '<input type="hidden" name="q" value="路灯">' in html
    assert 'name="after"' not in html
    assert re.findall(r'name="col" value="(\w+)"( checked)?', html) == [("people", ""), ("state", " checked")]


def test_it_says_at_which_step_a_matter_is():
    html = draw("{% steps items %}", items=[Step("已受理", "done"), Step("办理中", "now"), Step("办结")])
    assert words(html) == "已受理 （已完成） 2 办理中 （现在） 3 办结 （未到）"
    assert html.count('aria-current="step"') == 1


def test_it_says_the_place_among_many_steps_and_folds_the_rest():
    items = [Step(f"环节{n}", "done" if n < 4 else "now" if n == 4 else "todo") for n in range(1, 12)]
    html = draw("{% steps items %}", items=items)
    line, _, rest = html.partition("<details")
    assert words(line) == "第 4 步，共 11 步 · 当前： 环节4 下一步：环节5"
    folded, _, bar = rest.partition("</details>")
    assert words("<details" + folded).startswith("全部步骤 环节1 （已完成）")
    assert [folded.count("<li"), bar.count("<li")] == [11, 11]
    assert "ui-steps--many" in bar


@pytest.mark.parametrize(
    ("names", "folds"),
    [(("待受理",) * 8, False), (("待受理",) * 9, True), (("待受理", "已答复，可请求复查"), True)],
)
def test_it_folds_what_no_phone_shows_side_by_side(names, folds):
    html = draw("{% steps items %}", items=[Step(names[0], "now"), *(Step(name) for name in names[1:])])
    assert ("<details" in html) is folds


def test_it_names_no_next_step_at_the_end():
    items = [*(Step(f"环节{n}", "done") for n in range(9)), Step("已办结", "now")]
    line = draw("{% steps items %}", items=items).partition("<details")[0]
    assert words(line) == "第 10 步，共 10 步 · 当前： 已办结"


def test_it_tells_what_happened():
    entries = [TimelineEntry(NOW, "已派单", "指挥中心", "请于11月25日前答复。")]
    assert words(draw("{% timeline entries %}", entries=entries)) == "已派单 今天 15:30 指挥中心 请于11月25日前答复。"


def test_it_pages_with_a_capped_count():
    html = draw("{% pager page %}", page=Pager(next_url="?after=9", count=1_001))
    assert words(html) == "共 1,000+ 条 下一页"
    assert 'href="?after=9"' in html


def test_it_leaves_out_definitions_without_a_value():
    html = draw("{% definitions pairs %}", pairs=[("来源", "热线"), ("备注", ""), ("人数", 0), ("单位", None)])
    assert words(html) == "来源 热线 人数 0"


def test_it_indents_the_plain_select_of_a_cascade_by_level():
    choices = [Choice("01", "东城区"), Choice("0101", "人民路街道", "01"), Choice("010101", "柳泉社区", "0101")]
    html = draw('{% cascade "region" "社区" choices value="0101" %}', choices=choices)
    options = re.findall(r'<option value="(\d+)" data-parent="(\d*)"[^>]*?( selected)?>([^<]+)<', html)
    assert options == [
        ("01", "", "", "东城区"),
        ("0101", "01", " selected", "　人民路街道"),
        ("010101", "0101", "", "　　柳泉社区"),
    ]


def test_it_opens_a_confirm_without_script():
    html = draw('{% confirm label="退回" tone="bad" key="r" %}<p>为什么</p>{% endconfirm %}')
    assert html.strip().startswith("<details")
    assert 'data-key="r"' in html
    assert "<p>为什么</p>" in html


def test_it_takes_the_moment_from_the_request_first():
    request = SimpleNamespace(now=NOW + timedelta(days=1))
    assert words(draw("{% moment at %}", at=NOW, request=request)) == "昨天 15:30"
