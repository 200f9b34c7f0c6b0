"""A post announces a draw, the journal fixes its head, both sides show their numbers, and the file proves it to anybody."""

import json
from datetime import timedelta

import psycopg
import pytest

from shanzhi.core.errors import Conflict, NotAllowed, NotFound
from shanzhi.kernel.access.policy import ANYONE, SignInNeeded
from shanzhi.kernel.access.scope import acting
from shanzhi.kernel.draws import operations, queries
from shanzhi.kernel.draws.operations import (
    DrawAnnouncedAlready,
    DrawNotReady,
    NonceRefused,
    PlannedSide,
    PlannedStratum,
    draw_publish,
    draw_withdraw,
)
from shanzhi.kernel.draws.policy import BadAnnouncement, BadFrame, Item, commitment_of, read_draw, redo
from shanzhi.kernel.draws.policy.frame import salt_of
from shanzhi.kernel.draws.queries import DrawNotMade
from shanzhi.kernel.draws.tests.drawn_city import WINDOW, announce, go_on, made, nonce_for, plan, show, start
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy import PublicKey, read_head
from shanzhi.kernel.journal.queries import keys
from tests.concurrency.committed import City, as_role, at_once, city, seal_all

__all__ = ["city"]

MINUTE = timedelta(minutes=1)


def test_it_goes_from_announcement_to_a_file_that_redoes_itself(city: City):
    number, file = made(city, "round-1:spot", nonce_for(1))
    with acting(ANYONE):
        view = queries.draw(number)
        public = [PublicKey.read(row.text) for row in keys()]
    assert view.row.state == "made"
    assert view.result is not None
    assert [(code, len(ids)) for code, ids in view.result.drawn] == [("370303", 3), ("370306", 2)]
    assert [(side.name, side.is_ours, side.forfeited) for side in view.sides] == [
        ("鲁验组", True, False),
        ("淄博市", False, False),
    ]
    redone = redo(read_draw(file), given=public)
    assert [str(fault) for fault in redone.faults] == []
    assert redone.result == view.result
    steps = [entry.action for entry in _entries(number)]
    assert steps == ["draws.announce", "draws.open", "draws.show", "draws.make"]


def _entries(number: int):
    with acting(ANYONE):
        return journal.entries_of("draw", number)


def test_it_takes_the_first_head_over_the_announcement(city: City):
    """Heads that are signed while nobody looks change nothing: it is the first one, whenever it is asked for."""
    now = start()
    number = announce(city, plan("round-1:first", nonce_for(2)), now=now)
    seal_all(city.installation, now)
    with acting(ANYONE):
        first = journal.head_now()
    # Further entries, further heads, before the background comes to it.
    announce(city, plan("round-1:other", nonce_for(3)), now=now)
    seal_all(city.installation, now + MINUTE)
    go_on(city, now + 2 * MINUTE)
    assert first is not None
    show(number, nonce_for(2), now=now + 3 * MINUTE)
    go_on(city, now + 4 * MINUTE)
    seal_all(city.installation, now + 5 * MINUTE)
    with acting(ANYONE):
        taken = read_draw(queries.draw_file(number)).proof.trees[0].head
    assert taken == first.note
    redone = redo(read_draw(_file(number)), kept=[read_head(first.note)])
    assert redone.is_same, redone.faults


def _file(number: int) -> str:
    with acting(ANYONE):
        return queries.draw_file(number)


def test_a_side_that_does_not_show_its_number_forfeits(city: City):
    now = start()
    number = announce(city, plan("round-1:late", nonce_for(4)), now=now)
    go_on(city, now)
    end = now + timedelta(minutes=WINDOW)
    go_on(city, end - MINUTE)
    with acting(ANYONE):
        assert queries.draw(number).row.state == "opened"
    with acting(ANYONE), pytest.raises(DrawNotReady):
        operations.draw_show(number=number, nonce=nonce_for(4).hex(), actor=ANYONE, now=end)
    go_on(city, end)
    seal_all(city.installation, end + MINUTE)
    redone = redo(read_draw(_file(number)))
    assert redone.is_same, redone.faults
    assert redone.result is not None
    assert redone.result.forfeited == ("淄博市",)
    assert any("淄博市”没有按时出示随机数" in str(saying) for saying in redone.open)


