"""The search function runs with the owner's rights, so it has to show exactly what the policy shows: no matter who looks."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random

import psycopg
import pytest
from psycopg import errors

from shanzhi.core.periods import local_date
from shanzhi.core.ranges import CodeRanges, next_code
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.clock.policy import Light
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.queries import ListFilter
from tests.city import NOW
from tests.concurrency.committed import City, as_role, scope
from tests.protection import rights
from tests.protection.standing import VISIBLE, Standing, stand

MATTERS, ACTORS = (4000, 1500) if os.environ.get("SHANZHI_SIZE") == "full" else (300, 120)
CODES = (
    "3703",
    "370303",
    "370306",
    "370303008",
    "370303009",
    "370303009006",
    "370303009007",
    "370306100200",
    "370371",
    "",
)
STAGES = ("reported", "accepted", "dispatched", "handling", "checking")
WORD = "共同词"
SEARCH = (
    "SELECT matters_search(%(sought)s::tsquery, %(way)s, %(by_due)s, NULL, NULL, 100000, false, NULL, NULL, NULL,"
    " %(low)s, %(below)s, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, %(place)s, false)"
)
COPY = (
    "INSERT INTO matters_matter (id, number, kind, kind_version, stage, channel, title, body, salt, category, region_id,"
    " region_code, scope_code, place_text, reported_at, stage_since, due_at, warn_at, intake_unit_id, holder_unit_id,"
    " in_intake, counts, public_consent, follow_hash, version, steps)"
    " SELECT %(id)s, 'made-' || %(id)s, kind, kind_version, %(stage)s, %(channel)s, title, body, salt, %(category)s, region_id,"
    " region_code, %(code)s, %(place)s, %(now)s - %(age)s * interval '1 hour', stage_since,"
    " %(now)s + %(due)s * interval '1 hour', %(now)s + (%(due)s - 3) * interval '1 hour', intake_unit_id, intake_unit_id,"
    " %(in_intake)s, counts, false, %(hash)s, 1, 1 FROM matters_matter ORDER BY id LIMIT 1"
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """Ids of units and hashes of follow codes that the made-up matters have."""

    units: tuple[int, ...]
    hashes: tuple[str, ...]


@pytest.fixture(scope="module")
def standing(city: City) -> Standing:
    return stand(city)


@pytest.fixture(scope="module")
def crowd(city: City, standing: Standing) -> Crowd:
    """Matters in any place, waiting or not, with any parts: far more ways to be seen than the loop would make."""
    random = Random(3)
    units = tuple(actor.unit_id for actor in city.cast.actors().values() if actor.unit_id is not None)
    hashes = tuple(f"{random.getrandbits(256):064x}" for _ in range(MATTERS))
    with as_role(city.installation, "owner") as owner:
        for number, hashed in enumerate(hashes):
            pk = 10_000_000 + number
            values = {
                "id": pk,
                "code": random.choice(CODES),
                "in_intake": random.random() < 0.4,
                "hash": hashed,
                "stage": random.choice(STAGES),
                "channel": random.choice(("web", "phone", "hotline")),
                "category": random.choice(("housing.property-service", "housing.elevator", "transport.road", "")),
                "place": random.choice(("世纪花园3号楼", "柳泉路", "A栋花园路", "")),
                # Many fall on one moment, so that ids decide.
                "age": random.randrange(40),
                "due": random.randrange(-20, 20),
                "now": NOW,
            }
            owner.execute(COPY, values)
            owner.execute(
                "INSERT INTO matters_words VALUES (%s, array_to_tsvector(%s), 1)", [pk, [WORD, f"第{number}"]]
            )
            for unit in random.sample(sorted(set(units)), k=random.choice((0, 0, 1, 2))):
                owner.execute(
                    "INSERT INTO matters_participant (matter_id, unit_id, part, since) VALUES (%s, %s, 'holder', now())",
                    [pk, unit],
                )
        owner.commit()
    return Crowd(tuple(sorted(set(units))), hashes)


def anybody(crowd: Crowd, random: Random) -> Actor:
    """An actor with any mix of places, intake, unit and codes, also such as no post has."""

    def ranges() -> CodeRanges:
        codes = [code for code in CODES if code]
        return CodeRanges.from_prefixes(*random.sample(codes, k=random.choice((0, 0, 1, 1, 2, 3))))

    unit = random.choice((*crowd.units, None, 999_999))
    follow = tuple(random.sample(crowd.hashes, k=random.choice((0, 0, 1, 5))))
    return Actor(kind="post", role="handler", post_id=1, unit_id=unit, ranges=ranges(), intake=ranges(), follow=follow)


def by_policy(opened: psycopg.Connection) -> set[int]:
    return {row[0] for row in opened.execute("SELECT id FROM matters_matter WHERE id >= 10000000").fetchall()}


def by_search(
    opened: psycopg.Connection,
    way: str = "any",
    by_due: bool | None = None,
    word: str | None = WORD,
    span: tuple[str | None, str | None] = (None, None),
    place: str | None = None,
) -> set[int]:
    values = {"sought": word and f"'{word}'", "way": way, "by_due": by_due, "place": place}
    values |= {"low": span[0], "below": span[1]}
    rows = opened.execute(SEARCH, values).fetchall()
    return {row[0] for row in rows}


def test_it_is_made_of_the_policy_s_own_words(city):
    with as_role(city.installation, "owner") as owner:
        row = owner.execute("SELECT prosrc FROM pg_proc WHERE proname = 'matters_search'").fetchone()
        assert row is not None
        assert row[0].count(rights.sight(owner)) == 1


def test_it_shows_exactly_what_the_policy_shows(city, crowd):
    random, seen = Random(5), 0
    with as_role(city.installation, "app") as opened:
        for _ in range(ACTORS):
            scope(opened, anybody(crowd, random))
            visible = by_policy(opened)
            assert by_search(opened) == by_search(opened, by_due=True) == by_search(opened, by_due=False) == visible
            seen += len(visible)
    assert seen > ACTORS * MATTERS // 10, "else it proves nothing"


def test_it_finds_of_a_place_exactly_what_the_policy_shows_there(city, crowd):
    """By any part of the place's text, in steps or at once, with words and without."""
    random, seen = Random(13), 0
    with as_role(city.installation, "app") as opened:
        for _ in range(ACTORS):
            scope(opened, anybody(crowd, random))
            place = random.choice(("世纪花园", "园3号", "花", "路", "a栋", "花园世纪", "%"))
            visible = {
                row[0]
                for row in opened.execute(
                    "SELECT id FROM matters_matter WHERE id >= 10000000 AND strpos(lower(place_text), %s) > 0", [place]
                ).fetchall()
            }
            for by_due in (None, True, False):
                for word in (None, WORD):
                    found = by_search(opened, by_due=by_due, word=word, place=place)
                    assert {pk for pk in found if pk >= 10_000_000} == visible, (place, by_due, word)
            seen += len(visible)
    assert seen > ACTORS * MATTERS // 50, "else it proves nothing"


