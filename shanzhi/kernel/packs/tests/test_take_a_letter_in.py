"""Letters between platforms: believed once two people have entered the sender, read once, refused with a sentence."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from shanzhi.config import database
from shanzhi.core.errors import InputError, NotAllowed
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.models import Signoff
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.models import Entry
from shanzhi.kernel.journal.policy.notes import SigningKey
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.packs import operations
from shanzhi.kernel.packs.models import KeptLetter
from shanzhi.kernel.packs.policy import letter_box as box
from shanzhi.kernel.packs.policy import on_letter
from shanzhi.kernel.packs.policy.letter import LetterError
from shanzhi.kernel.packs.policy.letter_box import LetterDamaged, LetterNotFound, LetterTwice, PeerUnusable
from shanzhi.kernel.packs.queries import letters as reading
from shanzhi.kernel.packs.tests.made import HEADER, KEY, MEMBERS, NEW_KEY, STRANGER, write
from tests.city import NOW
from tests.concurrency.committed import City, city

__all__ = ["city"]

LATER = NOW.replace(year=NOW.year + 1)


@pytest.fixture(autouse=True)
def own_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers of the test's own."""
    monkeypatch.setattr(box, "_readers", {})


def take(city: City, path: Path, part: str = "keeper") -> operations.Taken:
    actor = getattr(city.cast, part)
    with database.acting_as(city.installation, "app"), acting(actor):
        return operations.letter_take_in(path=path, actor=actor, now=NOW)


def work(city: City, now=NOW) -> None:
    """What the worker does: approvals are carried out, events told."""
    with database.acting_as(city.installation, "worker"):
        access.signoff_run_due(now=now)
        while notices.tell_next(now=now):
            pass


def row(city: City, letter_id: int) -> reading.LetterRow:
    with database.acting_as(city.installation, "worker"):
        return reading.letter(letter_id)


def agree(city: City, number: int) -> str:
    officer = city.cast.security_officer
    with database.acting_as(city.installation, "app"), acting(officer):
        access.signoff_decide(signoff_id=number, approve=True, words="同意", actor=officer, now=NOW)
    work(city)
    with database.acting_as(city.installation, "worker"):
        return str(Signoff.objects.get(pk=number).state)


def ask(city: City, code: str, *keys: SigningKey) -> int:
    keeper = city.cast.keeper
    text = "\n".join(key.public.text() for key in keys)
    with database.acting_as(city.installation, "app"), acting(keeper):
        return operations.peer_ask(code=code, name=f"平台{code}", keys=text, reason="省厅公布", actor=keeper, now=NOW)


def test_it_keeps_a_letter_of_an_unknown_sender_and_reads_it_once_two_people_know_them(city, tmp_path):
    seen: list[tuple[str, bytes]] = []

    def reader(letter_id: int, now: object) -> None:
        letter = reading.letter_open(letter_id)
        assert letter.faults == ()
        seen.append((letter.header.uid, letter.read("round.json")))

    on_letter("pack", reader)
    path = write(tmp_path / "a", sender="4403", uid="first")
    taken = take(city, path)
    assert (taken.is_new, taken.is_believed) == (True, False)
    assert take(city, path) == replace(taken, is_new=False)
    work(city)
    kept = row(city, taken.letter_id)
    assert (kept.state, "没有登记这个平台的公钥" in kept.reason, seen) == ("kept", True, [])
    number = ask(city, "4403", NEW_KEY, KEY)
    work(city)
    assert (row(city, taken.letter_id).state, seen) == ("kept", [])
    assert agree(city, number) == "done"
    read = row(city, taken.letter_id)
    assert (read.state, read.reason, read.bytes, read.signed_by) == ("read", "", path.stat().st_size, (KEY.public.id,))
    assert seen == [("first", MEMBERS["round.json"])]
    with database.acting_as(city.installation, "worker"):
        operations.letter_read(letter_id=taken.letter_id, now=NOW)
        assert len(seen) == 1
        with reading.letter_file(taken.letter_id).file as file:
            assert file.read() == path.read_bytes()
        entries = Entry.objects.filter(subject_kind="letter", subject_id=taken.letter_id).order_by("subject_step")
        assert [(each.action, each.author_post_id is not None) for each in entries] == [
            ("packs.letter_taken", True),
            ("packs.letter_settled", False),
        ]
        assert [(peer.code, [key.id for key in peer.keys]) for peer in reading.peers()] == [
            ("4403", [NEW_KEY.public.id, KEY.public.id])
        ]
    with pytest.raises(PeerUnusable):
        ask(city, "4403", STRANGER)