def test_no_number_is_shown_before_the_head_is_taken(city: City):
    now = start()
    number = announce(city, plan("round-1:early", nonce_for(5)), now=now)
    with pytest.raises(DrawNotReady):
        show(number, nonce_for(5), now=now)
    with acting(ANYONE), pytest.raises(DrawNotMade):
        queries.draw_file(number)
    go_on(city, now + MINUTE)
    with pytest.raises(NonceRefused):
        show(number, nonce_for(6), now=now + MINUTE)
    with acting(ANYONE), pytest.raises(NonceRefused):
        operations.draw_show(number=number, nonce="省", actor=ANYONE, now=now)
    assert show(number, nonce_for(5), now=now + MINUTE) == "淄博市"
    assert show(number, nonce_for(5), now=now + MINUTE) == "淄博市"


def test_repeats_are_numbered_and_seen_by_everybody(city: City):
    now = start()
    first = announce(city, plan("round-2:spot", nonce_for(10)), now=now)
    with pytest.raises(DrawAnnouncedAlready, match="正在进行"):
        announce(city, plan("round-2:spot", nonce_for(11), again="again"), now=now)
    with acting(city.cast.supervisor):
        draw_withdraw(number=first, ground="numbers", actor=city.cast.supervisor, now=now)
    with pytest.raises(DrawAnnouncedAlready, match="请选理由"):
        announce(city, plan("round-2:spot", nonce_for(11)), now=now)
    with pytest.raises(BadAnnouncement, match="用过"):
        announce(city, plan("round-2:spot", nonce_for(10), again="numbers"), now=now)
    second = announce(city, plan("round-2:spot", nonce_for(11), again="numbers"), now=now)
    assert second == first + 1
    go_on(city, now + MINUTE)
    with acting(city.cast.supervisor), pytest.raises(Conflict, match="不能撤回"):
        draw_withdraw(number=second, ground="needless", actor=city.cast.supervisor, now=now)
    with acting(ANYONE):
        assert [(row.number, row.turn, row.state) for row in queries.draws_of("round-2:spot")] == [
            (first, 1, "withdrawn"),
            (second, 2, "opened"),
        ]
        assert queries.draw(second).announcement.earlier == (first,)


def test_a_list_is_kept_back_until_it_is_published(city: City):
    now = start()
    number, _ = _kept_back(city)
    supervisor = city.cast.supervisor
    with acting(ANYONE):
        view = queries.draw(number)
        assert (view.is_seen, view.items, view.result) == (False, (), None)
        with pytest.raises(NotFound, match="没有公开"):
            queries.draw_file(number)
    with acting(supervisor):
        assert queries.draw(number).is_seen
    with acting(ANYONE), pytest.raises(SignInNeeded):
        draw_publish(number=number, actor=ANYONE, now=now)
    for _ in range(2):
        with acting(supervisor):
            draw_publish(number=number, actor=supervisor, now=now)
    seal_all(city.installation, now + 5 * MINUTE)
    drawn = read_draw(_file(number))
    assert redo(drawn).is_same
    assert salt_of(drawn.frame)
    assert [entry.action for entry in _entries(number)].count("draws.publish") == 1


def _kept_back(city: City) -> tuple[int, bytes]:
    now = start()
    nonce = nonce_for(20)
    number = announce(city, plan("round-3:visit", nonce, is_public=False), now=now)
    go_on(city, now)
    show(number, nonce, now=now + MINUTE)
    go_on(city, now + 2 * MINUTE)
    return number, nonce


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"items": ()}, "名单是空的"),
        ({"items": (Item("a", "370303"), Item("a", "370306"))}, "列了两次"),
        ({"items": (Item("a", "370303", -1),)}, "权重是 -1"),
        ({"items": (Item("a", "370303", 0),)}, "权重是 0"),
        ({"items": (Item("a\tb", "370303"),)}, "制表符"),
        ({"items": (Item("a", "370399"),)}, "没有说要抽几个"),
        ({"strata": (PlannedStratum("370303", "张店区", 21), PlannedStratum("370306", "周村区", 1))}, "只有 20 个"),
        ({"method": "equal"}, "权重都是 1"),
        ({"sides": (PlannedSide("省"),)}, "只有一方"),
        ({"sides": (PlannedSide("省", "a" * 64), PlannedSide("市", "b" * 64))}, "有且只有本方"),
        ({"sides": (PlannedSide("省"), PlannedSide("市", "B" * 64))}, "承诺格式不正确"),
        ({"window": 1}, "10 分钟"),
        ({"subject": ""}, "请写明抽什么"),
    ],
)
def test_it_says_why_a_draw_can_not_be_announced(city: City, changes, sentence):
    with pytest.raises((BadAnnouncement, BadFrame), match=sentence):
        announce(city, plan("round-4:bad", nonce_for(30), **changes))


