"""A keeper imports by the page: sealed until it is done, seen by nobody else, stopped and gone on with, mended and sent again."""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from openpyxl import load_workbook

from shanzhi.config import database
from shanzhi.core.errors import NotAllowed
from shanzhi.core.importing import subjects
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.modules.imports import operations as imports
from shanzhi.modules.imports import queries, running, uploads
from shanzhi.modules.imports.models import Mapping, Piece, Upload
from shanzhi.modules.imports.policy import FileUnusable, MappingTaken, MappingUnusable, UploadMovedOn, UploadNotFound
from shanzhi.modules.imports.tables import read_table
from shanzhi.modules.imports.uploads import Brought
from shanzhi.ui.invented import INVENTED
from tests.city import NOW, _actor
from tests.concurrency.committed import City, as_role
from tests.desks import signed_in

PHONE = "13812345678"
FILE = f"""工单编号,诉求标题,来电时间,诉求内容,区域代码
A-1,路灯不亮,2025-03-05 9:00,我叫王小明，电话{PHONE}，路灯坏了,370303009006
A-2,井盖松动,某天,井盖响,370303009006
A-3,噪声,2025-03-06,夜里施工,370306
"""
_numbers = iter(range(1, 1000))


@dataclass(frozen=True)
class Desk:
    city: City
    keeper: Actor
    source: str

    def brings(self, content: str | bytes = FILE, **given: Any) -> str:
        data = content.encode() if isinstance(content, str) else content
        brought = Brought("名单.csv", data, **{"subject": "matters", "source": self.source} | given)
        with acting(self.keeper):
            return uploads.upload_bring(brought=brought, actor=self.keeper, now=NOW)

    def sees(self, key: str, now: Any = NOW) -> queries.UploadPage:
        with acting(self.keeper):
            return queries.upload_page(key, self.keeper, now)

    def starts(self, key: str, save_as: str = "") -> None:
        columns = {one.name: one.field for one in self.sees(key).columns if one.field}
        with acting(self.keeper):
            uploads.upload_start(key=key, columns=columns, save_as=save_as, on=None, actor=self.keeper, now=NOW)

    def does(self, what: Any, key: str) -> None:
        with acting(self.keeper):
            what(key=key, actor=self.keeper, now=NOW)

    def works(self, now: Any = NOW) -> int:
        with database.acting_as(self.city.installation, "worker"):
            return running.imports_run(now=now)

    def expires(self, now: Any) -> int:
        with database.acting_as(self.city.installation, "worker"):
            return running.uploads_expire(now=now)

    def pieces(self, key: str) -> list[tuple[str, bytes]]:
        with as_role(self.city.installation, "worker") as worker:
            return worker.execute(
                "SELECT p.part, p.sealed FROM imports_piece p JOIN imports_upload u ON u.id = p.upload_id"
                " WHERE u.key = %s ORDER BY p.part, p.number",
                [key],
            ).fetchall()

    def bodies(self) -> list[str]:
        with as_role(self.city.installation, "importer") as importer:
            rows = importer.execute(
                "SELECT source_number FROM matters_matter WHERE source = %s ORDER BY source_number", [self.source]
            ).fetchall()
        return [row[0] for row in rows]

    def steps(self, key: str) -> list[tuple[str, str]]:
        with as_role(self.city.installation, "worker") as worker:
            return worker.execute(
                "SELECT payload ->> 'step', author_kind FROM journal_entry WHERE subject_kind = 'upload' AND subject_id ="
                " (SELECT id FROM imports_upload WHERE key = %s) ORDER BY id",
                [key],
            ).fetchall()


@pytest.fixture
def desk(city: City) -> Desk:
    return Desk(city, city.cast.keeper, f"旧热线{next(_numbers)}")


def figures(row: queries.UploadRow) -> tuple[str, int, int, int, int]:
    return (row.state, row.rows, row.imported, row.known, row.rejected)


def test_it_shows_masked_rows_first_and_seals_what_was_brought(desk: Desk) -> None:
    key = desk.brings()
    page = desk.sees(key)
    assert figures(page.row) == ("draft", 3, 0, 0, 0)
    assert [(one.name, one.field) for one in page.columns] == [
        ("工单编号", "id"), ("诉求标题", "title"), ("来电时间", "reported_at"), ("诉求内容", "body"), ("区域代码", "region_code"),
    ]  # fmt: skip
    assert [(line.number, bool(line.becomes), bool(line.reason)) for line in page.head] == [
        (2, True, False), (3, False, True), (4, True, False),
    ]  # fmt: skip
    assert PHONE not in repr(page)
    kept = desk.pieces(key)
    assert [part for part, _ in kept] == ["file", "head"]
    assert all(PHONE.encode() not in sealed and "路灯".encode() not in sealed for _, sealed in kept)
    assert desk.bodies() == []