def test_it_shows_by_no_way_and_no_span_what_the_policy_does_not(city, crowd):
    """Whatever way and whatever codes somebody names who asks the function by themselves."""
    random, seen = Random(7), dict.fromkeys(("any", "place", "intake", "part", "every"), 0)
    codes = [code for code in CODES if code]
    with as_role(city.installation, "app") as opened:
        for _ in range(ACTORS):
            actor = anybody(crowd, random)
            scope(opened, actor)
            every = {row[0] for row in opened.execute("SELECT id FROM matters_matter").fetchall()}
            span = random.choice(
                [
                    *[(code, next_code(code)) for code in random.sample(codes, k=3)],
                    *[*actor.ranges, *actor.intake][:2],
                    *[
                        ("", None),
                        (None, ""),
                        ("", ""),
                        ("3703", ""),
                        ("", "4"),
                        (None, None),
                        ("0", "9"),
                        ("3703", None),
                        ("9", "0"),
                    ],
                ]
            )
            for way in seen:
                for word, place in ((WORD, None), (None, None), (None, "花园"), (WORD, "园")):
                    found = by_search(opened, way, word=word, span=span, place=place)
                    assert found <= every, (actor, way, span)
                    seen[way] += len(found)
    assert all(seen.values()), "else it proves nothing"


def any_filter(random: Random, crowd: Crowd) -> ListFilter:
    """Any mix of conditions that a list has."""
    day = local_date(NOW)

    def sometimes(*values: str) -> str:
        return random.choice(("", "", "", *values))

    return ListFilter(
        stages=tuple(random.sample(STAGES, k=random.choice((0, 0, 0, 1, 2, 3)))),
        region_code=sometimes("370303", "3703", "370371"),
        category=sometimes("housing.", "housing.elevator"),
        light=sometimes("overdue", "warning", "normal"),
        words=sometimes(WORD),
        reported_from=random.choice((None, None, None, day - timedelta(days=1))),
        reported_to=random.choice((None, None, None, day - timedelta(days=1), day)),
        open_only=random.random() < 0.5,
        sort=random.choice(("due", "newest")),
        kind=sometimes("request", "incident"),
        channel=sometimes("web", "hotline"),
        place=sometimes("世纪花园", "花园", "园3", "路", "a栋", "栋A", "花园世纪", "%", "_"),
        unit_id=random.choice((None, None, None, None, *crowd.units[:1])),
    )


