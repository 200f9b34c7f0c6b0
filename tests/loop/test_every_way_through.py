"""Every way through the loop: nothing lost, nothing said too much, every promise kept as the clock gives it."""

import json
from collections import Counter
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from inspect import get_annotations
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from shanzhi.config import database
from shanzhi.config.demo.drive import SCENARIOS, Driver
from shanzhi.config.worker import drain
from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, IMPORTER, Actor
from shanzhi.kernel.access.queries import actor_of_post
from shanzhi.kernel.clock.policy import Course, Duration, due_at, promise, shipped_calendar
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.journal.policy import registered_payloads
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import BatchRow
from shanzhi.kernel.matters.operations.step import KeyReused
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.notices import queries as notices
from shanzhi.kernel.organisation.queries import posts_of_unit
from shanzhi.kernel.vault.policy.envelope import commit
from tests.city import NOW
from tests.concurrency.committed import City, as_role
from tests.desks import do
from tests.loop.ways import CATEGORY, COMMUNITY, every_way, report

# What changes units, regions and rules, hands work on or takes a list along: no step of the loop, and tested beside it.
AROUND = {
    f"matters.{name}"
    for name in (
        *("dispatch_edited", "dispatch_live", "dispatch_loaded", "process_live", "process_uploaded", "rules_live"),
        *(
            "due_moved",
            "promise_moved",
            "ask_fall",
            "helper_left",
            "hand_over",
            "post_fall",
            "list_take",
            "recode",
            "succeed",
        ),
        *("appeal", "paper", "paper_void", "review"),
    )
}
SECRETS = ("王小明", "13812345678", "赵钱孙", "翡翠明珠", "鲁C12345")


@dataclass(frozen=True, slots=True)
class Driven:
    """The city after all scenarios, and the words that were written in it."""

    city: City
    scenarios: Counter[str]
    entries: list[dict[str, Any]]


@pytest.fixture(scope="module")
def driven(city: City) -> Driven:
    """Each scenario twice, the ways that use what they leave out, and an import."""
    ticks = iter(range(10**6))
    driver = Driver.for_city("3703", "370303", seed=3, clock=lambda: NOW + timedelta(minutes=next(ticks)))
    scenarios = Counter(driver.drive(2 * len(SCENARIOS)))
    every_way(city)
    with database.acting_as(city.installation, "importer"):
        rows = [
            BatchRow(
                "1",
                NOW - timedelta(days=3),
                "翡翠明珠小区停水，联系赵钱孙13812345678",
                category="赵钱孙",
                region_code=COMMUNITY,
            ),
            BatchRow(
                "2",
                NOW - timedelta(days=3),
                "路灯不亮 鲁C12345",
                reply="已修复，请王小明放心",
                replied_at=NOW,
                category=CATEGORY,
            ),
        ]
        assert [row.added for row in operations.import_batch(rows=rows, source="12345", now=NOW)] == [2]
    with database.acting_as(city.installation, "worker"):
        drain(now=lambda: NOW + timedelta(days=30))
    with as_role(city.installation, "owner") as owner:
        columns = "id, action, version, subject_id, subject_step, scope_code, happened_at, author_kind, payload"
        found = owner.execute(f"SELECT {columns} FROM journal_entry WHERE subject_kind = 'matter' ORDER BY id")
        entries = [dict(zip(columns.split(", "), row, strict=True)) for row in found.fetchall()]
    return Driven(city, scenarios, entries)


# -- the whole -------------------------------------------------------------------------------------------------------


def test_it_loses_nothing_on_any_way(driven):
    assert set(driven.scenarios) == set(SCENARIOS)
    with database.acting_as(driven.city.installation, "worker"):
        state = queries.loop_state()
        assert (state.lost, state.out_of_step) == ((), ())
        assert state.total == 2 * len(SCENARIOS) + 33
        assert set(state.by_stage) == {stage.code for stage in queries.current_kind("request").stages}
        assert notices.outbox_backlog() == (0, None)


def test_it_uses_every_action_of_the_process(driven):
    kind = queries.current_kind("request")
    done = {entry["payload"]["done_by"] for entry in driven.entries if "done_by" in entry["payload"]}
    steps = {"take_up", "escalate_to_community", "escalate_to_centre", "entrust", "give_back", "end_in_centre"}
    # What an empty centre has: tests/concurrency/test_leave_a_unit.py.
    assert done - {"report", "settle", "part"} == {action.code for action in kind.actions} - {"vacate_centre"} | steps