def test_it_takes_in_the_good_and_gives_back_the_rest_mended_and_sent_again(desk: Desk, settings: Any) -> None:
    key = desk.brings()
    desk.starts(key, save_as=desk.source)
    desk.works()
    page = desk.sees(key)
    assert figures(page.row) == ("done", 3, 2, 0, 1)
    assert [number for number, _ in page.rejects] == [3]
    assert desk.bodies() == ["A-1", "A-3"]
    assert [part for part, _ in desk.pieces(key)] == ["rejects"]
    for form in ("csv", "xlsx"):
        with acting(desk.keeper):
            name, content = uploads.rejects_take(key=key, form=form, actor=desk.keeper, now=NOW)
        assert name.endswith(form)
        assert read_table(content).columns == ("工单编号", "诉求标题", "来电时间", "诉求内容", "区域代码")
        assert read_table(content).rows[0].cells[:3] == ("A-2", "井盖松动", "某天")
    settings.DEMO_CITY = True
    with acting(desk.keeper):
        _, content = uploads.rejects_take(key=key, form="csv", actor=desk.keeper, now=NOW)
        _, book = uploads.rejects_take(key=key, form="xlsx", actor=desk.keeper, now=NOW)
    assert INVENTED in content.decode("utf-8-sig")
    assert [cell.value for cell in load_workbook(io.BytesIO(book)).worksheets[1][1]] == ["演示", INVENTED]
    mended = content.decode("utf-8-sig").replace("某天", "2025-03-07")
    again = desk.brings(mended, first=key, subject="", source="")
    assert (desk.sees(again).row.source, desk.sees(again).row.rows) == (desk.source, 1)
    desk.starts(again)
    desk.works()
    page = desk.sees(again)
    assert (figures(page.row), page.row.first_key) == (("done", 1, 1, 0, 0), key)
    assert (desk.bodies(), desk.pieces(again)) == (["A-1", "A-2", "A-3"], [])
    assert desk.steps(key) == [
        ("brought", "post"), ("started", "post"), ("done", "system"), *[("fetched", "post")] * 4,
    ]  # fmt: skip


def test_a_saved_mapping_is_used_and_one_of_another_file_is_said_so(desk: Desk) -> None:
    first = desk.brings("a,b,c\n1,2025-03-05,坏了\n")
    assert desk.sees(first).missing == ("编号", "反映时间", "内容")
    with acting(desk.keeper), pytest.raises(FileUnusable, match="缺少"):
        uploads.upload_start(key=first, columns={"a": "id"}, save_as="", on=None, actor=desk.keeper, now=NOW)
    columns = {"a": "id", "b": "reported_at", "c": "body"}
    with acting(desk.keeper):
        uploads.upload_columns(key=first, columns=columns, mapping="", actor=desk.keeper, now=NOW)
    desk.starts(first, save_as=f"abc{desk.source}")
    second, other = desk.brings("a,b,c\n2,2025-03-05,坏了\n"), desk.brings()
    for key, wrong in ((second, False), (other, True)):
        with acting(desk.keeper):
            if wrong:
                with pytest.raises(MappingUnusable, match="给别的文件的"):
                    uploads.upload_columns(key=key, columns={}, mapping=f"abc{desk.source}", actor=desk.keeper, now=NOW)
            else:
                uploads.upload_columns(key=key, columns={}, mapping=f"abc{desk.source}", actor=desk.keeper, now=NOW)
    assert desk.sees(second).missing == ()
    with acting(desk.keeper), pytest.raises(MappingUnusable, match="同一个字段"):
        uploads.upload_start(
            key=other, columns={"工单编号": "id", "诉求标题": "id"}, save_as="", on=None, actor=desk.keeper, now=NOW
        )


def big(count: int) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(
        [
            ("编号", "反映时间", "内容"),
            *((f"{number:05d}", "2025-03-05", f"第{number}件坏了") for number in range(count)),
        ]
    )
    return out.getvalue()


