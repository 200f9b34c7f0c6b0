"""Importing a file of matters: each row once, with its own times; what can't be taken in is kept and can be mended."""

import csv
import io
import os
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.models import Clock, Matter, Remark
from shanzhi.kernel.vault.models import Record
from shanzhi.modules.imports import operations
from shanzhi.modules.imports.cli import import_matters_file
from shanzhi.modules.imports.operations import BadSource, ImportResult, import_matters
from shanzhi.modules.imports.reading import FileUnusable
from shanzhi.modules.imports.tests.conftest import HEADING, Write
from tests.city import NOW
from tests.roles import held_to

ANSWERED = (*HEADING, "reply", "replied_at")
FULL = (*ANSWERED, "region_code", "category", "place")


def run(path: Path, source: str = "hotline", rejects: Path | None = None) -> ImportResult:
    with held_to("importer"):
        return import_matters(path=path, source=source, rejects_path=rejects or path.with_name("rejects.csv"), now=NOW)


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return (result.imported, result.closed, result.known, result.rejected)


def rejected_rows(path: Path | None) -> list[dict[str, str]]:
    assert path is not None
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def check_whole() -> None:
    state = queries.loop_state()
    assert (state.lost, state.out_of_step) == ((), ())


def test_it_takes_each_row_in_once(city: None, write: Write) -> None:
    path = write([(n, f"第{n}件", "2019-04-25T09:32:09", "路灯坏了") for n in range(1, 6)])
    assert counts(run(path)) == (5, 0, 0, 0)
    assert counts(run(path)) == (0, 0, 5, 0)
    # The same numbers of another system are other matters.
    assert counts(run(path, source="letters")) == (5, 0, 0, 0)
    assert Matter.objects.count() == 10
    check_whole()


def test_an_open_one_waits_in_the_citys_triage_with_a_clock_of_its_own_time(city: None, write: Write) -> None:
    run(write([("A-1", "路灯不亮", "2025-11-17 17:00", "我叫王小明，电话13812345678，三号楼路灯坏了")]))
    made = Matter.objects.get(source="hotline", source_number="A-1")
    assert (made.stage, made.in_intake, made.scope_code, made.channel) == ("reported", True, "3703", "import")
    assert made.reported_at == datetime(2025, 11, 17, 17, tzinfo=CITY_ZONE)
    assert made.due_at == Clock.objects.get(matter=made, code="").due_at
    assert "138****5678" in made.body
    assert [record.part for record in Record.objects.filter(subject_id=made.pk)] == ["body"]
    [entry] = journal.entries_of("matter", made.pk)
    assert (entry.action, entry.happened_at, entry.author_kind) == ("matters.report", made.reported_at, "importer")
    assert (entry.payload["source"], entry.payload["source_number"]) == ("hotline", "A-1")


def test_an_answered_one_closes_with_its_own_time_and_words(city: None, write: Write) -> None:
    result = run(write([(1, "路灯", "2019-04-25", "坏了", "已修好，联系13812345678。", "2019/5/1 8:00:01")], ANSWERED))
    assert counts(result) == (1, 1, 0, 0)
    made = Matter.objects.get(source="hotline")
    assert (made.stage, made.result, made.due_at, made.holder_unit_id, made.steps) == (
        "closed",
        "closed",
        None,
        None,
        2,
    )
    assert made.ended_at == datetime(2019, 5, 1, 8, 0, 1, tzinfo=CITY_ZONE)
    remark = Remark.objects.get(matter=made)
    assert (remark.part, remark.text, remark.for_reporter) == ("reply", "已修好，联系138****5678。", True)
    entries = journal.entries_of("matter", made.pk)
    assert [(entry.action, entry.happened_at) for entry in entries] == [
        ("matters.report", made.reported_at),
        ("matters.settle", made.ended_at),
    ]
    assert not Clock.objects.filter(matter=made).exists()
    check_whole()


def test_a_reply_without_its_time_stays_open_and_stands_as_a_note(city: None, write: Write) -> None:
    assert counts(run(write([(1, "路灯", "2019-04-25", "坏了", "已转有关部门。", "")], ANSWERED))) == (1, 0, 0, 0)
    made = Matter.objects.get(source="hotline")
    assert (made.stage, made.ended_at, made.steps, made.version) == ("reported", None, 2, 1)
    remark = Remark.objects.get(matter=made)
    assert (remark.part, remark.text, remark.for_reporter) == ("words", "已转有关部门。", False)
    assert [entry.action for entry in journal.entries_of("matter", made.pk)] == ["matters.report", "matters.note"]
    check_whole()