def test_it_believes_a_platform_no_more_once_it_is_withdrawn(city, tmp_path):
    agree(city, ask(city, "4404", KEY))
    on_letter("pack", lambda letter_id, now: None)
    before = take(city, write(tmp_path / "a", sender="4404", uid="before"))
    assert before.is_believed
    work(city)
    keeper = city.cast.keeper
    with database.acting_as(city.installation, "app"), acting(keeper):
        number = operations.peer_withdraw_ask(code="4404", reason="换钥", actor=keeper, now=NOW)
    assert agree(city, number) == "done"
    after = take(city, write(tmp_path / "b", sender="4404", uid="after"))
    work(city)
    assert (row(city, before.letter_id).state, row(city, after.letter_id).state) == ("read", "kept")
    # A key belongs to its platform: another's letter isn't believed by it.
    agree(city, ask(city, "4405", KEY))
    other = take(city, write(tmp_path / "c", sender="4406", uid="other"))
    assert not other.is_believed
    # Entered again with a new key, what waits under the old one goes on waiting.
    assert agree(city, ask(city, "4404", NEW_KEY)) == "done"
    assert row(city, after.letter_id).state == "kept"


def test_it_refuses_with_a_sentence_and_keeps_it_and_tries_again_after_a_crash(city, tmp_path):
    agree(city, ask(city, "4407", KEY))
    crashes = [True]

    def reader(letter_id: int, now: object) -> None:
        KeptLetter.objects.filter(pk=letter_id).update(params={"left": "behind"})
        if crashes:
            crashes.pop()
            raise RuntimeError("the power went")
        raise InputError("轮次 %(round)s 没有 %(count)d 个城市", round="2026-trial", count=3)

    on_letter("pack", reader)
    taken = take(city, write(tmp_path / "a", sender="4407"))
    work(city)
    assert (row(city, taken.letter_id).state, row(city, taken.letter_id).params) == ("kept", {})
    work(city, LATER)
    refused = row(city, taken.letter_id)
    assert (refused.state, refused.reason % refused.params) == ("refused", "轮次 2026-trial 没有 3 个城市")


def test_it_keeps_a_letter_that_nobody_reads_yet_until_somebody_asks_again(city, tmp_path):
    agree(city, ask(city, "4408", KEY))
    taken = take(city, write(tmp_path / "a", sender="4408", kind="slip"))
    work(city)
    kept = row(city, taken.letter_id)
    assert (kept.state, "还不会读" in kept.reason) == ("kept", True)
    on_letter("slip", lambda letter_id, now: None)
    keeper = city.cast.keeper
    with database.acting_as(city.installation, "app"), acting(keeper):
        operations.letter_try_again(letter_id=taken.letter_id, actor=keeper, now=NOW)
    work(city)
    assert row(city, taken.letter_id).state == "read"
    with database.acting_as(city.installation, "app"), acting(keeper), pytest.raises(LetterNotFound):
        operations.letter_try_again(letter_id=taken.letter_id, actor=keeper, now=NOW)


def test_it_takes_nothing_of_a_letter_that_isnt_as_it_was_sent(city, tmp_path):
    whole = write(tmp_path / "whole", sender="4409", uid="damaged")
    data = whole.read_bytes()
    damaged = tmp_path / "damaged"
    damaged.write_bytes(data[:300] + bytes([data[300] ^ 1]) + data[301:])
    with pytest.raises(LetterDamaged, match=r"第一处：“facts/fact_matter\.parquet”的内容"):
        take(city, damaged)
    damaged.write_bytes(b"no letter")
    with pytest.raises(LetterError, match="这个文件不是函件"):
        take(city, damaged)
    take(city, whole)
    with pytest.raises(NotAllowed):
        take(city, whole, "dispatcher")
    with database.acting_as(city.installation, "worker"):
        assert KeptLetter.objects.filter(sender="4409").count() == 1


