"""What the operations of this slice have in common: words, the row that is moved, entries of the journal."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.rounds.models import RoundCity
from shanzhi.kernel.rounds.policy.states import State, Way
from shanzhi.kernel.rounds.policy.words import ROUND_TOPIC, AnotherCitys, NoSuchRound, NotYourPart
from shanzhi.kernel.vault.policy.envelope import commit
from shanzhi.kernel.vault.policy.masking import mask

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Words:
    """Words as they are stored: masked; `sealed` commits to what was written (hexadecimal)."""

    text: str
    salt: bytes
    sealed: str


def words_of(written: str, most: int | None = None) -> Words:
    """Mask words and commit to them; `most` characters are kept. They are cut once they are masked: half a number is none that
    the masker knows, and still somebody's."""
    plain, salt = clean_text(written), secrets.token_bytes(SALT_BYTES)
    return Words(mask(plain).text[:most], salt, commit(plain, salt).hex()) if plain else Words("", b"", "")


def author_of(actor: Actor) -> Author:
    """The journal's author."""
    return Author("post", actor.post_id, actor.unit_id) if actor.kind == "post" else Author(actor.kind)


def missing() -> NoSuchRound:
    """It isn't there, or not for this post."""
    return NoSuchRound(msg("没有找到这个轮次，或者您现在的岗位看不到它。请核对，或换一个岗位。"))


def locked_city(city_id: int) -> RoundCity:
    """A city's row of a round with its round, held until this transaction ends.

    Raises:
        NoSuchRound: none in sight.
    """
    row = RoundCity.objects.select_for_update(of=("self",)).select_related("round").filter(pk=city_id).first()
    if row is None:
        raise missing()
    return row


def check_place(row: RoundCity, actor: Actor) -> None:
    """Is the city within what the acting post stands for? Programs that carry letters aren't asked.

    Raises:
        AnotherCitys: it isn't.
    """
    if actor.is_post and not actor.place.contains(row.city_code):
        raise AnotherCitys(msg("这是“%(name)s”的轮次，不归您现在的岗位。请换一个岗位。"), name=row.name)


def write(row: RoundCity, payload: Payload, actor: Actor, now: datetime) -> None:
    """The next entry of a city's round; the row is locked and its steps are saved."""
    row.steps += 1
    row.save(update_fields=["steps"])
    subject = Subject("round_city", row.pk, row.steps, row.city_code)
    journal.record(payload=payload, subject=subject, author=author_of(actor), happened_at=now)


def tell(row: RoundCity, before: State, now: datetime) -> None:
    """Let readers of events know that a city moved."""
    body = {"round_city": row.pk, "before": before.value, "after": row.state, "step": row.steps}
    notices.emit(topic=ROUND_TOPIC, body=body, now=now)


def check_side(way: Way, row: RoundCity) -> None:
    """Is it this installation's side that makes this move? A city moves in its own; levels above in the organiser's.

    Raises:
        NotYourPart: the other side's, whose letter brings it.
    """
    ours_is_city = not row.round.is_ours
    if (way.side == "city") != ours_is_city:
        raise NotYourPart(msg("这一步由对方平台办，读取对方发来的文件后会自动更新。"))