def test_it_goes_to_the_place_that_it_names_or_to_the_city(city: None, write: Write) -> None:
    codes = {"1": "370303009006", "2": "370303009999", "3": "430103", "4": "", "5": "马尚街道", "6": "37030"}
    rows = [
        (n, "路灯", "2019-04-25", "坏了", "", "", code, "housing.property-service", "") for n, code in codes.items()
    ]
    assert counts(run(write(rows, FULL))) == (6, 0, 0, 0)
    made = dict(Matter.objects.values_list("source_number", "scope_code"))
    assert made == {"1": "370303009006", "2": "370303009", "3": "3703", "4": "3703", "5": "3703", "6": "3703"}
    assert set(Matter.objects.values_list("category", flat=True)) == {"housing.property-service"}
    assert Matter.objects.get(source_number="5").place_text == "马尚街道"


def test_an_unknown_category_is_left_to_triage(city: None, write: Write) -> None:
    run(write([(1, "路灯", "2019-04-25", "坏了", "", "", "", "城乡建设", "")], FULL))
    made = Matter.objects.get(source="hotline")
    assert made.category == ""
    assert journal.entries_of("matter", made.pk)[0].payload["category"] == ""


def test_it_keeps_what_it_rejects_with_line_number_and_reason(city: None, write: Write) -> None:
    later = (NOW + timedelta(days=1)).isoformat()
    rows: list[tuple[object, ...]] = [
        (1, "路灯", "2019-04-25", "好的一行", "", ""),
        ("", "没有编号", "2019-04-25", "x", "", ""),
        (3, "没有时间", "", "x", "", ""),
        (4, "将来", later, "x", "", ""),
        (5, "", "2019-04-25", "", "", ""),
        (6, "太长", "2019-04-25", "长" * 100_000, "", ""),
        (7, "答复在前", "2019-04-25", "x", "已办", "2019-04-24"),
        (1, "路灯", "2019-04-25", "同号，内容不同", "", ""),
        (1, "路灯", "2019-04-25", "好的一行", "", ""),
        (9, "多一格", "2019-04-25", "x", "", "", "多出来的"),
        ("十" * 81, "编号太长", "2019-04-25", "x", "", ""),
    ]
    path = write(rows, ANSWERED)
    result = run(path)
    assert counts(result) == (1, 0, 1, 9)
    kept = rejected_rows(result.rejects)
    assert [(row["行号"], row["id"]) for row in kept] == [
        ("3", ""), ("4", "3"), ("5", "4"), ("6", "5"), ("7", "6"), ("8", "7"), ("9", "1"), ("11", "9"), ("12", "十" * 81),
    ]  # fmt: skip
    assert all(row["原因"].endswith("。") for row in kept)
    assert "第 2 行" in kept[6]["原因"]
    assert kept[4]["body"] == "长" * 100_000
    assert "多出来的" in str(list(kept[7].values()))
    # Nothing is lost: whatever came in is there, known, or in the file.
    assert result.imported + result.known + result.rejected == len(rows)


def test_mended_rejects_are_imported_as_they_are(city: None, write: Write) -> None:
    path = write([(1, "路灯", "2019-04-25", "好的"), (2, "电梯", "四月", "坏了"), (3, "井盖", "", "丢了")])
    first = run(path)
    assert counts(first) == (1, 0, 0, 2)
    assert first.rejects is not None
    text = first.rejects.read_text(encoding="utf-8-sig").replace("四月", "2019-04-26")
    first.rejects.write_text(text, encoding="utf-8")
    second = run(first.rejects)
    assert counts(second) == (1, 0, 0, 1)
    assert second.rejects != first.rejects
    assert [row["id"] for row in rejected_rows(second.rejects)] == ["3"]
    assert [*rejected_rows(second.rejects)[0]] == [*HEADING, "行号", "原因"]
    # The file itself once more: it adds nothing, and the mended file isn't written over.
    assert counts(run(path)) == (0, 0, 1, 2)
    assert first.rejects.read_text(encoding="utf-8") == text


def test_it_writes_the_same_rejects_once(city: None, write: Write) -> None:
    path = write([(1, "路灯", "never", "坏了")])
    assert run(path).rejects == run(path).rejects
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["messages.csv", "rejects.csv"]