def test_it_notices_what_is_wrong(driven):
    """The check of the whole is worth something only if it sees each way in which records can disagree."""
    breaks = {
        "UPDATE matters_matter SET steps = steps + 1 WHERE id = %s": "lost",
        "UPDATE matters_matter SET due_at = due_at + interval '1 s' WHERE id = %s": "out_of_step",
        "UPDATE matters_clock SET stopped_at = now() WHERE matter_id = %s AND stopped_at IS NULL": "out_of_step",
        "UPDATE matters_matter SET stage = 'accepted' WHERE id = %s": "out_of_step",
    }
    for statement, where in breaks.items():
        with database.acting_as(driven.city.installation, "owner"), transaction.atomic():
            from django.db import connection  # noqa: PLC0415 - after the role has changed

            with connection.cursor() as cursor:
                cursor.execute("SELECT id, number FROM matters_matter WHERE stage = 'dispatched' ORDER BY id LIMIT 1")
                matter_id, number = cursor.fetchone()
                cursor.execute(statement, [matter_id])
                assert cursor.rowcount >= 1
            state = queries.loop_state()
            transaction.set_rollback(True)
        assert {"lost": state.lost, "out_of_step": state.out_of_step}[where] == (number,), statement


# -- the journal -----------------------------------------------------------------------------------------------------


def test_it_journals_every_field_of_the_registered_payload(driven):
    seen: Counter[str] = Counter()
    for entry in driven.entries:
        cls = registered_payloads()[entry["action"], entry["version"]]
        assert set(entry["payload"]) == {field.name for field in fields(cls)}, entry["action"]  # type: ignore[arg-type]
        seen[entry["action"]] += 1
    actions = {action for action, _ in registered_payloads() if action.startswith("matters.")}
    # What a reporter does with the own data is no step of the loop: tests/protection.
    rights = {"matters.consent", "matters.erase_asked", "matters.erased"}
    assert set(seen) == actions - rights - AROUND | {"vault.read"}


def test_it_fills_each_field_on_some_way(driven):
    """A field that no step ever fills is one that nobody can rely on."""
    declared, filled = set[str](), set[str]()
    for entry in driven.entries:
        cls = registered_payloads()[entry["action"], entry["version"]]
        for name, value in entry["payload"].items():
            owner = next(each.__name__ for each in cls.__mro__ if name in get_annotations(each))
            # What all second versions have in common is one field, whichever shape it was added to.
            owner = "Second" if owner.startswith("Second") else owner
            declared.add(f"{owner}.{name}")
            if value not in (None, "", [], False):
                filled.add(f"{owner}.{name}")
    # Whether the draw takes one is chance; a report about a chosen place is tried in test_report_about_a_place.
    assert declared - filled - {"Conclusion.drawn"} == {"About.place_kind", "Report.place_id"}


def test_it_numbers_the_steps_of_each_matter_from_one(driven):
    steps: dict[int, list[int]] = {}
    for entry in driven.entries:
        steps.setdefault(entry["subject_id"], []).append(entry["subject_step"])
    assert all(found == list(range(1, len(found) + 1)) for found in steps.values())


def test_it_journals_no_word_that_anybody_wrote(driven):
    """Every piece of six characters of any text in the tables or the vault is looked for in all entries."""
    told = " ".join(json.dumps(entry["payload"], ensure_ascii=False) for entry in driven.entries)
    for secret in SECRETS:
        assert secret not in told
    with as_role(driven.city.installation, "owner") as owner:
        texts = [
            row[0]
            for row in owner.execute(
                "SELECT unnest(ARRAY[title, body, place_text]) FROM matters_matter UNION SELECT text FROM matters_remark"
            ).fetchall()
        ]
    assert len(texts) > 60
    for text in texts:
        for start in range(max(len(text) - 5, 0)):
            assert text[start : start + 6] not in told, text


def test_it_journals_codes_where_codes_belong(driven):
    known = set(queries.categories().rules.categories) | {""}
    for entry in driven.entries:
        payload = entry["payload"]
        if "category" in payload:
            assert payload["category"] in known
            assert payload["region_code"].isdigit()
        if payload.get("ground"):
            assert payload["ground"] in queries.grounds().by_code


def test_it_commits_to_the_texts_as_they_were_written(driven):
    """Whoever holds a text and its salt can prove it; nobody else learns anything."""
    made = report("原文：翡翠明珠停电，电话13812345678。")
    cast = driven.city.cast
    do(cast.dispatcher, made, "accept", category=CATEGORY, words="请联系王小明 13812345678")
    with as_role(driven.city.installation, "owner") as owner:
        rows = owner.execute(
            "SELECT payload FROM journal_entry WHERE subject_kind = 'matter' AND subject_id = %s ORDER BY id",
            [made.matter_id],
        ).fetchall()
        salt = owner.execute("SELECT salt, body FROM matters_matter WHERE id = %s", [made.matter_id]).fetchone()
        remark = owner.execute(
            "SELECT salt, text FROM matters_remark WHERE matter_id = %s", [made.matter_id]
        ).fetchone()
    assert salt is not None
    assert remark is not None
    assert salt[1] == "原文：翡翠明珠停电，电话138****5678。"
    assert rows[0][0]["body_sealed"] == commit("原文：翡翠明珠停电，电话13812345678。", bytes(salt[0])).hex()
    assert rows[0][0]["title_sealed"] == commit("翡翠明珠电梯", bytes(salt[0])).hex()
    assert rows[0][0]["body_sealed"] != commit(salt[1], bytes(salt[0])).hex()
    assert rows[1][0]["words_sealed"] == commit("请联系王小明 13812345678", bytes(remark[0])).hex()
    assert "13812345678" not in remark[1]


