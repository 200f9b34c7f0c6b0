"""Evidence that daily work leaves comes into the archive by itself, once, under the sight of where it came from."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test import override_settings

from shanzhi.config import database
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.evidence import operations, queries
from shanzhi.kernel.evidence.models import Evidence
from shanzhi.kernel.evidence.policy.objects import EvidenceGone, NoSuchEvidence, Use
from shanzhi.kernel.evidence.queries import Filter
from shanzhi.kernel.evidence.tests.made import LATER, document, region, seen
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import storage_key
from shanzhi.kernel.files.queries import attachments_of
from shanzhi.kernel.files.tests.pictures import phone_exif, picture
from shanzhi.kernel.indicators import operations as figures
from shanzhi.kernel.indicators.operations import Entry
from shanzhi.kernel.indicators.policy.entering import Typed
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import NOW, _actor
from tests.concurrency.committed import City, city
from tests.desks import do

__all__ = ["city"]
COMMUNITY, TOWNSHIP = "370303009006", "370303009"
PICTURE, REPORTERS = picture(exif=phone_exif(taken="2025:11:18 10:05:00")), picture(size=(80, 50))
LIST = document("马尚街道备案清单：志愿服务队五支，联系人王小明13812345678。")


@pytest.fixture(scope="module")
def at_work(city: City, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """A matter that was handled with a photo, and a figure that was typed in with a list; both in the archive."""
    folder = tmp_path_factory.mktemp("evidence")
    from django.conf import settings  # noqa: PLC0415 - the settings of this process, as the store of these tests replaces them

    stores: dict[str, Any] = settings.STORAGES
    changed = stores | {"evidence": stores["evidence"] | {"OPTIONS": {"location": folder}}}
    with override_settings(STORAGES=changed):
        yield _worked(city, folder)


def _worked(city: City, folder: Path) -> SimpleNamespace:
    cast, keeper = city.cast, _actor("centre-370303", "keeper", 0)
    shot = files.store(data=PICTURE, name="IMG.jpg", now=NOW)
    listed = files.store(data=LIST, name="清单.docx", now=NOW, office=True)
    with acting(ANYONE):
        new = NewReport(body="世纪花园3号楼电梯坏了", region_code=COMMUNITY)
        made = matters.report(
            new=new, actor=ANYONE, now=NOW, stored=[files.store(data=REPORTERS, name="a.jpg", now=NOW)]
        )
    do(cast.dispatcher, made, "accept", category="housing.property-service")
    do(cast.dispatcher, made, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, made, "take")
    do(cast.handler, made, "reply", reply="已修好。", files=[shot])
    with acting(keeper):
        entry = Entry("volunteer_team", region(TOWNSHIP), read_period("2025"), Typed(1, None, "", True))
        value = figures.value_enter(entry=entry, stored=[listed], actor=keeper, now=NOW)
    with as_worker(city):
        taken = [operations.evidence_take(now=LATER) for _ in range(2)]
        marked = [operations.evidence_mark(now=LATER) for _ in range(2)]
    ids = {row.source: row.id for row in seen(cast.supervisor, lambda: queries.archive_rows(Filter()))}
    return SimpleNamespace(
        city=city, folder=folder, made=made, shot=shot, listed=listed, value=value, keeper=keeper, taken=taken, marked=marked,
        ids=ids,
    )  # fmt: skip


def as_worker(city: City) -> Any:
    return database.acting_as(city.installation, "worker")


def rows(actor: Actor, **wanted: Any) -> list[str]:
    return [row.title for row in seen(actor, lambda: queries.archive_page(Filter(**wanted)).rows)]


def test_what_offices_attached_is_there_once_and_nothing_that_a_reporter_sent(at_work: SimpleNamespace) -> None:
    assert (at_work.taken, at_work.marked) == ([2, 0], [2, 0])
    found = {row.source: row for row in seen(at_work.city.cast.supervisor, lambda: queries.archive_rows(Filter()))}
    shot, paper = found["matter"], found["figure"]
    assert (shot.sha256, shot.type, shot.project, shot.year) == (at_work.shot.sha256, "photo", "self_government", 2025)
    assert (shot.title, shot.source_key) == (f"物业服务：答复附件（{at_work.made.number}）", at_work.made.number)
    assert shot.arose_at == at_work.shot.taken_at
    assert (paper.sha256, paper.project, paper.source_id) == (at_work.listed.sha256, "virtue", at_work.value)
    assert (paper.year, paper.source_key, paper.place) == (2025, "volunteer_team 2025", "马尚街道")
    assert sorted(path.name for path in at_work.folder.rglob(f"{shot.sha256}*")) == [
        shot.sha256,
        f"{shot.sha256}.preview",
    ]


def test_it_says_where_it_serves_by_itself(at_work: SimpleNamespace) -> None:
    with acting(at_work.city.cast.supervisor):
        cards = {source: queries.evidence_card(pk) for source, pk in at_work.ids.items()}
    assert [(one.use.kind, one.use.key) for one in cards["matter"].uses] == [("item", "property_solved")]
    assert [(one.use.kind, one.use.key, one.use.subject) for one in cards["figure"].uses] == [
        ("value", "volunteer_team", str(at_work.value))
    ]
    place = cards["matter"].place
    assert place is not None
    assert (round(place[0], 3), round(place[1], 3)) == (36.813, 118.055)
    assert [step.action for step in cards["matter"].steps] == ["evidence.take", "evidence.use"]


def test_whoever_does_not_see_the_matter_does_not_see_its_photo(at_work: SimpleNamespace) -> None:
    cast, pk = at_work.city.cast, at_work.ids["matter"]
    for actor, there in ((cast.handler, True), (cast.supervisor, True), (cast.neighbour_handler, False),
                         (cast.second_handler, False), (cast.dispatcher, False), (cast.auditor, False)):  # fmt: skip
        titles = rows(actor, words="物业服务")
        assert bool(titles) is there, actor.post_title
        assert titles == rows(actor, source="matter")
        if not there:
            with pytest.raises(NoSuchEvidence):
                seen(actor, lambda: queries.evidence_card(pk))
            with acting(actor), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM journal_entry WHERE subject_kind = 'evidence' AND subject_id = %s", [pk]
                )
                assert cursor.fetchone() == (0,)
    with acting(ANYONE):
        assert Evidence.objects.count() == 0


def test_it_is_found_by_the_words_of_its_content_but_not_by_personal_ones(at_work: SimpleNamespace) -> None:
    supervisor = at_work.city.cast.supervisor
    assert len(rows(supervisor, words="备案清单 志愿服务队")) == 1
    assert rows(supervisor, words="13812345678") == []
    assert rows(supervisor, words="备案清单", year=2024) == []
    assert rows(supervisor, words="，。") == []


def test_the_search_asks_what_the_policies_ask(at_work: SimpleNamespace) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'evidence_search'")
        (source,) = cursor.fetchone()
        for table, policy in (("matters_matter", "matter_see"), ("indicators_value", "value_see")):
            cursor.execute(
                "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = %s::regclass AND polname = %s",
                [table, policy],
            )
            (predicate,) = cursor.fetchone()
            assert predicate in source
    connections["owner"].close()


def test_opening_it_is_written_down_for_all_who_see_it(at_work: SimpleNamespace) -> None:
    cast, pk = at_work.city.cast, at_work.ids["figure"]
    with acting(cast.checker):
        attachment = operations.evidence_open(evidence_id=pk, why="score", actor=cast.checker, now=LATER)
    assert [row.id for row in seen(cast.checker, lambda: attachments_of("figure", at_work.value))] == [attachment]
    card = seen(cast.supervisor, lambda: queries.evidence_card(pk))
    assert [(one.why, one.at) for one in card.readings] == [("score", LATER)]
    assert card.readings[0].by.endswith(cast.checker.post_title)
    read = [
        row
        for row in seen(cast.supervisor, lambda: journal.entries_of("evidence", pk))
        if row.action == "evidence.read"
    ]
    assert [(row.author_post_id, row.payload) for row in read] == [(cast.checker.post_id, {"why": "score"})]


def test_a_pack_takes_it_along_by_indicator_place_and_time(at_work: SimpleNamespace) -> None:
    supervisor, day = at_work.city.cast.supervisor, local_date(NOW)
    ask: dict[str, Any] = {"keys": ["property_solved"], "region": "370303", "first": day, "last": day}
    (found,) = seen(supervisor, lambda: queries.for_items(**ask))
    assert (found.sha256, found.source, found.source_id, found.place) == (
        at_work.shot.sha256, "matter", at_work.made.matter_id, COMMUNITY
    )  # fmt: skip
    assert (found.keys, found.gone_at) == (("property_solved",), None)
    path = queries.path_of(found.sha256)
    assert path is not None
    assert path.read_bytes()[:2] == b"\xff\xd8"
    first = day.replace(day=1)
    with acting(supervisor):
        for change in ({"region": "370306"}, {"keys": ["fire_solved"]}, {"first": first, "last": first}):
            assert queries.for_items(**ask | change) == []


def test_what_no_longer_serves_stays_in_its_history(at_work: SimpleNamespace) -> None:
    supervisor, pk = at_work.city.cast.supervisor, at_work.ids["matter"]
    other = Use("visit", "17", "", COMMUNITY)
    with acting(supervisor):
        said = [operations.use_add(evidence_id=pk, use=other, actor=supervisor, now=LATER) for _ in range(2)]
        said += [operations.use_end(evidence_id=pk, use=other, actor=supervisor, now=LATER) for _ in range(2)]
    assert said == [True, False, True, False]
    card = seen(supervisor, lambda: queries.evidence_card(pk))
    assert [one.use.key for one in card.uses] == ["property_solved"]
    assert [one.payload["is_on"] for one in card.steps if one.action == "evidence.use"] == [True, True, False]


def test_nobody_writes_what_is_another_posts_or_changes_what_it_is(at_work: SimpleNamespace) -> None:
    supervisor, pk = at_work.city.cast.supervisor, at_work.ids["matter"]
    tried = (
        "UPDATE evidence_object SET sha256 = repeat('0', 64) WHERE id = %s",
        "UPDATE evidence_object SET gone_at = now() WHERE id = %s",
        "DELETE FROM evidence_object WHERE id = %s",
        "UPDATE evidence_use SET is_on = false WHERE evidence_id = %s",
        "SELECT words FROM evidence_words WHERE evidence_id = %s",
        "INSERT INTO evidence_use (evidence_id, kind, subject, key, place, is_on, unit_id, post_id, added_at)"
        " VALUES (%s, 'item', '', 'x', '', true, 1, 1, now())",
    )
    for statement in tried:
        with pytest.raises(DatabaseError), acting(supervisor), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [pk])
    with acting(at_work.city.cast.neighbour_handler), connection.cursor() as cursor:
        cursor.execute("UPDATE evidence_object SET steps = steps + 1 WHERE id = %s", [pk])
        assert cursor.rowcount == 0


def test_z_when_its_time_is_over_the_file_goes_and_the_line_stays(at_work: SimpleNamespace) -> None:
    supervisor, pk = at_work.city.cast.supervisor, at_work.ids["figure"]
    much_later = LATER.replace(year=2036, month=1, day=1)
    with as_worker(at_work.city):
        assert operations.evidence_retire(now=much_later.replace(year=2035)) == 0
        Evidence.objects.filter(source="matter").update(marked_at=LATER)
        assert operations.evidence_retire(now=much_later) == 2
        assert operations.evidence_retire(now=much_later) == 0
    card = seen(supervisor, lambda: queries.evidence_card(pk))
    assert (card.row.sha256, card.row.gone_at, card.row.is_there) == (at_work.listed.sha256, much_later, False)
    assert card.steps[-1].action == "evidence.retire"
    assert not (at_work.folder / storage_key(at_work.listed.sha256)).exists()
    assert queries.path_of(at_work.shot.sha256) is None
    assert seen(supervisor, lambda: attachments_of("figure", at_work.value)) == []
    with acting(supervisor), pytest.raises(EvidenceGone, match="已按保存期限销毁（保管到2035年12月31日）"):
        operations.evidence_open(evidence_id=pk, why="score", actor=supervisor, now=much_later)
    lacks = {
        one.key: one
        for one in seen(supervisor, lambda: queries.completeness(region(TOWNSHIP), 2025, local_date(LATER)))
    }
    assert (lacks["volunteer_team"].gone, len(lacks["volunteer_team"].destroyed)) == (1, 1)