def test_it_is_stopped_in_the_middle_and_goes_on_without_a_row_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = desk.brings(big(1200))
    desk.starts(key)
    whole = running._count

    def stopped_by_the_keeper(number: int, result: Any) -> None:
        with as_role(desk.city.installation, "owner") as other:
            done = other.execute("SELECT done FROM imports_upload WHERE id = %s", [number]).fetchone()
            if done and done[0] >= 500:
                other.execute("UPDATE imports_upload SET state = 'stopped' WHERE id = %s", [number])
                other.commit()
        whole(number, result)

    monkeypatch.setattr(running, "_count", stopped_by_the_keeper)
    desk.works()
    monkeypatch.undo()
    assert figures(desk.sees(key).row) == ("stopped", 1200, 500, 0, 0)
    assert len(desk.bodies()) == 500
    desk.does(uploads.upload_resume, key)
    desk.works()
    assert figures(desk.sees(key).row) == ("done", 1200, 1200, 0, 0)
    assert len(desk.bodies()) == 1200


def test_a_worker_that_died_between_chunks_is_followed_by_the_next_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = desk.brings(big(1200))
    desk.starts(key)
    end = imports._end

    def dies(*_given: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(imports, "_end", dies)
    with pytest.raises(KeyboardInterrupt):
        desk.works()
    monkeypatch.setattr(imports, "_end", end)
    assert (desk.sees(key).row.state, desk.sees(key).row.done) == ("running", 1200)
    desk.works()
    assert figures(desk.sees(key).row) == ("done", 1200, 1200, 0, 0)


def test_it_is_nobody_elses(desk: Desk, city: City) -> None:
    key = desk.brings()
    for other in (city.cast.supervisor, city.cast.security_officer, city.cast.checker):
        with acting(other), pytest.raises((NotAllowed, UploadNotFound)):
            uploads.upload_drop(key=key, actor=other, now=NOW)
        with acting(other), pytest.raises(UploadNotFound):
            queries.upload_page(key, other, NOW)
        with acting(other):
            assert (Upload.objects.count(), Piece.objects.count(), Mapping.objects.count()) == (0, 0, 0)
    with acting(desk.keeper), pytest.raises(UploadMovedOn):
        uploads.upload_resume(key=key, actor=desk.keeper, now=NOW)


def test_what_waits_too_long_and_rejects_after_a_week_are_gone(desk: Desk) -> None:
    draft, done = desk.brings(), desk.brings()
    desk.starts(done)
    desk.works()
    assert desk.expires(NOW + timedelta(hours=23)) == 0
    assert desk.expires(NOW + timedelta(hours=25)) >= 1
    assert (desk.sees(draft).row.state, desk.pieces(draft)) == ("dropped", [])
    assert desk.steps(draft)[-1] == ("expired", "system")
    assert len(desk.pieces(done)) == 1
    late = NOW + timedelta(days=8)
    with acting(desk.keeper), pytest.raises(UploadNotFound):
        uploads.rejects_take(key=done, form="csv", actor=desk.keeper, now=late)
    desk.expires(late)
    assert desk.pieces(done) == []


def test_a_file_that_can_never_be_taken_in_fails_with_a_sentence(desk: Desk) -> None:
    with pytest.raises(FileUnusable, match="空"):
        desk.brings(b"")
    with pytest.raises(FileUnusable, match="只有列名"):
        desk.brings("编号,反映时间,内容\n")
    key = desk.brings("代码,名称\n370303777,新街道\n110000,另一座城\n", subject="regions")
    desk.starts(key)
    desk.works()
    row = desk.sees(key).row
    assert (row.state, row.imported, row.rejected, desk.pieces(key) == []) in (
        ("failed", 0, 0, True),
        ("done", 1, 1, False),
    )


def test_a_countys_keeper_brings_what_lies_in_the_county_alone(desk: Desk, city: City) -> None:
    county = _actor("centre-370303", "keeper", 0)
    own = Desk(city, county, f"县里的{desk.source}")
    key = own.brings()
    own.starts(key)
    own.works()
    assert (figures(own.sees(key).row), own.bodies()) == (("done", 3, 1, 0, 2), ["A-1"])
    with pytest.raises(NotAllowed, match="市级"):
        own.brings("代码,名称\n370303778,新街道\n", subject="regions")


@pytest.mark.parametrize("subject", ["matters", "regions", "units", "posts", "admission", "places", "categories"])
def test_no_sign_in_a_cell_keeps_the_next_import_waiting(desk: Desk, subject: str) -> None:
    """A file of JSON can say any character there is, the null character too, which no text of PostgreSQL has."""
    bad = ("\\u0000", "0001-01-01", "9999-12-31", "1e999", "\u202e%s%(x)s{0}", "٣", "-1", "9" * 30, "=1+1", "{[")
    fields = subjects()[subject].fields
    usual = {one.name: one.example for one in fields}
    # One field each time, the others as they should be: a row falls by its first fault.
    rows = [usual | {one.name: one.example[:1] + cell} for one in fields for cell in bad]
    lines = ["{" + ",".join(f'"{name}":"{cell}"' for name, cell in row.items()) + "}" for row in rows]
    first = desk.brings("\n".join(lines), subject=subject)
    desk.starts(first)
    second = desk.brings()
    desk.starts(second)
    desk.works()
    assert desk.sees(first).row.state in ("done", "failed")
    assert figures(desk.sees(second).row) == ("done", 3, 2, 0, 1)


def test_a_saved_mapping_is_its_unit_s_and_nobody_else_saves_over_it(desk: Desk) -> None:
    neighbour = Desk(desk.city, _actor("centre-370306", "keeper", 0), desk.source)
    desk.starts(desk.brings(), save_as="旧系统")
    # The same again says nothing new; another one of the same unit takes its place.
    neighbour.starts(neighbour.brings(), save_as="旧系统")
    other = FILE.replace("诉求标题", "名称")
    key = neighbour.brings(other)
    with pytest.raises(MappingTaken, match="别的单位"):
        neighbour.starts(key, save_as="旧系统")
    assert neighbour.sees(key).row.state == "draft"
    with acting(neighbour.keeper):
        assert Mapping.objects.filter(name="旧系统").update(columns={}) == 0
        saved = Mapping.objects.get(name="旧系统")
        assert (saved.unit_id, "诉求标题" in saved.columns) == (desk.keeper.unit_id, True)
    for unit in (desk.keeper.unit_id, None):
        with pytest.raises(DatabaseError, match="row-level security"), acting(neighbour.keeper):
            Mapping.objects.create(subject="matters", name="假冒", unit_id=unit, columns={}, saved_at=NOW)
    desk.starts(desk.brings(other), save_as="旧系统")
    with acting(desk.keeper):
        assert "诉求标题" not in Mapping.objects.get(name="旧系统").columns
    neighbour.starts(key, save_as="旧系统（周村）")
    desk.works()


def test_what_was_typed_stays_when_the_name_is_another_unit_s(desk: Desk) -> None:
    neighbour = Desk(desk.city, _actor("centre-370306", "keeper", 0), desk.source)
    neighbour.starts(neighbour.brings(), save_as="区里的")
    desk.works()
    key = desk.brings(FILE.replace("诉求标题", "名称"))
    columns = [one for one in desk.sees(key).columns if one.field]
    form = {"do": "start", "save_as": "区里的"}
    for place, one in enumerate(columns):
        form |= {f"name-{place}": one.name, f"column-{place}": one.field}
    answer = signed_in("keeper").post(f"/imports/{key}/", form)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "是别的单位保存的对应关系" in page
    assert 'value="区里的"' in page


def test_a_fault_of_ours_keeps_no_other_import_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is there again with every try: the worker would never come to what was started after it."""
    first, second = desk.brings("代码,名称\n370303777,新街道\n", subject="regions"), desk.brings()
    desk.starts(first)
    desk.starts(second)

    def breaks(*_given: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(running, "_whole", breaks)
    assert desk.works() == 1
    assert (desk.sees(first).row.state, desk.pieces(first)) == ("failed", [])
    assert "意外的错误" in desk.sees(first).row.reason
    assert figures(desk.sees(second).row) == ("done", 3, 2, 0, 1)


def test_a_pasted_link_keeps_no_import_from_its_end(desk: Desk) -> None:
    key = desk.brings(FILE.replace("夜里施工", "照片 data" + "x" * 3000))
    desk.starts(key)
    desk.works()
    assert figures(desk.sees(key).row) == ("done", 3, 2, 0, 1)


def test_a_heading_without_end_is_refused(desk: Desk) -> None:
    wide = ",".join(f"列{number}" for number in range(201))
    with pytest.raises(FileUnusable, match="200"):
        desk.brings(f"{wide}\n{wide}\n")
