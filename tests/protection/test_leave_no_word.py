"""A reporter has everything deleted: no word is left in any row or file, every commitment still stands."""

from django.db import connection

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters.models import Part
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.vault.policy.envelope import commit
from tests.desks import card, do
from tests.protection.rights_support import (
    BODY,
    NAME,
    NOTE,
    PHONE,
    TITLE,
    VERDICT,
    WORDS,
    ask,
    closed,
    closes,
    entries,
    files_with,
    report,
    reporter,
    rows_with,
    work,
)

__all__ = ["closed", "closes"]


def salts(made: Reported) -> tuple[bytes, dict[tuple[int, str], bytes]]:
    with acting(reporter(made)), connection.cursor() as cursor:
        cursor.execute("SELECT salt FROM matters_matter WHERE id = %s", [made.matter_id])
        matter = bytes(cursor.fetchone()[0])
        cursor.execute("SELECT step, part, salt FROM matters_remark WHERE matter_id = %s", [made.matter_id])
        return matter, {(step, part): bytes(salt) for step, part, salt in cursor.fetchall()}


def commitments(made: Reported) -> dict[tuple[int, str], str]:
    return {
        (row.step, name): value
        for row in entries(made)
        for name, value in row.payload.items()
        if name.endswith("_sealed") and value
    }


def test_it_leaves_no_word_anywhere_and_every_commitment_as_it_was(city, closed, evidence_store):
    assert {word for _, word in rows_with(city, WORDS)} == set(WORDS) - {PHONE, NAME, "鲁C12345", "yangzhiruo88"}
    before, (salt, remark_salts) = commitments(closed), salts(closed)
    steps = {row.step: row.action for row in entries(closed)}
    noted = next(step for step, action in steps.items() if action == "matters.note")
    rated = next(step for step, action in steps.items() if action == "matters.rate")
    recomputed = {
        (1, "title_sealed"): commit(TITLE, salt).hex(),
        (1, "body_sealed"): commit(BODY, salt).hex(),
        (noted, "words_sealed"): commit(NOTE, remark_salts[noted, "words"]).hex(),
        (rated, "words_sealed"): commit(VERDICT, remark_salts[rated, "words"]).hex(),
    }
    assert recomputed.items() <= before.items()

    ask(closed)
    work(city)

    assert rows_with(city, WORDS) == set()
    assert files_with(evidence_store, WORDS) == []
    after = commitments(closed)
    assert before == after
    assert recomputed.items() <= after.items()
    salt, remark_salts = salts(closed)
    assert (salt, remark_salts[noted, "words"], remark_salts[rated, "words"]) == (b"", b"", b"")


def test_it_leaves_no_word_in_the_parts_of_a_split_matter(city, evidence_store):
    whole, cast = report(), city.cast
    do(cast.dispatcher, whole, "accept", category="housing.property-service")
    about = [
        {"about": BODY, "category": "housing.property-service"},
        {"about": NOTE, "category": "cityscape.waste"},
    ]
    do(cast.dispatcher, whole, "split", lead=cast.handler.unit_id, parts=about)
    first, second = _parts(city, whole)
    do(cast.dispatcher, first, "dispatch", lead=cast.handler.unit_id)
    do(reporter(whole), second, "note", words=VERDICT)
    do(reporter(whole), whole, "withdraw", words=NOTE)
    ask(whole)
    work(city)
    assert rows_with(city, WORDS) == set()
    for pk in (first, second):
        seen = card(cast.dispatcher, pk)
        erased = seen.timeline[-1]
        assert (seen.title, seen.body, seen.has_originals, erased.action) == (
            "已按本人请求删除", "已按本人请求删除", False, "matters.erased",
        )  # fmt: skip


def _parts(city, whole: Reported) -> list[int]:
    with acting(city.cast.dispatcher):
        found = Part.objects.filter(whole_id=whole.matter_id).order_by("matter_id")
        return list(found.values_list("matter_id", flat=True))