def test_only_a_post_that_draws_may_announce(city: City):
    with pytest.raises(NotAllowed):
        announce(city, plan("round-4:who", nonce_for(31)), actor=city.cast.handler)
    with pytest.raises(SignInNeeded):
        announce(city, plan("round-4:who", nonce_for(31)), actor=ANYONE)


def test_two_draws_at_once_get_two_numbers_and_one_purpose_is_drawn_once(city: City):
    wanted = [plan("round-5:a", nonce_for(40)), plan("round-5:b", nonce_for(41)), plan("round-5:b", nonce_for(42))]
    outcomes = at_once(*(lambda each=each: announce(city, each) for each in wanted))
    numbers = [outcome.value for outcome in outcomes if outcome.error is None]
    assert len(numbers) == 2 == len(set(numbers))
    assert [type(outcome.error) for outcome in outcomes if outcome.error] == [DrawAnnouncedAlready]


def test_the_database_itself_holds_it(city: City):
    """With SQL of one's own: nobody reads our nonce, changes what was announced, or puts in a nonce that doesn't fit."""
    number = announce(city, plan("round-6:sql", nonce_for(50)))
    supervisor = city.cast.supervisor
    refused = [
        "SELECT sealed FROM draws_secret",
        f"UPDATE draws_draw SET announcement = 'x' WHERE number = {number}",
        f"UPDATE draws_draw SET state = 'made' WHERE number = {number}",
        "UPDATE draws_side SET commitment = 'x'",
        "DELETE FROM draws_draw",
        "UPDATE draws_sheet SET frame = 'x'",
        "UPDATE draws_sheet SET result = 'x'",
        "INSERT INTO draws_nonce (draw_id, place, nonce, shown_at)"
        f" SELECT id, 1, '\\x00', now() FROM draws_draw WHERE number = {number}",
        "INSERT INTO draws_side (draw_id, place, name, is_ours, commitment)"
        f" SELECT id, 2, 'x', false, repeat('c', 64) FROM draws_draw WHERE number = {number}",
        "UPDATE draws_nonce SET nonce = '\\x00'",
    ]
    for statement in refused:
        with (
            as_role(city.installation, "app", supervisor) as opened,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            opened.execute(statement)
    with as_role(city.installation, "app") as opened, pytest.raises(psycopg.errors.InsufficientPrivilege):
        opened.execute(
            "INSERT INTO journal_entry (happened_at, action, version, subject_kind, subject_id, subject_step, scope_code,"
            " author_kind, payload) VALUES (now(), 'draws.make', 1, 'draw', 1, 9, '', 'reporter', '{}')"
        )
    with as_role(city.installation, "app") as opened:
        assert opened.execute("SELECT count(*) FROM draws_sheet WHERE NOT is_public").fetchone() == (0,)


def test_the_journal_says_no_name_of_what_may_be_drawn(city: City):
    number, _ = made(city, "round-7:names", nonce_for(60))
    for entry in _entries(number):
        said = json.dumps(entry.payload, ensure_ascii=False)
        assert "第 1 处" not in said
        assert "370303-01" not in said


def test_equal_draws_need_no_weights(city: City):
    items = tuple(Item(f"c{at}") for at in range(7))
    number, file = made(
        city,
        "round-8:cities",
        nonce_for(70),
        items=items,
        strata=(PlannedStratum("", "全省", 2),),
        method="equal",
        sides=(PlannedSide("市", commitment_of(nonce_for(70))), PlannedSide("中央")),
    )
    redone = redo(read_draw(file))
    assert redone.is_same, redone.faults
    assert redone.announcement is not None
    assert redone.announcement.number == number


def test_draws_are_found_by_the_whole_purpose(city: City):
    number, _ = made(city, "round 9 city 3703", nonce_for(80))
    made(city, "round 9 city 370301", nonce_for(81))
    with acting(ANYONE):
        assert [one.number for one in queries.draws_for(["round 9 cities", "round 9 city 3703"])] == [number]
