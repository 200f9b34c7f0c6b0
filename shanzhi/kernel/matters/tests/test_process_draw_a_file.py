"""The keeper of the rule book draws a process: as a table, for mermaid, for Graphviz."""

import re
import unicodedata
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.utils.translation import gettext, override

from shanzhi.kernel.matters.cli import FormatUnknown, draw_file
from shanzhi.kernel.matters.policy.process import Kind, load_kind
from shanzhi.kernel.matters.policy.process.draw import to_dot, to_mermaid
from shanzhi.kernel.matters.policy.process.svg import to_svg

FILE = Path(__file__).parents[1] / "catalogue" / "kinds" / "request.toml"
TEXT = FILE.read_text(encoding="utf-8")


def test_the_table_lines_up() -> None:
    said = draw_file(FILE)
    assert said.ok
    title, head, rule, *rows = said.text.splitlines()
    assert title == "诉求（request）第 3 版"
    assert head.split() == ["环节", "责任方", "时限", "动作", "由谁", "去往"]
    assert set(rule) == {"-", " "}
    assert rows[0].split() == ["待受理", "reported", "受理中心", "1wd", "受理", "受理派单员、接线员", "待派单"]
    assert [row.split()[-3:] for row in rows if " 评价 " in row] == [
        ["待派单", "/", "待并案各件评价", "/", "并单办理"][-3:]
    ]
    assert rows[-1].split() == ["已撤回", "withdrawn", "无", "-", "督办销号", "督办员", "（不变）"]
    starts = {cells_before(row, row.split()[-1]) for row in rows if "（不变）" in row and "/" not in row}
    assert len(starts) == 1


def cells_before(row: str, cell: str) -> int:
    before = row[: row.rindex(cell)]
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in before)


def test_mermaid_shows_every_stage_and_the_ways_between() -> None:
    lines = draw_file(FILE, "mermaid").text.splitlines()
    assert lines[:3] == ["stateDiagram-v2", "    [*] --> reported", "    reported: 待受理（1wd）"]
    assert "    handling --> checking: 答复" in lines
    assert "    closed: 已办结" in lines
    assert lines[-3:] == ["    passed --> [*]", "    refused --> [*]", "    withdrawn --> [*]"]
    assert not [line for line in lines if "留言" in line]


def test_dot_shows_every_stage_and_the_ways_between() -> None:
    lines = draw_file(FILE, "dot").text.splitlines()
    assert (lines[0], lines[-1]) == ("digraph request {", "}")
    assert '    handling [label="办理中\\n主办单位 15wd"];' in lines
    assert '    closed [label="已办结", peripheries=2];' in lines
    assert '    verdict -> closed [label="评价\\n到期未评价，按办结处理"];' in lines


def test_names_cannot_break_the_picture() -> None:
    text = TEXT.replace('name = "办理中"', r'name = "办\"理\\中:;"')
    kind = load_kind(text)
    assert isinstance(kind, Kind)
    assert '    handling: 办"理\\中  （15wd）' in to_mermaid(kind).splitlines()
    assert '    handling [label="办\\"理\\\\中:;\\n主办单位 15wd"];' in to_dot(kind).splitlines()


def test_an_unknown_format_gets_a_sentence() -> None:
    with pytest.raises(FormatUnknown) as caught:
        draw_file(FILE, "png")
    assert str(caught.value) == "没有“png”这种画法。可以用：table、mermaid、dot、svg。"


def test_a_file_that_is_not_sound_is_told_not_drawn(tmp_path: Path) -> None:
    file = tmp_path / "kind.toml"
    file.write_text(TEXT.replace('initial = "reported"', 'initial = "nowhere"'), encoding="utf-8")
    said = draw_file(file, "dot")
    assert not said.ok
    assert said.text.splitlines()[0] == f"{file}：有 1 处要改。"
    assert draw_file(tmp_path / "none.toml").text == f"找不到 {tmp_path / 'none.toml'}。请检查路径。"


def test_it_draws_a_picture_that_a_screen_reader_can_say() -> None:
    said = draw_file(FILE, "svg")
    picture = ElementTree.fromstring(said.text)
    name = {"svg": "http://www.w3.org/2000/svg"}
    kind = load_kind(TEXT)
    assert isinstance(kind, Kind)
    assert picture.findtext("svg:title", "", name) == f"诉求（request）第 {kind.version} 版流程图"
    assert picture.findtext("svg:desc", "", name).startswith(f"共 {len(kind.stages)} 个环节")
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text") if text.get("font-weight") == "600"]
    assert texts == [stage.name for stage in kind.stages]
    assert "style" not in said.text
    boxes = [box for box in picture.iter("{http://www.w3.org/2000/svg}rect") if box.get("fill") != "none"]
    tops = [(float(box.get("y", 0)), float(box.get("y", 0)) + float(box.get("height", 0))) for box in boxes]
    assert all(above[1] < below[0] for above, below in pairwise(tops)), "no box lies over another"


def test_the_picture_speaks_the_language_of_the_page() -> None:
    kind = load_kind(TEXT)
    assert isinstance(kind, Kind)
    with override("en"):
        picture = ElementTree.fromstring(to_svg(kind, gettext))
    said = "".join(picture.itertext())
    assert re.findall(r"[\u4e00-\u9fff]+", said) == []
    assert "Verdict due" in said
    assert "Reporter 7 days" in said
    widest = max(len(text.text or "") for text in picture.iter("{http://www.w3.org/2000/svg}text"))
    box = min(float(box.get("width", 0)) for box in picture.iter("{http://www.w3.org/2000/svg}rect"))
    assert widest < 40
    assert box >= 182


def test_signs_of_the_language_stay_letters_in_the_picture() -> None:
    kind = load_kind(TEXT.replace('name = "办理中"', 'name = "<办理>&中"'))
    assert isinstance(kind, Kind)
    assert "&lt;办理&gt;&amp;中" in to_svg(kind)