def test_a_forged_id_keeps_no_real_letter_out(city, tmp_path):
    agree(city, ask(city, "4410", KEY))
    on_letter("pack", lambda letter_id, now: None)
    forged = take(city, write(tmp_path / "forged", {"round.json": b"[]"}, sender="4410", uid="one", key=STRANGER))
    real = take(city, write(tmp_path / "real", sender="4410", uid="one"))
    assert (forged.is_believed, real.is_believed) == (False, True)
    with pytest.raises(LetterTwice, match="已经有一份编号为 one 的函件"):
        take(city, write(tmp_path / "second", {"round.json": b"{}"}, sender="4410", uid="one"))
    work(city)
    assert [row(city, one.letter_id).state for one in (forged, real)] == ["kept", "read"]
    keeper = city.cast.keeper
    with database.acting_as(city.installation, "app"), acting(keeper):
        number = operations.peer_withdraw_ask(code="4410", reason="换钥", actor=keeper, now=NOW)
    agree(city, number)
    agree(city, ask(city, "4410", STRANGER))
    late = row(city, forged.letter_id)
    assert (late.state, "已经有一份编号为" in late.reason) == ("refused", True)


def test_a_letter_that_claims_to_be_ours_keeps_none_of_ours_from_being_written(city, tmp_path):
    take(city, write(tmp_path / "forged", sender="3703", uid="ours", key=STRANGER))
    with database.acting_as(city.installation, "worker"):
        assert not reading.is_kept(sender="3703", uid="ours")
        header = replace(HEADER, keys=(), made_at=NOW, uid="ours", sender="3703")
        operations.letter_send_out(header=header, fill=lambda writer: writer.add("a", b"1"), now=NOW)
        assert reading.is_kept(sender="3703", uid="ours")


def test_what_no_column_holds_is_refused_with_a_sentence(city, tmp_path):
    agree(city, ask(city, "4411", KEY))

    def reader(letter_id: int, now: object) -> None:
        KeptLetter.objects.filter(pk=letter_id).update(kind="x" * 101)

    on_letter("pack", reader)
    taken = take(city, write(tmp_path / "long", sender="4411", uid="long"))
    work(city)
    kept = row(city, taken.letter_id)
    assert (kept.state, kept.kind, "存不下" in kept.reason) == ("refused", "pack", True)


def test_it_sends_a_letter_signed_by_the_journals_key(city, tmp_path):
    with database.acting_as(city.installation, "worker"):
        header = replace(HEADER, keys=(), made_at=NOW, uid="out", sender="3703")
        number = operations.letter_send_out(header=header, fill=lambda writer: writer.add("round.json", b"{}"), now=NOW)
        again = operations.letter_send_out(
            header=header, fill=lambda writer: writer.add("round.json", b"{}"), now=LATER
        )
        letter = reading.letter_open(number)
    assert (number, letter.faults, letter.read("round.json")) == (again, (), b"{}")
    sent = row(city, number)
    assert (sent.direction, sent.state, sent.file_name) == ("out", "kept", "3703-37-pack-out.letter")
    with database.acting_as(city.installation, "app"), acting(city.cast.keeper):
        assert [each.id for each in reading.letters(direction="out") if each.uid == "out"] == [number]
    with database.acting_as(city.installation, "app"), acting(city.cast.dispatcher):
        assert reading.letters(direction="out") == []
        with pytest.raises(LetterNotFound):
            reading.letter_file(number)


def test_a_platform_is_not_entered_with_the_key_of_this_one(city):
    with database.acting_as(city.installation, "app"), acting(city.cast.keeper):
        own = journal.keys()[0].text
        with pytest.raises(PeerUnusable) as error:
            operations.peer_ask(code="37", name="省平台", keys=own, reason="抄来的", actor=city.cast.keeper, now=NOW)
    assert list(error.value.fields) == ["keys"]


def test_the_application_neither_sends_nor_settles_nor_enters_anything(city, tmp_path):
    with database.acting_as(city.installation, "app"), acting(city.cast.keeper):
        for statement in (
            "UPDATE packs_letter SET state = 'read', settled_at = now()",
            "DELETE FROM packs_letter",
            "INSERT INTO packs_peer (code, name, keys, since, by_post, signoff_id) VALUES ('1', '1', '{}', now(), 1, 1)",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "37 03"}, "code"),
        ({"name": " "}, "name"),
        ({"keys": ""}, "keys"),
        ({"keys": KEY.public.text()[:-3]}, "keys"),
        ({"keys": KEY.public.text() + "\nnonsense"}, "keys"),
    ],
)
def test_it_says_what_of_a_platform_cant_be_used(given, field):
    said = {"code": "37", "name": "省平台", "keys": KEY.public.text(), **given}
    with pytest.raises(PeerUnusable) as error:
        box.read_peer(**said)
    assert list(error.value.fields) == [field]
