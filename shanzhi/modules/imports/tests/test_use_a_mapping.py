"""A mapping saved by name, a preview that writes nothing, mended rejects, and a big file with three bad rows."""

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters.models import Matter
from shanzhi.modules.imports import cli, queries
from shanzhi.modules.imports.models import Mapping, Run
from shanzhi.modules.imports.operations import How, ImportResult, import_matters, preview_matters
from shanzhi.modules.imports.policy import MappingUnusable
from tests.city import NOW
from tests.roles import held_to

OWN = "单号,什么时候,说了什么,谁\nA-1,2025年3月5日,路灯坏了,张三\nA-2,不知道,井盖丢了,李四\n"
COLUMNS = {"单号": "id", "什么时候": "reported_at", "说了什么": "body"}
FULL = os.environ.get("SHANZHI_SIZE") == "full"


def run(path: Path, how: How | None = None) -> ImportResult:
    with held_to("importer"):
        return import_matters(path=path, source="热线", rejects_path=path.with_name("r.csv"), now=NOW, how=how)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.csv"
    path.write_bytes(OWN.encode("gb18030"))
    return path


def test_it_saves_a_mapping_and_uses_it_again(city: None, own: Path) -> None:
    first = run(own, How(columns=COLUMNS, save_as="热线月报"))
    assert (first.imported, first.rejected, first.encoding, first.unused) == (1, 1, "gb18030", ("谁",))
    with held_to("importer"):
        assert [(row.name, row.columns) for row in queries.mappings("matters")] == [("热线月报", COLUMNS)]
    again = run(own, How(mapping="热线月报", save_as="热线月报"))
    assert (again.imported, again.known, again.rejected) == (0, 1, 1)
    saved = Mapping.objects.get()
    [entry] = journal.entries_of("import_mapping", saved.pk)
    assert (entry.action, entry.payload["fields"], entry.author_kind) == (
        "import.mapping",
        ["body", "id", "reported_at"],
        "importer",
    )
    run(own, How(columns={**COLUMNS, "谁": "place"}, save_as="热线月报"))
    assert [entry.step for entry in journal.entries_of("import_mapping", saved.pk)] == [1, 2]


def test_a_mapping_of_another_file_imports_nothing(city: None, own: Path, tmp_path: Path) -> None:
    run(own, How(columns=COLUMNS, save_as="热线月报"))
    other = tmp_path / "other.csv"
    other.write_text("单号,时间,内容\nB-1,2025-03-05,坏了\n", encoding="utf-8")
    with pytest.raises(MappingUnusable, match="什么时候、说了什么"):
        run(other, How(mapping="热线月报"))
    with pytest.raises(MappingUnusable, match="热线月报"):
        run(other, How(mapping="没有的"))
    assert Matter.objects.filter(source="热线").count() == 1


def test_a_preview_says_what_each_row_becomes_and_writes_nothing(city: None, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    rows = ["编号,反映时间,内容,答复,答复时间,区域代码"]
    rows += ["1,2025-03-05,王小明13812345678说路灯坏了,,,370303009006", "2,2025-03-05,坏了,已修好,2025-03-06,"]
    rows += ["3,某天,坏了,,,", "4,2025-03-05,坏了,,,999999999999"]
    rows += [f"{n},2025-03-05,坏了,,," for n in range(5, 40)]
    path.write_text("\n".join(rows), encoding="utf-8")
    with held_to("importer"):
        seen = preview_matters(path=path, source="热线", now=NOW)
    assert (len(seen.rows), seen.good, seen.rejected) == (20, 38, 1)
    first, second, third = seen.rows[:3]
    assert first.becomes is not None
    assert second.becomes is not None
    assert ("138****5678" in first.becomes.title, "13812345678" in first.becomes.title) == (True, False)
    assert (first.becomes.closed, second.becomes.closed, third.becomes) == (False, True, None)
    assert "反映时间" in third.reason
    # A code that no region has isn't passed over in silence.
    assert [one.becomes.placed for one in seen.rows if one.becomes][:4] == [True, True, False, True]
    assert (Matter.objects.filter(source="热线").count(), Run.objects.count()) == (0, 0)
    told = io.StringIO()
    with held_to("importer"):
        assert cli.preview_matters_file(path, "热线", now=NOW, console=Console(file=told, width=200)) == 1
    assert "38 行可以导入，1 行不能。现在什么都没有写入" in told.getvalue()
    assert "13812345678" not in told.getvalue()
    run(path)
    with held_to("importer"):
        assert [
            row.becomes.known for row in preview_matters(path=path, source="热线", now=NOW).rows if row.becomes
        ] == [True] * 19


def test_a_run_is_journaled_with_its_figures_once(city: None, own: Path) -> None:
    run(own, How(columns=COLUMNS))
    made = Run.objects.get()
    assert (made.state, made.rows, made.imported, made.known, made.rejected, made.starts) == ("done", 2, 1, 0, 1, 1)
    [entry] = journal.entries_of("import", made.pk)
    assert (entry.action, entry.payload["imported"], entry.payload["sha256"]) == ("import.done", 1, made.sha256)
    with held_to("importer"):
        assert [(row.is_over, row.rows) for row in queries.runs()] == [(True, 2)]


def test_a_run_that_died_goes_on_and_counts_everything(city: None, tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("编号,反映时间,内容\n" + "".join(f"{n},2025-03-05,坏了\n" for n in range(700)), encoding="utf-8")

    def crash(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with held_to("importer"), pytest.raises(KeyboardInterrupt):
        import_matters(path=path, source="热线", rejects_path=tmp_path / "r.csv", now=NOW, progress=crash)
    died = Run.objects.get()
    assert (died.state, died.imported) == ("running", 500)
    assert (run(path).imported, Matter.objects.filter(source="热线").count()) == (200, 700)
    died.refresh_from_db()
    assert (died.state, died.imported, died.known, died.starts) == ("done", 700, 0, 2)


def test_the_good_rows_of_a_big_file_land_and_three_are_listed(city: None, tmp_path: Path) -> None:
    count = 200_000 if FULL else 1_500
    bad = {7: "某天", count // 2: "", count: "2099-01-01"}
    path = tmp_path / "big.csv"
    with path.open("w", encoding="gb18030") as out:
        out.write("工单编号,来电时间,诉求内容\n")
        out.writelines(f"{n},{bad.get(n, '2025年3月5日')},三号楼路灯坏了第{n}次\n" for n in range(1, count + 1))
    done = run(path)
    assert (done.imported, done.known, done.rejected) == (count - 3, 0, 3)
    assert done.rejects is not None
    lines = done.rejects.read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[3] for line in lines] == ["行号", "8", str(count // 2 + 1), str(count + 1)]
    mended = done.rejects.read_text(encoding="utf-8-sig").replace("某天", "2025-03-05").replace("2099", "2025")
    done.rejects.write_text(mended.replace(f"{count // 2},,", f"{count // 2},45721,"), encoding="utf-8-sig")
    second = run(done.rejects)
    assert (second.imported, second.known, second.rejected) == (3, 0, 0)
    assert Matter.objects.filter(source="热线").count() == count