def test_it_salts_every_text_of_its_own(driven):
    with as_role(driven.city.installation, "owner") as owner:
        salts = [row[0] for row in owner.execute("SELECT salt FROM matters_matter").fetchall()]
    assert len({bytes(salt) for salt in salts}) == len(salts)
    assert {len(salt) for salt in salts} == {16}


# -- the clock -------------------------------------------------------------------------------------------------------


def test_it_promises_what_the_clock_gives(driven):
    calendar, kinds = shipped_calendar(), {code: queries.current_kind(code) for code in ("request", "incident")}
    with as_role(driven.city.installation, "owner") as owner:
        clocks = owner.execute(
            "SELECT matter_id, kind, c.stage, c.code, c.calendar, c.course, limit_text, calendar_version, c.due_at,"
            " c.warn_at, stopped_at FROM matters_clock c JOIN matters_matter m ON m.id = c.matter_id"
            " WHERE c.paused_at IS NULL"
        ).fetchall()
        running = dict(
            owner.execute("SELECT id, ARRAY[due_at, warn_at] FROM matters_matter WHERE ended_at IS NULL").fetchall()
        )
        leads = dict(owner.execute("SELECT matter_id, lead_id FROM matters_link").fetchall())
    assert len(clocks) > 100
    soonest: dict[int, list[datetime]] = {}
    for matter_id, kind, stage, code, named, stored, limit_text, version, due, warn, stopped_at in clocks:
        spec, course = kinds[kind].clock(code) if code else kinds[kind].stage(stage), Course.from_json(stored)
        if stage == kinds[kind].linked_stage:
            # What is handled with another has no limit of its own: its clock is one of the lead's.
            assert [stored, due, warn] in [[row[5], *row[8:10]] for row in clocks if row[0] == leads[matter_id]]
        else:
            assert (course.limit, course.threshold) == (spec.limit, spec.warn)
        promised = promise(course, calendar.named(named))
        assert (limit_text, due, warn) == (promised.limit_text, promised.due_at, promised.warn_at)
        assert version == calendar.named(named).version
        if stopped_at is None:
            soonest[matter_id] = min(soonest.get(matter_id, [due, warn]), [due, warn])
    assert running == soonest
    (waiting,) = [row[0] for row in clocks if row[2] == "merged" and row[10] is None]
    assert running[waiting] == running[leads[waiting]]


def test_it_tells_the_journal_the_clock_that_runs_after_each_step(driven):
    for entry in driven.entries:
        payload = entry["payload"]
        if payload.get("limit"):
            start = max(entry["happened_at"], NOW - timedelta(days=3))
            limit = Duration.parse(payload["limit"])
            assert datetime.fromisoformat(payload["due_at"]) == due_at(start.astimezone(UTC), limit, shipped_calendar())


# -- all or nothing --------------------------------------------------------------------------------------------------


def everything(city: City) -> dict[str, Any]:
    """The content of every table that a step writes."""
    names = (
        "matters_matter matters_participant matters_assignment matters_clock matters_remark matters_submission"
        " vault_record files_attachment notices_event journal_entry"
    )
    with as_role(city.installation, "owner") as owner:
        return {
            name: owner.execute(
                f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} t"
            ).fetchone()
            for name in names.split()
        }


@pytest.fixture
def dispatched(driven: Driven) -> operations.Reported:
    made, cast = report(), driven.city.cast
    do(cast.dispatcher, made, "accept", category=CATEGORY)
    do(cast.dispatcher, made, "dispatch", lead=cast.handler.unit_id)
    return made


BROKEN = StoredFile(sha256="not a hash", media_type="application/pdf", size=1, name="x.pdf")


