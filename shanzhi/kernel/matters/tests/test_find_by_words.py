"""Somebody types words into a search box: what is found, and that nothing they type does anything else."""

from datetime import timedelta

import pytest
from django.db import connection

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.policy.search import query_of, words_of
from shanzhi.kernel.matters.queries import ListFilter
from tests.city import NOW, Cast
from tests.concurrency.committed import City, as_role, city

__all__ = ["city"]

PLACE = "370303009006"


def report(body: str, title: str = "", place: str = "", region: str = PLACE, ago: int = 0) -> operations.Reported:
    with acting(ANYONE):
        return operations.report(
            new=NewReport(body=body, title=title, place_text=place, region_code=region),
            actor=ANYONE,
            now=NOW - timedelta(minutes=ago),
        )


def found(actor: Actor, words: str, **more: object) -> list[str]:
    with acting(actor):
        page = queries.matters_page(ListFilter(words=words, **more), now=NOW, actor=actor)  # type: ignore[arg-type]
    assert page.total == len(page.rows) or page.next_after
    return [row.number for row in page.rows]


@pytest.fixture
def lamp(db: None) -> str:
    return report("小区门口的路灯不亮了，晚上看不清。", "路灯不亮", "世纪花园3号楼 A座").number


@pytest.mark.parametrize(
    "words",
    [
        "路灯",
        "不亮",
        "路灯 不亮",
        "晚上",
        "小区门口",
        "世纪花园",
        "世纪花",
        "世",
        "3号楼",
        "３号楼",
        "a座",
        "Ａ座",
        "世纪花园３号楼Ａ座",
        "路灯，不亮！",
        "的路灯",
        "  路灯　",
        "路灯\x00不亮",
        "路灯 " * 500,
    ],
)
def test_it_finds_by_any_words_of_title_text_and_place(cast: Cast, lamp: str, words: str):
    report("电梯坏了")
    assert found(cast.dispatcher, words) == [lamp]


@pytest.mark.parametrize(
    "words",
    [
        "电梯",
        "路灯 电梯",
        "4号楼",
        "13",
        "的",
        "，",
        "%",
        "_",
        "%路灯%",
        "*",
        "'",
        '"',
        "\\",
        ":*",
        "!路灯",
        "电梯 | 路灯",
        "(路灯",
        "' OR 1=1 --",
        "'; DROP TABLE matters_matter; --",
        "路灯') OR true --",
        "\ud800".encode("utf-8", "surrogatepass").decode("utf-8", "replace"),
        "长" * 10_000,
        "水 " * 5_000,
    ],
)
def test_it_finds_nothing_by_what_is_not_there_whatever_it_looks_like(cast: Cast, lamp: str, words: str):
    """Statements and wildcards are words like others, and mostly none: %路灯% and !路灯 are 路灯."""
    expected = [lamp] if words in ("%路灯%", "!路灯", "(路灯") else []
    assert found(cast.dispatcher, words) == expected, query_of(words)


def test_it_counts_neither_width_nor_case():
    assert words_of("ＷｉＦｉ ５Ｇ基站") == words_of("wifi 5g基站")
    assert query_of("ＷＩＦＩ") == query_of("wifi") == "'wifi':*"


def test_it_finds_every_word_that_stands_in_a_text_however_it_could_be_cut():
    """A dictionary cuts 路灯不亮 into 路 and 灯不亮; whoever looks for 路灯 means the other way."""
    assert {"路灯", "灯不亮", "路", "灯"} <= set(words_of("路灯不亮"))
    assert query_of("路灯") == "'路灯':*"


def test_it_takes_in_a_text_with_a_word_too_long_for_the_index_and_finds_it_by_the_others(cast: Cast):
    """A link or a picture pasted as letters: PostgreSQL knows no word over 2,046 bytes."""
    number = report("路灯坏了，见 " + "x" * 3000 + " 和 " + "𠮷" * 700).number
    assert found(cast.dispatcher, "路灯") == [number]
    assert found(cast.dispatcher, "x" * 3000) == []
    assert "x" * 200 in words_of("x" * 200)


def test_it_looks_at_the_first_sixteen_words(cast: Cast, lamp: str):
    assert query_of(" ".join(str(n) for n in range(100, 140))).count("&") == 15


def test_it_finds_by_number_and_by_follow_code_in_any_width(cast: Cast):
    made = report("电梯坏了")
    wide = made.number.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"})
    for words in (made.number, made.number.replace("-", ""), wide, made.follow_code, made.follow_code.lower()):
        assert found(cast.dispatcher, words) == [made.number], words
        assert found(cast.neighbour_dispatcher, words) == []


def test_it_takes_eight_letters_for_a_word_where_they_are_no_code(cast: Cast):
    made = report("新装了ELEVATOR，一直报警")
    assert found(cast.dispatcher, "elevator") == [made.number]