def test_a_crash_leaves_whole_chunks_and_the_rest_follows(city: None, write: Write) -> None:
    path = write(
        [(n, f"第{n}件", "2019-04-25", "坏了", "已办" if n % 2 else "", "2019-04-26") for n in range(1200)], ANSWERED
    )
    seen: list[tuple[int, int]] = []

    def crash(done: int, total: int) -> None:
        seen.append((done, total))
        if done >= 1000:
            raise KeyboardInterrupt

    with held_to("importer"), pytest.raises(KeyboardInterrupt):
        import_matters(path=path, source="hotline", rejects_path=path.with_name("r.csv"), now=NOW, progress=crash)
    assert seen == [(500, 1200), (1000, 1200)]
    assert Matter.objects.count() == 1000
    check_whole()
    assert counts(run(path)) == (200, 100, 1000, 0)
    assert Matter.objects.count() == 1200
    check_whole()


@pytest.mark.parametrize("source", ["", "  ", "长" * 41])
def test_it_wants_a_name_of_the_source(city: None, write: Write, source: str) -> None:
    with pytest.raises(BadSource):
        run(write([(1, "路灯", "2019-04-25", "坏了")]), source)
    assert not Matter.objects.exists()


def test_it_says_what_is_wrong_with_a_path(city: None, tmp_path: Path, write: Write) -> None:
    for path, told in ((tmp_path / "none.csv", "找不到"), (tmp_path, "文件夹"), (tmp_path / "a\x00b", "打不开")):
        with pytest.raises(FileUnusable, match=told):
            run(path)
    good = write([(1, "路灯", "2019-04-25", "坏了"), (2, "路灯", "", "坏了")])
    with pytest.raises(FileUnusable, match="--rejects"):
        run(good, rejects=tmp_path / "no such folder" / "r.csv")
    assert not Matter.objects.exists()


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
def test_it_says_that_it_may_not_read(city: None, write: Write) -> None:
    path = write([(1, "路灯", "2019-04-25", "坏了")])
    path.chmod(0)
    with pytest.raises(FileUnusable, match="权限"):
        run(path)


def test_the_command_tells_what_became_of_the_file(city: None, write: Write) -> None:
    told = io.StringIO()
    console = Console(file=told, width=200)
    path = write([(1, "路灯", "2019-04-25", "坏了", 3), (2, "电梯", "", "坏了", 1)], (*HEADING, "likes"))
    with held_to("importer"):
        assert import_matters_file(path, "hotline", now=NOW, console=console) == 1
    assert "导入 1 件，其中 0 件已答复办结；0 件原已导入" in told.getvalue()
    assert "likes" in told.getvalue()
    assert str(path.with_name("messages.rejects.csv")) in told.getvalue()
    assert import_matters_file(path.with_name("none.csv"), "hotline", now=NOW, console=console) == 2
    assert "找不到" in told.getvalue()
    whole = write([(1, "路灯", "2019-04-25", "坏了")], name="whole.csv")
    assert import_matters_file(whole, "hotline", now=NOW, console=console) == 0


@pytest.mark.full
@pytest.mark.skipif("SHANZHI_DATA" not in os.environ, reason="SHANZHI_DATA names no folder of benchmark data")
@pytest.mark.parametrize("name,rows,closed", [("messages", 4326, 0), ("answered", 2000, 1999)])
def test_it_takes_in_real_files_whole(city: None, tmp_path: Path, name: str, rows: int, closed: int) -> None:
    path = Path(os.environ["SHANZHI_DATA"]) / "requests" / f"{name}.csv"
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for expected in ((rows, closed, 0, 0), (0, 0, rows, 0)):
        with held_to("importer"):
            result = import_matters(path=path, source=name, rejects_path=tmp_path / "r.csv", now=now)
        assert astuple(result)[:4] == expected
    assert Matter.objects.count() == rows
    check_whole()


def test_processes_side_by_side_make_the_same_of_it(city: None, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        (
            n,
            f"第{n}件",
            "2019-04-25" if n % 400 else "never",
            f"电话1381234{n:04d}，路灯坏了",
            "已办" if n % 2 else "",
            "2019-04-26",
        )
        for n in range(1, 1201)
    ]
    path = write(rows, ANSWERED)
    alone = run(path, source="alone")
    monkeypatch.setattr(operations, "POOL_FROM", 0)
    together = run(path, source="together")
    assert counts(alone) == counts(together) == (1197, 600, 0, 3)
    kept = [
        list(
            Matter.objects.filter(source=source)
            .order_by("source_number")
            .values_list("source_number", "title", "body", "stage", "region_code", "due_at", "steps")
        )
        for source in ("alone", "together")
    ]
    assert kept[0] == kept[1]
    assert Record.objects.count() == 2 * 1197
    check_whole()