def test_it_loses_nothing_when_it_is_told_the_ways_in_which_somebody_sees(city, crowd):
    """A list that is told who looks shows what it shows without being told, by any conditions, and counts the same."""
    random, every = Random(9), []
    for _ in range(max(40, ACTORS // 4)):
        # A post has shown no follow codes.
        actor = replace(anybody(crowd, random), follow=())
        wanted = any_filter(random, crowd)
        with acting(actor):
            told = queries.matters_page(wanted, now=NOW, actor=actor, size=2000)
            plain = queries.matters_page(wanted, now=NOW, size=2000)
            counted = queries.desk_count(wanted, now=NOW, actor=actor)
        assert [row.id for row in told.rows] == [row.id for row in plain.rows], (actor, wanted)
        assert (told.total, told.total_capped) == (plain.total, plain.total_capped)
        if not wanted.light:
            assert counted == counted_by_hand(plain.rows, wanted), (actor, wanted)
        every += plain.rows
    assert every


def counted_by_hand(rows: Sequence[queries.MatterRow], wanted: ListFilter) -> queries.DeskCount:
    lights = [row.light for row in rows]
    seen = [len(rows), lights.count(Light.WARNING), lights.count(Light.OVERDUE)]
    return queries.DeskCount(*(min(number, 1001) for number in seen))


def test_it_pages_forth_and_back_over_what_the_policy_shows(city, crowd):
    """Page by page to the end and back to the start by the function: the rows of the policy alone, each once, in order."""
    random, pages, size = Random(11), 0, max(4, MATTERS // 100)
    for _ in range(40):
        actor = replace(anybody(crowd, random), follow=())
        wanted = any_filter(random, crowd)
        with acting(actor):
            whole = [row.id for row in queries.matters_page(wanted, now=NOW, size=5000).rows]
            page, forth = queries.matters_page(wanted, now=NOW, actor=actor, size=size), []
            forth.append([row.id for row in page.rows])
            while page.next_after:
                page = queries.matters_page(wanted, now=NOW, actor=actor, after=page.next_after, size=size)
                forth.append([row.id for row in page.rows])
            assert [pk for rows in forth for pk in rows] == whole, (actor, wanted)
            for rows in reversed(forth[:-1]):
                page = queries.matters_page(wanted, now=NOW, actor=actor, before=page.previous_before, size=size)
                assert [row.id for row in page.rows] == rows, (actor, wanted)
            assert page.previous_before == "" or len(forth) > 1
        pages += len(forth)
    assert pages > 40, "else it proves nothing"


@pytest.mark.parametrize("who", sorted(VISIBLE))
def test_it_finds_of_the_standing_matters_what_is_mine(city, standing, who):
    with as_role(city.installation, "app", standing.actors[who]) as opened:
        for way in ("any", "place"):
            found = {pk for pk in by_search(opened, way, word="电梯") if pk < 10_000_000}
            assert standing.named(found) == VISIBLE[who]


@pytest.mark.parametrize("setting", ["ranges", "intake", "unit", "post", "follow"])
def test_it_finds_nothing_without_a_scope_or_under_one_that_makes_no_sense(city, crowd, setting):
    for value in ("", "{}", "0", "-1", "NULL", "everything", "' OR true --"):
        with as_role(city.installation, "app", ANYONE) as opened:
            opened.execute("SELECT set_config(%s, %s, true)", [f"shanzhi.{setting}", value])
            try:
                assert by_search(opened) == by_search(opened, "part") == set()
            except (errors.DataError, errors.InvalidTextRepresentation):
                continue


def test_it_takes_no_statement_for_a_word(city, crowd):
    """Arguments are values; the function puts none of them into its statement."""
    with as_role(city.installation, "app", Actor(ranges=CodeRanges.from_prefixes("370306"))) as opened:
        visible = by_policy(opened)
        for way in ("' OR true --", "any'; SELECT 1; --", "part\x01", ""):
            assert by_search(opened, way) == visible
        rows = opened.execute(
            "SELECT matters_search(%s::tsquery, 'any', false, NULL, NULL, 10, false, %s, NULL, %s, %s, %s, %s, %s, NULL,"
            " NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false)",
            [f"'{WORD}'", ["x') OR true --"], "' OR true", "0' OR true --", "9", "' OR true --", "~"],
        ).fetchall()
        assert rows == []


@pytest.mark.parametrize("role", ["worker", "importer"])
def test_it_is_the_web_s_alone(city, role):
    with as_role(city.installation, role) as opened, pytest.raises(errors.InsufficientPrivilege):
        by_search(opened)


@pytest.mark.parametrize("role", ["app", "worker", "importer"])
def test_it_keeps_the_words_themselves_to_itself(city, crowd, role):
    """Words tell of texts: nobody reads them, and nobody counts them either."""
    for statement in ("SELECT words FROM matters_words", "SELECT count(words) FROM matters_words"):
        with as_role(city.installation, role) as opened, pytest.raises(errors.InsufficientPrivilege):
            opened.execute(statement)


def test_it_adds_words_only_to_a_matter_in_sight(city, standing):
    statement = "INSERT INTO matters_words VALUES (%s, ''::tsvector, 1)"
    with as_role(city.installation, "owner") as owner:
        owner.execute("DELETE FROM matters_words WHERE matter_id = ANY (%s)", [list(standing.matters.values())])
        owner.commit()
    for name, may in (("own", True), ("foreign", False)):
        with as_role(city.installation, "app", standing.actors["handler"]) as opened:
            if may:
                opened.execute(statement, [standing.matters[name]])
                continue
            with pytest.raises(errors.InsufficientPrivilege):
                opened.execute(statement, [standing.matters[name]])