def test_it_finds_masked_texts_by_what_is_left_of_them(cast: Cast):
    made = report("请联系王小明，电话13812345678，路灯坏了")
    assert found(cast.dispatcher, "路灯") == [made.number]
    assert found(cast.dispatcher, "13812345678") == []


def test_it_filters_and_pages_what_it_finds(cast: Cast):
    here = [report(f"路灯不亮，第{n}盏", ago=n).number for n in range(7)]
    there = report("路灯不亮", region="370306100200", ago=30).number
    actor = cast.supervisor
    assert found(actor, "路灯", region_code="370306") == [there]
    assert found(actor, "路灯", region_code="370303", sort="newest") == here
    assert found(actor, "路灯", stages=("accepted",)) == []
    assert found(actor, "路灯", light="overdue") == []
    assert found(actor, "路灯", category="housing.") == []
    assert found(actor, "路灯", unit_id=cast.handler.unit_id) == []
    # All are due at the end of the same day: in the order of their numbers then.
    for sort, order in (("newest", [*here, there]), ("due", [*here, there])):
        got: list[str] = []
        after = ""
        with acting(actor):
            for _ in range(9):
                page = queries.matters_page(
                    ListFilter(words="路灯", sort=sort), now=NOW, actor=actor, after=after, size=3  # type: ignore[arg-type]
                )  # fmt: skip
                got += [row.number for row in page.rows]
                assert page.total == 8
                after = page.next_after
                if not after:
                    break
        assert got == order


def test_it_shows_each_post_what_it_may_see(cast: Cast):
    here, there = report("路灯不亮").number, report("路灯不亮", region="370306100200").number
    assert set(found(cast.supervisor, "路灯")) == {here, there}
    assert found(cast.neighbour_dispatcher, "路灯") == [there]
    assert found(cast.handler, "路灯") == []
    assert found(ANYONE, "路灯") == []


def test_it_looks_by_the_index(city: City):
    """In a table of any size: the words are in the condition of an index, not in a filter."""
    with as_role(city.installation, "owner") as owner:
        owner.execute("SET enable_seqscan = off")
        rows = owner.execute("EXPLAIN SELECT matter_id FROM matters_words WHERE words @@ '''路灯'''::tsquery")
        plan = "\n".join(row[0] for row in rows.fetchall())
    assert "Bitmap Index Scan on matters_words_found" in plan


def test_it_looks_for_open_matters_in_an_index_of_their_own(city: City):
    """It follows a matter that ends and one that opens again, whoever writes it; words that come later know it too."""
    lamp, drain = report("路灯坏了"), report("下水道堵了")

    def open_ones() -> list[int]:
        with as_role(city.installation, "owner") as owner:
            found = owner.execute(
                "SELECT matter_id FROM matters_words WHERE is_open AND matter_id = ANY (%s) ORDER BY 1",
                [[lamp.matter_id, drain.matter_id]],
            )
            return [row[0] for row in found.fetchall()]

    assert open_ones() == [lamp.matter_id, drain.matter_id]
    reporter = Actor(follow=(lamp.follow_hash,))
    with acting(reporter):
        operations.act(matter_id=lamp.matter_id, action="withdraw", actor=reporter, now=NOW)
    assert open_ones() == [drain.matter_id]
    with database.acting_as(city.installation, "owner"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM matters_words WHERE matter_id = ANY (%s)", [[lamp.matter_id, drain.matter_id]])
    with database.acting_as(city.installation, "worker"):
        operations.words_fill(batch=10)
    assert open_ones() == [drain.matter_id]


def test_it_cuts_what_was_there_before_and_what_was_cut_otherwise(city: City):
    """The nightly job: as the worker, in batches, and nothing twice."""
    made = [report(f"井盖丢了，第{n}个") for n in range(5)]
    ids = [item.matter_id for item in made]
    with database.acting_as(city.installation, "owner"), connection.cursor() as cursor:
        cursor.execute("DELETE FROM matters_words WHERE matter_id = ANY (%s)", [ids[:3]])
        cursor.execute("UPDATE matters_words SET tokeniser = 0, words = '' WHERE matter_id = %s", [ids[3]])
    assert found(city.cast.dispatcher, "井盖") == [made[4].number]
    with database.acting_as(city.installation, "worker"):
        assert operations.words_fill(batch=2) == 4
        assert operations.words_fill(batch=2) == 0
    assert set(found(city.cast.dispatcher, "井盖")) == {item.number for item in made}


def test_it_finds_what_was_imported(city: City):
    rows = [operations.BatchRow("w-1", NOW, "消防栓漏水")]
    with database.acting_as(city.installation, "importer"):
        assert [row.added for row in operations.import_batch(rows=rows, source="words", now=NOW)] == [1]
    assert len(found(city.cast.dispatcher, "消防栓")) == 1
