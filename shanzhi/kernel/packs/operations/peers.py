"""Platforms whose letters are believed: entered by one person and agreed to by another, withdrawn by the same."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal import queries as journal_queries
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.packs.models import Peer
from shanzhi.kernel.packs.operations.letters import letters_wait
from shanzhi.kernel.packs.payloads import PeerEntered, PeerWithdrawn
from shanzhi.kernel.packs.policy.letter_box import ENTER, WITHDRAW, PeerGiven, PeerUnusable, read_peer


def peer_ask(*, code: str, name: str, keys: str, reason: str, actor: Actor, now: datetime) -> int:
    """Ask for a platform to be entered; returns the number of the sign-off that it waits for.

    Raises:
        SignInNeeded, NotAllowed: the acting post has nothing to do with letters.
        PeerUnusable, InputError: a field can't be used; says which.
    """
    given = read_peer(code=code, name=name, keys=keys)
    _check_free(given.code)
    _check_not_ours(given)
    fields = {"code": given.code, "name": given.name, "keys": "\n".join(given.texts()), "reason": reason}
    return access.signoff_ask(kind=ENTER, fields=fields, actor=actor, now=now)


def peer_withdraw_ask(*, code: str, reason: str, actor: Actor, now: datetime) -> int:
    """Ask for a platform to be withdrawn; returns the number of the sign-off. Raises as `peer_ask`."""
    code = clean_text(code)
    _check_there(code)
    return access.signoff_ask(kind=WITHDRAW, fields={"code": code, "reason": reason}, actor=actor, now=now)


@transaction.atomic
def peer_enter_run(params: Mapping[str, str], now: datetime) -> str:
    """What the approval does: the platform is known, and its letters that wait are read (the sign-off's `run`)."""
    given = read_peer(code=params["code"], name=params["name"], keys=params["keys"])
    _check_free(given.code)
    row = Peer.objects.create(
        code=given.code,
        name=given.name,
        keys=given.texts(),
        since=now,
        by_post=int(params["@post"]),
        signoff_id=int(params["@signoff"]),
    )
    ids = tuple(key.id for key in given.keys)
    _journal(row, 1, PeerEntered(given.code, ids, row.signoff_id), now)
    letters_wait(sender=given.code, now=now)
    return msg("平台已登记，它的函件从现在起可以使用；之前收到的正在读取。")


@transaction.atomic
def peer_withdraw_run(params: Mapping[str, str], now: datetime) -> str:
    """What the approval does: letters of the platform are kept and not used from now on (the sign-off's `run`)."""
    _check_there(params["code"])
    row = Peer.objects.get(code=params["code"], withdrawn_at=None)
    row.withdrawn_at, row.withdrawn_by_signoff = now, int(params["@signoff"])
    row.save(update_fields=["withdrawn_at", "withdrawn_by_signoff"])
    _journal(row, 2, PeerWithdrawn(row.code, row.withdrawn_by_signoff), now)
    return msg("平台已撤销：以后收到的函件只保存，不使用。")


def _check_free(code: str) -> None:
    if Peer.objects.filter(code=code, withdrawn_at=None).exists():
        wrong = msg("这个平台已经登记。要换公钥，请先撤销再登记。")
        raise PeerUnusable(msg("平台还没有登记，请按提示补全。"), fields={"code": wrong})


def _check_not_ours(given: PeerGiven) -> None:
    """Whoever copied the key of this platform copied from the wrong page: checking by telephone would find it right."""
    own = journal_queries.keys()
    if {one.id for one in own} & {key.id for key in given.keys}:
        wrong = msg("这是本平台自己的公钥。请从对方平台的“留痕封存”页复制。")
        raise PeerUnusable(msg("平台还没有登记，请按提示补全。"), fields={"keys": wrong})


def _check_there(code: str) -> None:
    if not Peer.objects.filter(code=code, withdrawn_at=None).exists():
        raise PeerUnusable(msg("没有登记这个平台，或者已经撤销。请刷新页面。"))


def _journal(row: Peer, step: int, payload: Payload, now: datetime) -> None:
    journal.record(payload=payload, subject=Subject("peer", row.pk, step, ""), author=Author("system"), happened_at=now)