@pytest.mark.parametrize(
    "who, action, given",
    [
        ("dispatcher", "transfer", {"lead": 999_999}),
        ("dispatcher", "transfer", {"lead": "housing"}),
        ("dispatcher", "transfer", {}),
        ("dispatcher", "transfer", {"lead": 1, "co": [999_999]}),
        ("handler", "hand_back", {"ground": "made-up"}),
        ("handler", "hand_back", {"ground": "refuse.litigation"}),
        ("handler", "attach", {"files": [BROKEN], "words": "电话13812345678"}),
        ("handler", "attach", {"files": ["x"], "words": "电话13812345678"}),
        ("handler", "note", {"words": "x" * 2001}),
        ("handler", "note", {"words": "有", "satisfied": 3}),
        ("handler", "reply", {"reply": "还没签收"}),
        ("handler", "nonsense", {}),
        ("second_handler", "take", {}),
        ("neighbour_handler", "take", {}),
        ("checker", "take", {}),
    ],
)
def test_it_leaves_nothing_of_a_step_that_fails(driven, dispatched, who, action, given):
    actor, before, key = getattr(driven.city.cast, who), everything(driven.city), uuid4()
    with pytest.raises(Exception) as failed, acting(actor):
        operations.act(matter_id=dispatched.matter_id, action=action, actor=actor, now=NOW, fields=given, key=key)
    assert not isinstance(failed.value, KeyReused)
    if given.get("files") is None:
        assert isinstance(failed.value, DomainError), repr(failed.value)
    assert everything(driven.city) == before
    # Its key is free again.
    assert do(driven.city.cast.supervisor, dispatched, "note", words="还在").step == 4


@pytest.mark.parametrize(
    "given",
    [
        {"body": ""},
        {"body": "有", "region_code": "9999"},
        {"body": "有", "region_code": "x'; --"},
        {"body": "有", "category": "made-up"},
        {"body": "有", "contact_phone": "123"},
        {"body": "有", "latitude": 36.8},
        {"body": "有", "kind": "made-up"},
        {"body": "有", "channel": "fax"},
        {"body": "长" * 20_001},
    ],
)
def test_it_leaves_nothing_of_a_report_that_fails(driven, given):
    before = everything(driven.city)
    with pytest.raises(DomainError), acting(ANYONE):
        operations.report(new=NewReport(**given), actor=ANYONE, now=NOW, key=uuid4())
    with pytest.raises(Exception), acting(ANYONE):  # noqa: B017 - the database's own refusal
        operations.report(new=NewReport(body="电话13812345678"), actor=ANYONE, now=NOW, key=uuid4(), stored=[BROKEN])
    assert everything(driven.city) == before


def test_it_lets_a_program_that_is_no_post_read_no_contact(driven, dispatched):
    for actor in (Actor(follow=(dispatched.follow_hash,)), ANYONE, IMPORTER):
        with pytest.raises(DomainError), acting(actor):
            operations.reveal_contact(matter_id=dispatched.matter_id, reason="visit", actor=actor, now=NOW)


# -- who is told -----------------------------------------------------------------------------------------------------


def test_it_tells_nobody_of_a_matter_that_they_can_not_open(driven):
    with as_role(driven.city.installation, "owner") as owner:
        told = owner.execute(
            "SELECT DISTINCT n.unit_id, n.role, n.subject_id, m.number, n.text FROM notices_notice n"
            " JOIN matters_matter m ON m.id = n.subject_id WHERE n.subject_kind = 'matter' ORDER BY 1, 2, 3"
        ).fetchall()
    assert len(told) > 50
    actors: dict[tuple[int, str], Actor] = {}
    blind = []
    for unit_id, role, matter_id, number, text in told:
        if (unit_id, role) not in actors:
            posts = [card for card in posts_of_unit(unit_id, NOW.date()) if card.role == role]
            actors[unit_id, role] = actor_of_post(posts[0].post_id, NOW.date())
        with acting(actors[unit_id, role]):
            if queries.matter_id_of_number(number) != matter_id:
                blind.append((unit_id, role, number, text))
    assert blind == []


def test_it_tells_a_new_dispatch_to_those_who_got_it(driven):
    """Not to the co-handlers of an earlier dispatch that came back."""
    cast, made = driven.city.cast, report()
    now = NOW + timedelta(minutes=1)
    do(cast.dispatcher, made, "accept", category=CATEGORY)
    do(cast.dispatcher, made, "dispatch", lead=cast.handler.unit_id, co=[cast.second_handler.unit_id])
    do(cast.handler, made, "hand_back", now, ground="return.not-our-duty", words="不归我们")
    do(cast.dispatcher, made, "dispatch", now + timedelta(minutes=1), lead=cast.handler.unit_id)
    with database.acting_as(driven.city.installation, "worker"):
        drain(now=lambda: NOW + timedelta(days=30))
    with as_role(driven.city.installation, "owner") as owner:
        rows = owner.execute(
            "SELECT unit_id FROM notices_notice WHERE subject_kind = 'matter' AND subject_id = %s AND subject_step = 5"
            " AND text = 'matters.dispatch'",
            [made.matter_id],
        ).fetchall()
    assert rows == [(cast.handler.unit_id,)]
